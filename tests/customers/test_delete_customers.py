"""DELETE /customers/{tenantId}: which identifiers it takes, and what it answers. What it does is in test_erasure.py."""

import re
from typing import Any

import pytest

from tests.conftest import Partner

MESSAGE = "Customer ID or email is required."
NO_EMAIL = "The field email must be a valid e-mail address."
ANN = {"CustomerId": "A", "Email": "ann+news@shop.example"}


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A tenant with two customers."""
    partner.save("customers", ANN, {"CustomerId": "B", "Email": "bo@shop.example"})
    return partner


def left(partner: Partner) -> list[str]:
    return sorted(customer["CustomerId"] for customer in partner.read("customers"))


def delete(partner: Partner, query: str) -> Any:
    return partner.send("DELETE", f"/customers/{{tenant}}?{query}")


def test_the_answer_echoes_what_was_deleted_and_says_how_many(shop: Partner) -> None:
    data = delete(shop, "email=%20Ann%2BNews@SHOP.example%20").json()["data"]

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", data.pop("deletedAt"))
    receipt = {"changeset": 2, "created": 0, "updated": 0, "unchanged": 0}
    assert data == {"customerId": None, "email": ANN["Email"], "removed": 1, **receipt}
    assert delete(shop, "email=ann%2Bnews@shop.example").json()["data"]["removed"] == 0


def test_everyone_with_the_email_is_counted(partner: Partner) -> None:
    partner.save("customers", *({"CustomerId": str(i), "Email": "family@shop.example"} for i in range(3)))

    assert delete(partner, "email=family@shop.example").json()["data"]["removed"] == 3


@pytest.mark.parametrize(
    "query",
    [
        "email=ann+news@shop.example",
        "email=ann%20news@shop.example",
        "email=+ANN+news@shop.example+",
        "email=ann%2Bnews%40shop.example",
        "customerId=&email=ann%2Bnews@shop.example",
        "customerId=%20&email=ann%2Bnews@shop.example",
        "customerId=A&email=",
        "customerId=A&email=+",
        "customerId=A",
        "customerId=A&",
        "&customerId=A",
    ],
)
def test_whoever_is_named_goes(shop: Partner, query: str) -> None:
    response = delete(shop, query)

    assert (response.status_code, response.json()["data"]["removed"]) == (200, 1)
    assert left(shop) == ["B"]


@pytest.mark.parametrize("query", ["", "customerId=", "customerId=%20&email=%09", "email=++"])
def test_a_delete_without_an_identifier_is_refused(shop: Partner, query: str) -> None:
    response = delete(shop, query)

    assert response.status_code == 400
    assert response.json() == {"success": False, "message": MESSAGE, "data": {}}
    assert left(shop) == ["A", "B"]


UNKNOWN, DOUBLED = "Unknown query parameter.", "The query parameter must be given once."
TOO_LONG = "The field customerId must be a string with a maximum length of 100."


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("CustomerIdentifier=A", {"CustomerIdentifier": [UNKNOWN]}),
        ("CustomerId=A", {"CustomerId": [UNKNOWN]}),
        ("customerId=A&customerId=A", {"customerId": [DOUBLED]}),
        ("customerId=A&customerId=B", {"customerId": [DOUBLED]}),
        ("email=not-an-email", {"email": [NO_EMAIL]}),
        ("email=ann@shop", {"email": [NO_EMAIL]}),
        ("email=ann+news@shop.example@", {"email": [NO_EMAIL]}),
        ("email=ann%09news@shop.example", {"email": [NO_EMAIL]}),
        (f"customerId={'A' * 101}", {"customerId": [TOO_LONG]}),
        ("customerId=&emial=bo@shop.example", {"emial": [UNKNOWN]}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_where_no_usable_identifier_is_left_the_message_says_so_and_errors_say_why(
    shop: Partner, query: str, errors: dict[str, Any]
) -> None:
    response = delete(shop, query)

    assert (response.status_code, response.json()["message"]) == (400, MESSAGE)
    assert response.json()["errors"] == errors
    assert left(shop) == ["A", "B"]


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("customerId=A&emial=bo@shop.example", {"emial": [UNKNOWN]}),
        ("customerId=A&email=bo", {"email": [NO_EMAIL]}),
        (f"customerId={'A' * 101}&email=bo@shop.example", {"customerId": [TOO_LONG]}),
        ("customerId=A&email=bo@shop.example&email=", {"email": [DOUBLED]}),
        ("customerId=A&dry=true", {"dry": [UNKNOWN]}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_one_good_identifier_does_not_excuse_the_rest(shop: Partner, query: str, errors: dict[str, Any]) -> None:
    response = delete(shop, query)

    assert (response.status_code, response.json()["message"]) == (400, "Validation failed")
    assert response.json()["errors"] == errors
    assert left(shop) == ["A", "B"]
