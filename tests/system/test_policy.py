"""Sixteen writers at once, staff and sources through two doors: every write leaves what the model says of it.

The changesets say in which order writes were stored; each is known by its trace, so the model is taken through them.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from customers.admin.optins import seen
from customers.flags import NAMES
from customers.models import Customer
from tenants.changes import places
from tenants.models import Changeset, ConsentChange, Role
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import UPLOAD, basic
from tests.customers.model import FLAGS
from tests.customers.policy_model import Person, bits, row_of
from tests.distribution import needs_plain_postgres
from tests.members import member

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), needs_plain_postgres]
WRITERS, TURNS = 16, 8
CUSTOMERS = [str(n) for n in range(36)]
CUSTOBAR = {"EmailOptin": "can_email", "SmsOptin": "can_sms", "GdprOptin": "can_profile"}


@dataclass
class Crowd:
    """A tenant, and by trace what each writer sent: of staff a flag and its value, of a source flags by customer."""

    partner: Partner
    sent: dict[str, Any]

    def native(self, trace: str, dice: random.Random) -> None:
        chosen = dice.sample(CUSTOMERS, 6)
        batch = [{"CustomerId": one, **draw(dice, [*FLAGS])} for one in [*chosen, *chosen[:2]]]
        self.sent[trace] = [(one["CustomerId"], {n: v for n, v in one.items() if n != "CustomerId"}) for one in batch]
        assert self.partner.post("customers", batch, traceparent=parent(trace)).status_code == 200

    def custobar(self, trace: str, dice: random.Random) -> None:
        batch = [(one, draw(dice, [*CUSTOBAR])) for one in dice.sample(CUSTOMERS, 6)]
        more = {"city": dice.choice("ab")} if dice.random() < 0.5 else {}
        self.sent[trace] = batch
        body = [{"external_id": one, **{CUSTOBAR[n]: v for n, v in said.items()}, **more} for one, said in batch]
        headers = {**basic(self.partner.slug, self.partner.key), "traceparent": parent(trace)}
        assert self.partner.send("POST", UPLOAD, {"customers": body}, **headers).status_code == 200

    def edit(self, trace: str, dice: random.Random, staff: Client) -> None:
        name, value = dice.choice(FLAGS), dice.random() < 0.4
        shown = Customer.objects.filter(tenant=self.partner.tenant, customer_id__in=dice.sample(CUSTOMERS, 12))
        self.sent[trace] = (name, value)
        column = next(column for column, field in NAMES.items() if field == name)
        form = {"chosen": ",".join(map(seen, shown)), "flag": column, "value": "yes" if value else "no"}
        headers = {"traceparent": parent(trace)}
        assert staff.post("/admin/customers/customer/opt-ins/", form, headers=headers).status_code == 302


def draw(dice: random.Random, names: list[str]) -> dict[str, bool]:
    return {name: dice.random() < 0.6 for name in dice.sample(names, 3)}


def parent(trace: str) -> str:
    return f"00-{trace}-00f067aa0ba902b7-01"


@pytest.mark.parametrize("policy", ["source", "staff"])
def test_the_ledger_of_writers_at_once_is_what_each_write_leaves_in_turn(
    make_tenant: MakeTenant, policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST", WRITERS)  # they stand for those of several processes: none is "busy"
    crowd = Crowd(make_tenant(consent_policy=policy), {})
    partner = crowd.partner
    partner.save("customers", *({"CustomerId": one} for one in CUSTOMERS))
    clients = [member(Role.STAFF, partner.tenant) for _ in range(WRITERS)]

    def write(writer: int) -> None:
        dice = random.Random(f"{policy} {writer}")
        for turn in range(TURNS):
            trace = f"{writer * TURNS + turn + 1:032x}"
            if writer % 3 == 2:
                crowd.edit(trace, dice, clients[writer])
            else:
                (crowd.native if writer % 3 else crowd.custobar)(trace, dice)
        connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))

    assert_ledger_is_what_the_model_says(crowd, sticks=policy == "staff")


def assert_ledger_is_what_the_model_says(crowd: Crowd, *, sticks: bool) -> None:
    stored = {one.pk: one for one in Customer.objects.filter(tenant=crowd.partner.tenant)}
    people = {pk: Person(sticks=sticks) for pk in stored}
    ledger: dict[int, list[Any]] = {}
    for row in ConsentChange.objects.filter(tenant=crowd.partner.tenant):
        assert all([row.actor, row.source, row.created_at, row.channels])
        ledger.setdefault(row.changeset_number, []).append(
            (row.customer, row.before, row.after, row.channels, row.against_staff)
        )
    for changeset in Changeset.objects.filter(tenant=crowd.partner.tenant, number__gt=1).order_by("number"):
        expected = []
        for pk in changeset.updated_ids:
            person, before = people[pk], people[pk].flags
            replay(person, stored[pk].customer_id or "", crowd.sent[changeset.trace_id])
            expected += [(pk, *row) for row in row_of(before, person)]
        assert sorted(ledger.pop(changeset.number, [])) == sorted(expected)
    assert ledger == {}
    assert {*ConsentChange.objects.values_list("source", flat=True)} == {"admin", "api", "custobar"}
    assert {pk: flags_of(one) for pk, one in stored.items()} == {pk: person.flags for pk, person in people.items()}


def replay(person: Person, customer_id: str, sent: Any) -> None:
    if isinstance(sent, tuple):
        person.staff_set(*sent)
        return
    for one, said in sent:
        if one == customer_id:
            person.apply(said)


def flags_of(customer: Customer) -> int:
    return bits(field for column, field in NAMES.items() if getattr(customer, column))
