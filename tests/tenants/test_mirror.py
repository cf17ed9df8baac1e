"""A mirror that follows the feed ends equal to the hub: whoever writes meanwhile, wherever it starts again."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from customers.admin.optins import seen
from customers.models import Customer
from orders.models import Order
from tenants.changes import places
from tenants.models import Role
from tests.conftest import MakeTenant, Partner, examples
from tests.customers.dialects.vendors import PROGRAM, send_upload, send_users, user
from tests.members import member
from tests.orders.records import line, order
from tests.products.records import product, variant
from tests.tenants.mirror import Mirror, stored

NAMES = [f"{n:02}" for n in range(24)]
TURNS = 8


def email(name: str) -> str:
    return f"c{name}@shop.example"


def some(dice: random.Random) -> list[str]:
    return dice.sample(NAMES, dice.randint(1, 12))


# What sixteen writers do, one turn each; all of them on the same few records.


def saves_customers(partner: Partner, dice: random.Random, _: Client) -> list[Any]:
    flags = {"SmsOptin": dice.random() < 0.5, "GdprOptin": dice.random() < 0.5, "Name": dice.choice(NAMES)}
    return [partner.post("customers", [{"CustomerId": n, "Email": email(n), **flags} for n in some(dice)])]


def saves_customers_by_email(partner: Partner, dice: random.Random, _: Client) -> list[Any]:
    return [partner.post("customers", [{"Email": email(n), "Surname": dice.choice(NAMES)} for n in some(dice)])]


def saves_orders(partner: Partner, dice: random.Random, _: Client) -> list[Any]:
    lines = [line(ProductId=dice.choice(NAMES), Price=dice.randint(1, 9))] * dice.randint(1, 3)
    return [partner.post("orders", [_order(n, OrderItems=lines) for n in some(dice)])]


def _order(name: str, **fields: Any) -> dict[str, Any]:
    return order(OrderId=name, CustomerId=name, Email=email(name), **fields)


def saves_products(partner: Partner, dice: random.Random, _: Client) -> list[Any]:
    variants = [variant(VariantId=v, Sku=v, Stock=dice.randint(0, 9)) for v in dice.sample("abc", 2)]
    return [partner.post("products", [product(ProductId=n, ProductVariants=variants) for n in some(dice)])]


def deletes(partner: Partner, dice: random.Random, _: Client) -> list[Any]:
    one, other, third, fourth = dice.sample(NAMES, 4)
    return [
        partner.delete(f"/orders/{{tenant}}/{one}"),
        partner.delete(f"/products/{{tenant}}/{other}"),
        partner.delete(f"/orders/{{tenant}}/{third}/items", productId=dice.choice(NAMES), sku="S-1"),
        partner.delete(f"/products/{{tenant}}/{fourth}/variants/{dice.choice('abc')}"),
    ]


def erases(partner: Partner, dice: random.Random, _: Client) -> list[Any]:
    one, other = dice.sample(NAMES, 2)
    return [
        partner.delete("/customers/{tenant}", customerId=one),
        partner.delete("/customers/{tenant}", email=email(other)),
    ]


def uploads_to_custobar(partner: Partner, dice: random.Random, _: Client) -> list[Any]:
    sent: list[dict[str, Any]] = [
        {"external_id": n, "email": email(n), "tags.add": [dice.choice("xyz")]} for n in some(dice)
    ]
    sent[0] |= {"is_forgotten": True} if dice.random() < 0.1 else {"can_profile": True}
    return [send_upload(partner, {"customers": sent})]


def calls_jericommerce(partner: Partner, dice: random.Random, _: Client) -> list[Any]:
    one, other = dice.sample(NAMES, 2)
    renamed = user(email(one), one, name=dice.choice(NAMES), email=email(f"{one}-renamed"))
    gone = partner.send("DELETE", f"{PROGRAM}?email={email(f'{other}-renamed')}", **{"api-key": partner.key})
    return [send_users(partner, [renamed]), gone]


def staff_edit(partner: Partner, dice: random.Random, client: Client) -> list[Any]:
    """Tick and untick consents in the list, and erase a person or delete an order that is found there."""
    page = "/admin/customers/customer/"
    found = list(Customer.objects.filter(tenant=partner.tenant))
    answers = []
    for customer in dice.sample(found, min(3, len(found))):
        sent = {"_save": "1", "seen": seen(customer), "gdpr_optin": str(customer.pk), "sms_optin": str(customer.pk)}
        answers.append(client.post(page, sent))
    if found and dice.random() < 0.3:
        answers.append(client.post(f"{page}delete/", {"chosen": str(found[0].pk)}))
    for sale in Order.objects.filter(tenant=partner.tenant)[:1]:
        answers.append(client.post("/admin/orders/order/delete/", {"chosen": str(sale.pk)}))
    return answers


def everybody_once(partner: Partner, client: Client) -> None:
    """Write once from each source and by each operation, to records of its own: whom they meet in a race is chance."""
    own = ("kept", "gone")
    partner.save("customers", *({"CustomerId": n, "Email": email(n), "GdprOptin": False} for n in own))
    partner.save("orders", *(_order(n) for n in own))
    partner.save("products", product(ProductId="kept"))
    kept = Customer.objects.get(tenant=partner.tenant, customer_id="kept")
    ticked = {"_save": "1", "seen": seen(kept), "gdpr_optin": str(kept.pk)}
    answers = [
        client.post("/admin/customers/customer/", ticked),
        send_upload(partner, {"customers": [{"external_id": "kept", "email": email("kept"), "tags.add": ["kept"]}]}),
        send_users(partner, [user(email("kept"), "kept", name="Kept")]),
        partner.delete("/orders/{tenant}/gone"),
        partner.delete("/customers/{tenant}", customerId="gone"),
    ]
    assert [answer.status_code for answer in answers] == [302, 200, 201, 200, 200]


Turn = Callable[[Partner, random.Random, Client], list[Any]]
WRITERS: list[Turn] = [
    *[saves_customers] * 2, saves_customers_by_email, *[saves_orders] * 3, *[saves_products] * 2, *[deletes] * 2,
    *[erases] * 2, uploads_to_custobar, calls_jericommerce, *[staff_edit] * 2,
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_mirror_ends_equal_to_the_hub_while_sixteen_write(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST", len(WRITERS))  # they stand for those of several processes
    done = threading.Event()
    staff = [member(Role.STAFF, partner.tenant) for _ in WRITERS]

    def write(number: int) -> set[int]:
        dice = random.Random(number)
        try:
            return {
                answer.status_code for _ in range(TURNS) for answer in WRITERS[number](partner, dice, staff[number])
            }
        finally:
            connection.close()

    def follow(limit: int) -> Mirror:
        mirror = Mirror(partner)
        try:
            while not done.is_set():
                mirror.follow(limit=limit)
            return mirror.catch_up(limit=limit)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(WRITERS) + 2) as threads:
        mirrors = [threads.submit(follow, limit) for limit in (3, 1000)]
        try:
            statuses = set().union(*threads.map(write, range(len(WRITERS))))
            everybody_once(partner, staff[0])
        finally:
            done.set()
        followed = [mirror.result() for mirror in mirrors]

    assert statuses <= {200, 201, 302, 404}, "Jericommerce has a 201, and a 404 where its one record failed"
    there = stored(partner)
    assert all(there.values())
    for mirror in followed:
        assert mirror.held == there
        assert [each["Number"] for each in mirror.seen] == list(range(1, mirror.after + 1))
        assert {each["Source"] for each in mirror.seen} == {"api", "admin", "custobar", "jericommerce"}
        assert {each["Operation"] for each in mirror.seen} == {"upsert", "edit", "delete", "erase"}


FEW = st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True)
WRITES = st.one_of(
    st.tuples(st.just("customers"), FEW, st.booleans()),
    st.tuples(st.just("orders"), FEW, st.sampled_from(["EUR", "USD"])),
    st.tuples(st.just("products"), FEW, st.sampled_from(["Shirt", "Hat"])),
    st.tuples(st.sampled_from(["erase", "delete order", "delete product"]), st.sampled_from("abc"), st.none()),
)
STEPS = st.lists(WRITES | st.tuples(st.just("follow"), st.integers(1, 3), st.none()), min_size=1, max_size=15)


def take(partner: Partner, kind: str, what: Any, value: Any) -> None:
    """Take a step of a writer, which must be accepted."""
    if kind == "customers":
        partner.save(kind, *({"CustomerId": n, "Email": email(n), "GdprOptin": value} for n in what))
    elif kind == "orders":
        partner.save(kind, *(_order(n, Currency=value) for n in what))
    elif kind == "products":
        partner.save(kind, *(product(ProductId=n, ProductName=value) for n in what))
    elif kind == "erase":
        assert partner.delete("/customers/{tenant}", customerId=what).status_code == 200
    else:
        assert partner.delete(f"/{kind.split()[1]}s/{{tenant}}/{what}").status_code == 200


@examples(20)
@given(steps=STEPS)
def test_a_mirror_may_start_again_at_any_next(make_tenant: MakeTenant, steps: list[tuple[str, Any, Any]]) -> None:
    """With what it had then, as after a crash, or with what it has now: applying a changeset twice changes nothing."""
    partner = make_tenant()
    mirror = Mirror(partner)
    stops = [(mirror.after, deepcopy(mirror.held))]

    for kind, what, value in steps:
        if kind == "follow":
            mirror.follow(limit=what)
            stops.append((mirror.after, deepcopy(mirror.held)))
        else:
            take(partner, kind, what, value)
    mirror.catch_up(limit=2)

    there = stored(partner)
    assert mirror.held == there
    for after, held in stops:
        assert Mirror(partner, after, held).catch_up(limit=2).held == there
        assert Mirror(partner, after, deepcopy(mirror.held)).catch_up().held == there
