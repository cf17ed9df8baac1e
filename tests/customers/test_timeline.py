"""A customer's timeline: everything that happened, newest first, page after page, without a gap or anything twice."""

from typing import Any

import pytest
from django.test import Client

from customers.models import Customer
from customers.notes import add_note
from tenants.models import ConsentChange, Role
from tests.conftest import Partner
from tests.customers.records import customer
from tests.members import member, text
from tests.orders.records import order
from tests.quarantine.lenient import take

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


@pytest.fixture
def ada(partner: Partner) -> Customer:
    partner.save("customers", customer(Name="Ada", SmsOptin=False))
    return Customer.objects.get(tenant=partner.tenant)


def shown(client: Client, pk: int, **query: str) -> Any:
    return client.get(f"{LIST}{pk}/change/", query).context["timeline"]


def words(timeline: Any) -> list[str]:
    return [event.word for event in timeline.events]


def everything(client: Client, pk: int, **query: str) -> list[Any]:
    """Return the events of all pages."""
    found, before = [], ""
    while True:
        page = shown(client, pk, **query, **({"before": before} if before else {}))
        found += page.events
        if not page.older:
            return found
        before = page.older


def live(partner: Partner, ada: Customer) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Name": "Augusta"})
    partner.save("customers", {"CustomerId": "C-1", "SmsOptin": True})
    partner.save("orders", order(OrderId="O-1", OrderDate="2020-01-01T00:00:00Z"))
    add_note(ada, "Called", author="maria", user_id=None)
    take(partner, "customers", {"CustomerId": "C-9"}, {"CustomerId": "C-1", "Language": "much too long"})


def test_it_joins_consents_changes_orders_notes_and_what_was_left_out(
    partner: Partner, ada: Customer, staff: Client
) -> None:
    live(partner, ada)

    assert words(shown(staff, ada.pk)) == ["Left out", "Note", "Consent", "Updated", "Came with", "Order"]


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("consents", ["Consent", "Came with"]), ("changes", ["Updated"]), ("orders", ["Order"]), ("notes", ["Note"]),
        ("requests", ["Left out"]), ("nonsense", ["Left out", "Note", "Consent", "Updated", "Came with", "Order"]),
    ],
)  # fmt: skip
def test_it_is_filtered_by_kind(partner: Partner, ada: Customer, staff: Client, kind: str, found: list[str]) -> None:
    live(partner, ada)

    assert words(shown(staff, ada.pk, show=kind)) == found


def test_a_line_tells_what_through_what_by_whom_and_why(partner: Partner, ada: Customer, staff: Client) -> None:
    partner.send("POST", "/customers/{tenant}?reason=Ticket+17", [{"CustomerId": "C-1", "SmsOptin": True}])

    event = shown(staff, ada.pk, show="consents").events[0]

    assert "SMS opt-in: no → yes" in event.what
    assert (event.through, event.why) == ("API", "Ticket 17")
    assert event.by == ConsentChange.objects.latest("pk").actor
    assert "number 2" in event.link


def test_pages_hold_everything_once_also_of_one_moment(partner: Partner, ada: Customer, staff: Client) -> None:
    partner.save("orders", *(order(OrderId=f"O-{i}", OrderDate="2026-05-01T00:00:00Z") for i in range(45)))
    for i in range(25):
        add_note(ada, f"Note {i}", author="maria", user_id=None)

    found = everything(staff, ada.pk)

    assert len(found) == len({(event.kind, event.pk) for event in found}) == 45 + 25 + 1
    assert [event.at for event in found] == sorted((event.at for event in found), reverse=True)
    assert len(everything(staff, ada.pk, show="orders")) == 45
    assert "Older" in text(staff.get(f"{LIST}{ada.pk}/change/"))


@pytest.mark.parametrize("before", ["x", "1", "1.2", "1.2.3.4", f"{'9' * 18}.0.1", "-1.0.1", "1.9.1", "²"])
def test_a_place_that_nobody_wrote_is_the_beginning_or_the_end(ada: Customer, staff: Client, before: str) -> None:
    assert staff.get(f"{LIST}{ada.pk}/change/", {"before": before}).status_code == 200


def test_it_has_nothing_of_other_customers(partner: Partner, by_email: Partner, ada: Customer, staff: Client) -> None:
    partner.save("customers", {"CustomerId": "C-2", "SmsOptin": True})
    partner.save("orders", order(OrderId="O-2", CustomerId="C-2", Email="bob@example.com"))
    by_email.save("customers", customer(Name="Other"))
    by_email.save("orders", order(OrderId="O-3"))
    take(by_email, "customers", {"Email": "x@example.com"}, customer(Language="much too long"))

    assert words(shown(staff, ada.pk)) == ["Came with"]


def test_it_asks_as_much_for_a_thousand_events_as_for_one(
    partner: Partner, ada: Customer, staff: Client, django_assert_max_num_queries: Any
) -> None:
    partner.save("orders", *(order(OrderId=f"O-{i}") for i in range(200)))

    with django_assert_max_num_queries(21):
        assert len(shown(staff, ada.pk).events) == 20
