"""The page of SKUs that no variant has: how much hangs on each, what is near, what to tell the partner."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from orders.models import Order
from products.models import Product
from tenants.health import measure
from tenants.models import HealthSnapshot, Role
from tests.conftest import MakeTenant, Partner
from tests.members import browser, make_user, member, superuser, text
from tests.orders.records import order
from tests.products.records import product

pytestmark = pytest.mark.django_db
PAGE, CSV = "/admin/orders/order/unknown-skus/", "/admin/orders/order/unknown-skus/csv/"


def sold(number: int, *skus: str, price: float = 10, **fields: Any) -> dict[str, Any]:
    """Return an order of 2 of each SKU, on the day of its number in May 2026."""
    lines = [{"ProductId": "P", "Sku": sku, "Quantity": 2, "Price": price} for sku in skus]
    day = f"2026-05-{number:02}T12:00:00Z"
    return order(OrderId=f"O-{number}", OrderDate=day, OrderItems=lines, **fields)


def having(*skus: str) -> dict[str, Any]:
    """Return a product whose variants have these SKUs."""
    shape = product()["ProductVariants"][0]
    return product(ProductVariants=[{**shape, "VariantId": f"V-{sku}", "Sku": sku} for sku in skus])


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop")
    partner.save("products", having("KNOWN", "00-42"))
    partner.save(
        "orders",
        sold(1, "GHOST", "GHOST", "KNOWN", Currency="EUR"),
        sold(2, "GHOST", price=2.5, Currency="SEK"),
        sold(3, "42", price=100, Currency="EUR"),
        sold(4, "42", price=100, Currency="EUR", IsOrderCancelled=True),
    )
    return partner


@pytest.fixture
def viewer(shop: Partner) -> Client:
    measure(shop.tenant)
    return member(Role.VIEWER, shop.tenant)


def unknown(shop: Partner) -> dict[str, dict[str, Any]]:
    return {found["sku"]: found for found in measure(shop.tenant).unknown_skus or []}


def test_of_each_sku_its_lines_orders_revenue_and_days_are_measured(shop: Partner) -> None:
    ghost = unknown(shop)["GHOST"]

    assert (ghost["lines"], ghost["orders"]) == (3, 2)
    assert {currency: float(amount) for currency, amount in ghost["revenue"].items()} == {"EUR": 40, "SEK": 5}
    assert (ghost["first"][:10], ghost["last"][:10]) == ("2026-05-01", "2026-05-02")


def test_cancelled_orders_bring_no_revenue(shop: Partner) -> None:
    found = unknown(shop)["42"]

    assert (found["lines"], float(found["revenue"]["EUR"])) == (2, 200)


@pytest.mark.parametrize("sku", ["ab-1", "AB 1", "00AB1", "a.b_1", "A/B-1"])
def test_what_differs_in_case_blanks_punctuation_or_zeros_is_near(make_tenant: MakeTenant, sku: str) -> None:
    shop = make_tenant()
    shop.save("products", having("AB1"))
    shop.save("orders", sold(1, sku))

    (near,) = unknown(shop)[sku]["near"]

    assert near == [Product.objects.get().pk, "AB1"]


@pytest.mark.parametrize("sku", ["AB2", "1AB", "0", "--", "AB1x"])
def test_what_differs_otherwise_is_not_near(make_tenant: MakeTenant, sku: str) -> None:
    shop = make_tenant()
    shop.save("products", having("AB1", "000"))
    shop.save("orders", sold(1, sku))

    assert unknown(shop)[sku]["near"] == []


def test_another_tenants_products_are_not_near(shop: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant()
    other.save("products", having("ghost"))

    assert unknown(shop)["GHOST"]["near"] == []


def test_the_last_snapshot_alone_keeps_them(shop: Partner) -> None:
    old = measure(shop.tenant)
    HealthSnapshot.objects.filter(pk=old.pk).update(day="2026-01-01")
    measure(shop.tenant)

    assert [snapshot.unknown_skus is None for snapshot in HealthSnapshot.objects.order_by("day")] == [True, False]


def test_the_page_shows_them_by_lines(viewer: Client) -> None:
    page = text(viewer.get(PAGE))

    assert "2 sold SKUs that no variant has" in page
    assert page.index(">GHOST<") < page.index(">42<")
    assert "40.00 EUR" in page
    assert "5.00 SEK" in page
    assert "2026-05-02" in page
    assert ">00-42</bdi>" in page
    assert "as of" in page


def test_the_page_shows_them_by_revenue(viewer: Client) -> None:
    page = text(viewer.get(PAGE, {"sort": "revenue"}))

    assert page.index(">42<") < page.index(">GHOST<")


def test_what_to_tell_the_partner_is_ready_to_be_sent(viewer: Client) -> None:
    page = text(viewer.get(PAGE))
    letter = page[page.index('id="letter"') :]

    assert "2 SKUs in our orders have no product" in letter
    assert "they mend themselves then" in letter
    assert "42 (there is 00-42: is that the same?)" in letter


def test_once_the_products_are_sent_all_is_well(viewer: Client, shop: Partner) -> None:
    shop.save("products", {**having("GHOST", "42"), "ProductId": "P-2"})
    measure(shop.tenant)

    assert "All is well" in text(viewer.get(PAGE))


def test_before_the_first_measurement_the_page_says_so(make_tenant: MakeTenant) -> None:
    shop = make_tenant()

    assert "Not measured yet" in text(member(Role.VIEWER, shop.tenant).get(PAGE))


def test_a_snapshot_from_before_the_upgrade_is_not_measured(viewer: Client) -> None:
    HealthSnapshot.objects.update(unknown_skus=None)

    assert "Not measured yet" in text(viewer.get(PAGE))


def test_more_than_a_page_are_on_several(viewer: Client, shop: Partner) -> None:
    shop.save("orders", sold(5, *(f"N-{number:03}" for number in range(150))))
    measure(shop.tenant)

    first, last = text(viewer.get(PAGE)), text(viewer.get(PAGE, {"page": 2}))
    assert "1–100" in first
    assert "N-149" in last
    assert "N-000" not in last[: last.index('id="letter"')]
    assert "… and 102 more, in the file." in first


def test_the_file_has_a_line_for_each_currency(viewer: Client) -> None:
    answer = viewer.get(CSV, {"tenant": "shop"})
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))

    assert answer["Content-Disposition"] == 'attachment; filename="unknown-skus-shop.csv"'
    assert [row[:4] for row in rows[1:]] == [
        ["GHOST", "3", "2", "EUR"],
        ["GHOST", "3", "2", "SEK"],
        ["42", "2", "2", "EUR"],
    ]


@pytest.mark.parametrize("sku", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_sku_is_a_formula_in_the_file(shop: Partner, sku: str) -> None:
    shop.save("orders", sold(6, *[sku] * 5))
    measure(shop.tenant)

    rows = list(csv.reader(StringIO(superuser().get(CSV).content.decode("utf-8-sig"))))

    assert rows[1][0].startswith("'")


@pytest.mark.parametrize("path", [PAGE, CSV])
def test_strangers_learn_nothing(viewer: Client, shop: Partner, make_tenant: MakeTenant, path: str) -> None:
    stranger = member(Role.ADMIN, make_tenant(slug="other").tenant)

    assert stranger.get(path, {"tenant": "shop"}).status_code == 404
    assert "GHOST" not in text(stranger.get(path))
    assert browser(make_user("nobody")).get(path).status_code in (403, 404)


@pytest.mark.parametrize(
    ("query", "status"),
    [("?tenant=nowhere", 404), ("?sort=sku", 400), ("?page=x", 400), ("?page=999999", 200), ("?page=-1", 400)],
)
def test_addresses_that_no_link_offers(viewer: Client, query: str, status: int) -> None:
    assert viewer.get(f"{PAGE}{query}").status_code == status


def test_unasked_it_shows_the_tenant_with_most_to_mend(shop: Partner, make_tenant: MakeTenant) -> None:
    quiet = make_tenant(slug="a-quiet")
    for partner in (shop, quiet):
        measure(partner.tenant)

    assert "GHOST" in text(superuser().get(PAGE))


def test_home_says_what_to_do_and_leads_there(viewer: Client) -> None:
    page = text(viewer.get("/admin/"))

    assert "Ask the partner to send these products; the orders mend themselves then." in page
    assert f'href="{PAGE}?tenant=shop"' in page


def test_what_needs_no_attention_needs_no_advice(make_tenant: MakeTenant) -> None:
    shop = make_tenant(slug="tidy")
    shop.save("products", product())

    assert "Ask the partner to send these" not in text(member(Role.VIEWER, shop.tenant).get("/admin/"))


def test_an_orders_line_leads_there(viewer: Client, shop: Partner) -> None:
    pk = Order.objects.get(tenant=shop.tenant, order_id="O-1").pk

    assert f'href="{PAGE}?tenant=shop">No variant has this SKU' in text(viewer.get(f"/admin/orders/order/{pk}/change/"))
