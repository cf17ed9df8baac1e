"""The admin's list of orders finds them by the name of the customer, too."""

import pytest
from django.test import Client

from tenants.models import Role
from tests.conftest import MakeTenant, Partner
from tests.members import member, superuser, text
from tests.orders.records import line, order
from tests.searching import searched

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/order/"


@pytest.fixture
def shop(partner: Partner) -> Partner:
    partner.save(
        "customers",
        {"CustomerId": "C-1", "Email": "gj@shop.example", "Name": "Günther", "Surname": "Jäger"},
        {"CustomerId": "C-2", "Name": "Ann", "Surname": "Jones"},
    )
    partner.save(
        "orders",
        order(OrderId="by id", CustomerId="C-1", Email="guest@shop.example"),
        order(OrderId="by e-mail", CustomerId="guest", Email="gj@shop.example"),
        order(OrderId="Ann's", CustomerId="C-2", Email="guest@shop.example", OrderItems=[line(Sku="Jager-1")]),
    )
    searched()
    return partner


def found(client: Client, term: str) -> list[str]:
    answer = client.get(LIST, {"q": term})
    assert answer.status_code == 200
    return sorted(each.order_id for each in answer.context["cl"].result_list)


@pytest.mark.parametrize(
    ("term", "ids"),
    [
        ("günther jäger", ["by e-mail", "by id"]),
        ("jäger", ["by e-mail", "by id"]),
        ("ther", ["by e-mail", "by id"]),
        ("ann jones", ["Ann's"]),
        ("C-2", ["Ann's"]),
        ("c-2", ["Ann's"]),
        ("jager-1", ["Ann's"]),
        ("gj@shop.example", ["by e-mail"]),
        ("nobody", []),
    ],
)
def test_orders_are_found_by_who_bought(partner: Partner, shop: Partner, term: str, ids: list[str]) -> None:
    assert found(member(Role.VIEWER, partner.tenant), term) == ids


def test_another_tenants_orders_are_never_found(shop: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant()
    other.save("customers", {"CustomerId": "C-1", "Name": "Günther"})
    other.save("orders", order(OrderId="theirs", CustomerId="C-1"))
    searched()

    assert found(member(Role.ADMIN, other.tenant), "günther") == ["theirs"]
    assert found(superuser(), "günther") == ["by e-mail", "by id", "theirs"]


def test_the_box_says_what_it_finds(shop: Partner) -> None:
    assert "a customer's name" in text(member(Role.VIEWER, shop.tenant).get(LIST)).replace("&#x27;", "'")
