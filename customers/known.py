"""The customers a batch may mean, looked up before anything is written, and what its records make of them.

The native API lets the unique key decide (customers.ingest). A dialect with other rules of identity looks first: under
the tenant's exclusive lock it reads whoever carries one of the batch's identifiers, decides record by record, in order,
in Python, and writes all at once. Statements are counted by batch, never by record.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from customers.ingest import IDENTIFIERS, OTHER, Person, Row, erase, identifiers, key_of, priority_field, store
from hub.database import execute
from hub.sql import read_sql
from tenants.changesets import Write
from tenants.erasure import Identifier, recall, remember, spelled_alike
from tenants.models import Source, Tenant

FIND = read_sql(__file__, "known")
PARAMETERS = {"CustomerId": "customer_ids", "Email": "emails", "Phone": "phones"}
# The unique key is checked row by row: customers that exchange keys first step aside.
STEP_ASIDE = (
    "UPDATE customers_customer SET match_key = '#' || id WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s)"
)
REKEY = """
UPDATE customers_customer c
   SET match_key = x.match_key
  FROM unnest(%(ids)s::bigint[], %(keys)s::text[]) AS x(id, match_key)
 WHERE c.tenant_id = %(tenant_id)s AND c.id = x.id
"""


@dataclass(slots=True, eq=False)
class Known:
    """A customer as the records so far leave it: `id` is None where they made it, `sent` is what they sent."""

    id: int | None = None
    stored_key: str = ""
    key: str = ""
    carries: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys(IDENTIFIERS))
    tags: list[str] = field(default_factory=list)
    mailing_lists: list[str] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    sent: Row = field(default_factory=dict)


class KnownCustomers:
    """A tenant's customers that carry an identifier of `rows`. Needs the tenant's exclusive lock.

    `relatives`: also those who share an identifier with them, which counts where someone gives one up or is erased.
    """

    def __init__(self, opened: Write, tenant: Tenant, rows: Sequence[Row], *, relatives: bool = False) -> None:
        self.opened, self.tenant, self.first = opened, tenant, priority_field(tenant)
        self.stored: dict[int, Known] = {}
        self.made: dict[Known, None] = {}
        self.carriers: defaultdict[tuple[str, str | None], dict[Known, None]] = defaultdict(dict)
        self.erased: list[Person] = []
        named = [identifier for row in rows for identifier in identifiers(row)] if opened.recalls else []
        self.gone = recall(tenant, opened.source, named) if named else set()
        self.remembered: defaultdict[Source | None, set[Identifier]] = defaultdict(set)
        self._look_up(rows)
        if relatives:
            self._look_up([known.carries for known in self.stored.values()])

    def carrying(self, name: str, value: str | None) -> list[Known]:
        """Return the customers that carry an identifier."""
        return list(self.carriers[name, value]) if value else []

    def is_gone(self, row: Row) -> bool:
        """Tell whether the row names someone who must not come back."""
        return bool(self.gone and self.gone & identifiers(row))

    def make(self) -> Known:
        """Return a new customer, as yet without identifiers."""
        self.made[made := Known()] = None
        return made

    def change(self, known: Known, row: Row) -> None:
        """Note what a record sends for a customer; the match_key it leads to must be free."""
        known.sent.update(row)
        if sent := _identifiers_in(row):
            self._forget_carrier(known)
            known.carries.update((name, value or None) for name, value in sent.items())
            known.key = key_of(self.first, known.carries)
            self._note_carrier(known)

    def refused(self, known: Known, row: Row) -> list[str]:
        """Return the identifiers of a row that the customer can't take: another has the match_key they lead to."""
        names = [name for name in (self.first, OTHER[self.first], "Phone") if name in row]
        refused: list[str] = []
        while names and not self._is_free(known, {name: row[name] for name in names}):
            refused.append(names.pop(0))
        return [name for name in refused if (row[name] or None) != known.carries[name]]

    def erase(self, customers: Iterable[Known], row: Row, source: Source | None) -> None:
        """Erase customers that a row named, for good: `source`, or where it is None no source, may store them again.

        What somebody else still carries is not remembered, or they could not come back either.
        """
        pairs: set[tuple[str, str | None]] = {*_identifiers_in(row).items()}
        for known in customers:
            pairs |= known.carries.items()
            self._forget_carrier(known)
            self.erased.append((known.id, known.carries["CustomerId"], known.carries["Email"]))
            self.made.pop(known, None)
            self.stored.pop(known.id or 0, None)
        self.erased.append((None, row.get("CustomerId") or None, row.get("Email") or None))
        free = spelled_alike(pair for pair in pairs if not self.carrying(*pair))
        self.gone |= free
        self.remembered[source] |= free

    def write(self) -> None:
        """Store what became of everyone: erased and remembered, re-keyed, upserted."""
        if self.erased:
            erase(self.opened, self.tenant, self.erased)
        for source, pairs in self.remembered.items():
            remember(self.tenant, pairs, source=source)
        touched = [known for known in (*self.stored.values(), *self.made) if known.sent]
        if moved := [known for known in touched if known.id is not None and known.key != known.stored_key]:
            parameters = {"tenant_id": self.tenant.pk, "ids": [known.id for known in moved]}
            execute(STEP_ASIDE, parameters)
            execute(REKEY, {**parameters, "keys": [known.key for known in moved]})
        if touched:
            store(self.opened, {known.key: {**known.sent, "match_key": known.key} for known in touched})

    def _look_up(self, rows: Iterable[Mapping[str, Any]]) -> None:
        sought: dict[str, dict[str, None]] = {name: {} for name in IDENTIFIERS}
        for row in rows:
            for name in IDENTIFIERS:
                if value := row.get(name):
                    sought[name][value] = None
        lists = {PARAMETERS[name]: list(values) for name, values in sought.items()}
        for hub_id, key, *values, tags, mailing_lists, attributes in execute(
            FIND, {"tenant_id": self.tenant.pk, **lists}
        ):
            if hub_id not in self.stored:
                carries = dict(zip(IDENTIFIERS, values, strict=True))
                found = Known(hub_id, key, key, carries, tags, mailing_lists, orjson.loads(attributes))
                self.stored[hub_id] = found
                self._note_carrier(found)

    def _is_free(self, known: Known, row: Mapping[str, str]) -> bool:
        """Tell whether no other customer has the match_key this one would have with the row's identifiers."""
        after = {**known.carries, **row}
        key = key_of(self.first, after)
        return key == known.key or all(
            other is known or other.key != key for name in IDENTIFIERS for other in self.carrying(name, after[name])
        )

    def _note_carrier(self, known: Known) -> None:
        for pair in known.carries.items():
            self.carriers[pair][known] = None

    def _forget_carrier(self, known: Known) -> None:
        for pair in known.carries.items():
            self.carriers[pair].pop(known, None)


def _identifiers_in(row: Row) -> dict[str, str]:
    return {name: row[name] for name in IDENTIFIERS if row.get(name) is not None}
