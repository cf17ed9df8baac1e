"""How long changesets are kept, and what those are told who ask for one that has expired."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.changes import expiry
from tenants.changes.feed import Expired, items_after
from tenants.models import Changeset, ConsentChange, Feed
from tenants.tasks import measure_tenants, purge
from tests.conftest import MakeTenant, Partner
from tests.members import superuser, text
from tests.orders.records import order
from tests.tenants.test_feed import numbers


def write(partner: Partner, many: int) -> None:
    for revenue in range(many):
        partner.save("orders", order(TotalRevenue=revenue))


def age(partner: Partner, days: int, *, upto: int) -> None:
    made = timezone.now() - timedelta(days=days)
    Changeset.objects.filter(tenant=partner.tenant, number__lte=upto).update(created_at=made)


def expired(partner: Partner, *, kept_after: int, of: int) -> Partner:
    """Let a tenant write, and what it wrote first expire."""
    write(partner, of)
    age(partner, 401, upto=kept_after)
    purge(0)
    return partner


def kept(partner: Partner) -> list[int]:
    return sorted(Changeset.objects.filter(tenant=partner.tenant).values_list("number", flat=True))


def after(partner: Partner, number: int, **query: str) -> Any:
    return partner.get("/changes/{tenant}", after=str(number), **query)


def test_changesets_are_kept_as_long_as_the_setting_says(partner: Partner, settings: Any) -> None:
    settings.CHANGESET_DAYS = 400
    write(partner, 5)
    age(partner, 399, upto=3)
    purge(0)
    assert kept(partner) == [1, 2, 3, 4, 5]

    age(partner, 401, upto=3)
    purge(0)
    assert kept(partner) == [4, 5]

    settings.CHANGESET_DAYS = 7
    age(partner, 8, upto=4)
    purge(0)
    assert kept(partner) == [5]


def test_what_has_expired_is_gone_and_told_where_to_begin_anew(partner: Partner) -> None:
    expired(partner, kept_after=3, of=5)

    for number in (1, 2):
        answer = after(partner, number)
        assert answer.status_code == 410
        assert answer.json() == {
            "success": False,
            "message": f"What came after {number} is no longer kept: the oldest is 4. "
            "Who follows the feed reads all records anew, then goes on with after=5.",
            "data": {"oldest": 4, "last": 5},
        }
    assert numbers(partner, after="3") == [4, 5], "all that came after it is kept"
    assert numbers(partner, after="4") == [5]
    assert numbers(partner, after="5") == []


@pytest.mark.parametrize("query", [{}, {"after": "0"}])
def test_zero_begins_at_the_oldest_kept(partner: Partner, query: dict[str, str]) -> None:
    expired(partner, kept_after=3, of=5)

    assert numbers(partner, **query) == [4, 5]
    assert numbers(partner, **query, entity="orders") == [4, 5]


def test_where_none_is_kept_the_last_number_still_counts(partner: Partner) -> None:
    expired(partner, kept_after=3, of=3)

    gone = after(partner, 2)

    assert (gone.status_code, gone.json()["data"]) == (410, {"oldest": None, "last": 3})
    assert gone.json()["message"].startswith("What came after 2 is no longer kept: no changeset is.")
    assert after(partner, 3).json()["data"] == {"results": [], "next": 3}
    assert after(partner, 0).json()["data"] == {"results": [], "next": 0}
    assert partner.get("/changes/{tenant}/3").json()["data"] == {"oldest": None, "last": 3}
    write(partner, 1)
    assert numbers(partner, after="3") == [4], "numbers go on"
    assert numbers(partner) == [4]


def test_an_entity_alone_expires_by_the_numbers_of_all(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1"})
    expired(partner, kept_after=3, of=5)

    assert after(partner, 1, entity="customers").status_code == 410
    assert numbers(partner, after="3", entity="customers") == []
    assert numbers(partner, after="3", entity="orders") == [4, 5, 6]


def test_a_tenants_changesets_expire_by_themselves(partner: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant()
    write(other, 2)

    expired(partner, kept_after=2, of=3)

    assert (kept(partner), kept(other)) == ([3], [1, 2])
    assert numbers(other, after="1") == [2]


def test_what_is_kept_has_no_gap_whatever_the_clocks_said(partner: Partner) -> None:
    """One machine's clock was two years ahead, so that what came later says that it is older."""
    write(partner, 5)
    age(partner, 401, upto=5)
    Changeset.objects.filter(tenant=partner.tenant, number=3).update(created_at=timezone.now())

    purge(0)

    assert kept(partner) == [3, 4, 5]
    assert numbers(partner, after="2") == [3, 4, 5]


