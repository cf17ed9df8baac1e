"""The customers a batch may mean, looked up before anything is written, and what its records make of them.

The native API lets the unique key decide (customers.ingest). A dialect with other rules of identity looks first: under
the tenant's exclusive lock it reads whoever carries one of the batch's identifiers, decides record by record, in order,
in Python, and writes all at once. Statements are counted by batch, never by record.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import orjson

from customers.ingest import (
    IDENTIFIERS,
    OTHER,
    Person,
    Row,
    erase,
    identifiers,
    key_of,
    priority_field,
    store,
    store_last,
)
from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.changes.changesets import Write
from tenants.changes.erasure import Identifier, recall, remember, spelled_alike
from tenants.models import Source, Tenant

CARRIED_IN = {"CustomerId": "customer_id", "Email": "email", "Phone": "phone"}
FIND = {name: read_sql("customers", "known").format(column=column) for name, column in CARRIED_IN.items()}
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


NO_IDENTIFIERS: Mapping[str, Any] = MappingProxyType(dict.fromkeys(IDENTIFIERS))


@dataclass(slots=True, eq=False)
class Known:
    """A customer as the records so far leave it: `id` is None where they made it, `sent` is what they sent."""

    id: int | None = None
    stored_key: str = ""
    key: str = ""
    carries: Mapping[str, str | None] = field(default_factory=lambda: NO_IDENTIFIERS)
    tags: Sequence[str] = ()
    mailing_lists: Sequence[str] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    sent: Row = field(default_factory=dict)


class KnownCustomers:
    """A tenant's customers that carry an identifier of `rows`. Needs the tenant's exclusive lock.

    Where customers are named by CustomerId, who is found by it is sought by nothing else: half the cost of an update.
    `thorough` seeks by everything, and also those who share an identifier with anyone found, which counts where a
    record gives one up or erases someone.
    """

    def __init__(self, opened: Write, tenant: Tenant, rows: Sequence[Row], *, thorough: bool) -> None:
        self.opened, self.tenant, self.first = opened, tenant, priority_field(tenant)
        self.stored: dict[int, Known] = {}
        self.made: dict[Known, None] = {}
        self.carriers: defaultdict[tuple[str, str | None], list[Known]] = defaultdict(list)
        self.erased: list[Person] = []
        named = [identifier for row in rows for identifier in identifiers(row)] if opened.recalls else []
        self.gone = recall(tenant, opened.source, named) if named else set()
        self.remembered: defaultdict[Source | None, set[Identifier]] = defaultdict(set)
        self._look_up(rows, thorough=thorough)
        if thorough:
            self._look_up([known.carries for known in self.stored.values()], thorough=True)

    def carrying(self, name: str, value: str | None) -> list[Known]:
        """Return the customers that carry an identifier."""
        return list(self.carriers.get((name, value), ())) if value else []

    def is_gone(self, row: Row) -> bool:
        """Tell whether the row names someone who must not come back."""
        return bool(self.gone and self.gone & identifiers(row))

    def make(self) -> Known:
        """Return a new customer, as yet without identifiers."""
        self.made[made := Known()] = None
        return made

    def change(self, known: Known, row: Row) -> None:
        """Note what a record sends for a customer; the match_key it leads to must be free."""
        known.sent = known.sent | row if known.sent else row
        after = {name: row[name] or None if name in row else value for name, value in known.carries.items()}
        if after != known.carries:
            self._forget_carrier(known)
            known.carries, known.key = after, key_of(self.first, after)
            self._note_carrier(known)

    def refused(self, known: Known, row: Row) -> list[str]:
        """Return the identifiers of a row that the customer can't take: another has the match_key they lead to.

        A new customer can take all: whoever had its match_key would carry the identifier, and be the one who is meant.
        """
        if not known.key:
            return []
        order = (self.first, OTHER[self.first], "Phone")
        names = [name for name in order if name in row and (row[name] or None) != known.carries[name]]
        refused: list[str] = []
        while names and not self._is_free(known, {name: row[name] for name in names}):
            refused.append(names.pop(0))
        return refused

    def erase(self, customers: Iterable[Known], row: Row, source: Source | None) -> None:
        """Erase customers that a row named, for good: `source`, or where it is None no source, may store them again.

        What somebody else still carries is not remembered, or they could not come back either.
        """
        pairs = {(name, row.get(name)) for name in IDENTIFIERS}
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
            rows = {known.key: {**known.sent, "match_key": known.key} for known in touched}
            (store if self.erased else store_last)(self.opened, rows)

    def _look_up(self, rows: Sequence[Mapping[str, Any]], *, thorough: bool) -> None:
        for name in ("CustomerId", "Phone", "Email"):
            if values := {value: None for row in rows if (value := row.get(name))}:
                self._find(name, list(values))
            if name == self.first and not thorough:
                rows = [row for row in rows if not self.carrying(name, row.get(name))]

    def _find(self, name: str, values: list[str]) -> None:
        known_ids = f"{{{','.join(map(str, self.stored))}}}"
        parameters = {"tenant_id": self.tenant.pk, "values": orjson.dumps(values).decode(), "known": known_ids}
        found = execute(FIND[name], parameters).fetchall()[0][0]
        for hub_id, key, customer_id, email, phone, tags, mailing_lists, attributes in orjson.loads(found or "[]"):
            carries = {"CustomerId": customer_id, "Email": email, "Phone": phone}
            self.stored[hub_id] = known = Known(hub_id, key, key, carries, tags, mailing_lists, attributes)
            self._note_carrier(known)

    def _is_free(self, known: Known, row: Mapping[str, str]) -> bool:
        """Tell whether no other customer has the match_key this one would have with the row's identifiers."""
        after = {**known.carries, **row}
        key = key_of(self.first, after)
        return key == known.key or all(
            other is known or other.key != key for name in IDENTIFIERS for other in self.carrying(name, after[name])
        )

    def _note_carrier(self, known: Known) -> None:
        for pair in known.carries.items():
            if pair[1]:
                self.carriers[pair].append(known)

    def _forget_carrier(self, known: Known) -> None:
        for pair in known.carries.items():
            if pair[1]:
                self.carriers[pair].remove(known)
