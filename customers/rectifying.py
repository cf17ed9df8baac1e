"""Staff's corrections of who a customer is (GDPR, Art. 16): identifiers, names, language, tags, mailing lists.

One write: the customer gets the key that its identifiers make by the tenant's priority, what it was known by stays
known as former, and its orders follow, in a changeset of their own, so that they stay with the person. Both keep their
before-images; an undo takes both back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from django.utils.text import capfirst
from pydantic import TypeAdapter, with_config

from customers.former import FORMER_COLUMNS, MOST_FORMER
from customers.ingest import CUSTOMERS, KEPT
from customers.models import Customer
from customers.restoring import LISTS, NOTE_BY_ID
from customers.schemas import CustomerRecord, Strings
from hub.records.phones import normal_phone
from hub.records.schemas import STRICT
from hub.sql.files import read_sql
from tenants.changes.changesets import Origin, as_array
from tenants.changes.erasure import suppressed
from tenants.changes.rectifying import Gone, Rectified, Refused, Values, asked_for, checked, still_asked_for
from tenants.changes.undoing import KEPT as KEPT_BY_ENTITY
from tenants.changes.undoing import UNDOING
from tenants.changes.writing import Write, open_write
from tenants.identity import COLUMNS, IDENTIFIERS, by_priority, identifiers_of, key_of
from tenants.models import Entity, Operation, Priority, Tenant

# By documented name, the columns that staff correct; of opt-ins consents.py is the one door.
NAMES = ("CustomerId", "Email", "Name", "Surname", "Phone", "Language", "Username", "Tags", "MailingLists")
RECTIFIED = {column.field: column for column in CUSTOMERS.columns if column.field in NAMES}
TITLES = {field.name: str(capfirst(field.verbose_name)) for field in Customer._meta.concrete_fields}
LABELS = {name: TITLES[column.name] for name, column in RECTIFIED.items()}
SETS = ("Tags", "MailingLists")
MOST_FOLLOWING = 5000  # orders: a till's own address has more, and is no person's to correct
LOCK_ROW = f"""
SELECT {", ".join(column.name for column in RECTIFIED.values())},
       json_build_object('record', t.id, 'image', {KEPT.image})::text AS image
  FROM customers_customer t
 WHERE tenant_id = %(tenant_id)s AND id = %(customer)s
   FOR UPDATE
"""  # noqa: S608 — composed from constants
RECORD = KEPT.recording()
ORDER_IMAGES = UNDOING[Entity.ORDERS].images
HOLDERS = read_sql("customers", "holders")
FOLLOWING = by_priority(read_sql("customers", "orders_that_follow"))
RENAME_ORDERS = read_sql("customers", "rename_orders")
FORMER = """{former} = CASE WHEN t.{column} <> coalesce(e.{column}, '') AND e.given & {bit} <> 0
           THEN (array_prepend(t.{column}, array_remove(t.{former}, t.{column})))[:{most}] ELSE t.{former} END"""
RECTIFY = read_sql("customers", "rectify").format(
    assignments=",\n       ".join(
        f"{column.name} = CASE WHEN e.given & {1 << column.bit} <> 0 THEN e.{column.name} ELSE t.{column.name} END"
        for column in RECTIFIED.values()
    ),
    former=",\n       ".join(
        FORMER.format(former=former, column=COLUMNS[name], bit=1 << RECTIFIED[name].bit, most=MOST_FORMER)
        for name, former in FORMER_COLUMNS.items()
    ),
    columns=", ".join(f"{column.name} {column.type}" for column in RECTIFIED.values()),
)
EMPTIED = "{label} can't be emptied: this tenant requires it."
NAMED_BY = "{label} can't be emptied: the customer is named by it."
NAMELESS = "A customer needs a CustomerId or an e-mail."
FORGOTTEN = "{label} can't be this: who had it was erased for good, and may not come back."
NO_PHONE = "That is no phone number: write it with its country code, for example +358101234567."
TOO_MANY_ORDERS = f"More than {MOST_FOLLOWING:,} orders name this customer: too many to follow a correction."


@with_config(STRICT)
class Rectification(CustomerRecord, total=False):
    """What staff correct of a customer: what the API takes, tags and mailing lists."""

    Tags: Strings
    MailingLists: Strings


ADAPTER: TypeAdapter[Any] = TypeAdapter(Rectification)


class Holder(NamedTuple):
    """Another customer who has an identifier already, given by its documented name."""

    field: str
    id: int
    name: str | None
    surname: str | None
    customer_id: str | None
    email: str | None

    def __str__(self) -> str:
        full = " ".join(filter(None, [self.name, self.surname]))
        return full or self.customer_id or self.email or f"#{self.id}"


class Taken(Exception):
    """Other customers have identifiers that this one was to get; nothing was changed."""

    def __init__(self, holders: Sequence[Holder]) -> None:
        super().__init__(f"{len(holders)} identifiers are others'")
        self.holders = holders


@dataclass(frozen=True, slots=True)
class _Correction:
    """A customer's values before and after a correction."""

    tenant: Tenant
    customer: int
    before: Values
    after: Values
    said: Mapping[str, Any]

    @property
    def renames(self) -> dict[str, Any]:
        """The identifiers that it changes."""
        return {name: value for name, value in self.said.items() if name in IDENTIFIERS}


