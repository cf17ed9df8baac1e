"""Merging two customers: one is kept with what was chosen of both, the other goes, and what hangs on it follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from customers.duplicates import forget_pairs
from customers.merging.choices import (
    Choices,
    Row,
    by_hand,
    dropped,
    merged,
    told_by_ledger,
    value_of,
)
from customers.merging.statements import (
    COUNT_ORDERS,
    FOLLOW,
    FOLLOW_ORDERS,
    GO,
    HOLDERS,
    IMAGE,
    MERGE_INTO,
    RECORD_MERGE,
    ROWS,
)
from hub.sql.execute import execute_where_tenant_is
from tenants.changes.changesets import Consent, Origin, Receipt, as_array
from tenants.changes.images import DEAFEN, DROP_USUAL, HEAR_LONG
from tenants.changes.writing import Write, open_write
from tenants.identity import identifiers_of
from tenants.models import Entity, Operation, Priority, Tenant


@dataclass(frozen=True, slots=True)
class Seen:
    """A customer, by hub id, and when its row last changed as staff saw it."""

    id: int
    at: datetime


class MergeRefused(Exception):
    """Two customers can't be merged, or not as it was decided; nothing was done. The text says why, for staff."""


class MergeOvertaken(MergeRefused):
    """One of the two changed since it was seen, or is gone: `changed` are their hub ids."""

    def __init__(self, changed: Sequence[int]) -> None:
        super().__init__("Meanwhile something else was written. Look again, then decide.")
        self.changed = changed


def merge(tenant: Tenant, kept: Seen, lost: Seen, choices: Choices, *, origin: Origin) -> Receipt:
    """Make one customer of two, as one changeset, with one of the orders that follow.

    Under the exclusive lock: both rows are as they were seen, and nobody writes, erases or merges in between. It can be
    taken back for 30 days (customers.merging.parting). Raises MergeOvertaken, MergeRefused, and what `open_write`
    raises.
    """
    with open_write(tenant, Entity.CUSTOMERS, Operation.MERGE, origin) as write:
        texts = _rows(write, kept, lost)
        ours, theirs = (orjson.loads(text) for text in texts)
        if not origin.reason and by_hand(ours, theirs, choices):
            raise MergeRefused("Say why consents come out otherwise than both agree on: it stands in the ledger.")
        values = merged(ours, theirs, choices, identifiers_of(tenant))
        _refuse_taken(write, values["match_key"], (kept.id, lost.id))
        ids = {"kept": kept.id, "lost": lost.id}
        orders = write.execute(
            FOLLOW_ORDERS[Priority(tenant.priority)], **ids, **identifiers_after(ours, theirs, choices)
        )
        write.execute(DROP_USUAL, lost=lost.id)
        write.execute(DEAFEN, lost=lost.id)
        forget_pairs(write.execute, [lost.id])
        followed = {table: [row[0] for row in write.execute(statement, **ids)] for table, statement in FOLLOW.items()}
        write.execute(GO, lost=lost.id)
        named = {"merged": orjson.dumps(values).decode(), "attributes": choices.side("attributes")}
        _, after, row = write.execute(MERGE_INTO, kept=kept.id, lost_row=texts[1], **named)[0]
        _record(write, ids, _Outcome(ours, theirs, after, [order[0] for order in orders]))
        _keep(write, texts, row, ids, [order[1] for order in orders], followed)
    return write.receipt


@dataclass(frozen=True, slots=True)
class _Outcome:
    kept: Row
    lost: Row
    flags: int
    orders: Sequence[int]


def _rows(write: Write, kept: Seen, lost: Seen) -> tuple[str, str]:
    """Return both rows as JSON. Raises MergeOvertaken where one is not as it was seen."""
    found = {id_: (at, text) for id_, at, text in write.execute(ROWS, ids=as_array([kept.id, lost.id]))}
    changed = [seen.id for seen in (kept, lost) if seen.id not in found or _moment(found[seen.id][0]) != seen.at]
    if changed or kept.id == lost.id:
        raise MergeOvertaken(changed)
    return found[kept.id][1], found[lost.id][1]


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)  # a text, from a tenant's shard


def _refuse_taken(write: Write, key: str, both: Sequence[int]) -> None:
    for holder, _ in write.execute(HOLDERS, keys=[key]):
        if holder not in both:
            raise MergeRefused(f"Customer #{holder} is named by the same identifier: merge that one with this first.")


def identifiers_after(kept: Row, lost: Row, choices: Choices) -> dict[str, str | None]:
    """Return the identifiers that orders are found by: those of the merged customer, and those that nobody keeps."""
    named = {column: value_of(column, kept, lost, choices) for column in ("customer_id", "email")}
    return {**named, **{f"dropped_{column}": dropped(column, kept, lost, choices) for column in named}}


def count_following(tenant: Tenant, kept: Row, lost: Row, choices: Choices) -> int:
    """Count the orders that would come to name the kept customer by another identifier."""
    ids = {"tenant_id": tenant.pk, "kept": kept["id"], "lost": lost["id"]}
    named = {**ids, **identifiers_after(kept, lost, choices)}
    return int(execute_where_tenant_is(COUNT_ORDERS[Priority(tenant.priority)], named)[0][0])


def _record(write: Write, ids: Mapping[str, int], outcome: _Outcome) -> None:
    """List what the merge changed. The ledger has its row where either of the two had another value."""
    changes = write.changes
    changes.received, changes.updated, changes.deleted = 2, [ids["kept"]], [ids["lost"]]
    before = told_by_ledger(outcome.kept, outcome.lost, outcome.flags)
    if before != outcome.flags:
        changes.consents = [Consent(ids["kept"], before, outcome.flags)]
    noted = write.note(Entity.ORDERS, Operation.MERGE)
    noted.received, noted.updated = len(outcome.orders), list(outcome.orders)


def _keep(
    write: Write,
    rows: tuple[str, str],
    after: str,
    ids: Mapping[str, int],
    orders: Sequence[str],
    followed: Mapping[str, Sequence[int]],
) -> None:
    """Keep what both were and what followed, for 30 days, in which withdrawals are heard."""
    named = {"kept_row": rows[0], "lost_row": rows[1], "after_row": after, "kept": ids["kept"]}
    moved = {"orders": f"[{','.join(orders)}]", "followed": orjson.dumps(followed).decode()}
    image = write.execute(IMAGE, **named, **moved)[0][0]
    write.execute(HEAR_LONG)
    write.keep(RECORD_MERGE, [image])
