"""What a page says of a plan to take a changeset back: what goes back, who stays and why, what is offered."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.utils.safestring import SafeString

from tenants.admin.differences import differences, given_back
from tenants.admin.looks import count_shown
from tenants.admin.question import counted
from tenants.admin.sections import Section, record_link
from tenants.audit.looks import PERSONAL
from tenants.changes.undo import (
    Plan,
    follower_of,
    plan_undo,
    sample,
    undo_of,
)
from tenants.changes.undoing import KEPT
from tenants.entities import model_label
from tenants.models import Changeset, Entity, Tenant, Way

MOST_COMPARED = 50  # records that are shown field by field
MOST_NAMED = 200  # for each of what else becomes of them
NOTHING_SEEN = "Nothing anybody sees changes, unless consent is given back."


def _many(changeset: Changeset, ids: Sequence[int]) -> str:
    return counted(len(ids), KEPT[Entity(changeset.entity)].model._meta)


def _verb(ids: Sequence[int], one: str, several: str) -> str:
    return one if len(ids) == 1 else several


def happens(changeset: Changeset, plan: Plan) -> list[str]:
    """Say what an undo does."""
    lines = []
    if plan.back:
        lines.append(f"{_many(changeset, plan.back)} {_verb(plan.back, 'goes', 'go')} back to what was before.")
    if plan.go:
        lines.append(f"{_many(changeset, plan.go)} that it created {_verb(plan.go, 'goes', 'go')}.")
    if plan.come:
        lines.append(f"{_many(changeset, plan.come)} {_verb(plan.come, 'comes', 'come')} back under the same hub id.")
    if lines:
        lines.append("It is recorded as a changeset of its own, with your name, and can be taken back itself.")
    elif plan.offered:
        lines.append(NOTHING_SEEN)
    return lines


def followers(changeset: Changeset, tenant: Tenant, plan: Plan) -> list[str]:
    """Say of the orders that followed a customer which go back with it, and which stay since something came after."""
    followed = follower_of(changeset) if plan.back else None
    if followed is None or undo_of(followed):
        return []
    orders = plan_undo(followed, tenant.priority)
    back, left = counted(len(orders.back), KEPT[Entity.ORDERS].model._meta), len(orders.stays)
    stay = f"; {left:,} changed since, and stay as they are" if left else ""
    return [f"{back} that followed {_verb(orders.back, 'goes', 'go')} back with it{stay}."]


def stays(changeset: Changeset, plan: Plan) -> list[str]:
    """Say what an undo leaves alone, and why."""
    reasons = list(plan.stays.values())
    lines = [
        f"{counted(reasons.count(reason), KEPT[Entity(changeset.entity)].model._meta)}: {reason}."
        for reason in dict.fromkeys(reasons)
    ]
    if changeset.entity == Entity.CUSTOMERS:
        if plan.go:
            lines.append("The orders of customers who go: this is no erasure, they still name who bought.")
        if plan.come:
            lines.append("Customers who come back have no opt-in and are on no mailing list.")
        lines.append("Consent that was withdrawn, opt-ins, mailing lists and attributes that were true: it stays so.")
    return lines


def offer(changeset: Changeset, plan: Plan) -> str:
    """Say to whom withdrawn consent may be given back; nothing where there is nobody."""
    if not plan.offered:
        return ""
    text = f"Give consent back to {_many(changeset, plan.offered)} from whom this changeset withdrew it"
    rest = len(plan.withdrawn) - len(plan.offered)
    return f"{text}; not to {rest:,} who withdrew it since." if rest else f"{text}."


def giving(changeset: Changeset, tenant: Tenant, plan: Plan) -> list[Section]:
    """Return what the tick gives back to whom, for the first; none where nothing is offered."""
    if not plan.offered:
        return []
    ids = plan.offered[:MOST_COMPARED]
    kept, found = KEPT[Entity(changeset.entity)], _found(changeset, ids)
    without, given = (sample(changeset, tenant.priority, ids, gives=gives) for gives in (False, True))
    targets = {hub_id: target for hub_id, _, target in given}
    rows = [
        [_named(changeset, hub_id, found), *row]
        for hub_id, _, target in without
        for row in given_back(kept, target, targets.get(hub_id))
    ]
    note = f"The first {MOST_COMPARED} of {len(plan.offered):,}." if len(plan.offered) > MOST_COMPARED else ""
    return [Section("What the tick gives back", ("Record", "Channel", "Now", "Then"), rows, note=note)]


def _found(changeset: Changeset, ids: Iterable[int]) -> dict[int, Any]:
    records = apps.get_model(model_label(changeset.entity))._default_manager.filter(tenant_id=changeset.tenant_id)
    return dict(records.in_bulk(set(ids)))


def plan_sections(request: HttpRequest, changeset: Changeset, tenant: Tenant, plan: Plan) -> list[Section]:
    """Return what becomes of which records: field by field for the first, and who stays, with the reason.

    Count that the request's user saw those that say something of a person.
    """
    kept = KEPT[Entity(changeset.entity)]
    compared = [*plan.back, *plan.come][:MOST_COMPARED]
    samples = sample(changeset, tenant.priority, compared) if compared else []
    offered = plan.offered[:MOST_COMPARED]
    found = _found(changeset, [*compared, *offered, *plan.go[:MOST_NAMED], *list(plan.stays)[:MOST_NAMED]])
    if changeset.entity in PERSONAL:
        count_shown(request, Entity(changeset.entity), Way.CHANGESET, found.values())
    rows = [
        [_named(changeset, hub_id, found), *difference]
        for hub_id, stored, target in samples
        for difference in differences(kept, stored, target)
    ]
    does = len(plan.back) + len(plan.come)
    note = f"The first {MOST_COMPARED} of {does:,}." if does > MOST_COMPARED else ""
    sections = [Section("Field by field", ("Record", "Field", "Now", "Then"), rows, note=note)] if rows else []
    going = [[_named(changeset, hub_id, found)] for hub_id in plan.go[:MOST_NAMED]]
    staying = [[_named(changeset, hub_id, found), reason] for hub_id, reason in list(plan.stays.items())[:MOST_NAMED]]
    return [
        *sections,
        *_section(f"Go: {len(plan.go):,}", ("Record",), going, len(plan.go)),
        *_section(f"Stay: {len(plan.stays):,}", ("Record", "Why"), staying, len(plan.stays)),
    ]


def _section(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], number: int) -> Iterable[Section]:
    if rows:
        yield Section(title, columns, rows, note=f"The first {MOST_NAMED}." if number > MOST_NAMED else "")


def _named(changeset: Changeset, hub_id: int, found: Mapping[int, Any]) -> SafeString | str:
    record = found.get(hub_id)
    if not record:
        return f"#{hub_id}"
    return record_link(model_label(changeset.entity).replace(".", "_"), hub_id, f"{record} #{hub_id}")
