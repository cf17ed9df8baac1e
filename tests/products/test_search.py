"""The admin's list of products finds them by any part of their name."""

import pytest
from django.test import Client

from tenants.models import Role
from tests.conftest import MakeTenant, Partner
from tests.members import member, superuser, text
from tests.products.records import product, variant

pytestmark = pytest.mark.django_db
LIST = "/admin/products/product/"


@pytest.fixture
def shop(partner: Partner) -> Partner:
    names = {"P-1": "Café Crème Espresso", "P-2": "Kenya AA", "P-3": "50%_off \\ bag"}
    partner.save(
        "products",
        *(
            product(ProductId=key, ProductName=name, ProductVariants=[variant(VariantId=f"V-{key}", Sku=f"S-{key}")])
            for key, name in names.items()
        ),
    )
    return partner


@pytest.fixture
def viewer(partner: Partner) -> Client:
    return member(Role.VIEWER, partner.tenant)


def found(client: Client, term: str) -> list[str]:
    answer = client.get(LIST, {"q": term})
    assert answer.status_code == 200
    return sorted(each.product_id for each in answer.context["cl"].result_list)


@pytest.mark.parametrize(
    ("term", "ids"),
    [
        ("Espresso", ["P-1"]),
        ("espre", ["P-1"]),
        ("press", ["P-1"]),
        ("espresso CAFÉ", ["P-1"]),
        ("creme", ["P-1"]),
        ("cafe creme", ["P-1"]),
        ("CRÈME", ["P-1"]),
        ("ke", ["P-2"]),
        ("aa", ["P-2"]),
        ("k", ["P-2"]),
        ("en", []),
        ("kenya espresso", []),
        ("%", []),
        ("0%_o", ["P-3"]),
        ("off \\", ["P-3"]),
        ("s-p-2", ["P-2"]),
        ("%%%", []),
    ],
    ids=ascii,
)
def test_a_product_is_found_by_its_name(shop: Partner, viewer: Client, term: str, ids: list[str]) -> None:
    assert found(viewer, term) == ids


def test_another_tenants_products_are_never_found(shop: Partner, make_tenant: MakeTenant) -> None:
    assert found(member(Role.ADMIN, make_tenant().tenant), "espresso") == []
    assert found(superuser(), "espresso") == ["P-1"]


def test_the_box_says_what_it_finds(viewer: Client) -> None:
    assert "Any part of a product&#x27;s name" in text(viewer.get(LIST))
