"""The consent ledger: what a row says by itself, how staff read and filter it, the proof it makes for a customer."""

import csv
import re
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from customers.admin.optins import seen
from customers.models import Customer
from tenants.models import Changeset, ConsentChange, Look, Role, Way
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import upload
from tests.customers.records import customer
from tests.members import member, text

LEDGER = "/admin/tenants/consentchange/"
LIST = "/admin/customers/customer/"


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


@pytest.fixture
def ada(partner: Partner) -> Customer:
    """A customer who came with two consents, was opted out of one by staff, and into another by Custobar."""
    partner.save("customers", customer(CustomerId="1", Name="Ada", EmailOptin=True, IsExcluded=False))
    partner.save("customers", {"CustomerId": "2", "Email": "eve@example.com"})
    return Customer.objects.get(customer_id="1")


def edit(client: Client, customer: Customer, *flags: str, reason: str = "") -> Any:
    """Save a customer's page with these flags set."""
    sent = {"seen": seen(customer), "reason": reason, **dict.fromkeys(flags, "on")}
    return client.post(f"{LIST}{customer.pk}/change/", sent, follow=True)


def bulk(client: Client, action: str, *customers: Customer, reason: str = "") -> Any:
    """Set a flag of customers chosen in the list, with a reason given on the confirmation page."""
    ids = [str(customer.pk) for customer in customers]
    asked = client.post(LIST, {"action": action, "index": "0", "_selected_action": ids})
    question = asked.context["question"]
    assert 'name="reason"' in text(asked)
    return client.post(question.url, {"chosen": question.chosen, **question.fields, "reason": reason}, follow=True)


def listed(client: Client, **query: Any) -> list[tuple[int | None, int]]:
    """Return (before, after) of the rows that the ledger's list shows, the oldest first."""
    shown = client.get(LEDGER, query).context["cl"].result_list
    return [(change.before, change.after) for change in reversed(shown)]


def proof(client: Client, customer: Customer) -> list[dict[str, str]]:
    response = client.get(f"{LIST}{customer.pk}/consent-proof/")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="consent-proof-{customer.pk}.csv"'
    return list(csv.DictReader(StringIO(response.content.decode("utf-8-sig"))))


@pytest.fixture
def lived(partner: Partner, staff: Client, ada: Customer) -> Customer:
    edit(staff, ada, reason="Letter of 3 May")
    upload(partner, {"external_id": "1", "can_sms": True, "can_email": True})
    ada.refresh_from_db()
    return ada


def test_a_row_is_complete_without_its_changeset(partner: Partner, staff: Client, lived: Customer) -> None:
    Changeset.objects.filter(tenant=partner.tenant).delete()

    rows = ConsentChange.objects.filter(customer=lived.pk).order_by("pk")
    said = [(row.before, row.after, row.channels, row.source, row.reason) for row in rows]
    assert said == [
        (None, 1, 0b100001, "api", ""),
        (1, 0, 1, "admin", "Letter of 3 May"),
        (0, 3, 3, "custobar", ""),
    ]
    assert all(row.actor and row.created_at for row in rows)
    page = text(staff.get(LEDGER, {"customer": lived.pk}))
    assert "E-mail opt-in: no → yes" in page
    assert "number 4" in page
    assert "/admin/tenants/changeset/" not in page.split('id="result_list"')[1].split("</table>")[0]


def test_who_came_with_nothing_said_has_no_row(partner: Partner, staff: Client, ada: Customer) -> None:
    eve = Customer.objects.get(customer_id="2")

    assert not ConsentChange.objects.filter(customer=eve.pk).exists()
    assert text(staff.get(f"{LIST}{eve.pk}/change/")).count("<strong>Never given</strong>") == 6


def test_what_a_customer_came_with_is_stated_through_every_door(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "a", "SmsOptin": False}, {"Email": "b@example.com", "SmsOptin": True})
    upload(partner, {"external_id": "c", "can_sms": False}, {"external_id": "d", "can_sms": True, "city": "Turku"})

    rows = ConsentChange.objects.filter(tenant=partner.tenant).order_by("pk").values_list("before", "after", "channels")
    assert sorted(rows, key=str) == sorted([(None, 0, 2), (None, 2, 2)] * 2, key=str)


