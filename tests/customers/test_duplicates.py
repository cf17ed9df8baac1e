"""The radar of customers who may be one person: whom it finds and why, who sees it, and what is remembered."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from customers.duplicates import (
    MOST_SHARING,
    Reason,
    distance,
    find_duplicates,
    found_pairs,
    is_near,
    suspected,
)
from customers.models import Customer, Duplicate
from tenants.models import Role
from tests.conftest import MakeTenant, Partner
from tests.customers.merges import hub_id, merged
from tests.members import member, text

LIST = "/admin/customers/duplicate/"
SAME_EMAIL, SAME_PHONE = {"Email": "ann@shop.example"}, {"Phone": "+35840123456"}
ANN = {"Name": "Ann", "Surname": "Berg"}


def known(partner: Partner, *records: dict[str, Any]) -> list[int]:
    """Have customers C-1, C-2 … and return their hub ids."""
    for number, record in enumerate(records, 1):
        partner.save("customers", {"CustomerId": f"C-{number}", **record})
    return [hub_id(partner, customer_id=f"C-{number}") for number in range(1, len(records) + 1)]


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ((SAME_EMAIL, {"Email": "ANN@shop.EXAMPLE"}), Reason.EMAIL),
        ((SAME_PHONE, SAME_PHONE), Reason.PHONE),
        ((SAME_EMAIL | SAME_PHONE, SAME_EMAIL | SAME_PHONE), Reason.EMAIL | Reason.PHONE),
        (({**ANN, "Email": "ann.berg@a.example"}, {**ANN, "Email": "ann.berg@b.example"}), Reason.NAME),
        (({**ANN, "Email": "ann.berg@a.example"}, {**ANN, "Name": "ANN", "Email": "ann.brg@a.example"}), Reason.NAME),
    ],
    ids=["e-mail", "phone", "both", "another domain", "misspelt"],
)
def test_who_may_be_one_person_is_found_with_the_reason(partner: Partner, records: Any, reason: Reason) -> None:
    first, second = known(partner, *records)

    assert found_pairs(partner.tenant.pk) == {(first, second): reason}


@pytest.mark.parametrize(
    "records",
    [
        ({**ANN, "Email": "ann@a.example"}, {**ANN, "Email": "bergen@a.example"}),
        ({"Name": "Ann", "Email": "a@a.example"}, {"Name": "Ann", "Email": "a@b.example"}),
        ({"Email": "ann@a.example", **ANN}, {"Email": "ann@b.example", "Name": "Bo", "Surname": "Berg"}),
        [SAME_EMAIL] * (MOST_SHARING + 1),
    ],
    ids=["other e-mail", "no surname", "other name", "a till's address"],
)
def test_who_is_somebody_else_is_not(partner: Partner, records: Any) -> None:
    known(partner, *records)

    assert found_pairs(partner.tenant.pk) == {}


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
def test_the_distance_is_that_of_levenshtein_as_far_as_it_counts(text: str, other: str) -> None:
    def exact(a: str, b: str) -> int:
        if not a or not b:
            return len(a) + len(b)
        return min(exact(a[1:], b) + 1, exact(a, b[1:]) + 1, exact(a[1:], b[1:]) + (a[0] != b[0]))

    assert min(distance(text, other), 3) == min(exact(text, other), 3)
    assert is_near(text, other) == is_near(other, text)


def test_another_tenants_customers_are_nobodys_duplicates(partner: Partner, make_tenant: MakeTenant) -> None:
    known(partner, SAME_EMAIL)
    known(make_tenant(slug="other"), SAME_EMAIL)

    assert found_pairs(partner.tenant.pk) == {}
    assert suspected(partner.tenant, Customer.objects.get(tenant=partner.tenant)) == []


def test_a_page_asks_for_the_suspected_by_index_alone(partner: Partner, django_assert_max_num_queries: Any) -> None:
    records = (SAME_EMAIL | SAME_PHONE, SAME_EMAIL, SAME_PHONE, {"Email": "x@shop.example"})
    first, second, third, fourth = known(partner, *records)
    ann = Customer.objects.get(pk=first)

    with django_assert_max_num_queries(1):
        assert suspected(partner.tenant, ann) == [second, third]
    assert suspected(partner.tenant, Customer.objects.get(pk=fourth)) == []


def test_what_staff_said_is_remembered_until_one_of_the_two_goes(partner: Partner) -> None:
    first, second = known(partner, SAME_EMAIL, SAME_EMAIL)
    staff = member(Role.STAFF, partner.tenant)
    find_duplicates(partner.tenant.pk)
    pair = Duplicate.objects.get()

    staff.post(LIST, {"action": "not_duplicates", "_selected_action": pair.pk, "index": "0"})
    find_duplicates(partner.tenant.pk)

    assert Duplicate.objects.get().is_dismissed
    assert suspected(partner.tenant, Customer.objects.get(pk=first)) == []
    assert f"?with={second}" not in text(staff.get(LIST))
    assert f"?with={second}" in text(staff.get(LIST, {"is_dismissed": "yes"}))
    partner.delete("/customers/{tenant}", customerId="C-2")
    assert not Duplicate.objects.exists()


def test_who_is_no_duplicate_any_more_leaves_the_list(partner: Partner) -> None:
    known(partner, SAME_EMAIL, SAME_EMAIL, SAME_PHONE, SAME_PHONE)
    find_duplicates(partner.tenant.pk)
    assert Duplicate.objects.count() == 2

    partner.save("customers", {"CustomerId": "C-2", "Email": "other@shop.example"})
    find_duplicates(partner.tenant.pk)
    merged(member(Role.STAFF, partner.tenant), hub_id(partner, customer_id="C-3"), hub_id(partner, customer_id="C-4"))

    assert not Duplicate.objects.exists()


def test_the_list_leads_to_the_merge_and_shows_why(partner: Partner) -> None:
    first, second = known(partner, SAME_EMAIL | ANN, SAME_EMAIL)
    find_duplicates(partner.tenant.pk)

    page = text(member(Role.STAFF, partner.tenant).get(LIST))

    assert f"/admin/customers/customer/{first}/merge/?with={second}" in page
    assert "the same e-mail" in page
    assert "Ann Berg" in page


def test_a_viewer_sees_pairs_and_says_nothing_of_them(partner: Partner) -> None:
    known(partner, SAME_EMAIL, SAME_EMAIL)
    find_duplicates(partner.tenant.pk)
    viewer: Client = member(Role.VIEWER, partner.tenant)

    page = text(viewer.get(LIST))
    viewer.post(LIST, {"action": "not_duplicates", "_selected_action": Duplicate.objects.get().pk, "index": "0"})

    assert "the same e-mail" in page
    assert "Merge…" not in page
    assert viewer.post(LIST, {"_look": "1"}).status_code == 403
    assert not Duplicate.objects.get().is_dismissed


def test_a_stranger_sees_none(partner: Partner, make_tenant: MakeTenant) -> None:
    known(partner, SAME_EMAIL, SAME_EMAIL)
    find_duplicates(partner.tenant.pk)
    stranger = member(Role.STAFF, make_tenant(slug="other").tenant)

    assert "ann@shop.example" not in text(stranger.get(LIST))
    stranger.post(LIST, {"action": "not_duplicates", "_selected_action": Duplicate.objects.get().pk, "index": "0"})
    assert not Duplicate.objects.get().is_dismissed


def test_staff_have_the_worker_look_again_at_their_own_tenants(partner: Partner, make_tenant: MakeTenant) -> None:
    make_tenant(slug="other")

    answer = member(Role.STAFF, partner.tenant).post(LIST, {"_look": "1"})

    jobs = ProcrastinateJob.objects.filter(task_name="customers.tasks.find_duplicates_of")
    assert answer.status_code == 302
    assert [job.args for job in jobs] == [{"tenant_id": str(partner.tenant.pk)}]
