"""Taking a merge back: both customers become what they were, for 30 days, but for what was said since.

What would happen is a plan, shown first; it is made again under the lock, and nothing is done where it has come out
otherwise. A value of the kept customer that changed since stays. Consents come back but for those that somebody
withdrew since, from the one who was both: that is heard even where nothing was left to withdraw (customers.restoring).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson

from customers.flags import ALL, FLAGS, grants
from customers.former import FORMER_COLUMNS
from customers.merging.choices import FIELDS, Row, flags_of
from customers.merging.statements import (
    COME_BACK,
    GO_BACK,
    HOLDERS,
    PLAN,
    PUT_BACK,
    RECORD_PARTING,
    UNFOLLOW_ORDERS,
)
from customers.restoring import ATTRIBUTES, LISTS
from hub.sql.execute import execute_where_tenant_is
from hub.sql.prepared import Row as Found
from tenants.changes.changesets import Consent, Origin, Receipt
from tenants.changes.images import Execute, forget_images
from tenants.changes.undo import TAKEN_BACK, PlanChanged, undo_of
from tenants.changes.writing import Write, open_write
from tenants.identity import COLUMNS, IDENTIFIERS, identifiers_of, key_of
from tenants.models import Changeset, Entity, Operation, Tenant

GONE = (
    "What the two were before is no longer kept: it is older than 30 days, or one of them, or somebody known by the"
    " same identifier, was erased."
)


@dataclass(frozen=True, slots=True)
class Parting:
    """What taking a merge back does: the values of both by column, what stays as it was changed since, and why not.

    `attributes` says of each whether they are those of `before`, those of `now`, or `held`: without what was true and
    is not any more. `withheld` are the flags, as bits, that do not come back though they were granted.
    """

    kept: Row
    lost: Row
    now: Row
    back: Row
    come: Row
    attributes: Mapping[str, str]
    stays: Sequence[str]
    orders: int
    refusal: str
    digest: str
    image: int
    text: str = field(repr=False)

    def withheld(self, before: Row, after: Row) -> list[str]:
        """Return the flags that were granted before the merge and are not after it is taken back."""
        taken = grants(flags_of(before)) & ~grants(flags_of(after)) & ALL
        return [name for name, bit in FLAGS.items() if taken & 1 << bit]


def why_not_parted(changeset: Changeset) -> str:
    """Say why a merge can't be taken back; nothing where the plan may say more."""
    taken = undo_of(changeset)
    return TAKEN_BACK.format(by=f"number {taken.number:,}") if taken else ""


def plan_parting(tenant: Tenant, changeset: Changeset) -> Parting | None:
    """Return what taking a merge back would do, changing nothing; None where nothing is kept of it."""
    named = {"tenant_id": tenant.pk, "now": datetime.now(UTC), "undoes": changeset.number}
    return _plan(partial(_execute, named), tenant, changeset)


def _execute(named: dict[str, object], statement: str, **parameters: object) -> list[Found]:
    return execute_where_tenant_is(statement, {**named, **parameters})


def part(tenant: Tenant, changeset: Changeset, *, planned: str, origin: Origin) -> Receipt:
    """Take a merge back as it was `planned`, the digest of the plan that was shown; one changeset, and one of orders.

    Raises PlanChanged, and what `open_write` raises.
    """
    with open_write(tenant, Entity.CUSTOMERS, Operation.UNDO, origin, undoes=changeset.number) as write:
        plan = _plan(write.execute, tenant, changeset)
        if plan is None or plan.refusal or plan.digest != planned or why_not_parted(changeset):
            raise PlanChanged
        _part(write, plan)
    return write.receipt


def _plan(execute: Execute, tenant: Tenant, changeset: Changeset) -> Parting | None:
    (kept_id,) = changeset.updated_ids
    rows = execute(PLAN, kept=kept_id, undoes=changeset.number)
    if not rows:
        return None
    image_id, text, heard, now_text = rows[0]
    kept, now = orjson.loads(text), orjson.loads(now_text)
    noted = kept["merged"]
    lost, after, order = noted["lost"], noted["after"], identifiers_of(tenant)
    back, stays = put_back(kept, after, now, heard)
    back = {**back, "match_key": _key(kept, {**now, **back}, order)}
    come = {**come_back(lost, after, now, heard), "match_key": _key(lost, lost, order)}
    attributes = {
        "kept": "now" if now["attributes"] != after["attributes"] else "before" if heard & ATTRIBUTES else "held",
        "lost": "before" if heard & ATTRIBUTES else "held",
    }
    refusal = _refusal(execute, back, come, kept_id)
    seen = (text, now_text, heard, refusal)
    return Parting(
        kept=kept,
        lost=lost,
        now=now,
        back=back,
        come=come,
        attributes=attributes,
        stays=stays,
        orders=len(noted["orders"]),
        refusal=refusal,
        digest=hashlib.sha256(repr(seen).encode()).hexdigest(),
        image=image_id,
        text=text,
    )


def _key(before: Row, row: Row, order: tuple[str, ...]) -> str:
    try:
        return key_of(order, {name: row[COLUMNS[name]] for name in IDENTIFIERS})
    except ValueError:
        return str(before["match_key"])