@pytest.mark.parametrize("at_once", [1, 2, 3, 7, 8])
def test_many_expire_a_few_at_a_time_the_oldest_first(
    partner: Partner, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(expiry, "AT_ONCE", at_once)
    write(partner, 9)
    age(partner, 401, upto=7)

    with CaptureQueriesContext(connection) as captured:
        assert expiry.expire_changesets() == 7

    assert kept(partner) == [8, 9]
    chunks = sum(query["sql"] == expiry.EXPIRE for query in captured)
    assert chunks == 7 // at_once + 1
    assert Feed.objects.get(tenant=partner.tenant).expired == 7


def test_nothing_is_asked_for_a_tenant_of_which_nothing_is_kept(partner: Partner) -> None:
    expired(partner, kept_after=3, of=3)

    with CaptureQueriesContext(connection) as captured:
        assert expiry.expire_changesets() == 0

    assert len(captured) == 1


def test_who_is_no_client_is_told_the_same(partner: Partner) -> None:
    expired(partner, kept_after=3, of=5)

    with pytest.raises(Expired) as told:
        items_after(partner.tenant.pk, 1, most=10)

    assert (told.value.oldest, told.value.last) == (4, 5)


def test_the_ledger_outlives_its_changesets(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "SmsOptin": True})
    partner.save("customers", {"CustomerId": "C-1", "SmsOptin": False})
    before = list(ConsentChange.objects.values())

    age(partner, 401, upto=2)
    purge(0)

    assert kept(partner) == []
    assert list(ConsentChange.objects.values()) == before != []
    customer, change = partner.read("customers")[0]["HubId"], before[0]["id"]
    page = text(superuser().get(f"/admin/customers/customer/{customer}/change/"))
    assert "SMS opt-in: yes → no" in page
    assert superuser().get("/admin/tenants/consentchange/").status_code == 200
    assert superuser().get(f"/admin/tenants/consentchange/{change}/change/").status_code == 200


def test_figures_stay_when_what_they_counted_has_expired(partner: Partner) -> None:
    write(partner, 3)
    measure_tenants(0)
    home = text(superuser().get("/admin/"))

    age(partner, 401, upto=3)
    purge(0)
    measure_tenants(0)

    for page in ("/admin/", "/admin/tenants/changeset/", f"/admin/tenants/tenant/{partner.id}/change/"):
        assert superuser().get(page).status_code == 200
    found = text(superuser().get("/admin/"))
    assert [line for line in home.splitlines() if "received" in line.lower()] == [
        line for line in found.splitlines() if "received" in line.lower()
    ]
    write(partner, 1)
    measure_tenants(0)
    assert superuser().get("/admin/").status_code == 200


@pytest.mark.parametrize("query", ["?after=1", "?after=1&entity=orders", "?after=3&include=records", "/1", "/5"])
def test_what_has_expired_is_decided_by_the_statement_that_reads(partner: Partner, query: str) -> None:
    """With two, what is deleted between them would be missing without a word."""
    expired(partner, kept_after=3, of=5)

    with CaptureQueriesContext(connection) as captured:
        partner.send("GET", f"/changes/{{tenant}}{query}")

    assert sum("tenants_feed" in each["sql"] or "tenants_changeset" in each["sql"] for each in captured) == 1


@pytest.mark.django_db(transaction=True)
def test_no_reader_misses_what_expires_while_it_reads(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page begins after the number that was asked for, or it is a 410: never somewhere later, whoever deletes."""
    monkeypatch.setattr(expiry, "AT_ONCE", 1)
    write(partner, 150)
    age(partner, 401, upto=140)
    done = threading.Event()

    def read(start: int) -> list[tuple[int, int, list[int]]]:
        found, last = [], False
        try:
            while not last:
                last = done.is_set()  # and once more when all has expired
                for number in range(start, 150, 10):
                    answer = after(partner, number, limit="2")
                    results = answer.json()["data"].get("results", [])
                    found.append((number, answer.status_code, [each["Number"] for each in results]))
        finally:
            connection.close()
        return found

    def expire() -> None:
        try:
            expiry.expire_changesets()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        readers = [threads.submit(read, start) for start in range(1, 5)]
        ends = [threads.submit(expire) for _ in range(2)]
        for end in ends:
            end.result()
        done.set()
        found = [each for reader in readers for each in reader.result()]

    assert {status for _, status, _ in found} == {200, 410}
    assert all(
        page == [n for n in (number + 1, number + 2) if n <= 150] for number, status, page in found if status == 200
    )
    assert kept(partner) == list(range(141, 151))