def test_a_reason_is_given_on_the_record_and_stands_in_ledger_and_changeset(staff: Client, ada: Customer) -> None:
    page = edit(staff, ada, "email_optin", "gdpr_optin", reason="  Call 17: Ärger  ")

    change, changeset = ConsentChange.objects.latest("pk"), Changeset.objects.latest("number")
    assert change.reason == changeset.reason == "Call 17: Ärger"
    assert "Call 17: Ärger" in text(page)
    assert "Call 17: Ärger" in text(staff.get(LEDGER))
    assert "Call 17: Ärger" in text(staff.get(f"/admin/tenants/changeset/{changeset.pk}/change/"))


def test_a_reason_is_given_on_the_confirmation_of_a_bulk_edit(staff: Client, ada: Customer) -> None:
    bulk(staff, "sms_optin_yes", *Customer.objects.all(), reason="Campaign of May")

    rows = ConsentChange.objects.exclude(before=None)
    assert [(row.after & 2, row.reason) for row in rows] == [(2, "Campaign of May")] * 2
    assert Changeset.objects.latest("number").reason == "Campaign of May"


@pytest.mark.parametrize("reason", ["x" * 201, "a\nb", "a\tb", "a\x7fb", "a\u2028b", "a\0\nb"])
def test_a_reason_that_is_no_short_line_changes_nothing(staff: Client, ada: Customer, reason: str) -> None:
    pages = [edit(staff, ada, "sms_optin", reason=reason), bulk(staff, "sms_optin_yes", ada, reason=reason)]

    assert all("A reason is one line" in text(page) or "200 characters" in text(page) or page.status_code == 400
               for page in pages)  # fmt: skip
    ada.refresh_from_db()
    assert ada.sms_optin is False


def test_a_reason_may_be_left_out(staff: Client, ada: Customer) -> None:
    edit(staff, ada, "email_optin", "sms_optin")

    assert ConsentChange.objects.latest("pk").reason == ""


FILTERS: list[tuple[dict[str, str], list[tuple[int | None, int]]]] = [
    ({}, [(None, 1), (1, 0), (0, 3)]),
    ({"channel": "email_optin"}, [(None, 1), (1, 0), (0, 3)]),
    ({"channel": "sms_optin"}, [(0, 3)]),
    ({"channel": "is_excluded"}, [(None, 1)]),
    ({"channel": "gdpr_optin"}, []),
    ({"direction": "given"}, [(0, 3)]),
    ({"direction": "withdrawn"}, [(1, 0)]),
    ({"direction": "initial"}, [(None, 1)]),
    ({"direction": "withdrawn", "channel": "sms_optin"}, []),
    ({"direction": "given", "channel": "sms_optin"}, [(0, 3)]),
    ({"source": "admin"}, [(1, 0)]),
    ({"source": "custobar"}, [(0, 3)]),
    ({"has_reason": "yes"}, [(1, 0)]),
    ({"has_reason": "no"}, [(None, 1), (0, 3)]),
    ({"reason": " LETTER of "}, [(1, 0)]),
    ({"reason": "50%"}, []),
    ({"against_staff": "yes"}, [(0, 3)]),
    ({"against_staff": "no"}, [(None, 1), (1, 0)]),
    ({"created_at_from": "2999-01-01"}, []),
]


@pytest.mark.parametrize(("query", "rows"), FILTERS)
def test_the_ledger_is_filtered(staff: Client, lived: Customer, query: dict[str, str], rows: list[Any]) -> None:
    assert listed(staff, **query) == rows


def test_the_ledger_is_filtered_by_who_did_it_and_whose_it_is(staff: Client, lived: Customer) -> None:
    by = ConsentChange.objects.get(source="admin").actor

    assert listed(staff, actor=by) == [(1, 0)]
    assert listed(staff, customer=str(lived.pk)) == [(None, 1), (1, 0), (0, 3)]
    assert listed(staff, customer=str(lived.pk + 1)) == []


def acted(partner: Partner, actor: str) -> None:
    """Have the partner's first write done by somebody of this name, in the ledger and in the history."""
    for model in (ConsentChange, Changeset):
        first = model.objects.filter(tenant=partner.tenant).earliest("pk")
        model.objects.filter(pk=first.pk).update(actor=actor)


