"""Exports are recorded: whom they show is counted page by page, before these go, and at the end who took how many."""

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from django.db import DatabaseError, InterfaceError

from tenants.audit.events import Actor, record
from tenants.audit.looks import PERSONAL, Looks, write_looks
from tenants.exports.export import Export
from tenants.exports.pages import pages
from tenants.models import AuditKind, Way

BROKEN_OFF = "broken off"


@dataclass(frozen=True)
class Taker:
    """Who takes an export: a user, or a key, or with neither a command on the server; in which trace."""

    user_id: int | None = None
    api_key_id: int | None = None
    trace_id: str = ""


class Recorded(Iterator[bytes]):
    """An export, piece by piece, which is recorded where it ends: as a whole, broken off by an error, or when closed.

    `records` are those given so far. Raises the database's error where it fails for good: what was given until then is
    no whole file.
    """

    def __init__(self, export: Export, by: Taker) -> None:
        self.export, self.by = export, by
        self.records = 0
        self._pieces = self._all()
        self._ready: list[bytes] = []
        self._has_ended = False

    def begin(self) -> None:
        """Read the first page; raises what reading it does."""
        self._ready = list(islice(self, 2 if self.export.header else 1))

    def __next__(self) -> bytes:
        if self._ready:
            return self._ready.pop(0)
        try:
            return next(self._pieces)
        except StopIteration:
            self._end()
            raise
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it where it is; what does so itself is told, so whatever keeps this from being recorded is not."""
        self._pieces.close()
        with suppress(DatabaseError, InterfaceError):
            self._end(BROKEN_OFF)

    def _all(self) -> Generator[bytes, None, None]:
        if self.export.header:
            yield self.export.header
        for page in pages(self.export):
            if page.records and self.export.entity in PERSONAL:
                self._count(page.records)
            self.records += page.records
            yield from page.pieces()

    def _count(self, records: int) -> None:
        looks = Looks(
            self.export.tenant.pk,
            self.export.entity,
            Way.EXPORT,
            user_id=self.by.user_id,
            api_key_id=self.by.api_key_id,
            requests=0 if self.records else 1,
            records=records,
        )
        write_looks([looks])

    def _end(self, *said: str) -> None:
        """Record, once, who took how many, of what and by which filters: by name, for a value may name somebody."""
        if self._has_ended:
            return
        self._has_ended = True
        by, export = self.by, self.export
        asked = [f"by {name}" for name in sorted(export.filters)]
        record(
            AuditKind.EXPORTED,
            Actor(by.user_id, by.trace_id),
            tenant_id=export.tenant.pk,
            api_key_id=by.api_key_id,
            details=[export.entity.value, export.format.value, f"{self.records} records", *asked, *said],
        )