def values_of(customer: Customer) -> dict[str, Any]:
    """Return what staff may correct of a customer, as they are shown it."""
    return {name: getattr(customer, column.name) for name, column in RECTIFIED.items()}


def rectify(tenant: Tenant, hub_id: int, seen: Values, wanted: Values, *, origin: Origin) -> Rectified:
    """Give a customer the `wanted` values that differ from those `seen`, as one write, and its orders with it.

    Texts are as they were typed, None or "" for none; what is stored is in the form of the API. Raises Refused for
    values that can't be, Taken where another customer has an identifier, ChangedSince where somebody has changed one of
    the same fields since, Gone where the customer was erased; then nothing is changed.
    """
    wanted = {**wanted, **_normal(tenant, asked_for(seen, wanted))}
    with open_write(tenant, Entity.CUSTOMERS, Operation.EDIT, origin) as write:
        rows = write.execute(LOCK_ROW, customer=hub_id)
        if not rows:
            raise Gone
        *values, image = rows[0]
        before = dict(zip(RECTIFIED, values, strict=True))
        said = still_asked_for(seen, wanted, before)
        correction = _Correction(tenant, hub_id, before, {**before, **said}, said)
        write.changes.received = 1
        if said:
            _check(write, correction, origin)
            write.keep(RECORD, [image])
            _apply(write, correction)
        else:
            write.changes.unchanged = 1
        followed = len(write.note(Entity.ORDERS, Operation.EDIT).updated)
    return Rectified(write.receipt.number, before, correction.after, followed)