@pytest.mark.parametrize("address", [LEDGER, "/admin/tenants/changeset/"])
@pytest.mark.parametrize(
    ("actor", "typed", "is_found"),
    [
        ("Trial (S236be0V…)", "Trial", True),
        ("Trial (S236be0V…)", "s236BE0v", True),
        ("Trial (S236be0V…)", " TRIAL (S236be0V…) ", True),
        ("Trial (S236be0V…)", "Tr_al", False),
        ("Trial (S236be0V…)", "T%l", False),
        ("Trial (S236be0V…)", "\\", False),
        ("50% \\ trial_1", "% \\ TRIAL_", True),
        ("x" * 200, "x" * 150, True),
        ("x" * 99, "x" * 150, False),
        ("x" * 100 + "y", "X" * 100 + "z", True),
    ],
)
def test_an_actor_is_found_by_a_part_of_their_name_in_any_case(
    partner: Partner, staff: Client, lived: Customer, address: str, actor: str, typed: str, is_found: bool
) -> None:
    acted(partner, actor)

    rows = staff.get(address, {"actor": typed}).context["cl"].result_list

    assert [row.actor for row in rows] == ([actor] if is_found else [])


def test_the_filters_are_headed_readably(staff: Client) -> None:
    headed = re.findall(r">\s*(By [^<]+?)\s*</(?:h3|label)>", text(staff.get(LEDGER)))

    assert headed == [
        "By channel",
        "By direction",
        "By source",
        "By actor",
        "By whether a reason is given",
        "By words of the reason",
        "By opt-in after an opt-out by staff",
        "By hub id of the customer",
        "By day (UTC)",
    ]


@pytest.mark.parametrize(("before", "sent", "given"), [(False, True, False), (True, False, True)])
def test_to_be_excluded_is_a_withdrawal(partner: Partner, staff: Client, before: bool, sent: bool, given: bool) -> None:
    partner.save("customers", {"CustomerId": "1", "IsExcluded": before})
    partner.save("customers", {"CustomerId": "1", "IsExcluded": sent})

    assert len(listed(staff, direction="given")) == given
    assert len(listed(staff, direction="withdrawn")) == (not given)


def test_the_proof_has_a_line_for_each_channel_of_each_write(partner: Partner, staff: Client, lived: Customer) -> None:
    rows = proof(staff, lived)

    names = ("Channel", "Before", "After", "Direction", "Source", "Reason", "After staff opted out", "Changeset")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("E-mail opt-in", "", "yes", "initial", "API", "", "", "1"),
        ("Excluded", "", "no", "initial", "API", "", "", "1"),
        ("E-mail opt-in", "yes", "no", "withdrawn", "Admin", "Letter of 3 May", "", "3"),
        ("E-mail opt-in", "no", "yes", "given", "Custobar", "", "yes", "4"),
        ("SMS opt-in", "no", "yes", "given", "Custobar", "", "", "4"),
    ]
    assert {row["Hub id"] for row in rows} == {str(lived.pk)}
    moments = [change.created_at for change in ConsentChange.objects.order_by("pk")]
    assert rows[0]["Time (UTC)"] == moments[0].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert rows[2]["By"].startswith("staff-")


@pytest.mark.parametrize("begins", ["=", "+", "-", "@"])
def test_no_cell_of_the_proof_is_a_formula(staff: Client, ada: Customer, begins: str) -> None:
    edit(staff, ada, reason=f'{begins}HYPERLINK("https://x.example";"x")')

    assert proof(staff, ada)[-1]["Reason"] == f'\'{begins}HYPERLINK("https://x.example";"x")'


