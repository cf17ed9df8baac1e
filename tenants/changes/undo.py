"""Taking a changeset back: records that nothing has touched since become what they were, as a changeset of its own.

What would happen is a plan, which is shown first; the undo makes it again under the tenant's exclusive lock and does
nothing where it has come out otherwise. It gives no consent back but where staff ask for it, and never to somebody who
withdrew since (customers.restoring).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from hub.sql.execute import execute_where_tenant_is
from hub.sql.prepared import Row
from tenants.changes.changesets import Consent, Origin, Receipt, as_array
from tenants.changes.exclusive import alone
from tenants.changes.images import KEPT_FOR, Execute
from tenants.changes.reasons import DROP_LEDGER
from tenants.changes.statistics import learn_sizes
from tenants.changes.undoing import TABLES, UNDOING
from tenants.changes.writing import Write, open_write
from tenants.models import BeforeImage, Changeset, Entity, Operation, Tenant

CAN_BE_UNDONE = {Operation.UPSERT, Operation.EDIT, Operation.DELETE, Operation.UNDO}
TOO_OLD = "It is older than seven days: what the records were before is no longer kept."
ERASES = "It erased persons, and nobody comes back from that."
REKEYS = "It gave customers other keys: change the identifier priority again instead."
MERGES = "It merged two customers, which has a page of its own to take it back."
PARTS_AGAIN = "It parted two customers that were merged: merge them again instead."
TAKEN_BACK = "Taken back by {by}. To revert that, take back {by}."
FOLLOWED = "It followed {led}: take that back, and these orders go back with it."
REFUSED = {Operation.ERASE: ERASES, Operation.REKEY: REKEYS, Operation.MERGE: MERGES}
NO_IMAGES = "It created nothing, and what the records were before is not kept: nothing could go back."

CHANGED_SINCE = "changed since"
NOT_KEPT = "what it was before is not kept"
KEY_TAKEN = "another record has its key now"
ONLY_WITHDRAWN = "only consent was withdrawn"
SAME_VALUES = "its values are what they were"


class Met(NamedTuple):
    """A record of the changeset, as tenants/sql/undo_plan.sql finds it."""

    id: int
    kind: str
    touched: bool
    image: int | None
    bits: int
    gives: int
    differs: bool
    key: str | None
    holder: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an undo does, by hub id: which records go back, which that were created go, which come back, and which stay.

    `stays` says why. `withdrawn` are those from whom the changeset withdrew consent, `offered` those of them who may be
    given it back, `moves` those that get another key; `digest` tells this plan from any other.
    """

    back: Sequence[int]
    go: Sequence[int]
    come: Sequence[int]
    stays: dict[int, str]
    withdrawn: Sequence[int]
    offered: Sequence[int]
    moves: Sequence[int]
    digest: str

    @property
    def does(self) -> int:
        """How many records it would change."""
        return len(self.back) + len(self.go) + len(self.come)

    @property
    def is_without_images(self) -> bool:
        """Tell whether nothing goes back because nothing was kept."""
        return not (self.back or self.come) and NOT_KEPT in self.stays.values()


class PlanChanged(Exception):
    """The undo would do something else by now than what was shown; nothing was done."""


def why_not(changeset: Changeset) -> str:
    """Say why a changeset can't be taken back at all; nothing where it can."""
    if changeset.operation not in CAN_BE_UNDONE:
        return REFUSED[Operation(changeset.operation)]
    if changeset.undoes and _merges(changeset.tenant_id, changeset.undoes):
        return PARTS_AGAIN
    if changeset.created_at < timezone.now() - KEPT_FOR:
        return TOO_OLD
    if taken := undo_of(changeset):
        return TAKEN_BACK.format(by=f"number {taken.number:,}")
    if led := leader_of(changeset):
        return FOLLOWED.format(led=f"number {led.number:,}")
    return "" if changeset.created_ids or _has_images(changeset) else NO_IMAGES


def _merges(tenant_id: UUID, number: int) -> bool:
    return Changeset.objects.filter(tenant_id=tenant_id, number=number, operation=Operation.MERGE).exists()


def undo_of(changeset: Changeset) -> Changeset | None:
    """Return the changeset that took this one back, the latest where there are several."""
    undos = Changeset.objects.filter(tenant_id=changeset.tenant_id, undoes=changeset.number)
    return undos.order_by("-number").first()


