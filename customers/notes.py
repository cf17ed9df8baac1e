"""Notes of staff on customers: written while the customer is there, gone with them."""

from datetime import UTC, datetime

from customers.models import Customer
from hub.sql.execute import execute_where_tenant_is

# The row of the customer is held: an erasure waits for the note and takes it along, or has come first, and there is
# nobody left to write about.
ADD = """
INSERT INTO customers_customernote (tenant_id, customer_id, text, author, user_id, created_at)
SELECT c.tenant_id, c.id, %(note)s, %(actor)s, %(user_id)s::integer, %(now)s::timestamptz
  FROM customers_customer c
 WHERE c.tenant_id = %(tenant_id)s AND c.id = %(customer)s::bigint
   FOR KEY SHARE
RETURNING id
"""
DELETE = """
DELETE FROM customers_customernote
 WHERE tenant_id = %(tenant_id)s AND customer_id = %(customer)s::bigint AND id = %(id)s::bigint
   AND (%(anybody)s::boolean OR user_id = %(user_id)s::integer)
RETURNING id
"""


def add_note(customer: Customer, text: str, *, author: str, user_id: int | None) -> bool:
    """Write a note on a customer; returns False, with nothing written, where the customer is gone meanwhile."""
    named = {"tenant_id": customer.tenant_id, "customer": customer.pk, "note": text}
    now = datetime.now(UTC)
    return bool(execute_where_tenant_is(ADD, {**named, "actor": author, "user_id": user_id, "now": now}))


def delete_note(customer: Customer, note: int, *, user_id: int | None, anybody: bool) -> bool:
    """Delete a user's own note, or, with `anybody`, anybody's; returns False where there is no such note."""
    named = {"tenant_id": customer.tenant_id, "customer": customer.pk, "id": note}
    return bool(execute_where_tenant_is(DELETE, {**named, "user_id": user_id, "anybody": anybody}))
