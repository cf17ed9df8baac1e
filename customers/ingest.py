"""Writing customers: which record means whom, and the statements that store them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import orjson

from customers.flags import FLAGS_SQL, withdrawals
from customers.former import FORMER_COLUMNS, FORMER_FIELDS, keep_former, supersede
from customers.restoring import NOTE_BY_KEY, kept_customers, withdrawn_bits
from customers.schemas import CustomerRecord
from hub.records.records import RecordList, Records
from hub.sql.files import read_sql
from hub.sql.upsert import Column, Table
from tenants.changes.changesets import LISTED, Origin, Receipt, Warnings
from tenants.changes.erasure import NOT_STORED, Identifier, spelled_alike, suppressed
from tenants.changes.images import keeping
from tenants.changes.writing import (
    STORED,
    Write,
    at_once_statement,
    open_write,
    store_at_once,
    store_keeping,
    store_statement,
)
from tenants.identity import COLUMNS, IDENTIFIERS, identifiers_of, key_sql, match_key
from tenants.models import Entity, Operation, Tenant

ID, EMAIL = Column("customer_id", "CustomerId", clears=True, bit=0), Column("email", "Email", clears=True, bit=1)
FORMER_SQL = keep_former({column.field: column.bit for column in (ID, EMAIL)})
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
        Column("email_optin", "EmailOptin", "boolean", "false", bit=7),
        Column("sms_optin", "SmsOptin", "boolean", "false", bit=8),
        Column("whatsapp_optin", "WhatsappOptin", "boolean", "false", bit=9),
        Column("app_push_optin", "AppPushOptin", "boolean", "false", bit=10),
        Column("gdpr_optin", "GdprOptin", "boolean", "false", bit=11),
        Column("is_excluded", "IsExcluded", "boolean", "false", bit=12),
        Column("attributes", "Attributes", "jsonb", "'{}'", bit=13),
        Column("tags", "Tags", "text[]", "'{}'", bit=14),
        Column("mailing_lists", "MailingLists", "text[]", "'{}'", bit=15),
    ],
    insert_only={column: f's."{FORMER_FIELDS[name]}"' for name, column in FORMER_COLUMNS.items()},
    also_set=f"previous_flags = {FLAGS_SQL},\n       {FORMER_SQL}",
    returning=f"t.previous_flags, {FLAGS_SQL}",
)
STORE = store_statement(CUSTOMERS)
KEPT = kept_customers({column.name: column.bit for column in CUSTOMERS.columns})
STORE_KEEPING = keeping(CUSTOMERS, KEPT, f"{STORED}\n     UNION ALL\n    {LISTED}")
# Where the priority identifier is in every record, it makes the key.
BY_EMAIL, BY_ID = key_sql("Email", 's."Email"'), key_sql("CustomerId", 's."CustomerId"')
PRIORITY_KEY = f"CASE WHEN %(priority)s = 'email' THEN {BY_EMAIL} ELSE {BY_ID} END"
AT_ONCE = replace(CUSTOMERS, key={"match_key": PRIORITY_KEY}, sent=SUPERSEDED)
STORE_AT_ONCE = at_once_statement(AT_ONCE)
KEEP_AT_ONCE = keeping(AT_ONCE, KEPT, STORED)
CARRIERS = {name: read_sql("customers", "carriers").format(column=COLUMNS[name]) for name in ("CustomerId", "Email")}

NOTHING_MORE: Mapping[str, int] = MappingProxyType({})

Row = dict[str, Any]  # a record with its match_key


def upsert_customers(tenant: Tenant, records: Records[CustomerRecord], *, origin: Origin) -> Receipt:
    """Store customers as if one after the other, in one transaction.

    A record that has the tenant's priority identifier is matched by it and by nothing else. One without is matched by
    the other identifier: it updates the customer that carries it, or creates one; where several carry it, what it
    withdraws reaches all of them and the rest of it none. Forgotten persons stay forgotten. The receipt's warnings say
    which records were not stored, or not all of them.
    """
    first, second, _ = identifiers_of(tenant)
    if all_have_first := None not in records.column(first):
        rows = records if records.all_differ(first) else RecordList(fold(records, first, second))
        if receipt := _store_at_once(tenant, rows, received=len(records), origin=origin):
            return receipt
    with open_write(tenant, Entity.CUSTOMERS, Operation.UPSERT, origin, exclusive=not all_have_first) as write:
        write.changes.received = len(records)
        kept = _without_suppressed(write, tenant, records, origin)
        folding = Folding(first, second, _carriers(write, first, second, kept.values()))
        for i, record in kept.items():
            folding.add(i, record)
        write.changes.warnings.update(folding.warnings)
        store(write, tenant, folding.rows.values())
    return write.receipt


def _store_at_once(tenant: Tenant, rows: Records[Any], *, received: int, origin: Origin) -> Receipt | None:
    """Store rows that all have the priority identifier; None where an open write has to look first."""
    if not tenant.keeps_images:
        return store_at_once(STORE_AT_ONCE, tenant, Entity.CUSTOMERS, rows, received=received, origin=origin)
    first = identifiers_of(tenant)[0]

    def hear(write: Write) -> None:
        note_withdrawn(write, {match_key(first, row[first]): withdrawn_bits(row) for row in rows})

    return store_keeping(KEEP_AT_ONCE, tenant, Entity.CUSTOMERS, rows, received=received, origin=origin, hear=hear)


def store(
    write: Write, tenant: Tenant, rows: Collection[Mapping[str, Any]], *, more: Mapping[str, int] = NOTHING_MORE
) -> None:
    """Store rows with their match_keys, as the last thing a write does; what they change is kept for who wants it.

    What they withdraw is noted at images that hear of it, and `more`: bits by match_key that no row withdraws, since
    there is nothing left to change.
    """
    if write.hears:
        bits = {row["match_key"]: withdrawn_bits(row) for row in rows}
        note_withdrawn(write, {key: bits.get(key, 0) | more.get(key, 0) for key in {**bits, **more}})
    write.store(STORE_KEEPING if tenant.keeps_images else STORE, rows)


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


class Carriers:
    """Who carries which value of the identifier that is not the priority one, as records hand it about."""

    def __init__(self, values: Iterable[str], stored: Iterable[Sequence[str]]) -> None:
        self.keys: dict[str, dict[str, None]] = {value: {} for value in values}
        self.value: dict[str, str] = {}
        for value, key in stored:
            self.hand(value, key)

    def hand(self, value: str, key: str) -> None:
        """Note that the customer `key` carries `value` from now on, and no other."""
        if (old := self.value.pop(key, None)) is not None:
            del self.keys[old][key]
        if value in self.keys:
            self.keys[value][key] = None
            self.value[key] = value


def _carriers(write: Write, first: str, second: str, records: Iterable[Mapping[str, Any]]) -> Carriers:
    """Look up who carries the identifiers of records that have no other one."""
    values = list({record[second]: None for record in records if record.get(first) is None})
    return Carriers(values, write.execute(CARRIERS[second], values=values) if values else ())


class Folding:
    """Folds records into one row a customer, each with its match_key, as if stored one after the other.

    Later supplied fields win. `first` names the priority identifier and `second` the other one; `carriers` knows every
    customer that carries the second one of a record that has no more than that. Where several do, the record's
    withdrawals are for all of them and the rest of it for none; `several` says so, by the record's index.
    """

    def __init__(self, first: str, second: str, carriers: Carriers) -> None:
        self.first, self.second, self.carriers = first, second, carriers
        self.rows: dict[str, Row] = {}
        self.several: dict[int, str] = {}
        # By identifier, what is withdrawn from all its carriers: a till's has 10,000, and a batch 1,000 such records.
        self.withdrawn: dict[str | None, dict[str, bool]] = {}

    def add(self, i: int, record: Mapping[str, Any]) -> None:
        """Fold in the record `i`, which parse() saw to it has one identifier or the other."""
        keys = self._keys(record)
        if len(keys) > 1:
            self._withdraw(i, record, keys)
            return
        key, carriers = keys[0], self.carriers
        self._fold(record, key)
        if carriers.keys and (other := record.get(self.second)) is not None:
            self.withdrawn.pop(carriers.value.get(key), None)
            carriers.hand(other, key)
        self.withdrawn.pop(carriers.value.get(key), None)

    def _withdraw(self, i: int, record: Mapping[str, Any], keys: Sequence[str]) -> None:
        """Withdraw from all whom record `i` means; what the records before withdrew from them all is withdrawn."""
        withdrawn, other = withdrawals(record), record[self.second]
        more = {name for name, value in record.items() if value is not None} - withdrawn.keys() - {self.second}
        self.several[i] = several_meant(len(keys), withdrawn=bool(withdrawn), more=bool(more), missing=self.first)
        done = self.withdrawn.setdefault(other, {})
        if fresh := {name: value for name, value in withdrawn.items() if name not in done}:
            for key in keys:
                self._fold(fresh, key)
            done.update(fresh)

    def _fold(self, record: Mapping[str, Any], key: str) -> None:
        if row := self.rows.get(key):
            supersede(row, record)
            row.update((name, value) for name, value in record.items() if value is not None)
        else:
            self.rows[key] = {**record, "match_key": key}

    def _keys(self, record: Mapping[str, Any]) -> Sequence[str]:
        """Return the match_keys of the customers that a record means."""
        if (value := record.get(self.first)) is not None:
            return [match_key(self.first, value)]
        other = record[self.second]
        return list(self.carriers.keys[other]) or [match_key(self.second, other)]

    @property
    def warnings(self) -> Warnings:
        """What is said of the records that mean several customers."""
        return {f"[{i}].{self.second}": [text] for i, text in self.several.items()}


def several_meant(number: int, *, withdrawn: bool, more: bool, missing: str) -> str:
    """Say what became of a record that means several customers, and which identifier would have told them apart."""
    parts = ["what it withdraws is withdrawn from all of them"] if withdrawn else []
    if more or not withdrawn:
        rest = "everything else" if withdrawn else "it"
        parts.append(f"{rest} is applied to none. Send {missing} to say who is meant")
    return f"{number:,} customers are meant: {', '.join(parts)}."


def fold(records: Iterable[Mapping[str, Any]], first: str, second: str) -> list[Row]:
    """Fold records that all have the priority identifier, `first`."""
    folding = Folding(first, second, Carriers((), ()))
    for i, record in enumerate(records):
        folding.add(i, record)
    return list(folding.rows.values())
