"""Any sequence of the API's records and the corrections of two editors leaves behind what a plain model says.

The model is that of test_sequences.py, with an editor's correction beside it: of each field the editor wrote, what is
stored is compared with what the form showed; one that differs refuses all of it, and who has an identifier keeps it.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from customers.models import Customer as Stored
from orders.models import Order
from tenants.links import orders_of_customer
from tenants.models import Role
from tests.conftest import MakeTenant, Partner, examples
from tests.customers.model import Customer, Shop
from tests.customers.rectifying import correct, shown
from tests.members import member
from tests.orders.records import order

CUSTOMER_IDS = st.sampled_from(["A", "B", "C"])
EMAILS = st.sampled_from(["a@shop.example", "b@shop.example", "c@shop.example"])
NAMES = st.sampled_from(["Ann", "Bo", "Cy"])
RECORDS = (
    st.fixed_dictionaries({"CustomerId": CUSTOMER_IDS, "Email": EMAILS}, optional={"Name": NAMES})
    | st.fixed_dictionaries({"CustomerId": CUSTOMER_IDS}, optional={"Name": NAMES, "Email": EMAILS})
    | st.fixed_dictionaries({"Email": EMAILS}, optional={"Name": NAMES})
)
TYPED = st.fixed_dictionaries(
    {},
    optional={"CustomerId": CUSTOMER_IDS | st.just(""), "Email": EMAILS | st.just(""), "Name": NAMES | st.just("")},
)
EDITORS = st.sampled_from([0, 1])
STEPS = st.lists(
    st.tuples(st.just("post"), RECORDS)
    | st.tuples(st.just("open"), st.tuples(EDITORS, st.integers(0, 3)))
    | st.tuples(st.just("save"), st.tuples(EDITORS, TYPED)),
    min_size=1,
    max_size=10,
)
FIELDS = ("CustomerId", "Email", "Name")


@dataclass
class Editor:
    """A member of staff, who has one page open: whose, and what it showed."""

    client: Client
    hub_id: int = 0
    form: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Comparison:
    """A tenant and its model, side by side; `people` has the model's customers by hub id."""

    partner: Partner
    shop: Shop
    editors: list[Editor]
    people: dict[int, Customer] = field(default_factory=dict)

    def post(self, record: dict[str, Any]) -> None:
        self.partner.save("customers", record)
        self.shop.post([record])

    def open(self, editor: Editor, place: int) -> None:
        if self.people:
            editor.hub_id = sorted(self.people)[place % len(self.people)]
            editor.form = shown(editor.client, Stored.objects.get(pk=editor.hub_id))
            editor.values = dict(self.people[editor.hub_id].values)

    def save(self, editor: Editor, typed: dict[str, str]) -> None:
        if not editor.hub_id:
            return
        known = Stored.objects.get(pk=editor.hub_id)
        before = self.orders()
        answer = correct(editor.client, known, editor.form, **typed)
        is_stored = self.corrects(self.people[editor.hub_id], editor.values, typed)
        assert (answer.status_code == 200) == is_stored, answer.content
        if is_stored:
            assert self.orders() >= {sale for sale in before if sale[0] == editor.hub_id}, "an order was left behind"

    def corrects(self, customer: Customer, seen: dict[str, Any], typed: dict[str, str]) -> bool:
        """Correct a customer of the model, or tell that nothing may be."""
        asked = {name: value or None for name, value in typed.items() if (value or None) != seen[name]}
        now, first, second = customer.values, self.shop.first, self.shop.second
        if any(now[name] not in (seen[name], value) for name, value in asked.items()):
            return False
        after = {**now, **asked}
        if (now[first] and not after[first]) or not (after[first] or after[second]):
            return False
        renamed = [name for name in (first, second) if after[name] and after[name] != now[name]]
        if any(other is not customer for name in renamed for other in self.shop.carriers(name, after[name])):
            return False
        customer.values.update(asked)
        return True

    def orders(self) -> set[tuple[int, str]]:
        """Return whose each order is, of those that are one customer's alone."""
        found: dict[str, list[int]] = {}
        for customer in Stored.objects.filter(tenant=self.partner.tenant):
            for row in orders_of_customer(self.partner.tenant, customer.customer_id, customer.email, 99):
                found.setdefault(row[1], []).append(customer.pk)
        return {(owners[0], order_id) for order_id, owners in found.items() if len(owners) == 1}

    def compare(self) -> None:
        read = {record["HubId"]: record for record in self.partner.read("customers")}
        fresh = sorted(read.keys() - self.people.keys())
        unknown = [customer for customer in self.shop.customers if customer not in self.people.values()]
        self.people.update(zip(fresh, unknown, strict=True))
        ours = {hub_id: [record[name] for name in FIELDS] for hub_id, record in read.items()}
        assert ours == {hub_id: [customer.values[name] for name in FIELDS] for hub_id, customer in self.people.items()}


@pytest.mark.parametrize("priority", ["customerid", "email"])
@examples(25)
@given(steps=STEPS)
def test_any_sequence_of_records_and_corrections_leaves_behind_what_the_model_says(
    make_tenant: MakeTenant, priority: str, steps: list[tuple[str, Any]]
) -> None:
    partner = make_tenant(priority=priority)
    editors = [Editor(member(Role.STAFF, partner.tenant)) for _ in range(2)]
    comparison = Comparison(partner, Shop(priority), editors)
    sales = [(i, e) for i in "AB" for e in "ab"]
    partner.save("orders", *(order(OrderId=f"{i}{e}", CustomerId=i, Email=f"{e}@shop.example") for i, e in sales))

    for kind, said in steps:
        if kind == "post":
            comparison.post(said)
        elif kind == "open":
            comparison.open(editors[said[0]], said[1])
        else:
            comparison.save(editors[said[0]], said[1])
        comparison.compare()

    assert Order.objects.filter(tenant=partner.tenant).count() == len(sales)
