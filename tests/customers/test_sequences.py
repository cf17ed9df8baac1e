"""Random sequences of upserts and deletes leave behind what the reference model says, in the log and the ledger too."""

from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.models import Changeset, ConsentChange
from tests.conftest import MakeTenant, Partner, examples
from tests.customers.model import DEFAULTS, FLAGS, Customer, Shop

# Small alphabets, so that records collide: the same person under several names, and blanks of every kind.
CUSTOMER_IDS = st.sampled_from(["A", "A", "A", "B", "B", "a", "A ", "x@shop.example"])
EMAILS = st.sampled_from(["x@shop.example", "X@Shop.example", " x@shop.example\t", "y@shop.example", "ж+1@пример.рф"])
BLANKS = st.sampled_from([None, "", "  "])
FLAG_VALUES = st.sampled_from([True, False, None])
OPT_OUTS = st.dictionaries(st.sampled_from(FLAGS[:5]), st.just(False), min_size=1, max_size=2)
OPTIONAL = {
    "Name": st.sampled_from(["Ann", " Ann ", "Bo"]) | BLANKS,
    "Language": st.sampled_from(["de", "en-US"]) | BLANKS,
    **dict.fromkeys(FLAGS, FLAG_VALUES),
}
RECORDS = (
    st.fixed_dictionaries({"CustomerId": CUSTOMER_IDS, "Email": EMAILS}, optional=OPTIONAL)
    | st.fixed_dictionaries({"CustomerId": CUSTOMER_IDS}, optional={"Email": BLANKS, **OPTIONAL})
    | st.fixed_dictionaries({"Email": EMAILS}, optional={"CustomerId": BLANKS, **OPTIONAL})
    | st.builds(lambda name, flags: {**name, **flags}, st.fixed_dictionaries({"Email": EMAILS}), OPT_OUTS)
    | st.fixed_dictionaries(
        {"CustomerId": CUSTOMER_IDS, "Email": EMAILS, "Name": st.just("Ann"), "GdprOptin": st.booleans()}
    )
)
NAMELESS = st.fixed_dictionaries({}, optional={"CustomerId": BLANKS, "Email": BLANKS, **OPTIONAL})
BATCHES = st.lists(RECORDS, max_size=6)
REFUSED = st.tuples(BATCHES, NAMELESS, BATCHES).map(lambda parts: [*parts[0], parts[1], *parts[2]])
DELETES = st.tuples(CUSTOMER_IDS | BLANKS, EMAILS | BLANKS)
STEPS = st.lists(
    st.tuples(st.just("post"), BATCHES | REFUSED)
    | st.tuples(st.just("post twice"), BATCHES)
    | st.tuples(st.just("delete"), DELETES),
    min_size=1,
    max_size=8,
)

STATUSES = ("created", "updated", "unchanged")

Name = tuple[bool, str]
Seen = dict[Name, dict[str, Any]]


