"""Erasing customers: the rows go, and the orders that name them stay as anonymous sales."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.changes.changesets import Changes, Origin, as_array
from tenants.changes.erasure import pseudonym
from tenants.changes.writing import Write, open_write
from tenants.identity import by_priority, identifiers_of
from tenants.models import Entity, Operation, Priority, Tenant

ORDERS_OF_ERASED = read_sql("customers", "orders_of_erased")
FIND_ORDERS = by_priority(ORDERS_OF_ERASED)  # no row is locked: who writes orders has the tenant's lock
COUNT_ORDERS = by_priority(f"SELECT count(*) FROM ({ORDERS_OF_ERASED}) AS o")  # noqa: S608 — constants
ANONYMISE_ORDERS = read_sql("customers", "anonymise_orders")
FIND = """
SELECT id, customer_id, email
  FROM customers_customer
 WHERE tenant_id = %(tenant_id)s AND (customer_id = %(customer_id)s OR email = %(email)s)
"""
FIND_BY_ID = """
SELECT id, customer_id, email
  FROM customers_customer
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[])
"""
DELETE = "DELETE FROM customers_customer WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[]) RETURNING id"

# Hub id, customer id, e-mail. Without a hub id: a person for whom no row stands, and whom orders may name all the same.
Person = tuple[int | None, str | None, str | None]


def erase_customers(tenant: Tenant, *, customer_id: str | None, email: str | None, origin: Origin) -> Changes:
    """Erase the persons that an identifier, or both, name; their orders stay as anonymous sales.

    By both: customers with both; if there are none, those with the priority one; else those with the other.
    The e-mail is in its normal form.
    """
    with open_write(tenant, Entity.CUSTOMERS, Operation.ERASE, origin) as write:
        found = write.execute(FIND, customer_id=customer_id, email=email)
        write.changes.received = 1
        matches = _matches([(*row,) for row in found], customer_id, email, identifiers_of(tenant)[0])
        erase(write, tenant, [*matches, (None, customer_id, email)])
    return write.changes


def erase_customers_by_id(tenant: Tenant, ids: Sequence[int], *, origin: Origin) -> Changes:
    """Erase the persons that hub ids name; their orders stay as anonymous sales."""
    with open_write(tenant, Entity.CUSTOMERS, Operation.ERASE, origin) as write:
        write.changes.received = len(ids)
        erase(write, tenant, [(*row,) for row in write.execute(FIND_BY_ID, ids=list(ids))])
    return write.changes


def count_orders_of(tenant: Tenant, customers: Sequence[Person]) -> int:
    """Count the orders that erasing customers would make anonymous."""
    statement = COUNT_ORDERS[Priority(tenant.priority)]
    number: int = execute(statement, {"tenant_id": tenant.pk, **_named(customers)}).fetchall()[0][0]
    return number


def erase(write: Write, tenant: Tenant, persons: Sequence[Person]) -> None:
    """Delete customers and make the orders that name them anonymous. Orders may have come before the customer."""
    named = _named(persons)
    if erased := named["erased"]:
        write.execute(DELETE, ids=as_array(erased))
    write.changes.deleted += erased
    orders = write.execute(FIND_ORDERS[Priority(tenant.priority)], **named)
    if orders:
        ids, pseudonyms = zip(*((id_, pseudonym(tenant, customer_id)) for id_, customer_id in orders), strict=True)
        write.execute(ANONYMISE_ORDERS, ids=as_array(ids), pseudonyms=as_array(pseudonyms))
    write.note(Entity.ORDERS, Changes(received=len(orders), updated=[order[0] for order in orders]))


def _matches(found: Sequence[Person], customer_id: str | None, email: str | None, first: str) -> Sequence[Person]:
    """Return those found that the identifiers name together, else by the priority one, else by the other."""
    by_id = [row for row in found if customer_id is not None and row[1] == customer_id]
    by_email = [row for row in found if email is not None and row[2] == email]
    both = [row for row in by_id if row in by_email]
    return both or ((by_email or by_id) if first == "Email" else (by_id or by_email))


def _named(persons: Sequence[Person]) -> Mapping[str, list[Any]]:
    """Return the parameters of ORDERS_OF_ERASED."""
    return {
        "erased": [row[0] for row in persons if row[0] is not None],
        "customer_ids": list({row[1] for row in persons} - {None}),
        "emails": list({row[2] for row in persons} - {None}),
    }
