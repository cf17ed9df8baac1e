"""The customers that a dialect's records may match: looked up at once, decided record by record, stored at once.

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

from customers.dialects.bounds import Attributes, Strings
from customers.erasure import Person, erase
from customers.folding import Row
from customers.former import as_pairs, former_of, supersede
from customers.ingest import identifiers, store
from customers.overrides import STANDING_SQL, hold_back, sticks
from hub.sql.files import read_sql
from tenants.changes.changesets import Origin, as_array
from tenants.changes.erasure import Identifier, spelled_alike, suppress, suppressed
from tenants.changes.writing import Write
from tenants.identity import COLUMNS, IDENTIFIERS, identifiers_of, key_of
from tenants.models import Source, Tenant

FIND = {
    name: read_sql("customers", "candidates").format(column=column, standing=STANDING_SQL)
    for name, column in COLUMNS.items()
}
# The unique key is checked row by row: customers that exchange keys first step aside.
STEP_ASIDE = (
    "UPDATE customers_customer SET match_key = '#' || id"
    " WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[]) RETURNING id"
)
REKEY = """
UPDATE customers_customer c
   SET match_key = x.match_key
  FROM unnest(%(ids)s::bigint[], %(keys)s::text[]) AS x(id, match_key)
 WHERE c.tenant_id = %(tenant_id)s AND c.id = x.id
