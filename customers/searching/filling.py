"""The searched words of a tenant are brought up to date: by what its feed has after a position, or from nothing.

A turn is one short transaction in which the position's row is locked, so that of several workers one does a tenant at a
time. All of it may be done twice. Customers are read under a row lock that erasures, deletions and undos wait for
(customers/sql/search_read.sql), not under the tenant's lock: nobody but who takes away one of these customers waits.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from uuid import UUID

import orjson
from django.db import connection, transaction

from customers.models import SearchPosition
from customers.searching.words import searched_words
from hub.sql.execute import execute, execute_where_tenant_is
from hub.sql.files import read_sql
from tenants.changes.changesets import as_array

MOST = 2000  # customers of a turn
WAITING = read_sql("customers", "search_waiting")
NEWS = read_sql("customers", "search_news")
READ = read_sql("customers", "search_read")
STORE = read_sql("customers", "search_store")
BEGIN = """
INSERT INTO customers_searchposition AS p (tenant_id, number, filled_to)
SELECT f.tenant_id, f.number, 0
  FROM tenants_feed f
 WHERE f.tenant_id = %(tenant_id)s AND NOT f.is_emptying
    ON CONFLICT (tenant_id) DO UPDATE
   SET number = excluded.number, filled_to = 0
RETURNING number
"""
HOLD = """
SELECT number, filled_to
  FROM customers_searchposition
 WHERE tenant_id = %(tenant_id)s
   FOR UPDATE SKIP LOCKED
"""
AFTER = """
SELECT id
  FROM customers_customer
 WHERE tenant_id = %(tenant_id)s AND id > %(position)s
 ORDER BY id
 LIMIT %(most)s
"""
THERE = """
SELECT id
  FROM customers_customer
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[])
 LIMIT 1
"""
FOLLOWED = """
UPDATE customers_searchposition
   SET number = %(number)s
 WHERE tenant_id = %(tenant_id)s
RETURNING number
"""
FILLED = """
UPDATE customers_searchposition
   SET filled_to = %(position)s
 WHERE tenant_id = %(tenant_id)s
RETURNING number
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A tenant with something to do, and where it stood: None where nothing is there yet."""

    tenant_id: UUID
    number: int | None
    filled_to: int | None
    has_expired: bool | None

    @property
    def is_to_begin(self) -> bool:
        """Whether its customers are gone through from the first on: for the first time, or as its feed has expired."""
        return self.number is None or bool(self.has_expired)


def waiting() -> list[Waiting]:
    """Return the tenants with something to do."""
    return [Waiting(*row) for row in execute(WAITING).fetchall()]


def begin(tenant_id: UUID) -> None:
    """Have all customers of a tenant gone through again, from the first on; what is searched meanwhile stays."""
    execute_where_tenant_is(BEGIN, {"tenant_id": tenant_id})


def follow(tenant_id: UUID) -> bool:
    """Store the words of what came next in a tenant's feed; return whether it did anything, and should go on."""
    with transaction.atomic():
        position = _hold(tenant_id)
        if position is None:
            return False
        named = {"tenant_id": tenant_id, "number": position[0], "most": MOST}
        ids, number = execute_where_tenant_is(NEWS, named)[0]
        if number <= position[0] or not _store(tenant_id, ids):
            return False
        execute_where_tenant_is(FOLLOWED, {"tenant_id": tenant_id, "number": number})
    return True


def fill(tenant_id: UUID) -> int:
    """Store the words of the next customers of a tenant that is gone through; return how many were gone through.

    Fewer than MOST where these were the last, or another worker is at it: `is_filling` tells.
    """
    with transaction.atomic():
        position = _hold(tenant_id)
        if position is None or position[1] is None:
            return 0
        _plan_anew()
        named = {"tenant_id": tenant_id, "position": position[1], "most": MOST}
        ids = [row[0] for row in execute_where_tenant_is(AFTER, named)]
        if not _store(tenant_id, ids):
            return 0
        last = ids[-1] if len(ids) == MOST else None
        execute_where_tenant_is(FILLED, {"tenant_id": tenant_id, "position": last})
    return len(ids)


def is_filling(tenant_id: UUID) -> bool:
    """Tell whether a tenant's customers are still gone through, from the first on."""
    return SearchPosition.objects.filter(tenant=tenant_id, filled_to__isnull=False).exists()


def _hold(tenant_id: UUID) -> tuple[int, int | None] | None:
    """Lock a tenant's position and return it, None where there is none or another worker has it."""
    rows = execute_where_tenant_is(HOLD, {"tenant_id": tenant_id})
    return (rows[0][0], rows[0][1]) if rows else None


def _plan_anew() -> None:
    """Plan for this tenant: of one with a hundred customers all are read and sorted, a million's key is walked."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_custom_plan")


def _store(tenant_id: UUID, ids: Sequence[int]) -> bool:
    """Store the words of customers; return False where one could not be locked, and this is to be tried again."""
    is_whole = True
    for start in range(0, len(ids), MOST):
        some = ids[start : start + MOST]
        rows = execute_where_tenant_is(READ, {"tenant_id": tenant_id, "ids": as_array(some)})
        made = [(id_, stored, searched_words(*said)) for id_, stored, *said in rows]
        words = [{"id": id_, "words": text} for id_, stored, text in made if text != stored]
        if words:
            execute_where_tenant_is(STORE, {"tenant_id": tenant_id, "words": orjson.dumps(words).decode()})
        is_whole &= not _is_there(tenant_id, set(some).difference(row[0] for row in rows))
    return is_whole


def _is_there(tenant_id: UUID, ids: Set[int]) -> bool:
    """Tell whether any of some customers is still there, who could not be locked; most are gone for good."""
    return bool(ids) and bool(execute_where_tenant_is(THERE, {"tenant_id": tenant_id, "ids": as_array(ids)}))
