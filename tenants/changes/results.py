"""Results: what became of each record of a batch, and the hub ids it led to, for who asks with `?results=true`.

A batch means rows, by their keys. The statement that stores them tells what it did to which key. What it left alone it
finds by a function or in the second statement of a document: an upsert locks the rows that it leaves alone, and a
statement sees no row that was committed while it ran. Who does not ask has statements without any of this.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

import orjson

from hub.records.records import Records
from hub.sql.upsert import Table
from tenants.changes.transactions import Touched

Result = dict[str, Any]  # {"index": 0, "status": "created", "HubId": 17}

MOST_IDS = 1000  # of the rows that one record means: as many as a list reads at once
# Of rows that one record means, the first that any of them has; the last may be told of rows that changed, too.
STATUSES = ("created", "updated", "unchanged")
# More columns of a statement that records: hub ids by key by status, as JSON. In `stored` are the rows that changed, in
# `document` all.
OUTCOMES_OF_STORED = """(SELECT json_build_object(
               'created', json_object_agg(key, id) FILTER (WHERE is_new),
               'updated', json_object_agg(key, id) FILTER (WHERE NOT is_new),
               'unchanged', {unchanged})
          FROM stored)::text AS outcomes"""
OUTCOMES_OF_DOCUMENTS = """(SELECT json_build_object(
               'created', json_object_agg(d.key, d.id) FILTER (WHERE c.kind = 'created'),
               'updated', json_object_agg(d.key, d.id) FILTER (WHERE c.kind = 'updated'),
               'unchanged', json_object_agg(d.key, d.id) FILTER (WHERE c.id IS NULL))
          FROM document d
          LEFT JOIN changed c ON c.id = d.id)::text AS outcomes"""


class Telling(NamedTuple):
    """How an upsert tells what became of its rows.

    `key` is the column that names a row, `unchanged` the SQL that finds the hub ids of those it left alone, among the
    parameter `keys`; it may name `key`, those of the rows that changed.
    """

    key: str
    unchanged: str

    def returning(self, table: Table) -> Table:
        """Have a table's upsert return one more column, the last: the row's `key`."""
        return replace(table, returning=f"{table.returning},\n          t.{self.key} AS key")

    @property
    def outcomes(self) -> str:
        """The column that tells, beside a CTE `stored`."""
        return OUTCOMES_OF_STORED.format(unchanged=self.unchanged)


@dataclass(frozen=True)
class Meant:
    """Which rows each record of a batch means, by their keys, in the order sent; a forgotten person's means none.

    Of the records that are `skipped` nothing was applied.
    """

    keys: Sequence[tuple[str, ...]]
    skipped: set[int] = field(default_factory=set)

    @property
    def json(self) -> str:
        """The keys of all rows that are meant, each once, as a JSON array: the parameter `keys`."""
        return orjson.dumps(list({key: None for keys in self.keys for key in keys})).decode()

    def results(self, told: str) -> list[Result]:
        """Return what became of each record, from the outcomes that the statement told.

        Duplicates have the result of the row that they were folded into.
        """
        outcomes = Outcomes(told)
        status, hub_id, several = outcomes.status, outcomes.hub_id, cache(outcomes.of_several)
        results: list[Result] = []
        for i, keys in enumerate(self.keys):
            if len(keys) == 1:
                results.append({"index": i, "status": status[keys[0]], "HubId": hub_id[keys[0]]})
            else:
                skipped = {"status": "skipped"} if i in self.skipped else {}
                results.append({"index": i, **several(keys), **skipped})
        return results

    def touched(self, told: str) -> Iterator[Touched]:
        """Yield the rows that changed, each under the first record that means it and that had anything applied."""
        outcomes = Outcomes(told)
        left = {key for key, status in outcomes.status.items() if status != "unchanged"}
        for i, keys in enumerate(self.keys):
            if i not in self.skipped and left and (first := left.intersection(keys)):
                left -= first
                for key in sorted(first, key=outcomes.hub_id.__getitem__):
                    yield Touched(i, outcomes.status[key], outcomes.hub_id[key])


class Outcomes:
    """What became of the rows that a batch means: by key, their status and hub id."""

    def __init__(self, told: str) -> None:
        self.status: dict[str, str] = {}
        self.hub_id: dict[str, int] = {}
        ids_by_status = orjson.loads(told)
        for status in reversed(STATUSES):
            if ids := ids_by_status[status]:
                self.status |= dict.fromkeys(ids, status)
                self.hub_id |= ids

    def of_several(self, keys: tuple[str, ...]) -> Result:
        """Return the result of records that mean these rows, or none: no single one is what such a record became."""
        if not keys:
            return {"status": "skipped", "HubId": None}
        status = min((self.status[key] for key in keys), key=STATUSES.index)
        return {"status": status, "HubId": None, "HubIds": sorted(self.hub_id[key] for key in keys)[:MOST_IDS]}


def meant_by(records: Records[Any], name: str) -> Meant:
    """Return what records mean of which each has its row's key in the field `name`."""
    return Meant([(key,) for key in records.column(name)])
