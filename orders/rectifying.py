"""Staff's corrections of an order: whether it was cancelled, and whose it is. All else is the partner's document."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.text import capfirst
from pydantic import TypeAdapter, with_config
from typing_extensions import TypedDict

from hub.records.schemas import STRICT
from hub.records.types import Email, Flag
from hub.sql.files import read_sql
from hub.sql.upsert import Column
from orders.ingest import KEPT, ORDERS
from orders.models import Order
from orders.schemas import CustomerIdText
from tenants.changes.changesets import Origin
from tenants.changes.erasure import ERASED, suppressed
from tenants.changes.rectifying import Gone, Rectified, Refused, Values, asked_for, checked, still_asked_for
from tenants.changes.writing import open_write
from tenants.models import Entity, Operation, Tenant

NAMES = ("IsOrderCancelled", "CustomerId", "Email")
COLUMNS: dict[str, Column] = {column.field: column for column in ORDERS.columns}
RECTIFIED = {name: COLUMNS[name] for name in NAMES}
TITLES = {field.name: str(capfirst(field.verbose_name)) for field in Order._meta.concrete_fields}
LABELS = {name: TITLES[column.name] for name, column in RECTIFIED.items()}
LOCK_ROW = f"""
SELECT {", ".join(column.name for column in RECTIFIED.values())},
       json_build_object('record', t.id, 'image', {KEPT.image})::text AS image
  FROM orders_order t
 WHERE tenant_id = %(tenant_id)s AND id = %(order)s
   FOR UPDATE
"""  # noqa: S608 — composed from constants
RECORD = KEPT.recording()
RECTIFY = read_sql("orders", "rectify").format(
    assignments=",\n       ".join(
        f"{column.name} = CASE WHEN e.given & {1 << column.bit} <> 0 THEN e.{column.name} ELSE t.{column.name} END"
        for column in RECTIFIED.values()
    ),
    columns=", ".join(f"{column.name} {column.type}" for column in RECTIFIED.values()),
)
ANONYMOUS = "An anonymous sale: the person was erased, and it is nobody's."
FORGOTTEN = "{label} can't be this: who had it was erased for good, and may not come back."


@with_config(STRICT)
class Rectification(TypedDict, total=False):
    """What staff correct of an order, as the API takes it; an order may be without an e-mail."""

    CustomerId: CustomerIdText
    Email: Email
    IsOrderCancelled: Flag


ADAPTER: TypeAdapter[Any] = TypeAdapter(Rectification)


def values_of(order: Order) -> dict[str, Any]:
    """Return what staff may correct of an order, as they are shown it."""
    return {name: getattr(order, column.name) for name, column in RECTIFIED.items()}


def is_anonymous(customer_id: str | None) -> bool:
    """Tell whether an order is an erased person's, by its CustomerId."""
    return (customer_id or "").startswith(ERASED)


def rectify(tenant: Tenant, hub_id: int, seen: Values, wanted: Values, *, origin: Origin) -> Rectified:
    """Give an order the `wanted` values that differ from those `seen`, as one write.

    Raises Refused for values that can't be, for a forgotten person's, and for whose an anonymous sale is; ChangedSince
    where somebody has changed one of the same fields since, Gone where the order was deleted; then nothing is changed.
    """
    wanted = {**wanted, **_normal(asked_for(seen, wanted))}
    with open_write(tenant, Entity.ORDERS, Operation.EDIT, origin) as write:
        rows = write.execute(LOCK_ROW, order=hub_id)
        if not rows:
            raise Gone
        *values, image = rows[0]
        before = dict(zip(RECTIFIED, values, strict=True))
        said = still_asked_for(seen, wanted, before)
        write.changes.received = 1
        if said:
            _refuse(tenant, before, said, origin, suppresses=write.suppresses)
            write.keep(RECORD, [image])
            row = {"id": hub_id, "given": sum(1 << RECTIFIED[name].bit for name in said)}
            row |= {RECTIFIED[name].name: value for name, value in said.items()}
            write.changes.updated = [one[0] for one in write.execute(RECTIFY, edits=orjson.dumps([row]).decode())]
        else:
            write.changes.unchanged = 1
    return Rectified(write.receipt.number, before, {**before, **said})


def _normal(asked: Mapping[str, Any]) -> dict[str, Any]:
    sent = {name: value if value is not None else "" for name, value in asked.items()}
    return {name: None if value == "" else value for name, value in checked(ADAPTER, sent, LABELS).items()}


def _refuse(tenant: Tenant, before: Values, said: Mapping[str, Any], origin: Origin, *, suppresses: bool) -> None:
    """Raise Refused where an order would become somebody's who is erased, or an erased person's somebody's."""
    named = {name: value for name, value in said.items() if name != "IsOrderCancelled"}
    if is_anonymous(before["CustomerId"]) and named:
        raise Refused({name: [ANONYMOUS] for name in named})
    faults = {
        name: [FORGOTTEN.format(label=LABELS[name])]
        for name, value in named.items()
        if is_anonymous(value) or (suppresses and suppressed(tenant, origin.source, [(name, value)]))
    }
    if faults:
        raise Refused(faults)