def _normal(tenant: Tenant, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as they are stored, None for none; raises Refused with every fault of every field."""
    faults = {
        name: [EMPTIED.format(label=LABELS[name])]
        for name, value in asked.items()
        if not value and name in tenant.required_fields
    }
    sent = {name: value if name in SETS else value or "" for name, value in asked.items()}
    try:
        values = checked(ADAPTER, sent, LABELS)
    except Refused as refused:
        raise Refused({**refused.faults, **faults}) from None
    if values.get("Phone") and not (phone := normal_phone(values["Phone"], tenant.default_country)):
        faults["Phone"] = [NO_PHONE]
    elif values.get("Phone"):
        values["Phone"] = phone
    if faults:
        raise Refused(faults)
    return {name: _stored(name, value) for name, value in values.items()}


def _stored(name: str, value: Any) -> Any:
    if name in SETS:
        return list(dict.fromkeys(value))
    return value if value and value.strip() else None


def _check(write: Write, correction: _Correction, origin: Origin) -> None:
    """Raise Refused where a customer would lose its name or get a forgotten person's, Taken where it is another's."""
    tenant, before, after = correction.tenant, correction.before, correction.after
    first, second, _ = identifiers_of(tenant)
    renames = correction.renames
    if before[first] and not after[first]:
        raise Refused({first: [NAMED_BY.format(label=LABELS[first])]})
    if (before[first] or before[second]) and not (after[first] or after[second]):
        raise Refused({second: [NAMED_BY.format(label=LABELS[second])]})
    if not any(after[name] for name in IDENTIFIERS):
        raise Refused({first: [NAMELESS]})
    if write.suppresses:
        _refuse_forgotten(tenant, renames, origin)
    names = {COLUMNS[name]: renames.get(name) for name in FORMER_COLUMNS}
    key = key_of(identifiers_of(tenant), after) if renames else None
    if renames and (rows := write.execute(HOLDERS, customer=correction.customer, key=key, **names)):
        raise Taken([Holder(*row) for row in _distinct(rows)])


def _refuse_forgotten(tenant: Tenant, renames: Mapping[str, Any], origin: Origin) -> None:
    faults = {
        name: [FORGOTTEN.format(label=LABELS[name])]
        for name, value in renames.items()
        if suppressed(tenant, origin.source, [(name, value)])
    }
    if faults:
        raise Refused(faults)


def _distinct(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Leave out whoever has the key, and with it an identifier that was found by itself."""
    named = {row[1] for row in rows if row[0] != "Phone"}
    return [row for row in rows if row[0] != "Phone" or row[1] not in named]


def _apply(write: Write, correction: _Correction) -> None:
    tenant, said = correction.tenant, correction.said
    if write.hears and "MailingLists" in said:
        write.execute(NOTE_BY_ID, withdrawn=orjson.dumps({str(correction.customer): LISTS}).decode())
    if correction.renames.keys() & FORMER_COLUMNS.keys():
        _take_orders_along(write, correction)
    row = {
        "id": correction.customer,
        "given": sum(1 << RECTIFIED[name].bit for name in said),
        "match_key": key_of(identifiers_of(tenant), correction.after),
        **{RECTIFIED[name].name: value for name, value in said.items()},
    }
    write.changes.updated = [updated[0] for updated in write.execute(RECTIFY, edits=orjson.dumps([row]).decode())]


def _take_orders_along(write: Write, correction: _Correction) -> None:
    """Have the customer's orders name it as it is named now, where they name it as it was."""
    tenant, before = correction.tenant, correction.before
    named = {column: before[name] for name, column in COLUMNS.items() if name in FORMER_COLUMNS}
    following = FOLLOWING[Priority(tenant.priority)]
    rows = write.execute(following, customer=correction.customer, most=MOST_FOLLOWING + 1, **named)
    if len(rows) > MOST_FOLLOWING:
        raise Refused({identifiers_of(tenant)[0]: [TOO_MANY_ORDERS]})
    orders = {hub_id: {"CustomerId": customer_id, "Email": email} for hub_id, customer_id, email in rows}
    renamed = {hub_id: named for hub_id, order in orders.items() if (named := _renamed(order, correction)) != order}
    if not renamed:
        return
    edits = [{"id": hub_id, "customer_id": o["CustomerId"], "email": o["Email"]} for hub_id, o in renamed.items()]
    images = write.execute(ORDER_IMAGES, ids=as_array(renamed))
    noted = write.note(Entity.ORDERS, Operation.EDIT)
    noted.recorded_by, noted.images = KEPT_BY_ENTITY[Entity.ORDERS].recording(), [image for (image,) in images]
    noted.updated = [row[0] for row in write.execute(RENAME_ORDERS, edits=orjson.dumps(edits).decode())]
    noted.received = len(noted.updated)


def _renamed(order: Values, correction: _Correction) -> dict[str, Any]:
    """Return what an order of the customer names it by, after the correction."""
    before, after = correction.before, correction.after
    first, second, _ = identifiers_of(correction.tenant)
    renamed = {
        name: after[name] if order[name] == before[name] and after[name] else order[name] for name in (first, second)
    }
    if not after[second] and order[first] != before[first]:  # it was the customer's by the second alone
        renamed[first] = after[first]
    return renamed
