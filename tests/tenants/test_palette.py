"""Ctrl+K: one box finds persons, orders, products, SKUs, trace ids, changesets, views, tenants and pages, one's own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from psycopg.errors import QueryCanceled

from hub.admin import changelist
from tenants.models import Changeset, LoggedRequest, Look, Role, SavedView, Way
from tenants.requests.writer import WRITER
from tests.conftest import MakeTenant, Partner
from tests.members import make_user, member, superuser, text
from tests.orders.records import order
from tests.products.records import product

pytestmark = pytest.mark.django_db

SEARCH = "/admin/search/"


def found(client: Client, term: str) -> dict[str, list[str]]:
    """Return the titles of what is found, by group."""
    groups = client.get(SEARCH, {"s": term, "part": "1"}).context["groups"]
    return {group.title: [hit.title for hit in group.hits] for group in groups}


@pytest.fixture
def shop(partner: Partner) -> Partner:
    partner.save("customers", {"CustomerId": "C-1", "Email": "ann@example.com", "Name": "Ann"})
    partner.save("orders", order(OrderId="O-1", CustomerId="C-1", Email="ann@example.com"))
    partner.save("products", product(ProductId="XP-1"))
    return partner


@pytest.fixture
def staff(shop: Partner) -> Client:
    return member(Role.STAFF, shop.tenant)


def test_a_person_is_found_by_what_the_list_finds_them_by(staff: Client) -> None:
    for term in ("C-1", "ann@example.com", " <ann@example.com> ", "c-1", "ann@"):
        assert found(staff, term)["Customers"] == ["Ann"], term


def test_an_order_and_a_product_are_found_by_what_names_them(staff: Client, shop: Partner) -> None:
    sku = product()["Variants"][0]["Sku"] if "Variants" in product() else "XP-1"

    assert found(staff, "O-1")["Orders"] == ["O-1"]
    assert "Products" in found(staff, "XP-1")
    assert "Products" in found(staff, sku)


def test_a_number_is_a_hub_id_and_a_changeset(staff: Client, shop: Partner) -> None:
    number = Changeset.objects.filter(tenant=shop.tenant).latest("pk").number

    for term in (str(number), f"#{number}"):
        assert len(found(staff, term)["Changes"]) == 1


def test_a_trace_id_leads_to_the_request_and_its_changeset(staff: Client, shop: Partner) -> None:
    WRITER.flush()
    trace_id = LoggedRequest.objects.filter(tenant=shop.tenant).latest("pk").trace_id

    for term in (trace_id, f"00-{trace_id}-00f067aa0ba902b7-01", trace_id.upper()):
        groups = found(staff, term)
        assert (len(groups["Changes"]), len(groups["Requests"])) == (1, 1), groups


def test_pages_views_and_tenants_are_found_by_name(staff: Client, shop: Partner) -> None:
    user = make_user("colleague")
    shared = {"listing": "customers.customer", "query": "sms_optin=no", "made_by": user, "tenant": shop.tenant}
    SavedView.objects.create(name="Ledger sample", **shared)

    groups = found(staff, "ledger")

    assert groups["Pages"] == ["Consent ledger"]
    assert groups["Saved views"] == ["Ledger sample"]
    assert found(staff, shop.tenant.name[:4])["Tenants"] == [shop.tenant.name]


def test_what_the_term_names_in_full_comes_first(staff: Client, shop: Partner) -> None:
    shop.save("customers", *({"CustomerId": f"C-1{number}"} for number in range(9)))

    first, *others = found(staff, "C-1")["Customers"]

    assert (first, len(others)) == ("Ann", 4)


def test_the_list_with_all_that_match_is_a_form_and_no_address_has_the_term(staff: Client) -> None:
    page = text(staff.get(SEARCH, {"s": "ann@example.com", "part": "1"}))

    assert 'action="/admin/customers/customer/"' in page
    assert "All customers that match" in page
    assert not [url for url in re.findall(r'(?:href|action)="([^"]*)"', page) if "ann" in url]


def test_strangers_find_nothing_of_it(shop: Partner, make_tenant: MakeTenant) -> None:
    WRITER.flush()
    changeset = Changeset.objects.filter(tenant=shop.tenant).latest("pk")
    stranger = member(Role.ADMIN, make_tenant().tenant)

    for term in ("C-1", "ann@example.com", "O-1", "XP-1", str(changeset.pk), changeset.trace_id, shop.tenant.name):
        assert found(stranger, term) == {}, term
    assert found(member(Role.VIEWER, shop.tenant), "C-1")["Customers"] == ["Ann"]


def test_who_sees_several_tenants_is_told_whose_each_is(shop: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant()
    other.save("customers", {"CustomerId": "C-1", "Name": "Bob"})
    several = member(Role.VIEWER, shop.tenant, other.tenant)

    groups = several.get(SEARCH, {"s": "C-1", "part": "1"}).context["groups"]

    hits = {hit.title: hit.tenant for hit in groups[0].hits}
    assert hits == {"Ann": shop.tenant.name, "Bob": other.tenant.name}


@pytest.mark.within("a day")
def test_whom_a_search_shows_is_counted_as_a_list_counts_them(staff: Client, shop: Partner) -> None:
    found(staff, "C-1")

    looks = Look.objects.filter(tenant=shop.tenant, way=Way.LIST)
    assert {(look.entity, look.records) for look in looks} == {("customers", 1), ("orders", 1)}


@pytest.mark.parametrize("term", ["", " ", "x", "%", "'", "é" * 5000, "عميل", "😀😀", "a/b", "\\", "#", "9" * 40])
def test_anything_that_is_typed_is_an_answer(staff: Client, term: str) -> None:
    for query in ({"s": term}, {"s": term, "part": "1"}):
        assert staff.get(SEARCH, query).status_code == 200


def test_a_character_that_no_text_has_is_a_bad_request(staff: Client) -> None:
    assert staff.get(SEARCH, {"s": "a\0b"}).status_code == 400


def test_the_page_shows_the_same_without_a_script(staff: Client) -> None:
    page = text(staff.get(SEARCH, {"s": "C-1"}))

    assert 'value="C-1"' in page
    assert "Ann" in page
    assert "Nothing matches" in text(staff.get(SEARCH, {"s": "no such thing"}))
    assert "no-store" in staff.get(SEARCH, {"s": "C-1"})["Cache-Control"]


def test_nobody_searches_without_logging_in(db: None) -> None:
    assert Client().get(SEARCH, {"s": "C-1"}).status_code == 302


@contextmanager
def no_patience(_milliseconds: int) -> Iterator[None]:
    raise OperationalError from QueryCanceled()
    yield


def test_what_takes_too_long_is_left_to_the_list(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelist, "patience", no_patience)

    page = text(staff.get(SEARCH, {"s": "C-1", "part": "1"}))

    assert "This takes longer. Look in the list:" in page
    assert "All customers that match" in page


def test_patience_within_patience_ends_with_it(shop: Partner) -> None:
    def bound() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return cursor.fetchone()[0]

    before = bound()
    with changelist.patience(20_000):
        with changelist.patience(10_000):
            assert bound() == "10s"
        assert bound() == "20s"
    assert bound() == before


def test_a_superuser_finds_what_everybody_has(shop: Partner) -> None:
    assert found(superuser(), "C-1")["Customers"] == ["Ann"]
