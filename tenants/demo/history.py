"""The demo's past: in which batches a partner would have sent the data, and when it arrived."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from random import Random
from time import time
from typing import Any

from hub.sql.execute import execute_where_tenant_is
from tenants.demo import Dataset
from tenants.models import Tenant

Records = list[dict[str, Any]]

LIMITS = {"products": 200, "customers": 500, "orders": 250}
DAYS = 30  # of orders sent day by day; what is older came with the first synchronisation
FLAGS = ("EmailOptin", "SmsOptin", "WhatsappOptin", "AppPushOptin")

# Changesets, and the consents they changed, spread evenly over the last days in the order they were made.
AGE_CHANGESETS = """
WITH aged AS (
    UPDATE tenants_changeset c
       SET created_at = to_timestamp(%(epoch)s - 86400.0 * %(days)s * (f.number - c.number) / f.number)
      FROM tenants_feed f
     WHERE f.tenant_id = c.tenant_id AND c.tenant_id = %(tenant_id)s
    RETURNING c.number, c.created_at
)
UPDATE tenants_consentchange x
   SET created_at = aged.created_at
  FROM aged
 WHERE x.tenant_id = %(tenant_id)s AND x.changeset_number = aged.number
RETURNING x.id
"""


# A record came with the changeset that created it, and was changed last with the last one that named it.
AGE_RECORDS = """
WITH named AS (
    SELECT u.id, min(c.created_at) AS first, max(c.created_at) AS last
      FROM tenants_changeset c
     CROSS JOIN LATERAL unnest(c.created_ids || c.updated_ids) AS u(id)
     WHERE c.tenant_id = %(tenant_id)s AND c.entity = '{entity}'
     GROUP BY u.id
)
UPDATE {table} r
   SET created_at = named.first, updated_at = named.last
  FROM named
 WHERE r.tenant_id = %(tenant_id)s AND r.id = named.id
RETURNING r.id
"""
RECORDS = {
    entity: AGE_RECORDS.format(entity=entity, table=table)
    for entity, table in (
        ("customers", "customers_customer"),
        ("orders", "orders_order"),
        ("products", "products_product"),
    )
}


def batches(dataset: Dataset) -> Iterator[tuple[str, Records]]:
    """Yield (entity, records) as they were sent: everything at first, then orders day by day, with changes of mind."""
    days = [list(day) for _, day in groupby(dataset.orders, key=lambda order: str(order["OrderDate"])[:10])]
    first, later = days[:-DAYS], days[-DAYS:]
    for entity, records in (
        ("products", dataset.products),
        ("customers", dataset.customers),
        ("orders", [order for day in first for order in day]),
    ):
        yield from ((entity, batch) for batch in _cut(records, LIMITS[entity]))
    rng = Random(dataset.shop.slug)  # noqa: S311 — repeatable on purpose
    for number, day in enumerate(later):
        yield "orders", day
        if number % 3 == 0:
            yield "customers", [_changed_mind(rng, customer) for customer in rng.sample(dataset.customers, 12)]


def age(tenant: Tenant) -> None:
    """Date a tenant's changesets and records back over the last days: a history of one minute shows little."""
    execute_where_tenant_is(AGE_CHANGESETS, {"tenant_id": tenant.pk, "days": DAYS, "epoch": time()})
    for statement in RECORDS.values():
        execute_where_tenant_is(statement, {"tenant_id": tenant.pk})


def _cut(records: Sequence[dict[str, Any]], limit: int) -> Iterator[Records]:
    return (list(records[start : start + limit]) for start in range(0, len(records), limit))


def _changed_mind(rng: Random, customer: dict[str, Any]) -> dict[str, Any]:
    flag = rng.choice(FLAGS)
    return {**customer, flag: not customer.get(flag, False)}
