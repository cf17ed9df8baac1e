"""Sixteen partners at once on overlapping records, over real sockets: no error, no duplicate, nothing lost.

What each of them sends is chosen so that the end is the same in whatever order the batches are stored.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.orders.records import line, order
from tests.products.records import product, variant
from tests.system.running import Answer, Hub, Shop
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow
PARTNERS = 16
ROUNDS = 2
Record = dict[str, Any]
Request = tuple[str, str, Any]  # method, path, body

CUSTOMERS = [f"C{n:03}" for n in range(120)]  # known before, with both identifiers
STRANGERS = [f"stranger{n}@example.com" for n in range(40)]  # unknown, and named by the other identifier alone
LEAVERS = [f"L{n:03}" for n in range(PARTNERS * ROUNDS)]  # known before, each to be erased by one partner
CONTENDED = [f"X{n:03}" for n in range(20)]  # posted and deleted by everybody
FIELDS = {
    "Name": "Jané {}",
    "Surname": "Do {}",
    "Phone": "+49 30 5550{}",
    "Language": "de-DE",
    "Username": "jane-{}",
    "SmsOptin": True,
    "GdprOptin": True,
}


@pytest.fixture(scope="module")
def shop(hub: Hub) -> Shop:
    return hub.shop("Crowd")


def email(customer: str) -> str:
    return f"{customer.lower()}@example.com"


def value(field: str, customer: str) -> Any:
    template = FIELDS[field]
    return template.format(customer[1:]) if isinstance(template, str) else template


def crowd(shop: Shop, plan: Callable[[int, random.Random], Iterator[Request]]) -> list[Answer]:
    """Let sixteen partners send what `plan` says, all starting at once, each on a connection it keeps."""
    start = threading.Barrier(PARTNERS)

    def visit(partner: int) -> list[Answer]:
        connection = shop.hub.connect()
        try:
            requests = list(plan(partner, random.Random(partner)))
            start.wait(PATIENCE)
            return [taken(shop.send, *request, connection=connection) for request in requests]
        finally:
            connection.close()

    with ThreadPoolExecutor(PARTNERS) as pool:
        return [answer for answers in pool.map(visit, range(PARTNERS)) for answer in answers]


def taken(send: Callable[..., Answer], *request: Any, **options: Any) -> Answer:
    """Send a request until it is taken, as a client does where a machine is too busy for so many at once (503)."""
    end = time.monotonic() + PATIENCE
    while (answer := send(*request, **options)).status == 503 and time.monotonic() < end:
        time.sleep(0.2)
    return answer


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def shuffled(items: list[Any], dice: random.Random) -> list[Any]:
    return dice.sample(items, len(items))


def customers_plan(first: str, other: str) -> Callable[[int, random.Random], Iterator[Request]]:
    """Plan for customers of a shop whose priority identifier is `first`."""

    def identified(customer: str, by: str) -> Record:
        return {by: email(customer) if by == "Email" else customer}

    def plan(partner: int, dice: random.Random) -> Iterator[Request]:
        path = "/customers/{tenant}"
        for turn in range(ROUNDS):
            field = list(FIELDS)[(partner + turn) % len(FIELDS)]
            by = other if (partner + turn) % 4 == 3 else first
            known = [{**identified(c, by), field: value(field, c)} for c in CUSTOMERS]
            yield "POST", path, shuffled(known, dice)
            yield "POST", path, [{other: stranger, "EmailOptin": True} for stranger in shuffled(STRANGERS, dice)]
            yield "POST", path, [identified(c, first) for c in shuffled(CONTENDED, dice)]
            yield "DELETE", f"{path}?customerId={LEAVERS[partner * ROUNDS + turn]}", None
            contended = dice.choice(CONTENDED)
            yield "DELETE", f"{path}?email={email(contended)}&customerId={contended}", None

    return plan


@pytest.mark.parametrize("priority", ["customerid", "email"])
def test_customers_of_overlapping_batches_and_deletes_end_as_if_sent_one_by_one(hub: Hub, priority: str) -> None:
    shop = hub.shop(f"Crowd by {priority}", "--priority", priority)
    first, other = ("Email", "CustomerId") if priority == "email" else ("CustomerId", "Email")
    known = [{"CustomerId": c, "Email": email(c)} for c in CUSTOMERS + LEAVERS]
    assert shop.post("customers", known).status == 200
    bought = [{**order_of(f"of {c}", 1), "CustomerId": c, "Email": email(c)} for c in LEAVERS]
    assert shop.post("orders", bought).status == 200

    answers = crowd(shop, customers_plan(first, other))

    assert statuses(answers) == {200: PARTNERS * ROUNDS * 5}
    stored = shop.read("customers")
    assert [known_part(c) for c in stored if c["CustomerId"] in CUSTOMERS] == [
        {"CustomerId": c, "Email": email(c), **{field: value(field, c) for field in FIELDS}} for c in CUSTOMERS
    ]
    assert Counter(c[other] for c in stored if c[other] in STRANGERS) == dict.fromkeys(STRANGERS, 1)
    assert all(c["EmailOptin"] for c in stored if c[other] in STRANGERS)
    assert not [c for c in stored if c["CustomerId"] in LEAVERS]
    contended = Counter(c[first].upper() for c in stored if c[first] and c[first].upper().startswith("X"))
    assert set(contended.values()) <= {1}
    assert all(o["CustomerId"].startswith("erased-") and o["Email"] is None for o in shop.read("orders"))
    assert_feed_is_gapless_and_tells_what_is_stored(hub, shop, "customers_customer", "customers")


def known_part(customer: Record) -> Record:
    return {field: customer[field] for field in ("CustomerId", "Email", *FIELDS)}


ORDERS = [f"O{n:03}" for n in range(60)]


def order_of(order_id: str, partner: int) -> Record:
    """An order as one partner has it: every part names the partner."""
    bought = line(ProductId=f"P{partner}", Sku=f"S{partner}", Quantity=partner + 1, Price=partner)
    return order(
        OrderId=order_id,
        CustomerId=f"C{partner}",
        Email=f"c{partner}@example.com",
        TotalRevenue=partner,
        OrderItems=[bought] * (partner % 5 + 1),
    )


def orders_plan(partner: int, dice: random.Random) -> Iterator[Request]:
    for turn in range(ROUNDS):
        yield "POST", "/orders/{tenant}", [order_of(o, partner) for o in shuffled(ORDERS, dice)]
        yield "POST", "/orders/{tenant}", [order_of(f"D{partner}-{turn}", partner)]
        yield "DELETE", f"/orders/{{tenant}}/D{partner}-{turn}", None
        yield "DELETE", f"/orders/{{tenant}}/{dice.choice(ORDERS)}/items?productId=none&sku=none", None


def test_orders_of_overlapping_batches_are_each_wholly_of_one_partner(shop: Shop, hub: Hub) -> None:
    answers = crowd(shop, orders_plan)

    assert statuses(answers) == {200: PARTNERS * ROUNDS * 4}
    stored = shop.read("orders")
    assert sorted(sale["OrderId"] for sale in stored) == ORDERS
    for sale in stored:
        partner = int(sale["CustomerId"][1:])
        assert (sale["Email"], float(sale["TotalRevenue"])) == (f"c{partner}@example.com", partner)
        lines = [(item["ProductId"], item["Sku"], item["Quantity"]) for item in sale["OrderItems"]]
        assert lines == [(f"P{partner}", f"S{partner}", partner + 1)] * (partner % 5 + 1)
    assert_feed_is_gapless_and_tells_what_is_stored(hub, shop, "orders_order", "orders")


PRODUCTS = [f"P{n:03}" for n in range(40)]


def product_of(product_id: str, variants: list[str]) -> Record:
    return product(
        ProductId=product_id,
        ProductName=f"Product {product_id}",
        ProductVariants=[variant(VariantId=each, Sku=f"{product_id}-{each}") for each in variants],
    )


def products_plan(partner: int, dice: random.Random) -> Iterator[Request]:
    for turn in range(ROUNDS):
        mine = [f"{partner}", "shared", f"gone-{partner}"]
        yield "POST", "/products/{tenant}", [product_of(p, shuffled(mine, dice)) for p in shuffled(PRODUCTS, dice)]
        for each in dice.sample(PRODUCTS, 3) if turn < ROUNDS - 1 else PRODUCTS:
            yield "DELETE", f"/products/{{tenant}}/{each}/variants/gone-{partner}", None
        yield "POST", "/products/{tenant}", [product_of(f"D{partner}-{turn}", ["1"])]
        yield "DELETE", f"/products/{{tenant}}/D{partner}-{turn}", None


def test_products_of_overlapping_batches_gather_the_variants_of_all(shop: Shop, hub: Hub) -> None:
    answers = crowd(shop, products_plan)

    assert set(statuses(answers)) == {200}
    stored = {product["ProductId"]: product["ProductVariants"] for product in shop.read("products")}
    everybody = sorted(["shared", *map(str, range(PARTNERS))])
    assert {name: sorted(v["VariantId"] for v in variants) for name, variants in stored.items()} == dict.fromkeys(
        PRODUCTS, everybody
    )
    assert_feed_is_gapless_and_tells_what_is_stored(hub, shop, "products_product", "products")


def test_writers_at_once_pass_no_bound_of_a_record(hub: Hub) -> None:
    shop = hub.shop("Growing")
    headers = {"Authorization": f"Token {shop.key}"}

    def grow(partner: int) -> list[Answer]:
        mine = [f"{partner}-{n}" for n in range(600)]
        tagged = {"customers": [{"external_id": "1", "tags.add": mine[:100]}]}
        return [
            taken(shop.post, "products", [product_of("P", mine)]),
            taken(shop.send, "POST", "/api/customers/upload/", tagged, headers=headers),
        ]

    with ThreadPoolExecutor(PARTNERS) as pool:
        of_products, of_customers = zip(*pool.map(grow, range(PARTNERS)), strict=True)

    assert statuses(list(of_products)) == {200: 5000 // 600, 400: PARTNERS - 5000 // 600}
    assert statuses(list(of_customers)) == {200: PARTNERS}
    assert [len(product["ProductVariants"]) for product in shop.read("products")] == [4800]
    assert [len(customer["Tags"]) for customer in shop.read("customers")] == [1000]


def assert_feed_is_gapless_and_tells_what_is_stored(hub: Hub, shop: Shop, table: str, entity: str) -> None:
    numbers = shop.change_numbers()
    assert numbers == list(range(1, len(numbers) + 1))
    told = f"FROM tenants_changeset WHERE tenant_id = '{shop.id}' AND entity = '{entity}'"
    created, deleted = (set(hub.query(f"SELECT unnest({kind}_ids) {told}")) for kind in ("created", "deleted"))
    assert deleted <= created
    assert created - deleted == set(hub.query(f"SELECT id FROM {table} WHERE tenant_id = '{shop.id}'"))


def test_a_limit_is_exact_across_processes(hub: Hub) -> None:
    assert len(hub.all_web_workers()) == 3
    shop = hub.shop("Limited", "--per-minute", "50")

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: shop.send("GET", "/customers/{tenant}"), range(120)))

    minutes: dict[str, list[Answer]] = {}
    for answer in answers:
        minutes.setdefault(answer.headers["X-RateLimit-Reset"], []).append(answer)
    assert max(map(len, minutes.values())) > 50
    for minute in minutes.values():
        assert_limit_is_exact(minute, 50)


def assert_limit_is_exact(answers: list[Answer], limit: int) -> None:
    """Of what was sent within one minute, so many requests pass, each with an allowance of its own."""
    number = min(len(answers), limit)
    assert statuses(answers) == Counter({200: number, 429: len(answers) - number})
    passed = [answer for answer in answers if answer.status == 200]
    assert sorted(int(answer.headers["X-RateLimit-Remaining"]) for answer in passed) == list(range(limit))[-number:]
    for answer in answers:
        assert answer.headers["X-RateLimit-Limit"] == str(limit)
        if answer.status == 429:
            assert 1 <= int(answer.headers["Retry-After"]) == answer.json()["data"]["retryAfter"] <= 60
