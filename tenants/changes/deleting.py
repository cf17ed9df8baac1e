"""Deletes of records and of their parts: one statement in an open write, which keeps what it deletes as it was."""

from collections.abc import Mapping
from dataclasses import dataclass

from tenants.changes.changesets import Origin, Receipt
from tenants.changes.images import Kept
from tenants.changes.writing import open_write
from tenants.models import Operation, Tenant


@dataclass(frozen=True)
class Deletion:
    """A statement that deletes records and returns their hub ids, and the query for the images of what it deletes.

    `parts`: it deletes parts of records, and returns the hub ids of these, which change by it, and how many parts each
    has lost.
    """

    kept: Kept
    statement: str
    images: str
    recorded_by: str
    parts: bool = False


def deletion(kept: Kept, statement: str, *, which: str, parts: bool = False) -> Deletion:
    """Compose a deletion; `which` is the condition by which the records `t` are found that it deletes, or parts of."""
    return Deletion(kept, statement, kept.images_where(which), kept.recording(), parts)


def delete(
    what: Deletion, tenant: Tenant, named: Mapping[str, object], *, origin: Origin, received: int = 1
) -> Receipt:
    """Delete records or parts, as the statement's parameters name them; nothing happens where there are none."""
    with open_write(tenant, what.kept.entity, Operation.DELETE, origin) as write:
        write.keep(what.recorded_by, (row[0] for row in write.execute(what.images, **named)))
        rows = write.execute(what.statement, **named)
        ids = [row[0] for row in rows]
        write.changes.received = received
        write.changes.deleted, write.changes.updated = ([], ids) if what.parts else (ids, [])
        write.changes.parts = sum(row[1] for row in rows) if what.parts else 0
    return write.receipt
