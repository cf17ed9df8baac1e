"""Two-level upserts, orders with their line items and products with their variants: one transaction, two statements.

The second statement must see what the first waited for (a concurrent batch may have changed the same document), and a
statement sees what was committed when it began: hence two. The first also takes the lock, the second also records.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db import transaction

from hub.records.records import Records
from hub.sql.execute import execute_where_tenant_is
from hub.sql.files import read_sql
from hub.sql.upsert import Table, upsert_statement
from tenants.changes.changesets import Origin, Receipt, Warnings, recording, write_parameters
from tenants.changes.places import place
from tenants.changes.results import OUTCOMES_OF_DOCUMENTS, Meant
from tenants.changes.writing import SHARED
from tenants.models import Entity, Operation, Tenant

STORE_PARENTS = read_sql("tenants", "store_parents")


def parents_statement(table: Table) -> str:
    """Compose the first statement: lock, and upsert the documents' own rows."""
    gated = replace(table, source="CROSS JOIN gate WHERE NOT gate.closed")
    return STORE_PARENTS.format(lock=SHARED, upsert=upsert_statement(gated))


def parts_statement(ctes: str, *, may_overfill: bool = False, telling: bool = False) -> str:
    """Compose the second statement: `ctes` store the parts and end in `touched`, the ids of documents they changed.

    `may_overfill`: one of them is `overfull`, the keys of documents that have more parts now than they may get.
    `telling`: it also tells what became of each document, which it finds by its key in the CTE `document`.
    """
    overfull = "(SELECT array_agg(key) FROM overfull)" if may_overfill else "NULL::text[]"
    return recording(
        """SELECT id, 'created', NULL::smallint, NULL::smallint, NULL::smallint, 0
      FROM unnest(%(created)s::bigint[]) AS id
     UNION ALL
    SELECT id, 'updated', NULL, NULL, NULL, 0 FROM unnest(%(updated)s::bigint[]) AS id
     UNION ALL
    SELECT id, 'updated', NULL, NULL, NULL, 0 FROM touched""",
        ctes=ctes,
        more=f"{overfull} AS overfull" + (f",\n       {OUTCOMES_OF_DOCUMENTS}" if telling else ""),
    )


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

    `telling` is the second statement for who asks for results.
    """

    entity: Entity
    parents: str
    parts: str
    telling: str
    field: str

    def store(
        self,
        tenant: Tenant,
        records: Records[Any],
        *,
        received: int,
        origin: Origin,
        suppress: Callable[[], tuple[Records[Any], Warnings]] | None = None,
        meant: Meant | None = None,
    ) -> Receipt:
        """Store documents, each of a key of its own, in one transaction.

        `received` counts the records before they were folded. `suppress` returns what is stored in place of `records`
        once somebody is remembered who must not come back, and warnings about it; without it, nobody is named in them.
        `meant` asks for results. Raises OperationalError and ApiError as `store_at_once` does, and Overfull.
        """
        parameters = write_parameters(tenant, self.entity, Operation.UPSERT, origin)
        warnings: Warnings = {}
        with place(tenant.pk), transaction.atomic():
            parents = self._store_parents(parameters, records, looked=suppress is None)
            if parents.closed and suppress:
                records, warnings = suppress()
                parents = self._store_parents(parameters, records, looked=True)
            counts = {"received": received, "distinct": len(records), "records": records.json}
            ids = {"created": parents.created, "updated": parents.updated}
            statement = self.telling if meant else self.parts
            stored = execute_where_tenant_is(statement, {**parameters, **counts, **ids})[0]
            number, created, updated, _, overfull, *told = stored
            if overfull:
                raise Overfull(overfull)
        results = meant.results(*told) if meant else None
        unchanged = len(records) - created - updated
        return Receipt(number, received, created, updated, unchanged, warnings, results=results)

    def _store_parents(self, parameters: Mapping[str, object], records: Records[Any], *, looked: bool) -> Parents:
        rows = {"records": records.json_without(self.field), "looked": looked}
        return Parents(*execute_where_tenant_is(self.parents, {**parameters, **rows})[0])