RETURNING c.id
"""
NO_IDENTIFIERS: Mapping[str, Any] = MappingProxyType(dict.fromkeys(IDENTIFIERS))


@dataclass(slots=True, eq=False)
class Candidate:
    """A customer as the records so far leave it: `id` is None where they created it, `sent` is what they sent.

    `former` are identifiers it had before: those that are stored, and those that the records superseded.
    `standing` are staff's withdrawals that a source's grants do not undo (customers.overrides).
    Where `sent` names tags, lists or attributes, what is stored is what these are in the end.
    """

    id: int | None = None
    stored_key: str = ""
    key: str = ""
    identifiers: Mapping[str, str | None] = field(default_factory=lambda: NO_IDENTIFIERS)
    former: dict[Identifier, None] = field(default_factory=dict)
    tags: Strings = field(default_factory=dict)
    mailing_lists: Strings = field(default_factory=dict)
    attributes: Attributes = field(default_factory=lambda: Attributes({}))
    standing: int = 0
    sent: Row = field(default_factory=dict)

    @property
    def person(self) -> Person:
        """Whom erasing it erases."""
        ids, emails = ([value for of, value in self.former if of == name] for name in ("CustomerId", "Email"))
        customer_id, email, phone = (self.identifiers[name] for name in ("CustomerId", "Email", "Phone"))
        return Person(self.id, customer_id, email, ids, emails, phone)

    def row(self) -> Row:
        """Return what is stored of it."""
        grown = {
            "Tags": list(self.tags),
            "MailingLists": list(self.mailing_lists),
            "Attributes": self.attributes.values,
        }
        return {**self.sent, **{name: grown[name] for name in grown.keys() & self.sent.keys()}, "match_key": self.key}


class Candidates:
    """A tenant's customers that carry an identifier of `rows`. Needs an open write with the exclusive lock.

    Who is found by the priority identifier is sought by nothing else: a placeholder address may have thousands of
    carriers. `relatives` seeks by everything, and also those who share an identifier with anyone found, which counts
    where a record gives one up, changes it or erases someone: whether a key is free, and who else still carries it.
    """

    def __init__(self, write: Write, tenant: Tenant, rows: Sequence[Row], origin: Origin, *, relatives: bool) -> None:
        self.write, self.tenant, self.order = write, tenant, identifiers_of(tenant)
        self.stored: dict[int, Candidate] = {}
        self.created: dict[Candidate, None] = {}
        self.carriers: defaultdict[tuple[str, str | None], dict[Candidate, None]] = defaultdict(dict)
        self.nameless: defaultdict[tuple[str, str | None], dict[Candidate, None]] = defaultdict(dict)
        self.erased: list[Person] = []
        named = [identifier for row in rows for identifier in identifiers(row)] if write.suppresses else []
        self.suppressed = suppressed(tenant, origin.source, named) if named else set()
        self.withdrawn: dict[Candidate, int] = {}
        self.to_suppress: defaultdict[Source | None, set[Identifier]] = defaultdict(set)
        self._sought: set[tuple[str, str]] = set()
        self._look_up(rows, relatives=relatives)
        if relatives:
            known = [candidate.identifiers for candidate in self.stored.values()]
            former = [dict([pair]) for candidate in self.stored.values() for pair in candidate.former]
            self._look_up([*known, *former], relatives=True)

    def carrying(self, name: str, value: str | None) -> list[Candidate]:
        """Return the customers that have an identifier; nobody has an empty one."""
        return list(self.carriers.get((name, value), ())) if value else []

    def carrying_as(self, customer_id: str, name: str, value: str | None) -> list[Candidate]:
        """Return those that have an identifier, and no CustomerId or this one; a till's number has 10,000 carriers."""
        named = [one for one in self.carrying("CustomerId", customer_id) if value and one.identifiers[name] == value]
        return [*self.nameless.get((name, value), ()), *named] if value else []

    def is_suppressed(self, row: Row) -> bool:
        """Tell whether the row names someone who must not come back."""
        return bool(self.suppressed and self.suppressed & identifiers(row))

    def create(self) -> Candidate:
        """Return a new customer, as yet without identifiers."""
        self.created[candidate := Candidate()] = None
        return candidate

    def update(self, candidate: Candidate, row: Row) -> list[str]:
        """Note what a record sends for a customer, and return which of its grants are held back.

        The match_key it leads to must be free.
        """
        held, candidate.standing = hold_back(row, candidate.standing)
        row = {name: value for name, value in row.items() if name not in held}
        if candidate.sent:
            supersede(candidate.sent, row)
        candidate.sent = candidate.sent | row
        after = {name: row[name] or None if name in row else value for name, value in candidate.identifiers.items()}
        if after != candidate.identifiers:
            self._forget_carrier(candidate)
            candidate.former.update(former_of(candidate.identifiers, after))
            candidate.identifiers, candidate.key = after, key_of(self.order, after)
            self._note_carrier(candidate)
        return held

    def note_withdrawn(self, candidates: Iterable[Candidate], bits: int) -> None:
        """Note consents, bits of customers.restoring, that a record withdraws from whoever may have none left."""
        if self.write.hears:
            self.withdrawn.update((candidate, self.withdrawn.get(candidate, 0) | bits) for candidate in candidates)

    def taken(self, candidate: Candidate, row: Row) -> list[str]:
        """Return the identifiers of a row that the customer can't take: another has the match_key they lead to.

        A new customer can take all: whoever had its match_key would carry the identifier, and be the one who matches.
        """
        if not candidate.key:
            return []
        names = [name for name in self.order if name in row and (row[name] or None) != candidate.identifiers[name]]
        taken: list[str] = []
        while names and not self._is_free(candidate, {name: row[name] for name in names}):
            taken.append(names.pop(0))
        return taken

    def erase(self, candidates: Iterable[Candidate], row: Row, source: Source | None) -> None:
        """Erase customers that a row named, for good: `source`, or where it is None no source, may store them again.

        What somebody else still carries is not suppressed, or they could not come back either.
        """
        pairs = {(name, row.get(name)) for name in IDENTIFIERS}
        for candidate in candidates:
            pairs |= candidate.identifiers.items() | candidate.former.keys()
            self._forget_carrier(candidate)
            self.erased.append(candidate.person)
            self.withdrawn.pop(candidate, None)
            self.created.pop(candidate, None)
            self.stored.pop(candidate.id or 0, None)
        named = (row.get("CustomerId") or None, row.get("Email") or None)
        self.erased.append(Person(None, *named, phone=row.get("Phone") or None))
        free = spelled_alike(pair for pair in pairs if not self.carrying(*pair))
        self.suppressed |= free
        self.to_suppress[source] |= free

    def save(self) -> None:
        """Store what became of everyone: erased and suppressed, re-keyed, upserted. The last thing the write does."""
        if self.erased:
            erase(self.write, self.tenant, self.erased)
        for source, pairs in self.to_suppress.items():
            suppress(self.tenant, pairs, source=source)
        touched = [candidate for candidate in (*self.stored.values(), *self.created) if candidate.sent]
        if moved := [candidate for candidate in touched if candidate.id and candidate.key != candidate.stored_key]:
            ids = as_array(candidate.id for candidate in moved)
            self.write.execute(STEP_ASIDE, ids=ids)
            self.write.execute(REKEY, ids=ids, keys=[candidate.key for candidate in moved])
        if touched or self.withdrawn:
            more = {candidate.key: bits for candidate, bits in self.withdrawn.items()}
            store(self.write, self.tenant, [candidate.row() for candidate in touched], more=more)

    def _look_up(self, rows: Sequence[Mapping[str, Any]], *, relatives: bool) -> None:
        """Read who carries an identifier of the rows, whichever has not been sought yet."""
        for name in ("CustomerId", "Phone", "Email"):
            values = {value: None for row in rows if (value := row.get(name)) and (name, value) not in self._sought}
            if values:
                self._sought.update((name, value) for value in values)
                self._find(name, list(values))
            if name == self.order[0] and not relatives:
                rows = [row for row in rows if not self.carrying(name, row.get(name))]

    def _find(self, name: str, values: list[str]) -> None:
        sought = {"values": orjson.dumps(values).decode(), "known": as_array(self.stored)}
        (found,) = self.write.execute(FIND[name], **sought)[0]
        sticking = sticks(self.tenant)
        for hub_id, key, customer_id, email, phone, ids, emails, tags, lists, attributes, standing in orjson.loads(
            found or "[]"
        ):
            known = {"CustomerId": customer_id, "Email": email, "Phone": phone}
            former = as_pairs(CustomerId=ids, Email=emails)
            grown = dict.fromkeys(tags), dict.fromkeys(lists), Attributes(attributes)
            stands = standing if sticking else 0
            self.stored[hub_id] = candidate = Candidate(hub_id, key, key, known, former, *grown, stands)
            self._note_carrier(candidate)

    def _is_free(self, candidate: Candidate, row: Mapping[str, str]) -> bool:
        """Tell whether no other customer has the match_key this one would have with the row's identifiers."""
        after = {**candidate.identifiers, **row}
        key = key_of(self.order, after)
        return key == candidate.key or all(
            other is candidate or other.key != key for name in IDENTIFIERS for other in self.carrying(name, after[name])
        )

    def _note_carrier(self, candidate: Candidate) -> None:
        for pair in candidate.identifiers.items():
            if pair[1]:
                self.carriers[pair][candidate] = None
                if candidate.identifiers["CustomerId"] is None:
                    self.nameless[pair][candidate] = None

    def _forget_carrier(self, candidate: Candidate) -> None:
        for pair in candidate.identifiers.items():
            if pair[1]:
                del self.carriers[pair][candidate]
                self.nameless[pair].pop(candidate, None)