def leader_of(changeset: Changeset) -> Changeset | None:
    """Return the correction of a customer that a changeset of orders followed, in the same write; None for any other.

    An undo of that correction takes the orders back, too.
    """
    if changeset.entity != Entity.ORDERS:
        return None
    if changeset.operation == Operation.UNDO:
        undone = _numbered(changeset, changeset.undoes)
        led = undone and leader_of(undone)
        return undo_of(led) if led else None
    return _beside(changeset, changeset.number - 1, Entity.CUSTOMERS)


def follower_of(changeset: Changeset) -> Changeset | None:
    """Return the changeset of the orders that followed a correction of a customer, in the same write."""
    if changeset.entity != Entity.CUSTOMERS:
        return None
    if changeset.operation == Operation.UNDO:
        undone = _numbered(changeset, changeset.undoes)
        followed = undone and follower_of(undone)
        return undo_of(followed) if followed else None
    return _beside(changeset, changeset.number + 1, Entity.ORDERS)


def _beside(changeset: Changeset, number: int, entity: Entity) -> Changeset | None:
    """Return the changeset with a number where both are edits that one write made: its moment is in both."""
    if changeset.operation != Operation.EDIT:
        return None
    same = {"operation": Operation.EDIT, "created_at": changeset.created_at, "trace_id": changeset.trace_id}
    return Changeset.objects.filter(tenant_id=changeset.tenant_id, number=number, entity=entity, **same).first()


def _numbered(changeset: Changeset, number: int | None) -> Changeset | None:
    numbered = Changeset.objects.filter(tenant_id=changeset.tenant_id, number=number or 0)
    return numbered.first()


def _has_images(changeset: Changeset) -> bool:
    records = [*changeset.updated_ids, *changeset.deleted_ids]  # they are indexed by
    images = BeforeImage.objects.filter(tenant_id=changeset.tenant_id, entity=changeset.entity, record__in=records)
    return images.filter(changeset_number=changeset.number).exists()


def plan_undo(changeset: Changeset, priority: str, *, gives: bool = False) -> Plan:
    """Return what taking a changeset back would do; changes nothing. `priority` is the tenant's."""
    learn_sizes(TABLES[Entity(changeset.entity)])
    return _plan(partial(_execute, _named(changeset, priority)), Entity(changeset.entity), gives=gives)


def undo(tenant: Tenant, changeset: Changeset, *, planned: str, gives: bool, origin: Origin) -> Receipt:
    """Take a changeset back as it was `planned`, the digest of the plan that was shown.

    `gives`: withdrawals of consent are given back, for the origin's reason, but not to who withdrew since. Orders that
    followed a customer go back with it, those that nothing touched since, in the same transaction.
    Raises PlanChanged, and what `open_write` raises.
    """
    followed = follower_of(changeset)
    if followed is None:
        return _undo(tenant, changeset, planned=planned, gives=gives, origin=origin)
    with alone(tenant, Entity.CUSTOMERS, origin):
        receipt = _undo(tenant, changeset, planned=planned, gives=gives, origin=origin)
        if receipt.updated and not undo_of(followed):
            plan = plan_undo(followed, tenant.priority)
            _undo(tenant, followed, planned=plan.digest, gives=False, origin=origin, follows=True)
    return receipt


def _undo(
    tenant: Tenant, changeset: Changeset, *, planned: str, gives: bool, origin: Origin, follows: bool = False
) -> Receipt:
    entity = Entity(changeset.entity)
    with open_write(tenant, entity, Operation.UNDO, origin, undoes=changeset.number) as write:
        plan = _plan(write.execute, entity, gives=gives)
        if plan.digest != planned or (not follows and why_not(changeset)):
            raise PlanChanged
        _take_back(write, entity, plan, gives=gives)
    return write.receipt


def sample(
    changeset: Changeset, priority: str, ids: Sequence[int], *, gives: bool = False
) -> list[tuple[int, str | None, str | None]]:
    """Return some records by hub id, as JSON: what is stored now and what an undo makes of it."""
    statement = UNDOING[Entity(changeset.entity)].sample
    return [
        (row[0], row[1], row[2])
        for row in _execute(_named(changeset, priority), statement, ids=as_array(ids), gives=gives)
    ]


