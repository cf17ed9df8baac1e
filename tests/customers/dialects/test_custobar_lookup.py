"""GET /api/data/customers/: what the plugins' connection test calls, and what they look customers up by."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import JAMES, basic, upload

DATA = "/api/data/customers/"
CUSTOMER = {
    **JAMES,
    "first_name": "James",
    "last_name": "Carroll",
    "language": "en",
    "can_email": True,
    "can_sms": False,
    "can_push": False,
    "can_profile": True,
    "can_post": True,
    "tags": ["vip"],
    "mailing_lists": ["news"],
    "city": "Epwell",
    "date_joined": "2015-08-28T00:00:00.000Z",
    "COMPANY__group": 1,
}


def look_up(partner: Partner, query: str = "", **parameters: str) -> Any:
    path = f"{DATA}?{query or urlencode(parameters)}"
    return partner.send("GET", path, **basic(partner.slug, partner.key))


def found(partner: Partner, query: str = "", **parameters: str) -> list[Any]:
    response = look_up(partner, query, **parameters)
    assert response.status_code == 200, response.content
    return [customer["external_id"] for customer in response.json()["customers"]]


def test_the_connection_test_of_a_new_shop(partner: Partner) -> None:
    for path in (DATA, DATA.rstrip("/")):
        response = partner.send("GET", path, Authorization=f"Token {partner.key}")

        assert response.status_code == 200
        assert response.json() == {"customers": [], "next_url": None}
        assert response["X-RateLimit-Remaining"]


def test_a_customer_is_read_under_the_names_it_was_sent_by(partner: Partner) -> None:
    upload(partner, CUSTOMER, {"external_id": "2"})

    answer = look_up(partner, external_id=JAMES["external_id"]).json()

    assert answer == {"customers": [CUSTOMER], "next_url": None}
    assert upload(partner, answer["customers"][0]) == {"response": "ok", "count": 1}
    assert len(partner.changes()) == 1


def test_a_customer_of_another_door_is_read_too(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1", "Name": "Ann", "WhatsappOptin": True})

    (customer,) = look_up(partner).json()["customers"]

    assert (customer["external_id"], customer["first_name"], customer["email"]) == ("1", "Ann", None)
    assert (customer["can_post"], customer["tags"]) == (False, [])
    assert customer.keys() <= CUSTOMER.keys()


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("external_id=1", ["1"]),
        ("external_id=%201", []),
        ("email=jane%2Bnews@example.org", ["1"]),
        ("email=jane+news@example.org", ["1"]),
        ("email=%20JANE%20news@Example.org%20", ["1"]),
        ("phone_number=%2B442079460018", ["1", "2"]),
        ("phone_number=+442079460018", ["1", "2"]),
        ("phone_number=00442079460018", ["1", "2"]),
        ("phone_number=%2B44%20(0)20%207946%200018", ["1", "2"]),
        ("phone_number=020%207946%200018", ["1", "2"]),
        ("phone_number=%2B442079460018&external_id=2", ["2"]),
        ("external_id=1&email=other@example.org", []),
        ("external_id=9", []),
        ("shop=7&EMAIL=x&external_id=2", ["2"]),
    ],
)
def test_identifiers_are_read_as_in_an_upload(query: str, ids: list[str], make_tenant: MakeTenant) -> None:
    partner = make_tenant(default_country="GB")
    upload(partner, {"external_id": "1", "email": "Jane+news@example.org", "phone_number": "+442079460018"})
    upload(partner, {"external_id": "2", "phone_number": "020 7946 0018"}, {"external_id": "3"})

    if ids or "%20" not in query:
        assert found(partner, query) == ids
    else:
        assert look_up(partner, query).status_code == 400


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("email=", "email"),
        ("email=%20", "email"),
        ("external_id=", "external_id"),
        ("external_id=C_1", "external_id"),
        ("phone_number=", "phone_number"),
        ("phone_number=+", "phone_number"),
        ("phone_number=040123", "phone_number"),
        ("email=person", "email"),
        ("external_id=1&email=", "email"),
        ("external_id=1&external_id=2", "external_id"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("offset=-1", "offset"),
        ("offset=10001", "offset"),
        ("offset=x", "offset"),
        ("cursor=x", "cursor"),
    ],
)
def test_a_filter_that_names_nobody_finds_not_everybody(query: str, place: str, partner: Partner) -> None:
    upload(partner, CUSTOMER)

    response = look_up(partner, query)

    assert response.status_code == 400
    answer = response.json()
    assert answer["response"] == "error"
    assert list(answer["error"]["errors"]) == [place]
    assert answer["error"]["reason"]


def test_pages_follow_one_another(partner: Partner) -> None:
    upload(partner, *({"external_id": f"{i:02}"} for i in range(25)))
    pages, url = [], f"{DATA}?limit=10&offset=2"

    while url:
        answer = partner.send("GET", url, **basic(partner.slug, partner.key)).json()
        pages.append([customer["external_id"] for customer in answer["customers"]])
        url = (answer["next_url"] or "").replace("http://testserver", "")
        assert "offset" not in url

    assert [len(page) for page in pages] == [10, 10, 3]
    assert [name for page in pages for name in page] == [f"{i:02}" for i in range(2, 25)]
    assert found(partner, offset="25") == []
    assert found(partner, offset="0", limit="1") == ["00"]
    assert found(partner, limit="1", offset="24") == ["24"]


def test_a_strangers_key_reads_its_own_customers_alone(partner: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()
    upload(partner, CUSTOMER)

    assert found(stranger, external_id=JAMES["external_id"]) == []
    assert look_up(stranger).json() == {"customers": [], "next_url": None}
    for headers in (basic(partner.slug, stranger.key), {"Authorization": "Token wrong"}, {"Authorization": ""}):
        response = partner.send("GET", DATA, **headers)
        assert response.status_code == 401
        assert response.json() == {"response": "error", "error": {"reason": "Unauthorized.", "errors": {}}}


def test_a_page_costs_three_statements(partner: Partner, django_assert_num_queries: Any) -> None:
    upload(partner, *({"external_id": str(i)} for i in range(50)))

    with django_assert_num_queries(4):  # authorise, how much the page weighs, the page, the first look of the day
        assert len(found(partner)) == 50
    with django_assert_num_queries(3):
        assert len(found(partner)) == 50
