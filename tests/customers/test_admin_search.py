"""The admin's search for customers by what the vendors' dialects store: attributes, tags, mailing lists."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from customers.models import Customer
from tenants.models import Role
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import upload
from tests.distribution import needs_plain_postgres
from tests.members import member, superuser, text

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"


@pytest.fixture
def viewer(partner: Partner) -> Client:
    return member(Role.VIEWER, partner.tenant)


def found(client: Client, term: str) -> list[str]:
    answer = client.get(LIST, {"q": term})
    assert answer.status_code == 200
    return sorted(customer.customer_id for customer in answer.context["cl"].result_list)


def test_the_box_says_what_can_be_searched(viewer: Client) -> None:
    assert "name=value" in text(viewer.get(LIST))


def test_an_attribute_is_found_by_its_exact_value(partner: Partner, viewer: Client) -> None:
    upload(
        partner,
        {"external_id": "A", "COMPANY__size": "Medium", "shop_id": "7", "city": "Örebro län"},
        {"external_id": "B", "COMPANY__size": "Medium rare", "city": "Oulu"},
        {"external_id": "C", "ACME__size": "Medium"},
    )

    assert found(viewer, "COMPANY__size=Medium") == ["A"]
    assert found(viewer, "ACME__size=Medium") == ["C"]
    assert found(viewer, "shop_id=7") == ["A"]
    assert found(viewer, "city=Örebro län") == ["A"]
    assert found(viewer, "COMPANY__size=medium") == []
    assert found(viewer, "COMPANY__size=Large") == []
    assert found(viewer, "COMPANY__colour=Medium") == []


@pytest.mark.parametrize(
    ("stored", "sought"),
    [
        (1, "1"),
        ("1", "1"),
        (-2.5, "-2.5"),
        (3.0, "3"),
        (3, "3.0"),
        (True, "true"),
        ("true", "true"),
        (False, "false"),
        ("007", "007"),
        ("NaN", "NaN"),
        ("1e999", "1e999"),
        ("null", "null"),
        ('{"a": 1}', '{"a": 1}'),
        ("a=b", "a=b"),
        ("%_'\\\"", "%_'\\\""),
        (["M", "L"], "L"),
        ([1, 2], "2"),
    ],
)
def test_numbers_booleans_and_lists_are_found_by_what_one_types(
    stored: Any, sought: str, partner: Partner, viewer: Client
) -> None:
    upload(partner, {"external_id": "A", "COMPANY__x": stored}, {"external_id": "B", "COMPANY__x": "other"})

    assert found(viewer, f"COMPANY__x={sought}") == ["A"]


@pytest.mark.parametrize("sought", ["1", "true", "0", "null", "[]", "{}", '"1"'])
def test_a_value_is_not_taken_for_another(sought: str, partner: Partner, viewer: Client) -> None:
    upload(partner, {"external_id": "A", "COMPANY__x": 10, "COMPANY__y": {"1": True}, "COMPANY__z": [[1]]})

    assert [found(viewer, f"COMPANY__{name}={sought}") for name in "xyz"] == [[], [], []]


def test_tags_and_mailing_lists_are_found_by_name(partner: Partner, viewer: Client) -> None:
    upload(
        partner,
        {"external_id": "A", "tags": ["vip", "a:b"], "mailing_lists": "news"},
        {"external_id": "B", "tags": ["news"], "mailing_lists": ["vip", "news"]},
        {"external_id": "C"},
    )

    assert found(viewer, "tag:vip") == ["A"]
    assert found(viewer, "tag:a:b") == ["A"]
    assert found(viewer, "list:news") == ["A", "B"]
    assert found(viewer, "list:vip") == ["B"]
    assert found(viewer, "tag:vi") == []


@pytest.mark.parametrize("term", ["=", "x=", "=x", "tag:", "list:", ":vip", "tag:=", "colour:red"])
def test_half_a_term_finds_nothing(term: str, partner: Partner, viewer: Client) -> None:
    upload(partner, {"external_id": "A", "tags": ["vip"], "COMPANY__x": "x"})

    assert found(viewer, term) == []


def test_identifiers_that_look_like_such_terms_are_still_found(partner: Partner, viewer: Client) -> None:
    partner.save("customers", {"CustomerId": "shop_id=7"}, {"CustomerId": "tag:vip"})
    upload(partner, {"external_id": "A", "shop_id": "7", "tags": ["vip"]})

    assert found(viewer, "shop_id=7") == ["A", "shop_id=7"]
    assert found(viewer, "tag:vip") == ["A", "tag:vip"]


@pytest.mark.parametrize("term", ["COMPANY__x=1", "tag:vip", "list:news"])
def test_another_tenants_customers_are_never_found(
    term: str, partner: Partner, make_tenant: MakeTenant, viewer: Client
) -> None:
    other = make_tenant()
    upload(partner, {"external_id": "ours", "COMPANY__x": 1, "tags": ["vip"], "mailing_lists": "news"})
    upload(other, {"external_id": "theirs", "COMPANY__x": 1, "tags": ["vip"], "mailing_lists": "news"})
    stranger = member(Role.ADMIN, make_tenant().tenant)

    assert found(viewer, term) == ["ours"]
    assert found(stranger, term) == []
    assert found(superuser(), term) == ["ours", "theirs"]


def test_a_value_that_was_removed_is_not_found(partner: Partner, viewer: Client) -> None:
    upload(partner, {"external_id": "A", "city": "Oulu", "tags": ["vip"]})
    upload(partner, {"external_id": "A", "city": "", "tags.remove": ["vip"]})

    assert found(viewer, "city=Oulu") == []
    assert found(viewer, "tag:vip") == []


@pytest.mark.parametrize(
    ("term", "queries"),
    [("COMPANY__x=1", 24), ("tag:vip", 31), ("COMPANY__x=nobody's", 23)],  # what nobody has is sought in any case, too
)
def test_a_search_asks_few_questions(
    term: str, queries: int, partner: Partner, viewer: Client, django_assert_max_num_queries: Any
) -> None:
    upload(partner, *({"external_id": f"C-{i}", "COMPANY__x": 1, "tags": ["vip"]} for i in range(60)))

    with django_assert_max_num_queries(queries):
        assert viewer.get(LIST, {"q": term}).status_code == 200


@needs_plain_postgres
def test_an_update_that_leaves_attributes_alone_touches_no_index(partner: Partner) -> None:
    """PostgreSQL calls this a HOT update."""
    with connection.cursor() as cursor:  # a page of its own: HOT needs room, which what other tests left may take
        cursor.execute("TRUNCATE customers_customer CASCADE")
    record = {"external_id": "A", "COMPANY__x": {"deep": list(range(50))}, "tags": ["vip"], "mailing_lists": "news"}
    upload(partner, record)
    before = hot_updates()

    upload(partner, {"external_id": "A", "first_name": "Ada"})
    upload(partner, {**record, "first_name": "Ada L."})
    partner.save("customers", {"CustomerId": "A", "Name": "Ada M."})

    assert Customer.objects.get().name == "Ada M."
    assert hot_updates() - before == 3


def hot_updates() -> int:
    """Return how many of this transaction's updates of customers were HOT."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_get_xact_tuples_hot_updated('customers_customer'::regclass)")
        return int(cursor.fetchone()[0])
