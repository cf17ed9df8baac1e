"""Lists one can trust: how many match, what they are filtered by, and that whatever is done leads back to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client

from customers.models import Customer
from hub.admin import changelist
from hub.admin.changelist import Count
from orders.models import Order
from tenants.models import Changeset, Membership, Role
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.members import browser, make_user, member, superuser, text
from tests.orders.records import order
from tests.quarantine.lenient import take

pytestmark = pytest.mark.django_db
LIST, ORDERS, QUARANTINE = "/admin/customers/customer/", "/admin/orders/order/", "/admin/tenants/quarantinedrecord/"
KEPT = "email_optin=no&o=-pk"
patience = changelist.patience


@pytest.fixture
def full(partner: Partner) -> Partner:
    """A tenant whose customers fill a page and more."""
    partner.save(
        "customers", *(customer(CustomerId=f"C-{i:02}", EmailOptin=False, Email=f"c{i}@x.example") for i in range(60))
    )
    return partner


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


def shown(client: Client, path: str = LIST, **query: str) -> Any:
    return client.get(path, query).context["cl"]


def counted(client: Client, path: str = LIST, **query: str) -> str:
    return str(shown(client, path, **query).counted)


# Counts


def test_a_list_says_how_many_match(full: Partner, staff: Client) -> None:
    full.save("customers", {"CustomerId": "C-00", "EmailOptin": True})

    assert "60 customers" in text(staff.get(LIST))
    assert counted(staff, email_optin="no") == "59"
    assert counted(staff, email_optin="yes") == "1"
    assert counted(staff, p=str(shown(staff).older)) == "60"


def test_what_is_counted_no_further_is_said_with_a_plus(
    full: Partner, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changelist, "MOST_COUNTED", 55)

    assert counted(staff) == "55+"


def test_a_count_that_takes_too_long_is_more_than_what_is_shown(
    full: Partner, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def no_patience_to_count(milliseconds: int) -> Iterator[None]:
        with patience(5 if milliseconds == changelist.COUNTING_MS else 20_000), connection.cursor() as cursor:
            if milliseconds == changelist.COUNTING_MS:
                cursor.execute("SELECT pg_sleep(2)")
            yield

    monkeypatch.setattr(changelist, "patience", no_patience_to_count)

    assert "more than 50 customers" in text(staff.get(LIST))


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (Count(0), "0"),
        (Count(9_999), "9,999"),
        (Count(10_000), "10,000"),
        (Count(10_000, is_exact=False), "10,000+"),
        (Count(50, is_exact=False), "more than 50"),
    ],
)
def test_counts_in_words(count: Count, words: str) -> None:
    assert str(count) == words


# Chips


def chips(client: Client, path: str = LIST, **query: str) -> list[str]:
    return [f"{chip.title}: {chip.words}" for chip in shown(client, path, **query).chips]


def without(client: Client, title: str, path: str = LIST, **query: str) -> dict[str, list[str]]:
    (url,) = [chip.url for chip in shown(client, path, **query).chips if chip.title == title]
    return parse_qs(urlsplit(url).query)


def test_a_list_says_what_it_is_filtered_by(partner: Partner, staff: Client) -> None:
    query = {"q": "jäg", "email_optin": "never", "language": "de", "created_at_from": "2026-11-01"}

    assert chips(staff) == []
    assert chips(staff, **query, created_at_to="2026-11-30") == [
        "Search: jäg",
        "E-mail opt-in: Never given",
        "Language: de",
        "Day of creation (UTC): 1–30 Nov 2026",
    ]
    assert chips(staff, **query)[-1] == "Day of creation (UTC): from 1 Nov 2026"


def test_who_has_several_tenants_is_told_which_is_chosen(partner: Partner, make_tenant: MakeTenant) -> None:
    make_tenant()

    assert chips(superuser(), tenant=partner.id) == [f"Tenant: {partner.slug}"]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-11-01", "2026-11-01", "1 Nov 2026"),
        ("2026-11-01", "2026-12-24", "1 Nov – 24 Dec 2026"),
        ("2025-12-31", "2026-01-01", "31 Dec 2025 – 1 Jan 2026"),
        ("", "1.2.2026", "until 1 Feb 2026"),
    ],
)
def test_days_in_words(staff: Client, first: str, last: str, words: str) -> None:
    assert chips(staff, created_at_from=first, created_at_to=last) == [f"Day of creation (UTC): {words}"]


def test_a_chip_goes_alone(staff: Client) -> None:
    query = {"q": "C-", "email_optin": "no", "sms_optin": "no", "o": "pk", "p": "7"}
    rest = {name: [value] for name, value in query.items() if name != "p"}

    assert without(staff, "Search", **query) == {name: value for name, value in rest.items() if name != "q"}
    assert without(staff, "SMS opt-in", **query) == {name: value for name, value in rest.items() if name != "sms_optin"}
    assert shown(staff, **query).clear_url == "?o=pk"


def test_a_chip_takes_no_other_with_it_whose_name_begins_so(staff: Client) -> None:
    assert without(staff, "Hub id of the customer", ORDERS, customer="7", currency="EUR") == {"currency": ["EUR"]}


BAD = {
    "created_at_from=31/12/2026": "31/12/2026 is not a day: write 2026-12-31.",
    "created_at_to=31.02.2026": "31.02.2026 is not a day",
    "created_at_from=2026-12-02&created_at_to=2026-12-01": "The first day is after the last.",
    "email_optin=perhaps": "There is no such choice",
    "tenant=5f0c2f4e-0000-4000-8000-000000000000": "None of your tenants has this id.",
    "tenant=nonsense": "None of your tenants has this id.",
}


@pytest.mark.parametrize("query", BAD)
@pytest.mark.parametrize("role", ["staff", "superuser"])
def test_a_filter_that_can_mean_nothing_says_so_and_finds_nothing(full: Partner, role: str, query: str) -> None:
    client = superuser() if role == "superuser" else member(Role.STAFF, full.tenant)

    answer = client.get(f"{LIST}?{query}")

    assert BAD[query] in text(answer)
    assert answer.context["cl"].result_list == []


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        (ORDERS, {"customer": "ada"}, "ada is not a hub id: write the number, as 1784."),
        ("/admin/tenants/changeset/", {"record": "people:7"}, "people:7 is not a record"),
        ("/admin/tenants/loggedrequest/", {"status": "teapot"}, "teapot is not a status"),
    ],
)
def test_other_lists_say_so_too(partner: Partner, staff: Client, path: str, query: dict[str, str], words: str) -> None:
    partner.save("orders", order())

    answer = staff.get(path, query)

    assert words in text(answer)
    assert list(answer.context["cl"].result_list) == []


def test_a_day_written_with_dots_is_that_day(full: Partner, staff: Client) -> None:
    assert counted(staff, created_at_from="1.1.2020", created_at_to="31.12.2999") == "60"
    assert counted(staff, created_at_to="31.12.2020") == "0"


def test_what_is_typed_is_escaped(staff: Client) -> None:
    assert "<script>alert" not in text(staff.get(LIST, {"created_at_from": "<script>alert(1)</script>", "q": "<b>"}))


# The list that one came from


def confirmed(client: Client, path: str, action: str, rows: list[int], **sent: Any) -> Any:
    """Run an action of a list on rows, and return the confirmation page."""
    return client.post(
        f"{path}?{KEPT}" if "?" not in path else path,
        {"action": action, "index": "0", "_selected_action": rows, **sent},
    )


def answered(client: Client, question: Any, **fields: Any) -> Any:
    """Answer a confirmation page with yes."""
    return client.post(question.url, {"chosen": question.chosen, **question.fields, **fields})


def leads_back(url: str) -> bool:
    return urlsplit(url).path == LIST and parse_qs(urlsplit(url).query) == parse_qs(KEPT)


def test_a_bulk_edit_leads_back_to_the_filtered_list(full: Partner, staff: Client) -> None:
    first = Customer.objects.first()
    assert first
    question = confirmed(staff, LIST, "email_optin_yes", [first.pk]).context["question"]

    answer = answered(staff, question)

    assert leads_back(question.back)
    assert leads_back(answer["Location"])
    assert Customer.objects.filter(email_optin=True).count() == 1


def test_an_erasure_leads_back_to_the_filtered_list(full: Partner, staff: Client) -> None:
    first = Customer.objects.first()
    assert first
    page = f"{LIST}{first.pk}/delete/?_changelist_filters={KEPT.replace('=', '%3D').replace('&', '%26')}"
    question = staff.get(page).context["question"]

    answer = answered(staff, question)

    assert urlsplit(question.back).path == f"{LIST}{first.pk}/change/"
    assert parse_qs(urlsplit(question.back).query) == {"_changelist_filters": [KEPT]}
    assert leads_back(answer["Location"])


def test_saving_ticks_leads_back_to_the_page(full: Partner, staff: Client) -> None:
    answer = staff.post(f"{LIST}?{KEPT}&p=7", {"_save": "1"})

    assert answer["Location"] == f"{LIST}?{KEPT}&p=7"


def test_a_record_keeps_the_list_it_was_opened_from(full: Partner, staff: Client) -> None:
    page = text(staff.get(LIST, parse_qs(KEPT)))

    assert "/change/?_changelist_filters=email_optin%3Dno%26o%3D-pk" in page


def test_the_quarantine_leads_back_to_its_filtered_list(partner: Partner, staff: Client) -> None:
    take(partner, "customers", {"CustomerId": "Q-1", "Language": "much too long"}, customer())
    (row,) = shown(staff, QUARANTINE).result_list
    question = confirmed(staff, f"{QUARANTINE}?state=waiting", "dismiss_chosen", [row.pk]).context["question"]

    answer = answered(staff, question, reason="test")

    assert question.back == f"{QUARANTINE}?state=waiting"
    assert answer["Location"] == f"{QUARANTINE}?state=waiting"


@pytest.mark.parametrize(
    "forged",
    ["https://evil.example/", "//evil.example", "tenant__slug=x&next=//evil.example", "\\\\evil", "q=%0d%0aX: y"],
)
def test_where_one_is_led_back_to_is_always_the_list(full: Partner, staff: Client, forged: str) -> None:
    first = Customer.objects.first()
    assert first
    address = f"{LIST}delete/"

    answer = staff.post(address, {"chosen": str(first.pk)}, query_params={"_changelist_filters": forged})

    assert answer.status_code == 302
    assert urlsplit(answer["Location"])[:3] == ("", "", LIST)
    assert set(parse_qs(urlsplit(answer["Location"]).query)) <= {"q"}


# All that match


def test_all_that_match_are_chosen_at_once(full: Partner, staff: Client) -> None:
    full.save("customers", customer(CustomerId="D-1", Email="d@x.example", EmailOptin=True, SmsOptin=True))
    rows = [row.pk for row in shown(staff, email_optin="no").result_list]
    page = staff.get(LIST, {"email_optin": "no"})
    asked = confirmed(staff, LIST, "gdpr_optin_yes", rows, select_across="1")

    answered(staff, asked.context["question"], reason="Asked for by mail")

    assert "Select all 60 matches of this list" in text(page)
    assert "GDPR opt-in becomes yes for 60 customers." in text(asked)
    assert "and 40 more" in text(asked)
    assert Customer.objects.filter(gdpr_optin=True).count() == 60
    assert Changeset.objects.filter(source="admin").count() == 1


def test_who_changed_after_the_question_is_left_alone(full: Partner, staff: Client) -> None:
    full.save("customers", {"CustomerId": "C-03", "GdprOptin": True})
    rows = [row.pk for row in shown(staff).result_list]
    question = confirmed(staff, LIST, "gdpr_optin_yes", rows, select_across="1").context["question"]
    full.save("customers", {"CustomerId": "C-03", "GdprOptin": False})

    answered(staff, question)

    assert Customer.objects.filter(gdpr_optin=True).count() == 59
    assert not Customer.objects.get(customer_id="C-03").gdpr_optin


def test_no_more_than_the_first_are_chosen(full: Partner, staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.admin.site.KeysetModelAdmin.most_at_once", 55)
    page = staff.get(LIST)
    rows = [row.pk for row in page.context["cl"].result_list]

    question = confirmed(staff, LIST, "email_optin_yes", rows, select_across="1").context["question"]

    newest = Customer.objects.order_by("-pk").values_list("pk", flat=True)[:55]
    assert "Select the first 55 matches of this list" in text(page)
    assert [record.pk for record in question.records] == list(newest)


def test_a_list_on_one_page_offers_no_more_than_its_rows(partner: Partner, staff: Client) -> None:
    partner.save("customers", customer())

    assert shown(staff).across == ""


def test_ten_thousand_answers_fit_into_a_form(full: Partner, staff: Client, settings: Any) -> None:
    """A row takes at most 45 bytes of what is sent, percent-encoded: a hub id, a moment, flags."""
    most = 10_000 * len("%2C9000000000%3A1800000000000000%3A63")

    assert most < settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 4


def both(ours: Partner, theirs: Partner) -> Client:
    """Return the browser of who is staff of one tenant and a viewer of another."""
    user = make_user("both")
    Membership.objects.create(user=user, tenant=ours.tenant, role=Role.STAFF)
    Membership.objects.create(user=user, tenant=theirs.tenant, role=Role.VIEWER)
    return browser(user)


def test_rows_of_tenants_that_one_only_views_are_left_out_and_counted(full: Partner, make_tenant: MakeTenant) -> None:
    theirs = make_tenant()
    theirs.save("customers", customer(Name="Theirsbert"), customer(CustomerId="C-2", Email="b@x.example"))
    client = both(full, theirs)
    rows = list(Customer.objects.filter(tenant=full.tenant).values_list("pk", flat=True)[:3])

    asked = confirmed(client, LIST + "?q=", "sms_optin_yes", rows, select_across="1")

    assert "2 of this list are left out: you are a viewer of their tenants" in text(asked)
    assert len(asked.context["question"].records) == 60
    assert "Theirsbert" not in text(asked)


# Cells


def test_boxes_name_what_they_are_and_whose(partner: Partner, staff: Client) -> None:
    partner.save("customers", customer(Name="Günther", Surname='Jäger "x"'))

    page = text(staff.get(LIST))

    assert 'aria-label="E-mail opt-in of Günther Jäger &quot;x&quot;"' in page
    assert 'aria-label="Select Günther Jäger &quot;x&quot;"' in page
    assert '<th scope="row"' in page


def test_rows_that_one_only_views_have_no_boxes(partner: Partner, make_tenant: MakeTenant) -> None:
    theirs = make_tenant()
    partner.save("customers", customer(Name="Oursula"))
    theirs.save("customers", customer(Name="Theirsbert"))
    client = both(partner, theirs)

    page, alone = text(client.get(LIST)), client.get(LIST, {"tenant": theirs.id})

    assert "Select Oursula" in page
    assert "Select Theirsbert" not in page
    assert "opt-in of Theirsbert" not in page
    assert 'type="checkbox"' not in text(alone).split('id="result_list"')[1].split("</table>")[0]
    assert "hub-actions" not in text(alone)


def test_the_first_column_is_called_what_it_is(partner: Partner, staff: Client) -> None:
    partner.save("customers", customer(SmsOptin=True))

    assert "Select record" not in text(staff.get("/admin/tenants/consentchange/"))
    assert 'data-label="When"' in text(staff.get("/admin/tenants/consentchange/"))


def test_a_long_order_id_is_clipped(partner: Partner, staff: Client) -> None:
    partner.save("orders", order(OrderId="O" * 100))

    assert f'<bdi class="hub-clip" title="{"O" * 100}">' in text(staff.get(ORDERS))
    assert Order.objects.count() == 1
