"""Rows that a file's job rejected: kept in the transaction of their chunk, with what a person is named by in them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from hub.records.reading import Json, Pairs
from hub.sql.execute import execute_where_tenant_is
from hub.sql.files import read_sql
from tenants.changes.erasure import Identifier
from tenants.entities import Taking
from tenants.imports.chunks import LeftOutItem
from tenants.imports.items import Item
from tenants.models import FileFormat, Import, Source, Tenant
from tenants.quarantine.keeping import documented, forgotten_among, plain, printable, said_of
from tenants.quarantine.names import identifiers_in

REJECT = read_sql("tenants", "reject_rows")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
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
    for row in json.loads(item.sent):
        yield from row


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