@pytest.mark.within("a day")
def test_the_proof_is_for_those_who_may_see_the_customer_and_is_counted(
    partner: Partner, make_tenant: MakeTenant, lived: Customer
) -> None:
    viewer, stranger = member(Role.VIEWER, partner.tenant), member(Role.ADMIN, make_tenant().tenant)

    assert stranger.get(f"{LIST}{lived.pk}/consent-proof/").status_code == 404
    assert viewer.get(f"{LIST}{lived.pk + 9}/consent-proof/").status_code == 404
    assert Client().get(f"{LIST}{lived.pk}/consent-proof/").status_code == 302
    assert not Look.objects.filter(way=Way.PROOF).exists()
    assert len(proof(viewer, lived)) == 5
    assert Look.objects.filter(way=Way.PROOF).values_list("record", "requests").get() == (lived.pk, 1)
    assert "its consent proof (CSV)" in text(member(Role.ADMIN, partner.tenant).get(f"{LIST}{lived.pk}/change/"))


def test_pages_lead_to_the_proof(partner: Partner, make_tenant: MakeTenant, staff: Client, ada: Customer) -> None:
    address = f"{LIST}{ada.pk}/consent-proof/"

    assert address in text(staff.get(f"{LIST}{ada.pk}/change/"))
    assert address in text(staff.get(LEDGER, {"customer": f"#{ada.pk}"}))
    assert "consent-proof" not in text(staff.get(LEDGER))
    assert "consent-proof" not in text(member(Role.ADMIN, make_tenant().tenant).get(LEDGER, {"customer": ada.pk}))


def test_an_erased_customers_rows_go_and_others_stay(partner: Partner, staff: Client, lived: Customer) -> None:
    partner.save("customers", {"CustomerId": "2", "SmsOptin": True})

    partner.delete("/customers/{tenant}", customerId="1")

    assert listed(staff) == [(0, 2)]


REASONS = [
    ("Ada called", ""),
    ("the lovelace FAMILY", ""),
    ("mail from ADA@Example.com, twice", ""),
    ("once old@example.com", ""),
    ("rang from 0044 (20) 7946-0958", ""),
    ("user ada-l", ""),
    ("C-77/x", ""),
    ("adamant; lovelaces; C-77; 7946", "adamant; lovelaces; C-77; 7946"),
    ("", ""),
]


@pytest.mark.parametrize(("reason", "left"), REASONS)
def test_a_reason_that_names_an_erased_person_is_cleared_wherever_it_stands(
    partner: Partner, staff: Client, reason: str, left: str
) -> None:
    known = {"Name": "Ada", "Surname": "Lovelace", "Phone": "+442079460958", "Username": "ada-l"}
    partner.save("customers", customer(CustomerId="C-77/x", Email="old@example.com"))
    partner.save("customers", customer(CustomerId="C-77/x", **known))
    partner.save("customers", {"CustomerId": "2"}, {"CustomerId": "3"})
    others = Customer.objects.filter(customer_id__in=["2", "3"])
    bulk(staff, "sms_optin_yes", *others, reason=reason)

    partner.delete("/customers/{tenant}", customerId="C-77/x")

    assert {change.reason for change in ConsentChange.objects.all()} == {left}
    assert Changeset.objects.order_by("-number")[1].reason == left


def test_a_reason_about_the_erased_alone_is_cleared_and_one_about_several_stays(
    partner: Partner, staff: Client, ada: Customer
) -> None:
    edit(staff, ada, reason="He was rude")
    bulk(staff, "sms_optin_yes", *Customer.objects.all(), reason="Campaign")

    response = partner.send("DELETE", "/customers/{tenant}?customerId=1&reason=Request+12")

    assert response.status_code == 200
    assert list(Changeset.objects.order_by("number").values_list("reason", flat=True)) == [
        "", "", "", "Campaign", "Request 12",
    ]  # fmt: skip
    assert {change.reason for change in ConsentChange.objects.exclude(before=None)} == {"Campaign"}


def test_an_erasure_says_why_unless_that_names_the_person(partner: Partner, ada: Customer) -> None:
    partner.send("DELETE", "/customers/{tenant}?customerId=1&reason=Ada+asked")

    assert Changeset.objects.latest("number").reason == ""


def test_anothers_reasons_are_left_alone(partner: Partner, make_tenant: MakeTenant, ada: Customer) -> None:
    other = make_tenant()
    other.send("POST", "/customers/{tenant}?reason=Ada+called", [{"CustomerId": "1", "EmailOptin": True}])

    partner.delete("/customers/{tenant}", customerId="1")

    assert ConsentChange.objects.get(tenant=other.tenant).reason == "Ada called"
