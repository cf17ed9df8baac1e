"""Two-level upserts, orders with their line items and products with their variants: one transaction, two statements.

The second statement must see what the first waited for (a concurrent batch may have changed the same document), and a
statement sees what was committed when it began: hence two. The first also takes the lock, the second also records.
Where before-images are kept two more go before them: the exclusive lock, and what it protects is read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from hub.records.records import Records
from hub.sql.execute import execute_where_tenant_is
from hub.sql.files import read_sql
from hub.sql.upsert import Table, upsert_statement
from tenants.changes.changesets import Origin, Receipt, Warnings, recording, write_parameters
from tenants.changes.counting import count_write
from tenants.changes.images import OF_CHANGED, Kept
from tenants.changes.results import OUTCOMES_OF_DOCUMENTS, Meant
from tenants.changes.statements import MEETS_FORGOTTEN, SHARED
from tenants.changes.transactions import DryRun, transacted
from tenants.changes.writing import open_write
from tenants.models import Entity, Operation, Tenant

STORE_PARENTS = read_sql("tenants", "store_parents")
CHANGED = """SELECT id, 'created', NULL::smallint, NULL::smallint, NULL::smallint, 0
      FROM unnest(%(created)s::bigint[]) AS id
     UNION ALL
    SELECT id, 'updated', NULL, NULL, NULL, 0 FROM unnest(%(updated)s::bigint[]) AS id
     UNION ALL
    SELECT id, 'updated', NULL, NULL, NULL, 0 FROM touched"""

Suppress = Callable[[], tuple[Records[Any], Warnings]]


def parents_statement(table: Table) -> str:
    """Compose the first statement: lock, and upsert the documents' own rows."""
    gated = replace(table, source="CROSS JOIN gate WHERE NOT gate.closed")
    return STORE_PARENTS.format(lock=SHARED, meets_forgotten=MEETS_FORGOTTEN, upsert=upsert_statement(gated))


@dataclass(frozen=True)
class Statements:
    """A statement that stores, and what runs in its place for who asks for results."""

    silent: str
    telling: str

    def of(self, meant: Meant | None) -> str:
        """The one that runs."""
        return self.telling if meant else self.silent


def parts_statements(ctes: str, *, may_overfill: bool = False, kept: Kept | None = None) -> Statements:
    """Compose the second statement: `ctes` store the parts and end in `touched`, the ids of documents they changed.

    `may_overfill`: one of them is `overfull`, the keys of documents that have more parts now than they may get.
    `kept`: it keeps those of the images it is given that are of documents which changed.
    Results are told of each document, which is found by its key in the CTE `document`.
    """
    overfull = "(SELECT array_agg(key) FROM overfull) AS overfull" if may_overfill else "NULL::text[] AS overfull"
    compose = partial(recording, CHANGED, ctes=ctes, kept=kept.keep(OF_CHANGED) if kept else "")
    return Statements(compose(more=overfull), compose(more=f"{overfull},\n       {OUTCOMES_OF_DOCUMENTS}"))


class Overfull(Exception):
    """Documents, by their keys, that would have more parts than they may get; nothing was stored."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(f"{len(keys)} documents have too many parts")
        self.keys = keys


class Parents(NamedTuple):
    """What the first statement did: whether nothing, for forgotten persons must be looked for first; ids as arrays."""

    closed: bool
    created: str
    updated: str


@dataclass(frozen=True)
class Documents:
    """How an entity's documents are stored: the two statements, and the field that holds a document's parts.

    Where before-images are kept, `images` is the query for them and `keeping` what runs in place of `parts`.
    """

    entity: Entity
    parents: str
    parts: Statements
    field: str
    images: str
    keeping: Statements

    def store(
        self,
        tenant: Tenant,
        records: Records[Any],
        *,
        received: int,
        origin: Origin,
        suppress: Suppress | None = None,
        meant: Meant | None = None,
    ) -> Receipt:
        """Store documents, each of a key of its own, in one transaction.

        `received` counts the records before they were folded. `suppress` returns what is stored in place of `records`
        once somebody is remembered who must not come back, and warnings about it; without it, nobody is named in them.
        `meant` asks for results. Raises OperationalError and ApiError as `store_at_once` does, and Overfull.
        """
        if tenant.keeps_images:
            return self._store_keeping(
                tenant, records, received=received, origin=origin, suppress=suppress, meant=meant
            )
        parameters = write_parameters(tenant, self.entity, Operation.UPSERT, origin)
        warnings: Warnings = {}
        with transacted(tenant.pk, origin.dry_run):
            parents = self._store_parents(parameters, records, looked=suppress is None)
            if parents.closed and suppress:
                records, warnings = suppress()
                parents = self._store_parents(parameters, records, looked=True)
            receipt = self._store_parts(
                self.parts, parameters, records, received, parents, warnings, meant, origin.dry_run
            )
            if origin.beside:
                origin.beside(parameters, receipt)
            return receipt

    def _store_keeping(
        self,
        tenant: Tenant,
        records: Records[Any],
        *,
        received: int,
        origin: Origin,
        suppress: Suppress | None,
        meant: Meant | None,
    ) -> Receipt:
        """Store documents under the exclusive lock, and keep those that change as they were."""
        warnings: Warnings = {}
        with open_write(tenant, self.entity, Operation.UPSERT, replace(origin, beside=None)) as write:
            if write.suppresses and suppress:
                records, warnings = suppress()
            images = ",".join(row[0] for row in write.execute(self.images, records=records.json_without(self.field)))
            parents = self._store_parents(write.parameters, records, looked=True)
            parameters = {**write.parameters, "images": f"[{images}]"}
            receipt = self._store_parts(
                self.keeping, parameters, records, received, parents, warnings, meant, origin.dry_run
            )
            if origin.beside:
                origin.beside(write.parameters, receipt)
            return receipt

    def _store_parents(self, parameters: Mapping[str, object], records: Records[Any], *, looked: bool) -> Parents:
        rows = {"records": records.json_without(self.field), "looked": looked}
        return Parents(*execute_where_tenant_is(self.parents, {**parameters, **rows})[0])

    def _store_parts(
        self,
        statements: Statements,
        parameters: Mapping[str, object],
        records: Records[Any],
        received: int,
        parents: Parents,
        warnings: Warnings,
        meant: Meant | None,
        dry_run: DryRun | None,
    ) -> Receipt:
        """Store the parts, and record."""
        counts = {"received": received, "distinct": len(records), "records": records.json}
        ids = {"created": parents.created, "updated": parents.updated}
        stored = execute_where_tenant_is(statements.of(meant), {**parameters, **counts, **ids})[0]
        number, created, updated, _, overfull, *told = stored
        if overfull:
            raise Overfull(overfull)
        if dry_run and meant:
            dry_run.note(parameters, number, meant.touched(*told))
        results = meant.results(*told) if meant else None
        unchanged = len(records) - created - updated
        receipt = Receipt(number, received, created, updated, unchanged, warnings, results=results)
        count_write(parameters, receipt)
        return receipt
