"""Any sequence of what sources send and staff change leaves behind what the model of the policy says, under either."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from customers.admin.optins import seen
from customers.flags import NAMES
from customers.models import Customer
from tenants.models import ConsentChange, Role
from tests.conftest import MakeTenant, Partner, examples
from tests.customers.dialects.vendors import upload
from tests.customers.model import FLAGS
from tests.customers.policy_model import Person, PolicyShop, Row, bits, row_of
from tests.members import member

COLUMNS = {field: column for column, field in NAMES.items()}
OF_CUSTOBAR = {"CustomerId": "external_id", "EmailOptin": "can_email", "GdprOptin": "can_profile"}
SENT = st.sampled_from(["EmailOptin", "IsExcluded", "GdprOptin"])
RECORDS = st.builds(
    lambda named, flags: {**named, **flags},
    st.sampled_from([{"CustomerId": "1", "Email": "a@x.fi"}, {"CustomerId": "2", "Email": "a@x.fi"},
                     {"CustomerId": "1", "Email": "b@x.fi"}, {"CustomerId": "1"}, {"Email": "a@x.fi"}]),
    st.dictionaries(SENT, st.booleans(), min_size=1),
)  # fmt: skip
UPLOADS = st.builds(
    lambda named, flags: {"CustomerId": named, **flags},
    st.sampled_from("12"),
    st.dictionaries(st.sampled_from(["EmailOptin", "GdprOptin"]), st.booleans(), min_size=1),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.lists(RECORDS, min_size=1, max_size=4)),
        st.tuples(st.just("upload"), st.lists(UPLOADS, min_size=1, max_size=3)),
        st.tuples(st.just("staff"), st.tuples(st.integers(0, 9), SENT, st.booleans())),
    ),
    min_size=3,
    max_size=12,
)


class Comparison:
    """A tenant and its model, taken through the same steps."""

    def __init__(self, partner: Partner, shop: PolicyShop, staff: Client) -> None:
        self.partner, self.shop, self.staff = partner, shop, staff
        self.last = 0

    def post(self, batch: list[dict[str, Any]]) -> None:
        warnings = self.partner.save("customers", *batch).get("warnings", {})
        self.compare(self.send(batch), {place for place, texts in warnings.items() if texts[0].startswith("Held back")})

    def upload(self, batch: list[dict[str, Any]]) -> None:
        sent = [{OF_CUSTOBAR[name]: value for name, value in record.items()} for record in batch]
        warnings = upload(self.partner, *sent).get("warnings", {})
        named = {f"[{i}].{ours}": f"[{i}].{theirs}" for i in range(len(batch)) for theirs, ours in OF_CUSTOBAR.items()}
        held = {named[place] for place, texts in warnings.items() if texts[0].startswith("Held back")}
        self.compare(self.send(batch), held)

    def send(self, batch: list[dict[str, Any]]) -> dict[Person, int | None]:
        """Take the model through a batch, and return what was stored of each of its customers before."""
        known = {person: person.flags for person in self.people}
        self.shop.post(batch)
        return {person: known.get(person) for person in self.people}

    def set_flag(self, which: int, name: str, value: bool) -> None:
        if not self.people:
            return
        person = self.people[which % len(self.people)]
        known: dict[Person, int | None] = {one: one.flags for one in self.people}
        stored = Customer.objects.get(tenant=self.partner.tenant, **self.identifiers(person))
        chosen = {"chosen": seen(stored), "flag": COLUMNS[name], "value": "yes" if value else "no"}
        self.staff.post("/admin/customers/customer/opt-ins/", chosen)
        person.staff_set(name, value)
        self.shop.held = set()
        self.compare(known, set())

    def compare(self, known: dict[Person, int | None], held: set[str]) -> None:
        assert held == self.shop.held
        stored = {self.name(record): record for record in self.partner.read("customers")}
        people = {self.name(person.values): person for person in self.people}
        assert {name: flags(record) for name, record in stored.items()} == {n: p.flags for n, p in people.items()}
        expected: set[tuple[int, Row]] = {
            (stored[name]["HubId"], row) for name, person in people.items() for row in row_of(known[person], person)
        }
        assert self.written() == expected

    def written(self) -> set[tuple[int, Row]]:
        """Return the rows that the ledger has gained."""
        rows = ConsentChange.objects.filter(tenant=self.partner.tenant, pk__gt=self.last).order_by("pk")
        found = list(rows.values_list("pk", "customer", "before", "after", "channels", "against_staff"))
        self.last = max([self.last, *(row[0] for row in found)])
        assert len({row[1] for row in found}) == len(found)
        return {(row[1], row[2:]) for row in found}

    @property
    def people(self) -> list[Person]:
        return [one for one in self.shop.customers if isinstance(one, Person)]

    def identifiers(self, person: Person) -> dict[str, Any]:
        return {"customer_id": person.values["CustomerId"], "email": person.values["Email"]}

    def name(self, record: dict[str, Any]) -> tuple[Any, Any]:
        return record["CustomerId"], record["Email"]


def flags(record: dict[str, Any]) -> int:
    return bits(name for name in FLAGS if record[name])


@pytest.mark.parametrize("priority", ["customerid", "email"])
@pytest.mark.parametrize("policy", ["source", "staff"])
@examples(60)
@given(steps=STEPS)
def test_any_sequence_leaves_behind_what_the_policy_says(
    make_tenant: MakeTenant, priority: str, policy: str, steps: list[tuple[str, Any]]
) -> None:
    partner = make_tenant(priority=priority, consent_policy=policy)
    shop = PolicyShop(priority, sticks=policy == "staff")
    comparison = Comparison(partner, shop, member(Role.STAFF, partner.tenant))

    for kind, sent in steps:
        if kind == "staff":
            comparison.set_flag(*sent)
        else:
            getattr(comparison, kind)(sent)