@dataclass
class Comparison:
    """A tenant and its model, taken through the same steps."""

    partner: Partner
    shop: Shop
    numbers: int = 0
    seen: Seen = field(default_factory=dict)

    def post(self, batch: list[dict[str, Any]], *, results: bool) -> None:
        accepted, before, data = self.shop.accepts(batch), self.known(), dict[str, Any]()

        def step() -> set[Customer]:
            response = self.partner.send("POST", f"/customers/{{tenant}}?results={str(results).lower()}", batch)
            assert response.status_code == (200 if accepted else 400), response.content
            if not accepted:
                return set()
            touched, several = self.shop.post(batch)
            data.update(response.json()["data"])
            assert counts(data.get("warnings", {})) == several
            statuses = Counter(self.status(customer, before) for customer in touched)
            assert [data[status] for status in STATUSES] == [statuses[status] for status in STATUSES]
            return touched

        self.compare(step, received=len(batch))
        if accepted:
            assert data.get("results") == (self.results(before) if results else None)

    def results(self, before: Mapping[Name, Customer]) -> list[dict[str, Any]]:
        """Return what became of each record, and whose hub ids read shows now."""
        return [
            {"index": i, **self.result(customers, before, applied=applied)}
            for i, (customers, applied) in enumerate(self.shop.meant)
        ]

    def result(self, meant: list[Customer], before: Mapping[Name, Customer], *, applied: bool) -> dict[str, Any]:
        ids = sorted(self.seen[self.name(customer.values)]["HubId"] for customer in meant)
        statuses = {self.status(customer, before) for customer in meant}
        status = min(statuses, key=STATUSES.index) if applied else "skipped"
        return (
            {"status": status, "HubId": ids[0]} if len(ids) == 1 else {"status": status, "HubId": None, "HubIds": ids}
        )

    def status(self, customer: Customer, before: Mapping[Name, Customer]) -> str:
        known = before.get(self.name(customer.values))
        return ("updated" if differ(known, customer) else "unchanged") if known else "created"

    def delete(self, customer_id: str | None, email: str | None) -> None:
        named = bool((customer_id or "").strip() or (email or "").strip())

        def step() -> set[Customer]:
            query = {"customerId": customer_id, "email": email}
            given = {name: value for name, value in query.items() if value is not None}
            response = self.partner.delete("/customers/{tenant}", **given)
            assert response.status_code == (200 if named else 400), response.content
            self.shop.delete(customer_id, email)
            return set()

        self.compare(step, received=1)

    def compare(self, step: Callable[[], set[Customer]], *, received: int) -> None:
        """Take a step and check the records, the log and the ledger against the model's before and after."""
        seen_before, known_before = self.seen, self.known()
        meant = step()
        self.seen, known = self.read(), self.known()

        assert {name: values(record) for name, record in self.seen.items()} == {n: c.values for n, c in known.items()}
        created, deleted = known.keys() - known_before.keys(), known_before.keys() - known.keys()
        stayed = known.keys() & known_before.keys()
        updated = {name for name in stayed if differ(known[name], known_before[name])}
        assert all(self.seen[name] == seen_before[name] for name in stayed - updated), "an unchanged record was written"
        assert ids(self.seen, updated) == ids(seen_before, updated)

        unchanged = max(0, len(meant) - len(created) - len(updated))
        ours = [ids(self.seen, created), ids(self.seen, updated), ids(seen_before, deleted), received, unchanged]
        assert self.logged() == ([ours] if created or updated or deleted else [])
        consents = {(name, flags(known_before[name].values), flags(known[name].values)) for name in updated}
        changed = {(name, before, after, before ^ after) for name, before, after in consents if before != after}
        supplied = {
            name: flags(dict.fromkeys(FLAGS, False) | dict.fromkeys(known[name].supplied & {*FLAGS}, True))
            for name in created
        }
        began = {(name, None, flags(known[name].values), given) for name, given in supplied.items() if given}
        assert self.ledger() == {(self.seen[name]["HubId"], *said) for name, *said in changed | began}

    def logged(self) -> list[list[Any]]:
        """Return the changesets this step wrote, which must be the next numbers."""
        found = list(Changeset.objects.filter(tenant=self.partner.tenant, number__gt=self.numbers).order_by("number"))
        assert [changeset.number for changeset in found] == [self.numbers + 1 + i for i in range(len(found))]
        self.numbers += len(found)
        return [
            [sorted(c.created_ids), sorted(c.updated_ids), sorted(c.deleted_ids), c.received, c.unchanged]
            for c in found
        ]

    def ledger(self) -> set[tuple[int, int | None, int, int]]:
        """Return the rows of the ledger this step wrote, emptying it for the next."""
        changes = ConsentChange.objects.filter(tenant=self.partner.tenant)
        assert not changes.exclude(changeset_number=self.numbers).exists()
        found = list(changes.values_list("customer", "before", "after", "channels"))
        assert len(found) == len(set(found))
        changes.delete()
        return set(found)

    def read(self) -> Seen:
        records = self.partner.read("customers")
        found = {self.name(record): record for record in records}
        assert len(found) == len(records), "two customers of one name"
        return found

    def known(self) -> dict[Name, Customer]:
        return {self.name(customer.values): deepcopy(customer) for customer in self.shop.customers}

    def name(self, record: dict[str, Any]) -> Name:
        """Return what tells a customer from every other: the priority identifier or, for want of it, the other one."""
        return (True, record[self.shop.first]) if record[self.shop.first] else (False, record[self.shop.second])


def counts(warnings: dict[str, list[str]]) -> dict[str, int]:
    """Return how many customers carry what each warning is about."""
    return {place: int(text.split()[0]) for place, (text,) in warnings.items()}


def values(record: dict[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in DEFAULTS}


def differ(one: Customer, other: Customer) -> bool:
    return one.values != other.values or one.supplied != other.supplied


def ids(records: Seen, names: set[Name]) -> list[int]:
    return sorted(records[name]["HubId"] for name in names)


def flags(record: dict[str, Any]) -> int:
    return sum(record[name] << place for place, name in enumerate(FLAGS))


@pytest.mark.parametrize("priority", ["customerid", "email"])
@pytest.mark.parametrize("required", [[], ["Name", "GdprOptin"]], ids=["nothing required", "fields required"])
@examples(40)
@given(steps=STEPS, results=st.booleans())
def test_any_sequence_leaves_behind_what_the_model_says(
    make_tenant: MakeTenant, priority: str, required: list[str], steps: list[tuple[str, Any]], results: bool
) -> None:
    shop = Shop(priority, required=frozenset(required))
    comparison = Comparison(make_tenant(priority=priority, required=required), shop)

    for kind, sent in steps:
        if kind == "delete":
            comparison.delete(*sent)
            continue
        comparison.post(sent, results=results)
        if kind == "post twice":
            comparison.post(sent, results=results)

    feed = comparison.partner.changes()
    assert [entry["Number"] for entry in feed] == list(range(1, comparison.numbers + 1))
