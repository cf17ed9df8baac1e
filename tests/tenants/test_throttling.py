"""Rate limits: fixed windows of a minute and an hour, exact to the request, whoever calls and whatever the answer.

Inside a test's transaction the database's now() stands still: no window ends during a test unless the test moves it.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from pytest_django import Settings

from tenants.models import RateCounter, Tenant
from tests.conftest import CLIENT, MakeTenant, Partner
from tests.orders.records import order

HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        moment = cursor.fetchall()[0][0]
    found: datetime = moment
    return found


def end_of(moment: datetime, *, hour: bool = False) -> datetime:
    """Return when the minute or the hour that a moment is in ends."""
    start = moment.replace(second=0, microsecond=0)
    return start.replace(minute=0) + timedelta(hours=1) if hour else start + timedelta(minutes=1)


def allowance(response: Any) -> tuple[int, int, datetime]:
    """Return limit, remaining and the end of the window, as the headers say."""
    limit, remaining, reset = (int(response[name]) for name in HEADERS)
    return limit, remaining, datetime.fromtimestamp(reset, UTC)


def statuses(partner: Partner, times: int) -> list[int]:
    return [partner.get("/orders/{tenant}").status_code for _ in range(times)]


def move_back(**columns: timedelta) -> None:
    """Let time pass: move the windows of every counter into the past."""
    for counter in RateCounter.objects.all():
        for name, duration in columns.items():
            setattr(counter, name, getattr(counter, name) - duration)
        counter.save()


MINUTE_AGO = timedelta(minutes=1)
HOUR_AGO = timedelta(hours=1)


def test_as_many_requests_pass_as_the_minute_allows_and_not_one_more(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=5)

    assert statuses(partner, 7) == [200] * 5 + [429] * 2


def test_every_answer_says_what_is_left_and_until_when(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=3)
    ends = end_of(database_now())

    found = [allowance(partner.get("/orders/{tenant}")) for _ in range(4)]

    assert found == [(3, 2, ends), (3, 1, ends), (3, 0, ends), (3, 0, ends)]


def test_the_refusal_says_when_to_come_back(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=1)
    now = database_now()

    response = [partner.post("orders", [order()]) for _ in range(2)][1]

    seconds = response.json()["data"]["retryAfter"]
    assert response.json() == {
        "success": False,
        "message": f"Rate limit exceeded. Retry after {seconds} seconds.",
        "data": {"retryAfter": seconds},
    }
    assert response["Retry-After"] == str(seconds)
    assert 0 <= seconds - (end_of(now) - now).total_seconds() < 1 or seconds == 1


def test_a_refused_request_changes_nothing(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=1)
    statuses(partner, 1)

    assert partner.post("orders", [order()]).status_code == 429

    Tenant.objects.filter(pk=partner.tenant.pk).update(per_minute=100)
    assert (partner.read("orders"), partner.changes()) == ([], [])


def test_the_next_minute_begins_anew(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=2)
    assert statuses(partner, 3) == [200, 200, 429]

    move_back(minute=MINUTE_AGO)

    assert allowance(partner.get("/orders/{tenant}"))[1] == 1
    assert statuses(partner, 2) == [200, 429]


def test_the_hour_is_a_limit_of_its_own(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=10, per_hour=3)
    now = database_now()
    assert statuses(partner, 2) == [200, 200]
    move_back(minute=MINUTE_AGO)
    assert statuses(partner, 2) == [200, 429]

    refused = partner.get("/orders/{tenant}")

    assert allowance(refused) == (3, 0, end_of(now, hour=True))
    assert abs(int(refused["Retry-After"]) - (end_of(now, hour=True) - now).total_seconds()) <= 1


def test_the_next_hour_begins_anew(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=10, per_hour=2)
    assert statuses(partner, 3) == [200, 200, 429]

    move_back(minute=HOUR_AGO, hour=HOUR_AGO)

    assert statuses(partner, 3) == [200, 200, 429]


def test_a_request_the_minute_refuses_does_not_eat_the_hour(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=2, per_hour=4)
    assert statuses(partner, 20) == [200, 200] + [429] * 18

    move_back(minute=MINUTE_AGO)

    assert statuses(partner, 3) == [200, 200, 429]


def test_the_headers_are_those_of_the_window_nearer_to_its_end(make_tenant: MakeTenant) -> None:
    assert allowance(make_tenant(per_minute=5, per_hour=3).get("/orders/{tenant}"))[:2] == (3, 2)
    assert allowance(make_tenant(per_minute=5, per_hour=30).get("/orders/{tenant}"))[:2] == (5, 4)


def test_a_changed_limit_holds_from_the_next_request_on(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=1)
    assert statuses(partner, 2) == [200, 429]

    Tenant.objects.filter(pk=partner.tenant.pk).update(per_minute=4)

    assert statuses(partner, 3) == [200, 200, 429]


def test_a_new_tenant_has_the_standard_tier(db: None) -> None:
    tenant = Tenant(name="Shop", slug="shop")

    assert (tenant.per_minute, tenant.per_hour) == (100, 5000)


def test_tenants_are_counted_apart(make_tenant: MakeTenant) -> None:
    one, other = make_tenant(per_minute=1), make_tenant(per_minute=1)

    assert statuses(one, 2) + statuses(other, 2) == [200, 429, 200, 429]


def test_the_limit_comes_before_method_and_body_and_after_the_key(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=1)
    statuses(partner, 1)

    assert partner.send("PUT", "/orders/{tenant}").status_code == 429
    assert partner.post("orders", b"{").status_code == 429
    assert partner.post("orders", b"x", content_type="text/plain").status_code == 429
    assert CLIENT.get(f"/orders/{partner.id}").status_code == 401


@pytest.mark.parametrize(
    ("status", "method", "path", "body", "headers"),
    [
        (200, "GET", "/orders/{tenant}", None, {}),
        (400, "POST", "/orders/{tenant}", b"{", {}),
        (400, "GET", "/orders/{tenant}", None, {"unknown": "filter"}),
        (404, "GET", "/orders/{tenant}/none", None, {}),
        (405, "PUT", "/orders/{tenant}", None, {}),
        (413, "POST", "/orders/{tenant}", b" " * 11_000_000, {}),
        (415, "POST", "/orders/{tenant}", b"[]", {"content_type": "text/plain"}),
    ],
)
def test_a_tenants_answers_carry_its_own_allowance(
    make_tenant: MakeTenant, status: int, method: str, path: str, body: Any, headers: dict[str, str]
) -> None:
    partner = make_tenant(per_minute=77)
    path = path + "?unknown=filter" if headers.pop("unknown", None) else path

    response = partner.send(method, path, body, **headers)

    assert response.status_code == status
    assert allowance(response)[:2] == (77, 76)


def test_a_disabled_tenants_answer_carries_its_own_allowance(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=77, is_enabled=False)

    response = partner.get("/orders/{tenant}")

    assert (response.status_code, allowance(response)[:2]) == (403, (77, 76))


@pytest.fixture
def three_a_minute(settings: Settings) -> None:
    """Let an address without a valid key make three requests a minute."""
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "address": (3, 5)}


UNCOUNTED = ["/orders/x", "/orders", "/nowhere", "/orders/{other}", "/orders/{tenant}"]


@pytest.mark.parametrize("path", UNCOUNTED)
@pytest.mark.usefixtures("three_a_minute")
def test_an_address_without_a_valid_key_has_a_limit_of_its_own(partner: Partner, path: str) -> None:
    address = path.format(other=uuid4(), tenant=partner.id)

    found = [CLIENT.get(address, headers={"x-replenit-auth-key": "unknown"}) for _ in range(4)]

    assert [response.status_code == 429 for response in found] == [False] * 3 + [True]
    assert [allowance(response)[:2] for response in found] == [(3, 2), (3, 1), (3, 0), (3, 0)]
    assert found[3].json()["data"] == {"retryAfter": int(found[3]["Retry-After"])}
    assert statuses(partner, 5) == [200] * 5


@pytest.mark.usefixtures("three_a_minute")
def test_all_that_names_no_tenant_counts_together(partner: Partner) -> None:
    paths = [path.format(other=uuid4(), tenant=partner.id) for path in UNCOUNTED]

    found = [CLIENT.get(path).status_code for path in paths]

    assert found == [400, 400, 404, 429, 429]


@pytest.mark.usefixtures("three_a_minute")
def test_a_stranger_uses_up_its_own_address_and_not_the_tenant(partner: Partner, by_email: Partner) -> None:
    for _ in range(4):
        last = by_email.send("GET", f"/orders/{partner.id}")

    assert last.status_code == 429
    assert RateCounter.objects.get().bucket == "address 127.0.0.1"


@pytest.mark.usefixtures("three_a_minute")
def test_addresses_are_counted_apart_and_cannot_be_made_up(db: None) -> None:
    def status(address: str, forwarded: str = "") -> int:
        return CLIENT.get("/nowhere", REMOTE_ADDR=address, headers={"X-Forwarded-For": forwarded}).status_code

    assert [status("203.0.113.1", f"198.51.100.{i}") for i in range(4)] == [404, 404, 404, 429]
    assert status("203.0.113.2") == 404


@pytest.mark.usefixtures("three_a_minute")
def test_behind_a_trusted_proxy_the_address_it_names_is_counted(db: None, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1

    def status(forwarded: str) -> int:
        return CLIENT.get("/nowhere", headers={"X-Forwarded-For": forwarded}).status_code

    assert [status(f"made up {i}, 198.51.100.1") for i in range(4)] == [404, 404, 404, 429]
    assert status("198.51.100.1, 198.51.100.2") == 404


@pytest.mark.django_db(transaction=True)
def test_eight_threads_pass_the_limit_exactly(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=20)

    with ThreadPoolExecutor(8) as threads:
        found = [response for answers in threads.map(_eight_requests, [partner] * 8) for response in answers]

    minutes: dict[datetime, list[Any]] = {}
    for response in found:
        minutes.setdefault(allowance(response)[2], []).append(response)
    assert max(map(len, minutes.values())) > 20
    for responses in minutes.values():
        passed = [allowance(response)[1] for response in responses if response.status_code == 200]
        assert sorted(passed) == list(range(20))[-len(responses) :]
        assert {response.status_code for response in responses} <= {200, 429}


def _eight_requests(partner: Partner) -> list[Any]:
    try:
        return [partner.get("/orders/{tenant}") for _ in range(8)]
    finally:
        connection.close()