def _named(changeset: Changeset, priority: str) -> dict[str, object]:
    """Return what the statements about a changeset name, as `open_write` does for those that change something."""
    named = {"tenant_id": changeset.tenant_id, "priority": priority, "entity": changeset.entity}
    return {**named, "undoes": changeset.number}


def _execute(named: dict[str, object], statement: str, **parameters: object) -> list[Row]:
    return execute_where_tenant_is(statement, {**named, **parameters})


def _plan(execute: Execute, entity: Entity, *, gives: bool) -> Plan:
    met = sorted(Met(*row) for row in execute(UNDOING[entity].plan, gives=gives))
    stays = {record.id: why for record in met if (why := _stays(record))}
    blocked = _blocked([record for record in met if record.id not in stays])
    stays.update((hub_id, KEY_TAKEN) for hub_id in blocked)
    does = [record for record in met if record.id not in stays]
    back = [record for record in does if record.kind == "updated"]
    free = [record for record in met if not record.touched and record.id not in blocked]
    withdrawn = [record for record in free if record.kind == "updated" and record.bits]
    seen = [record._replace(differs=True) for record in met]  # which depends on what is given back
    return Plan(
        back=[record.id for record in back],
        go=[record.id for record in does if record.kind == "created"],
        come=[record.id for record in does if record.kind == "deleted"],
        stays=stays,
        withdrawn=[record.id for record in withdrawn],
        offered=[record.id for record in withdrawn if record.gives],
        moves=[record.id for record in back if record.holder != record.id],
        digest=hashlib.sha256(repr(seen).encode()).hexdigest(),
    )


def _stays(record: Met) -> str:
    """Say why a record stays as it is, whoever has its key; nothing where it goes, goes back or comes back."""
    if record.touched:
        return CHANGED_SINCE
    if record.kind == "created":
        return ""
    if record.image is None:
        return NOT_KEPT
    if record.differs or record.kind == "deleted":
        return ""
    return ONLY_WITHDRAWN if record.bits else SAME_VALUES


def _blocked(records: Sequence[Met]) -> set[int]:
    """Return those that can't have their key: somebody has it who neither goes nor gets another one."""
    free = {record.id for record in records if record.kind == "created"}
    moving = {record.id: record for record in records if record.kind != "created"}
    while blocked := set(_without_key(moving, free)):
        for hub_id in blocked:
            del moving[hub_id]
    return {record.id for record in records if record.id not in free and record.id not in moving}


def _without_key(moving: dict[int, Met], free: set[int]) -> Iterator[int]:
    taken: set[str | None] = set()
    for record in moving.values():
        holder = moving.get(record.holder or 0)
        leaves = record.holder is None or record.holder in free or (holder and holder.key != record.key)
        if record.key in taken or not (leaves or record.holder == record.id):
            yield record.id
        taken.add(record.key)


def _take_back(write: Write, entity: Entity, plan: Plan, *, gives: bool) -> None:
    """Do what was planned: who goes gives up a key first, who comes back takes one last."""
    statements, parameters = UNDOING[entity], {"gives": gives}
    changed = as_array([*plan.back, *plan.go])
    write.keep(statements.recorded_by, (row[0] for row in write.execute(statements.images, ids=changed)))
    if plan.go:
        write.execute(statements.go, ids=as_array(plan.go))
        if entity == Entity.CUSTOMERS:
            write.execute(DROP_LEDGER, ids=as_array(plan.go))
    if plan.moves:
        write.execute(statements.aside, ids=as_array(plan.moves))
    if plan.back:
        rows = write.execute(statements.go_back, ids=as_array(plan.back), **parameters)
        write.changes.consents += [Consent(*row) for row in rows if row[1] != row[2]]
    if plan.come:
        rows = write.execute(statements.come_back, ids=as_array(plan.come), **parameters)
        write.changes.consents += [Consent(id_, None, after, supplied) for id_, after, supplied in rows if supplied]
    if statements.put_parts:
        _put_parts(write, entity, [*plan.back, *plan.come])
    changes = write.changes
    changes.created, changes.updated, changes.deleted = list(plan.come), list(plan.back), list(plan.go)
    changes.received, changes.unchanged = plan.does + len(plan.stays), len(plan.stays)


def _put_parts(write: Write, entity: Entity, ids: Iterable[int]) -> None:
    documents = as_array(ids)
    write.execute(UNDOING[entity].drop_parts, ids=documents)
    write.execute(UNDOING[entity].put_parts, ids=documents)
