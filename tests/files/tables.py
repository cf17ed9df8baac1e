"""Tables for tests: written as CSV, and read as records."""

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any

import orjson

from hub.files.tables import Row
from tenants.entities import entity_config
from tenants.imports.items import Item
from tenants.imports.mapping import table_items
from tenants.imports.options import Options, read_options
from tenants.models import Tenant

NOBODY = Tenant(name="nobody", time_zone="UTC")


def table(text: str, delimiter: str = ",") -> list[Row]:
    """Return the rows of a table that is written in a test: a line each, blanks around cells taken away."""
    lines = [line.strip() for line in text.strip().splitlines()]
    cells = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    return [Row(number, [cell.strip() for cell in row]) for number, row in enumerate(cells, 1)]


def as_csv(rows: Sequence[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """Write rows as a spreadsheet does."""
    text = StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def options(entity: str, **said: Any) -> Options:
    """Return options as the wire has them."""
    return read_options(said, entity_config(entity).columns)


def items(entity: str, rows: Sequence[Row], *, tenant: Tenant = NOBODY, **said: Any) -> list[Item]:
    """Return the items of a table."""
    return list(table_items(tenant, entity, iter(rows), options(entity, **said)))


def records(entity: str, rows: Sequence[Row], **said: Any) -> list[Any]:
    """Return the records of a table in which nothing is wrong."""
    found = items(entity, rows, **said)
    assert [item.faults for item in found if item.faults] == []
    return [orjson.loads(item.record) for item in found]


def faults(item: Item) -> list[tuple[str, str]]:
    """Return the places and kinds of what is wrong with an item."""
    return [(".".join(map(str, fault.loc[1:])), fault.kind) for fault in item.faults]
