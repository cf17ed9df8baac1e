"""The one way to write: the tenant's lock, the rows, the changeset, in one transaction. Nobody else knows the lock.

`store_at_once` is one statement: for records whose unique key alone decides what they mean.
`open_write` is for what must look before it writes: look, `write.execute`, and at the end `write.store`.
`store_keeping` is `store_at_once` where before-images are kept.

The lock is the tenant's advisory lock, held to the commit: shared where the unique key decides, exclusive for who must
look. `lock_tenant` (tenants/sql/functions) takes it and tells whether the write may meet a forgotten person, or images
that hear of withdrawals.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from hub.records.records import Records
from hub.sql.execute import execute_where_tenant_is, roll_back
from hub.sql.prepared import Row
from tenants.changes.changesets import (
    RECORD,
    Changes,
    Origin,
    Receipt,
    Warnings,
    listed,
    write_parameters,
)
from tenants.changes.counting import count_write
from tenants.changes.images import HEAR, Keeping
from tenants.changes.once import is_inside
from tenants.changes.places import place
from tenants.changes.results import Meant
from tenants.changes.statements import LOCK, LOOK, NOTE_ERASURE, TELL_PRIORITY
from tenants.changes.transactions import DryRun, transacted
from tenants.models import Entity, Operation, Priority, Tenant

Look = Callable[[], Warnings]


def store_at_once(
    statement: str,
    tenant: Tenant,
    entity: Entity,
    records: Records[Any],
    *,
    received: int,
    origin: Origin,
    meant: Meant | None = None,
    look: Look | None = None,
    alone_next: bool = False,
) -> Receipt | None:
    """Store records, each a row of its own, in one statement, which is its own transaction.

    `received` counts the records before they were folded. `meant` asks for results, of a statement that tells them.
    `look` looks at what was stored, in the same transaction, while the rows are locked, those that were left alone too,
    and returns warnings. Returns None, with nothing stored, where an open write has to look first; `alone_next` says
    that it needs the exclusive lock. Raises OperationalError, a 503 for the caller, where the lock is not to be had or
    the tenant's identifier priority has changed since it was read, and ApiError 503 where too many wait already.
    """
    parameters = write_parameters(tenant, entity, Operation.UPSERT, origin)
    counts = {"received": received, "distinct": len(records)}
    named = {**parameters, **counts, **_asked(meant), "records": records.json}
    dry_run, beside = origin.dry_run, origin.beside
    is_transaction = bool(look or beside or dry_run or (alone_next and is_inside()))
    with transacted(tenant.pk, dry_run) if is_transaction else place(tenant.pk):
        number, created, updated, _, closed, *told = execute_where_tenant_is(statement, named)[0]
        if closed and is_transaction and is_inside():
            roll_back()  # the shared lock ends here: two who hold it would wait for each other's to be exclusive
        warnings = look() if look and not closed else {}
        if dry_run and meant:
            dry_run.note(parameters, number, meant.touched(*told))
        unchanged = len(records) - created - updated
        results = meant.results(*told) if meant and not closed else None
        receipt = Receipt(number, received, created, updated, unchanged, warnings=warnings, results=results)
        if beside and not closed:
            beside(parameters, receipt)
        if not closed:
            count_write(parameters, receipt)
    return None if closed else receipt


def _asked(meant: Meant | None) -> dict[str, str]:
    return {"keys": meant.json} if meant else {}


def store_keeping(
    keeping: Keeping,
    tenant: Tenant,
    entity: Entity,
    records: Records[Any],
    *,
    received: int,
    origin: Origin,
    hear: Callable[["Write"], None],
    meant: Meant | None = None,
) -> Receipt | None:
    """Store records as `store_at_once` does, and keep what they change as it was: two statements, the lock's own first.

    `hear` is called where withdrawals are to be noted at images. Returns None, with nothing stored, where an open write
    has to look first.
    """
    with open_write(tenant, entity, Operation.UPSERT, origin) as write:
        if write.suppresses:
            return None
        if write.hears:
            hear(write)
        write.changes.received = received
        write.keeps = True
        write.last = Last(keeping.statement, records.json, len(records), meant=meant)
    return write.receipt


class Last(NamedTuple):
    """What a write does last: a statement, the records it stores, as JSON, their number, and what goes beside them."""

    statement: str
    records: str = "[]"
    number: int = 0
    parameters: Mapping[str, object] = MappingProxyType({})
    meant: Meant | None = None


@dataclass(slots=True)
class Write:
    """An open write transaction: its parameters, what it has changed so far, and in the end its receipt.

    `suppresses`: somebody is remembered whom its source must not store again (tenants.changes.erasure).
    `hears`: what it withdraws from customers is to be noted at their before-images; `hears_on`, and for a week more.
    `keeps`: it keeps images; those in `images` it has read itself, as JSON, of records that it may change.
    `recorded_by` is the statement that records what is listed in `changes`.
    `dry_run` is told what it changed, where it is to be rolled back.
    `numbers` are those of its changesets once they are recorded, of `afterwards` what is done then, in its transaction.
    """

    parameters: Mapping[str, object]
    suppresses: bool
    hears: bool
    hears_on: bool
    changes: Changes = field(default_factory=Changes)
    noted: dict[tuple[Entity, Operation], Changes] = field(default_factory=dict)
    last: Last | None = None
    keeps: bool = False
    images: list[str] = field(default_factory=list)
    recorded_by: str = RECORD
    dry_run: DryRun | None = None
    numbers: dict[tuple[Entity, Operation], int | None] = field(default_factory=dict)
    afterwards: list[Callable[["Write"], None]] = field(default_factory=list)
    receipt: Receipt = field(init=False)

    def execute(self, statement: str, **parameters: object) -> list[Row]:
        """Run a statement of the write and return its rows; it may also name the tenant_id and now of the write.

        It returns rows, as hub.sql.execute.execute_where_tenant_is asks.
        """
        self._refuse_after_store()
        return execute_where_tenant_is(statement, {**self.parameters, **parameters})

    def store(
        self,
        statement: str | Keeping,
        rows: Iterable[Mapping[str, Any]],
        *,
        meant: Meant | None = None,
        **parameters: object,
    ) -> None:
        """Upsert rows, each of a key of its own, as the last thing the write does, in one statement with the changeset.

        `parameters` go before those of the write. 500 rows take 3 ms less than if their ids came back and were sent
        once more. `meant` asks for results, as in `store_at_once`. Raises RuntimeError, as `execute` does, where the
        write has stored already.
        """
        self._refuse_after_store()
        self.keeps = isinstance(statement, Keeping)
        text = statement.statement if isinstance(statement, Keeping) else statement
        stored = list(rows)
        self.last = Last(text, orjson.dumps(stored).decode(), len(stored), parameters, meant)

    def keep(self, recorded_by: str, images: Iterable[str]) -> None:
        """Keep before-images, as a query of `Kept` returns them, of what the write lists as changed or deleted.

        `recorded_by` is the `Kept.recording` of the write's entity.
        """
        self.keeps, self.recorded_by = True, recorded_by
        self.images += images

    def tell_priority(self, priority: Priority) -> None:
        """Tell whoever writes after this that customers are named by another identifier."""
        self.execute(TELL_PRIORITY, priority=priority.value)

    def note_erasure(self) -> None:
        """Note that the write erased somebody, whose remains on disk are to be vacuumed."""
        self.execute(NOTE_ERASURE)

    def leave_out(self, said: str) -> None:
        """Leave out the `reason` or `reference` that the write was made with: the text names somebody it erased."""
        self.parameters = {**self.parameters, said: ""}

    @property
    def operation(self) -> Operation:
        """What the write is."""
        return Operation(str(self.parameters["operation"]))

    def note(self, entity: Entity, operation: Operation) -> Changes:
        """Return what the write changes beside its own matter: a changeset of its own, in the same transaction.

        To records of another entity, or by another operation, as an upload that also erases.
        """
        return self.noted.setdefault((entity, operation), Changes())

    def _refuse_after_store(self) -> None:
        if self.last is not None:
            raise RuntimeError("a write stores once, as the last thing it does")

    def _record(self) -> None:
        """Store the last rows and write the changesets, then do what was left for afterwards."""
        if self.keeps and not self.hears_on and self.parameters["entity"] == Entity.CUSTOMERS:
            execute_where_tenant_is(HEAR, self.parameters)
        self.receipt = self._recorded(self.changes, self.last or Last(self.recorded_by), self.dry_run)
        self.numbers[Entity(str(self.parameters["entity"])), self.operation] = self.receipt.number
        for (entity, operation), changes in self.noted.items():
            images = f"[{','.join(changes.images)}]"
            named = {"entity": entity.value, "operation": operation.value, "images": images}
            noted = self._recorded(changes, Last(changes.recorded_by or RECORD), None, **named)
            self.numbers[entity, operation] = noted.number
            self.receipt = self.receipt.joined(noted)
        for what in self.afterwards:
            what(self)

    def _recorded(self, changes: Changes, last: Last, dry_run: DryRun | None, **parameters: object) -> Receipt:
        distinct = last.number + len(changes) + changes.unchanged
        number, created, updated, deleted, told = None, 0, 0, 0, list[str]()
        if last.number or changes or last.meant:
            counts = {"received": changes.received, "distinct": distinct, "records": last.records}
            images = {"images": f"[{','.join(self.images)}]"}
            own = {**self.parameters, **listed(changes), **counts, **images}
            named = {**own, **_asked(last.meant), **last.parameters, **parameters}
            number, created, updated, deleted, *told = execute_where_tenant_is(last.statement, named)[0]
        if dry_run:
            dry_run.note(self.parameters, number, last.meant.touched(*told) if last.meant else changes.touched)
        receipt = Receipt(
            number,
            changes.received,
            created,
            updated,
            unchanged=distinct - created - updated - deleted,
            removed=deleted + changes.parts,
            warnings=changes.warnings,
            results=last.meant.results(*told) if last.meant else None,
        )
        count_write({**self.parameters, **parameters}, replace(receipt, removed=deleted))
        return receipt


@contextmanager
def open_write(
    tenant: Tenant,
    entity: Entity,
    operation: Operation,
    origin: Origin,
    *,
    exclusive: bool = True,
    undoes: int | None = None,
) -> Iterator[Write]:
    """Open the one transaction of a write, under the tenant's lock; at its end, record what it changed.

    The shared lock is for writes where the unique key, or a row's own lock, decides; exclusive for what must look
    before it writes, and for whoever may keep before-images (tenants.changes.images). `undoes` is the number of a
    changeset that is taken back. `write.receipt` is there when the block has been left.
    Raises OperationalError and ApiError as `store_at_once` does.
    """
    parameters = {**write_parameters(tenant, entity, operation, origin), "undoes": undoes}
    with transacted(tenant.pk, origin.dry_run):
        # Whichever the priority is that customers are given other keys by: it may have been changed half-way, when the
        # tenant's node was told and the commit here was lost.
        told = None if operation == Operation.REKEY else tenant.priority
        locked = {**parameters, "priority": told, "exclusive": exclusive or tenant.keeps_images}
        looks: bool = execute_where_tenant_is(LOCK, locked)[0][0]
        write = Write(parameters, *(execute_where_tenant_is(LOOK, parameters)[0] if looks else (False, False, False)))
        write.dry_run = origin.dry_run
        yield write
        write._record()
        if origin.beside:
            origin.beside(parameters, write.receipt)
