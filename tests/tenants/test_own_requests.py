"""GET /requests/{tenantId}: a partner's own calls, of all its keys, to be looked at or polled."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tenants.keys import create_key
from tenants.models import LoggedRequest
from tenants.requests import reading
from tenants.requests.writer import WRITER
from tests.conftest import MakeTenant, Partner


def settle() -> None:
    """Write what waits, and let the second pass in which another process could still write something before it."""
    WRITER.flush()
    LoggedRequest.objects.update(logged_at=timezone.now() - timedelta(seconds=2))


def ask(partner: Partner, **query: Any) -> dict[str, Any]:
    response = partner.get("/requests/{tenant}", **{name: str(value) for name, value in query.items()})
    assert response.status_code == 200, response.content
    data: dict[str, Any] = response.json()["data"]
    return data


def routes(data: dict[str, Any]) -> list[str]:
    return [row["Route"] for row in data["results"]]


def test_a_call_is_shown_with_all_that_is_known_of_it(partner: Partner) -> None:
    answer = partner.post("customers", [{"CustomerId": "1", "Language": "x" * 11}])
    settle()

    (row,) = ask(partner)["results"]

    assert row.pop("At").endswith("Z")
    assert row.pop("Milliseconds") > 0
    assert row == {
        "Method": "POST",
        "Route": "/customers/{tenantId}",
        "Status": 400,
        "Received": None,
        "Created": None,
        "Updated": None,
        "Unchanged": None,
        "Removed": None,
        "Changeset": None,
        "Bytes": 48,
        "Dialect": "api",
        "Key": partner.key[:8],
        "TraceId": answer["X-Request-Id"],
        "Errors": [
            {
                "Field": "Language",
                "Code": "too_long",
                "Message": "The field Language must be a string with a maximum length of 10.",
                "Warning": False,
                "Times": 1,
                "Records": [0],
            }
        ],
    }


def test_a_write_is_shown_with_its_receipt(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1"}, {"CustomerId": "2"})
    settle()

    (row,) = ask(partner)["results"]

    assert (row["Received"], row["Created"], row["Changeset"], row["Errors"]) == (2, 2, 1, [])


def test_who_polls_sees_every_call_once_in_order(partner: Partner) -> None:
    seen: list[str] = []
    after = ask(partner)["next"]
    assert after == 0
    for path in ("/orders/{tenant}", "/products/{tenant}", "/changes/{tenant}"):
        partner.get(path)
        settle()
        page = ask(partner, after=after, limit=1)
        while page["results"]:
            seen += routes(page)
            after, page = page["next"], ask(partner, after=page["next"], limit=1)

    assert [route for route in seen if not route.startswith("/requests")] == [
        "/orders/{tenantId}",
        "/products/{tenantId}",
        "/changes/{tenantId}",
    ]


def test_without_a_number_the_newest_are_shown_in_order_and_what_follows_them_next(partner: Partner) -> None:
    for path in ("/orders/{tenant}", "/products/{tenant}", "/changes/{tenant}"):
        partner.get(path)
    settle()

    data = ask(partner, limit=2)

    assert routes(data) == ["/products/{tenantId}", "/changes/{tenantId}"]
    assert ask(partner, after=data["next"])["results"] == []
    assert routes(ask(partner, after=0, limit=1)) == ["/orders/{tenantId}"]


def test_a_call_that_another_could_come_before_is_not_shown_yet(partner: Partner) -> None:
    partner.get("/orders/{tenant}")
    WRITER.flush()

    assert ask(partner) == {"results": [], "next": 0}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "200"}, ["/orders/{tenantId}"]),
        ({"status": "4XX"}, ["/orders/{tenantId}/{orderId}", "/customers/{tenantId}"]),
        ({"status": "404"}, ["/orders/{tenantId}/{orderId}"]),
        ({"status": "5xx"}, []),
        ({"route": "/customers/{tenantId}"}, ["/customers/{tenantId}"]),
        ({"route": "customers/{tenantId}/"}, ["/customers/{tenantId}"]),
        ({"route": "/nowhere"}, []),
        ({"key": "nobody's"}, []),
        ({"status": "4xx", "route": "/customers/{tenantId}"}, ["/customers/{tenantId}"]),
    ],
)
@pytest.mark.parametrize("after", [{}, {"after": 0}])
def test_calls_are_filtered(partner: Partner, query: dict[str, str], found: list[str], after: dict[str, int]) -> None:
    partner.get("/orders/{tenant}")
    partner.get("/orders/{tenant}/O-1")
    partner.post("customers", [{}])
    settle()

    assert routes(ask(partner, **query, **after)) == found


def test_calls_of_all_keys_are_shown_and_one_keys_by_its_beginning(partner: Partner) -> None:
    second = Partner(partner.tenant, create_key(partner.tenant, label="second")[1])
    partner.get("/orders/{tenant}")
    second.get("/products/{tenant}")
    settle()

    assert routes(ask(partner)) == ["/orders/{tenantId}", "/products/{tenantId}"]
    assert routes(ask(partner, key=second.key[:8])) == ["/products/{tenantId}"]


def test_a_page_looks_through_a_bounded_number_and_goes_on(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_SOUGHT", 3)
    partner.get("/orders/{tenant}")
    for _ in range(7):
        partner.get("/products/{tenant}")
    partner.get("/orders/{tenant}")
    settle()

    assert routes(ask(partner, route="/orders/{tenantId}")) == ["/orders/{tenantId}"]
    pages, after = [], 0
    while (page := ask(partner, route="/orders/{tenantId}", after=after))["next"] > after:
        pages.append(routes(page))
        after = page["next"]

    assert pages == [["/orders/{tenantId}"], [], ["/orders/{tenantId}"]]


def test_another_tenants_calls_are_not_shown(partner: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()
    partner.get("/orders/{tenant}")
    settle()

    assert ask(stranger, after=0)["results"] == []
    assert ask(stranger, key=partner.key[:8])["results"] == []
    assert Partner(partner.tenant, stranger.key).get("/requests/{tenant}").status_code == 401


def test_asking_is_itself_logged(partner: Partner) -> None:
    ask(partner)
    settle()

    assert routes(ask(partner)) == ["/requests/{tenantId}"]
