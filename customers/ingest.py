"""Writing customers: which record means whom, and the statements that store them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import orjson

from customers.flags import ALL, FLAGS_SQL
from customers.folding import Carriers, Folding, fold, held_warnings
from customers.former import FORMER_COLUMNS, FORMER_FIELDS, keep_former
from customers.overrides import (
    AGAINST_STAFF,
    WITHDRAWN_BY_STAFF,
    grants_in,
    held_back,
    overridden_after,
    place_in_given,
    standing_of,
    sticks,
    update_of,
)
from customers.restoring import NOTE_BY_KEY, kept_customers, note_sent, withdrawn_bits
from customers.schemas import CustomerRecord, customer_schema
from hub.records.records import RecordList, Records
from hub.records.schemas import parse
from hub.sql.files import read_sql
from hub.sql.upsert import Column, Table
from tenants.changes.changesets import LISTED, NO_FLAG, Origin, Receipt, Warnings
from tenants.changes.erasure import NOT_STORED, Identifier, spelled_alike, suppressed
from tenants.changes.images import keeping
from tenants.changes.results import Meant, Telling
from tenants.changes.statements import STORED, at_once_statement, store_statement
from tenants.changes.writing import Look, Write, open_write, store_at_once, store_keeping
from tenants.identity import COLUMNS, IDENTIFIERS, identifiers_of, key_sql, match_key
from tenants.models import Entity, Operation, Tenant

ID, EMAIL = Column("customer_id", "CustomerId", clears=True, bit=0), Column("email", "Email", clears=True, bit=1)
FORMER_SQL = keep_former({column.field: column.bit for column in (ID, EMAIL)})
CONSENTS = [
    replace(flag, update=update_of(flag.name))
    for flag in (
        Column("email_optin", "EmailOptin", "boolean", "false", bit=7),
        Column("sms_optin", "SmsOptin", "boolean", "false", bit=8),
        Column("whatsapp_optin", "WhatsappOptin", "boolean", "false", bit=9),
        Column("app_push_optin", "AppPushOptin", "boolean", "false", bit=10),
        Column("gdpr_optin", "GdprOptin", "boolean", "false", bit=11),
        Column("is_excluded", "IsExcluded", "boolean", "false", bit=12),
    )
]
SUPPLIED = f"t.given >> {place_in_given(CONSENTS)} & {ALL}"
SUPERSEDED = dict.fromkeys(FORMER_FIELDS.values(), "text[]")
CUSTOMERS = Table(
    "customers_customer",
    key={"match_key": "s.match_key"},
    sent={"match_key": "text", **SUPERSEDED},
    columns=[
        ID,
        EMAIL,
        Column("name", "Name", clears=True, bit=2),
        Column("surname", "Surname", clears=True, bit=3),
        Column("phone", "Phone", clears=True, bit=4),
        Column("language", "Language", clears=True, bit=5),
        Column("username", "Username", clears=True, bit=6),
        *CONSENTS,
        Column("attributes", "Attributes", "jsonb", "'{}'", bit=13),
        Column("tags", "Tags", "text[]", "'{}'", bit=14),
        Column("mailing_lists", "MailingLists", "text[]", "'{}'", bit=15),
    ],
    insert_only={column: f's."{FORMER_FIELDS[name]}"' for name, column in FORMER_COLUMNS.items()},
    follows={"overridden": overridden_after(CONSENTS)},
    also_set=f"previous_flags = {FLAGS_SQL},\n       withdrawn_by_staff = {WITHDRAWN_BY_STAFF},\n       {FORMER_SQL}",
    returning=f"t.previous_flags, {FLAGS_SQL},\n          {SUPPLIED},\n          {AGAINST_STAFF}",
)
LEFT_ALONE = "ids_of_customers('customers_customer', %(tenant_id)s, %(keys)s::json, array_agg(key))"
TELLING = Telling("match_key", LEFT_ALONE)
KEPT = kept_customers({column.name: column.bit for column in CUSTOMERS.columns}, SUPPLIED)
ALL_CHANGED = f"{STORED}\n     UNION ALL\n    {LISTED}"
STORE, STORE_TELLING = store_statement(CUSTOMERS), store_statement(CUSTOMERS, telling=TELLING)
KEEP, KEEP_TELLING = keeping(CUSTOMERS, KEPT, ALL_CHANGED), keeping(CUSTOMERS, KEPT, ALL_CHANGED, telling=TELLING)
# Where the priority identifier is in every record, it makes the key.
BY_EMAIL, BY_ID = key_sql("Email", 's."Email"'), key_sql("CustomerId", 's."CustomerId"')
PRIORITY_KEY = f"CASE WHEN %(priority)s = 'email' THEN {BY_EMAIL} ELSE {BY_ID} END"
AT_ONCE = replace(CUSTOMERS, key={"match_key": PRIORITY_KEY}, sent=SUPERSEDED)
NOTE = note_sent(AT_ONCE)
STORE_AT_ONCE = at_once_statement(AT_ONCE, note=NOTE)
STORE_AT_ONCE_TELLING = at_once_statement(AT_ONCE, note=NOTE, telling=TELLING)
KEEP_AT_ONCE, KEEP_AT_ONCE_TELLING = keeping(AT_ONCE, KEPT, STORED), keeping(AT_ONCE, KEPT, STORED, telling=TELLING)
SENT_AS = {column.field: column.field for column in CONSENTS}
CARRIERS = {name: read_sql("customers", "carriers").format(column=COLUMNS[name]) for name in ("CustomerId", "Email")}

NOTHING_MORE: Mapping[str, int] = MappingProxyType({})


def take_customers(tenant: Tenant, body: bytes, *, origin: Origin) -> Receipt:
    """Store the customers of a body (tenants.entities.Take)."""
    return upsert_customers(tenant, parse(customer_schema(tenant.required_fields), body).records, origin=origin)


def upsert_customers(
    tenant: Tenant, records: Records[CustomerRecord], *, origin: Origin, results: bool = False
) -> Receipt:
    """Store customers as if one after the other, in one transaction.

    A record that has the tenant's priority identifier is matched by it and by nothing else. One without is matched by
    the other identifier: it updates the customer that carries it, or creates one; where several carry it, what it
    withdraws reaches all of them and the rest of it none. Forgotten persons stay forgotten; what staff withdrew stays
    so where that is the tenant's policy. The receipt's warnings say which records were not stored, or not all of them;
    its results, where asked for, what each of them became.
    """
    first, second, _ = identifiers_of(tenant)
    all_have_first, differ = None not in records.column(first), records.all_differ(first)
    granted = grants_in(records, SENT_AS) if sticks(tenant) else {}
    if all_have_first and not (granted and (tenant.keeps_images or not differ)):
        rows = records if differ else RecordList(fold(records, first, second))
        meant = _meant_by(first, records) if results else None
        look = partial(_look, tenant, records, granted) if granted else None
        receipt = _store_at_once(tenant, rows, received=len(records), origin=origin, meant=meant, look=look)
        if receipt:
            return receipt
    is_exclusive = not all_have_first or bool(granted)
    with open_write(tenant, Entity.CUSTOMERS, Operation.UPSERT, origin, exclusive=is_exclusive) as write:
        write.changes.received = len(records)
        kept = _without_suppressed(write, tenant, records, origin)
        folding = Folding(first, second, _carriers(write, first, second, kept.values()))
        if granted:
            folding.standing = standing_of(tenant, folding.keys_of(kept.values()))
        for i, record in kept.items():
            folding.add(i, record)
        write.changes.warnings.update(folding.warnings)
        store(write, tenant, folding.rows.values(), meant=folding.meant(len(records)) if results else None)
    return write.receipt


def _meant_by(first: str, records: Records[CustomerRecord]) -> Meant:
    """Return whom records mean that all have the priority identifier, `first`."""
    return Meant([(match_key(first, value),) for value in records.column(first)])


def _look(tenant: Tenant, records: Records[CustomerRecord], granted: Mapping[int, list[str]]) -> Warnings:
    """Return warnings about the grants of stored records that were held back; each has its priority identifier."""
    first = identifiers_of(tenant)[0]
    named = records.column(first)
    return held_warnings(held_back(tenant, granted, {i: match_key(first, named[i]) for i in granted}))


def _store_at_once(
    tenant: Tenant, rows: Records[Any], *, received: int, origin: Origin, meant: Meant | None, look: Look | None
) -> Receipt | None:
    """Store rows that all have the priority identifier; None where an open write has to look first."""
    customers = Entity.CUSTOMERS
    if not tenant.keeps_images:
        at_once = STORE_AT_ONCE_TELLING if meant else STORE_AT_ONCE
        return store_at_once(at_once, tenant, customers, rows, received=received, origin=origin, meant=meant, look=look)
    first = identifiers_of(tenant)[0]

    def hear(write: Write) -> None:
        note_withdrawn(write, {match_key(first, row[first]): withdrawn_bits(row) for row in rows})

    keep = KEEP_AT_ONCE_TELLING if meant else KEEP_AT_ONCE
    return store_keeping(keep, tenant, customers, rows, received=received, origin=origin, hear=hear, meant=meant)


def store(
    write: Write,
    tenant: Tenant,
    rows: Collection[Mapping[str, Any]],
    *,
    more: Mapping[str, int] = NOTHING_MORE,
    meant: Meant | None = None,
) -> None:
    """Store rows with their match_keys, as the last thing a write does; what they change is kept for who wants it.

    What they withdraw is noted at images that hear of it, and `more`: bits by match_key that no row withdraws, since
    there is nothing left to change. What a tenant's policy holds back is not in the rows. `meant` asks for results.
    """
    if write.hears:
        bits = {row["match_key"]: withdrawn_bits(row) for row in rows}
        note_withdrawn(write, {key: bits.get(key, 0) | more.get(key, 0) for key in {**bits, **more}})
    silent, telling = (KEEP, KEEP_TELLING) if tenant.keeps_images else (STORE, STORE_TELLING)
    write.store(telling if meant else silent, rows, meant=meant, sticking=NO_FLAG)


def note_withdrawn(write: Write, bits: Mapping[str, int]) -> None:
    """Take what is withdrawn, by match_key, from what images of these customers may give back."""
    if withdrawn := {key: some for key, some in bits.items() if some}:
        write.execute(NOTE_BY_KEY, masks=orjson.dumps(withdrawn).decode())


def identifiers(row: Mapping[str, Any]) -> set[Identifier]:
    """Return what a row names its person by, spelled alike (tenants.changes.erasure)."""
    return spelled_alike((name, row.get(name)) for name in IDENTIFIERS)


def _without_suppressed(
    write: Write, tenant: Tenant, records: Sequence[Mapping[str, Any]], origin: Origin
) -> dict[int, Mapping[str, Any]]:
    """Return the records by index without those of forgotten persons, and warn which these were."""
    if not write.suppresses:
        return dict(enumerate(records))
    forgotten = suppressed(
        tenant, origin.source, (identifier for record in records for identifier in identifiers(record))
    )
    skipped = {i for i, record in enumerate(records) if forgotten & identifiers(record)}
    write.changes.warnings.update((f"[{i}]", [NOT_STORED]) for i in sorted(skipped))
    return {i: record for i, record in enumerate(records) if i not in skipped}


def _carriers(write: Write, first: str, second: str, records: Iterable[Mapping[str, Any]]) -> Carriers:
    """Look up who carries the identifiers of records that have no other one."""
    values = list({record[second]: None for record in records if record.get(first) is None})
    return Carriers(values, write.execute(CARRIERS[second], values=values) if values else ())
