"""The one change of a tenant's configuration that has to touch its data: the identifier priority."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.sql.bounds import lift_bounds
from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.audit.events import Actor, change_of, record
from tenants.changes.changesets import Changes, Origin
from tenants.changes.writing import open_write
from tenants.identity import COLUMNS, LETTERS, ORDER, key_sql
from tenants.models import AuditKind, Entity, Operation, Priority, Tenant

# The key of a customer by each priority: by the priority identifier, else by the other, else what it is.
KEYS = {
    priority: ", ".join([*(key_sql(name, f"c.{COLUMNS[name]}") for name in order[:2]), "c.match_key"])
    for priority, order in ORDER.items()
}
PLAN, REKEY, COLLISIONS = (
    {priority: read_sql("tenants", name).format(key=key, phone=LETTERS["Phone"]) for priority, key in KEYS.items()}
    for name in ("rekey_plan", "rekey", "rekey_collisions")
)


@dataclass(frozen=True, slots=True)
class Collision:
    """Customers that another priority would give one and the same key: the identifier, how many, some by hub id."""

    identifier: str
    customers: int
    hub_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class PriorityPlan:
    """What another identifier priority means: how many customers there are, get another key, collide."""

    priority: Priority
    customers: int
    moving: int
    colliding: int


class CustomersCollide(Exception):
    """The identifier priority can't be changed: customers would share a key."""

    def __init__(self, plan: PriorityPlan) -> None:
        super().__init__(f"{plan.colliding} customers would share a key")
        self.plan = plan


def plan_priority(tenant: Tenant, priority: Priority) -> PriorityPlan:
    """Return what changing the tenant's identifier priority would mean. Changes nothing."""
    return PriorityPlan(priority, *execute(PLAN[priority], {"tenant_id": tenant.pk}).fetchall()[0])


def collisions(tenant: Tenant, priority: Priority, *, start: int, most: int) -> list[Collision]:
    """Return what stands in the way of a change of the tenant's identifier priority: a part of it, the worst first."""
    named = {"tenant_id": tenant.pk, "start": start, "most": most}
    rows = execute(COLLISIONS[priority], named).fetchall()
    return [Collision(key.partition(":")[2], count, ids) for key, count, ids in rows]


def change_priority(tenant: Tenant, priority: Priority, *, origin: Origin) -> Changes:
    """Make `priority` the identifier that names the tenant's customers, and give every customer its key by it.

    One transaction, under the exclusive lock: nobody writes in between. Raises CustomersCollide and changes nothing
    where customers would share a key. A request that was let in before and writes after is refused by the lock.
    It takes as long as it needs: staff ask for it rarely, and knowing what it means.
    """
    with open_write(tenant, Entity.CUSTOMERS, Operation.REKEY, origin) as write:
        lift_bounds()
        plan = plan_priority(tenant, priority)
        if plan.colliding:
            raise CustomersCollide(plan)
        for by_phone in (False, True):
            write.changes.updated += [row[0] for row in write.execute(REKEY[priority], by_phone=by_phone)]
        write.tell_priority(priority)
        Tenant.objects.filter(pk=tenant.pk).update(priority=priority)
        changed = [change_of("priority", tenant.priority, priority.value)]
        record(AuditKind.TENANT_CHANGED, Actor(origin.user_id, origin.trace_id), tenant_id=tenant.pk, details=changed)
        tenant.priority = priority
    return write.changes