def _refusal(execute: Execute, back: Row, come: Row, kept: int) -> str:
    """Say who has a key that one of the two needs; nothing where both are free."""
    keys = [back["match_key"], come["match_key"]]
    if keys[0] == keys[1]:
        return "Both would be named by the same identifier: it was changed since."
    others = [holder for holder, _ in execute(HOLDERS, keys=keys) if holder != kept]
    if not others:
        return ""
    return f"Customer #{others[0]} came since under one of their identifiers: merge that one with this instead."


def put_back(before: Row, after: Row, now: Row, heard: int) -> tuple[dict[str, Any], list[str]]:
    """Return what the kept customer's columns become, but for key and attributes, and which stay as they are by now."""
    stays = [column for column in (*FIELDS, "tags") if now[column] != after[column]]
    values = {column: now[column] if column in stays else before[column] for column in (*FIELDS, "tags")}
    target = flags_back(before, after, now, heard)
    values |= {name: bool(target & 1 << bit) for name, bit in FLAGS.items()}
    values |= {column: _former(column, before, after, now, values) for column in FORMER_COLUMNS.values()}
    values |= {
        "mailing_lists": _lists_back(before, after, now, heard),
        "given": before["given"] | (now["given"] & ~after["given"]),
        "overridden": _sent_last(before, after, now) ^ target,
        "withdrawn_by_staff": _by_staff(before, after, now, target),
    }
    return values, stays


def flags_back(before: Row, after: Row, now: Row, heard: int) -> int:
    """Return the kept customer's flags: as they were, where nobody changed them since and no withdrawal was heard."""
    had, has = grants(flags_of(before)), grants(flags_of(now))
    since = flags_of(now) ^ flags_of(after)
    return grants(((has & since) | (had & (has | heard) & ~since)) & ALL)


def _sent_last(before: Row, after: Row, now: Row) -> int:
    """Return what sources sent last of each flag: what they had sent before, where they sent nothing since."""
    was, before_merge, is_ = (int(row["overridden"]) ^ flags_of(row) for row in (after, before, now))
    since = is_ ^ was
    return (is_ & since) | (before_merge & ~since & ALL)


def _by_staff(before: Row, after: Row, now: Row, target: int) -> int:
    """Return which flags staff withdrew last: those withheld now, and what was so before or is since."""
    staff, staffs_now = int(before["withdrawn_by_staff"]), int(now["withdrawn_by_staff"])
    since = (flags_of(now) ^ flags_of(after)) | (staffs_now ^ int(after["withdrawn_by_staff"]))
    withheld = grants(flags_of(before)) & ~grants(target) & ~since & ALL
    return (staff & ~since & ALL) | (staffs_now & since) | withheld


def _lists_back(before: Row, after: Row, now: Row, heard: int) -> list[str]:
    if now["mailing_lists"] != after["mailing_lists"]:
        return list(now["mailing_lists"])
    return [name for name in before["mailing_lists"] if heard & LISTS or name in now["mailing_lists"]]


def _former(column: str, before: Row, after: Row, now: Row, values: Row) -> list[str] | None:
    """Return what the kept customer was known by: as it was, and what came and went since."""
    if now[column] == after[column]:
        return list(before[column]) if before[column] else None
    present = {values[COLUMNS[name]] for name, former in FORMER_COLUMNS.items() if former == column}
    known = dict.fromkeys([*(now[column] or ()), *(before[column] or ())])
    return [value for value in known if value not in present] or None


def come_back(lost: Row, after: Row, now: Row, heard: int) -> dict[str, Any]:
    """Return what the lost customer has otherwise than before, but for key and attributes.

    A consent comes back that nobody withdrew since from the one who was both.
    """
    had, has, merged = (grants(flags_of(row)) for row in (lost, now, after))
    target = grants(had & (has | (heard & ~merged)) & ALL)
    return {
        **{name: bool(target & 1 << bit) for name, bit in FLAGS.items()},
        "mailing_lists": [name for name in lost["mailing_lists"] if heard & LISTS or name in now["mailing_lists"]],
        "overridden": lost["overridden"] ^ flags_of(lost) ^ target,
        "withdrawn_by_staff": lost["withdrawn_by_staff"] | (had & ~grants(target) & ALL),
    }


def _part(write: Write, plan: Parting) -> None:
    kept, lost, noted = plan.kept["id"], plan.lost["id"], plan.kept["merged"]
    named = {"kept": kept, "image": plan.text}
    back, come = (orjson.dumps(values).decode() for values in (plan.back, plan.come))
    before, after = write.execute(PUT_BACK, **named, back=back, attributes=plan.attributes["kept"])[0]
    write.execute(COME_BACK, **named, back=come, attributes=plan.attributes["lost"])
    for table, ids in noted["followed"].items():
        write.execute(GO_BACK[table], kept=kept, lost=lost, ids=ids)
    orders = write.execute(UNFOLLOW_ORDERS, followed=orjson.dumps(noted["orders"]).decode())
    changes = write.changes
    changes.received, changes.created, changes.updated = 2, [lost], [kept]
    told = [Consent(kept, before, after), Consent(lost, flags_of(plan.lost), flags_of(plan.come))]
    changes.consents = [consent for consent in told if consent.before != consent.after]
    write.note(Entity.ORDERS, Operation.UNDO).updated += [row[0] for row in orders]
    write.recorded_by = RECORD_PARTING
    forget_images(write.execute, [plan.image])
