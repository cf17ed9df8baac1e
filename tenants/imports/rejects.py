"""Rows that a file's job rejected: kept in the transaction of their chunk, with what a person is named by in them."""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, chain
from typing import Any

import orjson
from django.db.models.functions import Length

from hub.files.sniffing import Dialect
from hub.files.writing import BEGINS_A_FORMULA, csv_line
from hub.records.reading import Json, Pairs
from hub.sql.execute import execute_where_tenant_is
from hub.sql.files import read_sql
from tenants.changes.erasure import Identifier
from tenants.entities import Taking
from tenants.imports.chunks import LeftOutItem
from tenants.imports.headers import REJECTED as SAID
from tenants.imports.items import Item
from tenants.imports.ndjson import REJECTED
from tenants.models import FileFormat, Import, RejectedRow, Source, Tenant
from tenants.quarantine.keeping import documented, forgotten_among, plain, printable, said_of
from tenants.quarantine.names import identifiers_in

REJECT = read_sql("tenants", "reject_rows")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
# What a spreadsheet takes for a number and not for a formula: it stays as it came, as a phone number does.
NUMBER = re.compile(r"[+\-][\d\s().,/\-]*")
AT_ONCE = 1000  # rows that are looked at together
BYTES_AT_ONCE = 4_000_000  # of what is held of them
WORD = re.compile(r"[^\s,;:|\"'{}\[\]()<>]+")
UNKNOWN = ""  # the name of a field that nobody knows: what stands in it may be anything


def reject(
    tenant: Tenant,
    job: Import,
    taking: Taking,
    left_out: Sequence[LeftOutItem],
    parameters: Mapping[str, object],
) -> None:
    """Keep rejected rows, under the tenant's lock, in the write whose parameters these are; but of nobody forgotten."""
    if not left_out:
        return
    named = [_identifiers(tenant, job, taking, each) for each in left_out]
    forgotten = forgotten_among(tenant, Source.IMPORT, named)
    pairs = zip(left_out, named, strict=True)
    rows = [_row(taking, each, identifiers) for each, identifiers in pairs if not forgotten & identifiers]
    if rows:
        more = {"import_id": job.pk, "rejects": orjson.dumps(rows).decode()}
        execute_where_tenant_is(REJECT, {**parameters, **more})


def _row(taking: Taking, each: LeftOutItem, identifiers: set[Identifier]) -> dict[str, Any]:
    value = plain(each.value)
    return {
        "line": each.item.line,
        "sent": printable(each.item.sent),
        "faults": said_of(each.faults),
        "is_withdrawal": isinstance(value, dict) and taking.withdraws(documented(taking, value)),
        "names": sorted({value for _, value in identifiers}),
    }


def _identifiers(tenant: Tenant, job: Import, taking: Taking, each: LeftOutItem) -> set[Identifier]:
    """Return all that may be a person's identifier: in the record, and in what was sent beside what it says."""
    value = plain(each.value) if isinstance(each.value, Pairs | dict) else {}
    found = identifiers_in(tenant, taking, value)
    if job.format != FileFormat.NDJSON:
        closed = set(_texts_of_others(taking, value))
        texts: Iterable[str] = [cell for cell in _cells(each.item) if cell not in closed]
    else:
        texts = () if value else _words(each.item.sent)
    return found | identifiers_in(tenant, taking, {UNKNOWN: list(texts)})


def _cells(item: Item) -> Iterator[str]:
    return chain.from_iterable(item.cells or ())


def _texts_of_others(taking: Taking, record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a record's fields that no person is named by: a cell that says one is no CustomerId."""
    for name, value in record.items():
        if name in taking.fields and name not in taking.persons:
            yield from _texts(value)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
    elif value is not None:
        yield str(value)


def _words(text: str) -> Iterable[str]:
    """Yield what stands in quotation marks in a text that can't be read, and what between blanks and signs."""
    yield from dict.fromkeys([*(found.replace("\\/", "/") for found in QUOTED.findall(text)), *WORD.findall(text)])


def written(job: Import) -> Iterator[bytes]:
    """Yield the rejected rows of a job in the order of the file, in the format they came in, with what is wrong.

    Objects of NDJSON gain a member `_rejected`, a table the columns `_line` and `_errors` before its own: both are
    passed over where the file is sent again. XLSX comes as CSV.
    """
    if job.format == FileFormat.NDJSON:
        for row in _rows_of(job):
            yield _as_line(row)
        return
    dialect = Dialect.from_json(job.layout.get("dialect", {}))
    header = job.layout.get("header", [])
    own = [place for place, name in enumerate(header) if name not in SAID]
    write = partial(csv_line, delimiter=dialect.delimiter)
    if dialect.has_bom or not dialect.encoding.startswith("utf-8"):
        yield BOM_UTF8  # who opens it in a spreadsheet sees letters as they are
    yield write([*SAID, *(header[place] for place in own)])
    for row in _rows_of(job):
        said = [str(row.line), _cell(_in_words(row.faults))]
        for cells in json.loads(row.sent):
            known = [cells[place] for place in own if place < len(cells)]
            yield write([*said, *map(_cell, [*known, *cells[len(header) :]])])
            said = ["", ""]


def _rows_of(job: Import) -> Iterator[RejectedRow]:
    """Yield the rejected rows of a job in the order of the file, of which some megabytes are held."""
    rows = RejectedRow.objects.filter(tenant=job.tenant_id, import_id=job.pk).order_by("line")
    last = 0
    while sizes := list(rows.filter(line__gt=last).values_list("line", Length("sent"))[:AT_ONCE]):
        together = [
            line
            for (line, _), total in zip(sizes, accumulate(size for _, size in sizes), strict=True)
            if total <= BYTES_AT_ONCE
        ] or [sizes[0][0]]
        last = together[-1]
        yield from rows.filter(line__gte=together[0], line__lte=last)


def _as_line(row: RejectedRow) -> bytes:
    said = {"line": row.line, "errors": _by_field(row.faults, "text"), "codes": _by_field(row.faults, "code")}
    if row.is_withdrawal:
        said["withdrawal"] = True
    if not _is_object(row.sent):
        return orjson.dumps({REJECTED: {**said, "text": row.sent}}) + b"\n"
    beginning = row.sent.rstrip().removesuffix("}").rstrip()
    comma = "" if beginning == "{" else ", "
    return f"{beginning}{comma}{json.dumps(REJECTED)}: {orjson.dumps(said).decode()}}}\n".encode()


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _by_field(faults: Sequence[Mapping[str, str]], what: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fault in faults:
        found.setdefault(fault["field"], []).append(fault[what])
    return found


def _in_words(faults: Sequence[Mapping[str, str]]) -> str:
    """Say what is wrong with a record in a cell: field, code and sentence of each fault."""
    return " | ".join(f"{fault['field'] or 'record'}: {fault['code']}: {fault['text']}" for fault in faults)


def _cell(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; it is read as it was (tenants.imports.values).

    One that came with an apostrophe before it is none, and stays so however often it is sent.
    """
    is_formula = cell.startswith(BEGINS_A_FORMULA) and not NUMBER.fullmatch(cell)
    return f"'{cell}" if is_formula else cell
