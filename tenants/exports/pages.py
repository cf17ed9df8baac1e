"""The pages of an export: between two of them nothing is held, no snapshot, no cursor, no transaction.

A page is all records between two keys, so many that it has about 4 MB; which of them the filters leave is asked then.
So no page reads more than it says, however few records a filter finds. What is written meanwhile is in a page or not:
the feed has it, from the number on that was its last before the first page.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO

import psycopg
import structlog
from django.db import InterfaceError, OperationalError, connection

from hub.sql.copying import copied
from hub.sql.execute import execute
from tenants.exports.export import Export
from tenants.reading import read_for

log = structlog.get_logger("tenants.exports")

# Records of the first page, and of any; pages of 5,000 customers take 0.6 of the time more than those of 20,000.
FIRST, MOST = 500, 20_000
WANTED = 4 * 1024 * 1024  # bytes of a page, about
PIECE = 256 * 1024  # bytes that are given at once
WAITS = (0.1, 0.5, 1.0, 2.0, 4.0)  # seconds before a page that failed is tried again: a server restarts in between
OUTAGES = (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError)


@dataclass(frozen=True)
class Page:
    """Some records, as the file has them; `last` is the key up to which all are on this page or on one before."""

    file: IO[bytes]
    records: int
    last: str

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.file.seek(0, 2)

    def pieces(self) -> Iterator[bytes]:
        """Give its bytes, and let go of them at the end."""
        with self.file:
            self.file.seek(0)
            while piece := self.file.read(PIECE):
                yield piece


def pages(export: Export) -> Iterator[Page]:
    """Read an export page by page; raises the database's error where a page fails again and again."""
    after, most = "", FIRST
    while page := _tried(export, after, most):
        size = page.size
        yield page
        after, most = page.last, _fitting(most, size)


def _fitting(most: int, size: int) -> int:
    """Return how many records the next page is to have, where the last one of `most` had so many bytes."""
    return max(1, min(MOST, most * 4, most * WANTED // max(size, 1)))


def _tried(export: Export, after: str, most: int) -> Page | None:
    """Read a page, again where the database fails or takes too long; then with fewer records."""
    for seconds in WAITS:
        try:
            return _read(export, after, most)
        except OUTAGES as error:
            log.warning("a page of an export is read again", exc_info=error)
            connection.close()  # a broken connection must not serve the next attempt
            time.sleep(seconds)
            most = max(1, most // 4)
    return _read(export, after, most)


def _read(export: Export, after: str, most: int) -> Page | None:
    """Read a page, from the replica where it has all that the primary has; None where there are no more records."""
    return read_for([export.tenant.pk], partial(_page, export, after, most))


def _page(export: Export, after: str, most: int) -> Page | None:
    named = {"tenant_id": export.tenant.pk, "key": after, "most": most}
    last, number = execute(export.exporting.reach, named).fetchall()[0]
    if not number:
        return None
    found = export.between(after, last)
    file, rows = copied(*export.written(found))
    return Page(file, found.count() if export.has_rows_of_parts else rows, last)
