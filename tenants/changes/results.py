"""Results: what became of each record of a batch, and the hub ids it led to, for who asks with `?results=true`.

A batch means rows, by their keys. The statement that stores them returns what it did to which key; what it left alone
is looked up after it, in its transaction: an upsert locks a row that it leaves alone, and a statement sees no row that
was committed while it ran. Who does not ask has the statements without any of this.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import orjson

from hub.records.records import Records
from hub.sql.execute import execute_where_tenant_is
from hub.sql.upsert import Table

Result = dict[str, Any]  # {"index": 0, "status": "created", "HubId": 17}
Outcomes = dict[str, Sequence[Any]]  # by key: the status of the row, and its hub id

MOST_IDS = 1000  # of the rows that one record means: as many as a list reads at once
STATUSES = ("created", "updated", "unchanged")  # of rows that one record means, the first that any of them has
# More columns of a statement that records: outcomes as JSON. In `stored` are the rows that changed, in `document` all.
OUTCOMES_OF_STORED = """(SELECT json_object_agg(
               key, json_build_array(CASE WHEN is_new THEN 'created' ELSE 'updated' END, id))
          FROM stored)::text AS outcomes"""
OUTCOMES_OF_DOCUMENTS = """(SELECT json_object_agg(d.key, json_build_array(coalesce(c.kind, 'unchanged'), d.id))
          FROM document d
          LEFT JOIN changed c ON c.id = d.id)::text AS outcomes"""


def keyed(table: Table, column: str) -> Table:
    """Have a table's upsert return one more column, the last: the row's `key`."""
    return replace(table, returning=", ".join(filter(None, (table.returning, f"t.{column} AS key"))))


@dataclass(frozen=True)
class Meant:
    """Which rows each record of a batch means, by their keys, in the order sent; a forgotten person's means none.

    Of the records that are `skipped` nothing was applied. `look_up` is a statement that returns a JSON object: the hub
    ids of `keys`.
    """

    keys: Sequence[tuple[str, ...]]
    skipped: set[int] = field(default_factory=set)
    look_up: str = ""

    def results(self, tenant_id: object, told: str | None) -> list[Result]:
        """Return what became of each record, from the outcomes that its statement told, in the same transaction.

        Duplicates have the result of the row that they were folded into.
        """
        outcomes: Outcomes = orjson.loads(told or "{}")
        if left_alone := {key for keys in self.keys for key in keys} - outcomes.keys():
            outcomes |= self._left_alone(tenant_id, left_alone)
        several = cache(lambda keys: _of_several(keys, outcomes))
        return [
            _of_one(i, *outcomes[keys[0]]) if len(keys) == 1 else self._of_any(i, several(keys))
            for i, keys in enumerate(self.keys)
        ]

    def _left_alone(self, tenant_id: object, keys: set[str]) -> Outcomes:
        named = {"tenant_id": tenant_id, "keys": orjson.dumps(list(keys)).decode()}
        ((ids,),) = execute_where_tenant_is(self.look_up, named)
        return {key: ("unchanged", hub_id) for key, hub_id in orjson.loads(ids).items()}

    def _of_any(self, i: int, result: Result) -> Result:
        return {"index": i, **result, **({"status": "skipped"} if i in self.skipped else {})}


def meant_by(records: Records[Any], name: str) -> Meant:
    """Return what records mean of which each has its row's key in the field `name`."""
    return Meant([(key,) for key in records.column(name)])


def _of_one(i: int, status: str, hub_id: int) -> Result:
    return {"index": i, "status": status, "HubId": hub_id}


def _of_several(keys: tuple[str, ...], outcomes: Outcomes) -> Result:
    """Return the result of records that mean these rows, or none: no single one is what such a record became."""
    if not keys:
        return {"status": "skipped", "HubId": None}
    statuses = {outcomes[key][0] for key in keys}
    status = next(status for status in STATUSES if status in statuses)
    return {"status": status, "HubId": None, "HubIds": sorted(outcomes[key][1] for key in keys)[:MOST_IDS]}
