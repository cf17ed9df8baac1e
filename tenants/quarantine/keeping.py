"""Keeping records that a batch left out, in the transaction that stores the others.

Growth has bounds: the same record with the same faults is one row, however often it is sent, and a tenant has MOST_KEPT
rows. Over that the oldest give way, those that were decided about first and withdrawals of consent last.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson

from hub.records.faults import Fault, path
from hub.records.reading import Json, Pairs, as_sent
from hub.sql.execute import execute_where_tenant_is
from hub.sql.files import read_sql
from tenants.changes.changesets import Origin, Receipt
from tenants.changes.erasure import Identifier, suppressed
from tenants.entities import Taking, entity_config
from tenants.models import Entity, Source, Tenant
from tenants.quarantine.names import LONGEST, UNSTORABLE, identifiers_in

MOST_KEPT = 10_000  # rows of a tenant
MOST_BYTES = 64 * 1024  # of a record that is kept as it was sent
MOST_OF_A_VALUE = 1000  # characters of each text that is kept of a bigger one
MOST_FAULTS = 20  # of a record
KEEP = read_sql("tenants", "keep_quarantined")
GIVE_WAY = read_sql("tenants", "quarantined_give_way")
FORGETS = """
SELECT coalesce(array_length(forgotten_by, 1), 0) > 0 AS forgets
  FROM tenants_feed
 WHERE tenant_id = %(tenant_id)s
"""


@dataclass(frozen=True)
class LeftOut:
    """A record that was left out: its index in the batch, itself as it was sent, and what is wrong with it."""

    index: int
    sent: Json
    faults: Sequence[Fault]


def plain(value: Json) -> Any:
    """Return what was sent as ordinary dicts and lists; of two members of one name the last wins."""
    if isinstance(value, Pairs):
        return {printable(name): plain(inner) for name, inner in value}
    if isinstance(value, dict):
        return {printable(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return list(map(plain, value))
    return printable(value) if isinstance(value, str) else value


def printable(text: str) -> str:
    """Return a text without what neither a table nor an answer can hold."""
    return UNSTORABLE.sub("\ufffd", text)


def documented(taking: Taking, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record's values by their documented names, whatever their case, and others by their own."""
    names = {name.lower(): name for name in taking.fields}
    return {names.get(name.lower(), name): value for name, value in record.items()}


def readable(taking: Taking, record: Mapping[str, Any]) -> dict[str, str]:
    """Return the identifiers of a record, by documented name, that can be read: texts, and numbers as such."""
    named = documented(taking, record)
    found = {name: named[name] for name in taking.identifiers if _is_readable(named.get(name))}
    return {name: printable(str(value))[:LONGEST] for name, value in found.items()}


def _is_readable(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and not isinstance(value, bool | list | dict)


def keeping(origin: Origin, tenant: Tenant, entity: Entity, records: Iterable[LeftOut]) -> Origin:
    """Return an origin whose write also keeps records that it left out; what is no object is no record."""
    kept = [record for record in records if isinstance(record.sent, Pairs | dict)]
    return replace(origin, beside=partial(_keep, tenant, entity, kept)) if kept else origin


def _keep(
    tenant: Tenant,
    entity: Entity,
    records: Sequence[LeftOut],
    parameters: Mapping[str, object],
    receipt: Receipt,
) -> None:
    """Keep records in the write whose `parameters` these are, under its lock; nobody who is forgotten comes in."""
    rows = list(_rows(tenant, entity, records, str(parameters["source"])).values())
    if rows:
        execute_where_tenant_is(KEEP, {**parameters, "number": receipt.number, "rejected": orjson.dumps(rows).decode()})
        execute_where_tenant_is(GIVE_WAY, {"tenant_id": tenant.pk, "most": MOST_KEPT})


def _rows(tenant: Tenant, entity: Entity, records: Sequence[LeftOut], source: str) -> dict[str, dict[str, Any]]:
    """Return the rows of records by their digests; one that stands twice in a batch is one row, sent twice."""
    taking = entity_config(entity).taking(source)
    seen = [(record, plain(record.sent)) for record in records]
    named = [identifiers_in(tenant, taking, record) for _, record in seen]
    forgotten = forgotten_among(tenant, Source(source), named)
    rows: dict[str, dict[str, Any]] = {}
    for (record, values), identifiers in zip(seen, named, strict=True):
        if forgotten & identifiers:
            continue
        row = _row(taking, record, values) | {"names": sorted({value for _, value in identifiers})}
        row["digest"] = _digest(entity, source, row)
        rows[row["digest"]] = row | {"times": rows.get(row["digest"], {"times": 0})["times"] + 1}
    return rows


def forgotten_among(tenant: Tenant, source: Source, named: Iterable[set[Identifier]]) -> set[Identifier]:
    """Return the identifiers of persons who must not come back through a source; under the tenant's lock."""
    if not any(row[0] for row in execute_where_tenant_is(FORGETS, {"tenant_id": tenant.pk})):
        return set()
    return suppressed(tenant, source, set[Identifier]().union(*named))


def _row(taking: Taking, record: LeftOut, values: Mapping[str, Any]) -> dict[str, Any]:
    text = as_sent(record.sent)
    is_whole = len(text) <= MOST_BYTES
    faults = said_of(record.faults)
    return {
        "record": text if is_whole else shortened(values),
        "is_whole": is_whole,
        "is_withdrawal": taking.withdraws(documented(taking, values)),
        "identifiers": readable(taking, values),
        "faults": faults,
        "codes": list(dict.fromkeys(fault.code for fault in record.faults))[:MOST_FAULTS],
        "index": record.index,
    }


def said_of(faults: Sequence[Fault]) -> list[dict[str, str]]:
    """Return what is kept of what is wrong with a record, by places in it."""
    return [_said(fault) for fault in faults[:MOST_FAULTS]]


def _said(fault: Fault) -> dict[str, str]:
    return {"field": printable(path(fault.loc[1:])), "code": fault.kind, "text": printable(fault.text)}


def _digest(entity: str, source: str, row: Mapping[str, Any]) -> str:
    text = json.dumps([entity, source, row["record"], row["faults"]])
    return hashlib.sha256(text.encode()).hexdigest()


def shortened(values: Mapping[str, Any]) -> str:
    """Write what is kept of a record that is too big: the beginnings of its plain values, as far as there is room."""
    kept: dict[str, Any] = {}
    size = 2
    for name, value in values.items():
        if isinstance(value, dict | list):
            continue
        short = value[:MOST_OF_A_VALUE] if isinstance(value, str) else value
        size += len(as_sent({name: short}))
        if size > MOST_BYTES:
            break
        kept[name] = short
    return as_sent(kept)
