"""Orders in the admin: with their lines, the customer they name and the products their SKUs resolve to."""

from typing import Any

import pytest
from django.test import Client

from orders.models import Order
from tenants.models import Changeset, Role
from tests.conftest import Partner
from tests.members import member, text
from tests.orders import records
from tests.products.records import product

pytestmark = pytest.mark.django_db

LIST = "/admin/orders/order/"
ORDER = records.order(
    OrderId="O/1",
    TotalRevenue=59.98,
    OrderItems=[records.line(Quantity=2), records.line(Quantity=2, Sku="gone")],
)


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


@pytest.fixture
def order(partner: Partner) -> Order:
    partner.save("orders", ORDER)
    return Order.objects.get()


def found(client: Client, **query: str) -> list[str]:
    shown = client.get(LIST, query).context["cl"].result_list
    return sorted(order.order_id for order in shown)


def test_search_finds_by_every_identifier(order: Order, staff: Client) -> None:
    for term in ("O/1", "O/", "C-1", "ADA@example", "S-1", "gon", "P-1", str(order.pk)):
        assert found(staff, q=term) == ["O/1"], term
    assert found(staff, q="nothing") == []


def test_filters(partner: Partner, order: Order, staff: Client) -> None:
    partner.save("orders", {**ORDER, "OrderId": "O-2", "Currency": "USD", "IsOrderCancelled": True})

    assert found(staff, currency="usd") == ["O-2"]
    assert found(staff, is_order_cancelled="no") == ["O/1"]
    assert found(staff, order_date_from="2025-08-22", order_date_to="2025-08-22") == ["O-2", "O/1"]
    assert found(staff, order_date_from="2025-08-23") == []


def test_an_order_shows_its_customer_and_what_its_skus_resolve_to(
    partner: Partner, order: Order, staff: Client, django_assert_max_num_queries: Any
) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Name": "Ada"}, {"CustomerId": "C-9", "Email": "ada@example.com"})
    partner.save("products", product(ProductName="Shoe"))

    with django_assert_max_num_queries(14):
        page = text(staff.get(f"{LIST}{order.pk}/change/"))

    assert "Ada" in page
    assert "C-9" not in page
    assert "Shoe" in page
    assert page.count("No variant has this SKU") == 1
    assert "59.98 EUR" in page


def test_the_largest_amounts_are_shown_to_the_last_digit(partner: Partner, order: Order, staff: Client) -> None:
    most = 999_999_999_999.9999
    partner.save("orders", {**ORDER, "TotalRevenue": most, "OrderItems": [records.line(Price=most)]})

    page = text(staff.get(f"{LIST}{order.pk}/change/"))

    assert page.count("999,999,999,999.9999 EUR") == 3
    assert "999,999,999,999.9999 EUR" in text(staff.get(LIST))


def test_an_order_that_names_nobody_says_so(order: Order, staff: Client) -> None:
    assert "No customer has these identifiers." in text(staff.get(f"{LIST}{order.pk}/change/"))


def test_lines_are_deleted_after_a_question(order: Order, staff: Client) -> None:
    line = order.items.get(sku="gone")

    asked = staff.post(f"{LIST}{order.pk}/items/", {"part": str(line.pk)})
    question = asked.context["question"]
    told = staff.post(question.url, {"chosen": question.chosen}, follow=True)

    changeset = Changeset.objects.order_by("-pk")[0]
    assert "1 order item of this order deleted for good." in text(asked)
    assert "1 order item deleted." in text(told)
    assert [item.sku for item in order.items.all()] == ["S-1"]
    assert (changeset.operation, changeset.source, changeset.updated_ids) == ("delete", "admin", [order.pk])


def test_nothing_ticked_deletes_nothing(order: Order, staff: Client) -> None:
    assert "Tick what to delete first." in text(staff.post(f"{LIST}{order.pk}/items/", {}, follow=True))
    assert order.items.count() == 2


def test_lines_of_another_order_are_not_touched(partner: Partner, order: Order, staff: Client) -> None:
    partner.save("orders", {**ORDER, "OrderId": "O-2"})
    other = Order.objects.get(order_id="O-2")

    staff.post(f"{LIST}{order.pk}/items/delete/", {"chosen": str(other.items.all()[0].pk)})

    assert other.items.count() == 2


def test_an_order_is_deleted_after_a_question(order: Order, staff: Client) -> None:
    question = staff.get(f"{LIST}{order.pk}/delete/").context["question"]

    told = staff.post(question.url, {"chosen": question.chosen}, follow=True)

    assert "1 order deleted." in text(told)
    assert not Order.objects.exists()


def test_viewers_and_strangers_delete_no_line(partner: Partner, by_email: Partner, order: Order) -> None:
    sent = {"chosen": str(order.items.all()[0].pk)}

    assert member(Role.VIEWER, partner.tenant).post(f"{LIST}{order.pk}/items/delete/", sent).status_code == 403
    assert member(Role.ADMIN, by_email.tenant).post(f"{LIST}{order.pk}/items/delete/", sent).status_code == 404
    assert order.items.count() == 2
