"""The rows of a list as a file: read as the list's own pages are, from where the last one ended, written as they come.

No more than a page is held at a time, so a million rows take no more memory than a thousand.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, prefetch_related_objects

from hub.admin.changelist import KeysetChangeList
from hub.admin.keyset import Place
from hub.files.workbooks import MOST_ROWS, workbook
from hub.files.writing import csv_line, escaped, exact
from tenants.models import Entity, Tenant
from tenants.reading import read_for

A_PAGE = 1000
# Milliseconds that an index is walked for a page. After the list's own 30 a busy machine would sort all rows.
WAITS_MS = 5000
BOM = b"\xef\xbb\xbf"  # by which spreadsheets know UTF-8
CSV_FORMAT, XLSX_FORMAT = "csv", "xlsx"


@dataclass(frozen=True)
class ExportColumn:
    """A column of an exported list: its head, the value of a row, and whether it is ticked before anybody chooses."""

    title: str
    value: Callable[[Any], Any]
    usual: bool = True


@dataclass(frozen=True)
class ExportParts:
    """What a row may stand for instead of a record: each of its parts, by their related name, with their columns.

    `noun` is what one is called, `record` what they are parts of.
    """

    related: str
    noun: str
    record: str
    columns: Sequence[ExportColumn]


def cell(value: Any, zone: ZoneInfo, form: str = CSV_FORMAT) -> str:
    """Write a value as text that no spreadsheet runs: moments in a zone with their offset, booleans as yes and no.

    A workbook's cells are texts by their type, so nothing stands before what would be a formula in a CSV.
    """
    as_text = exact if form == XLSX_FORMAT else escaped
    if value is None:
        return ""
    if isinstance(value, str):
        return as_text(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    return as_text(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def nobody(rows: Sequence[Any]) -> Counter[Entity]:
    """Return of how many persons' records some rows tell, by entity: none."""
    return Counter()


@dataclass
class ListRows:
    """The rows of a list that one tenant has, in the columns chosen; how many of them have been read and written.

    With `parts` a row stands for each part of a record, whose own columns, `part_columns`, follow the record's; for a
    record without parts it stands once. `looks` tells how many records of persons a page shows, and `seen` is called
    before each is written.
    """

    changelist: KeysetChangeList
    tenant: Tenant
    columns: Sequence[ExportColumn]
    form: str
    parts: ExportParts | None = None
    part_columns: Sequence[ExportColumn] = ()
    looks: Callable[[Sequence[Any]], Counter[Entity]] = nobody
    seen: Callable[[Counter[Entity]], None] = lambda looked: None
    read: int = 0
    rows: int = 0
    looked: Counter[Entity] = field(default_factory=Counter)
    is_cut: bool = False

    def pieces(self) -> Iterator[bytes]:
        """Yield the file, a piece for each page that is read."""
        return workbook(self._pages()) if self.form == XLSX_FORMAT else self._lines()

    def count(self) -> int:
        """Count the records of the list, however long that takes."""
        rows = self.changelist.queryset.order_by().select_related(None).prefetch_related(None)
        return read_for([self.tenant.pk], lambda: int(rows.values("pk").count()))

    def __post_init__(self) -> None:
        self.changelist.waits_ms = WAITS_MS

    def _lines(self) -> Iterator[bytes]:
        yield BOM
        for page in self._pages():
            yield b"".join(map(csv_line, page))

    def _pages(self) -> Iterator[list[list[str]]]:
        yield [[column.title for column in chain(self.columns, self.part_columns)]]
        place = None
        while found := self._read(place):
            page = list(self._rows_of(found))
            if self.form == XLSX_FORMAT and self.rows + len(page) > MOST_ROWS - 1:
                page, self.is_cut = page[: MOST_ROWS - 1 - self.rows], True
            self._count(found, len(page))
            yield page
            if self.is_cut or len(found) < A_PAGE:
                return
            last, by = found[-1], self.changelist.order.field
            place = Place(last.pk, None if by == "pk" else getattr(last, by))

    def _read(self, place: Place | None) -> list[Any]:
        return read_for([self.tenant.pk], lambda: self._page(place))

    def _page(self, place: Place | None) -> list[Any]:
        found = self.changelist.rows(place, newer=False, most=A_PAGE)
        if self.parts and found:
            parts: Any = found[0]._meta.get_field(self.parts.related).related_model
            of_tenant = parts._default_manager.filter(tenant_id=self.tenant.pk)
            prefetch_related_objects(found, Prefetch(self.parts.related, queryset=of_tenant))
        return found

    def _rows_of(self, records: Iterable[Any]) -> Iterator[list[str]]:
        zone = ZoneInfo(self.tenant.time_zone)
        for record in records:
            cells = [cell(column.value(record), zone, self.form) for column in self.columns]
            parts = getattr(record, self.parts.related).all() if self.parts else ()
            for part in parts:
                yield cells + [cell(column.value(part), zone, self.form) for column in self.part_columns]
            if not parts:
                yield cells + [""] * len(self.part_columns)

    def _count(self, found: Sequence[Any], rows: int) -> None:
        looked = self.looks(found)
        self.seen(looked)
        self.looked += looked
        self.read += len(found)
        self.rows += rows
