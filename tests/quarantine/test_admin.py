"""The quarantine in the admin: what staff see of a record that was left out, correct, send and dismiss."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer
from orders.models import Order
from products.models import Product
from tenants.models import Changeset, Look, QuarantinedRecord, Role, Way
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import upload
from tests.members import member, superuser, text, told
from tests.orders.records import line, order
from tests.products.records import product
from tests.quarantine.lenient import take

pytestmark = pytest.mark.django_db

LIST = "/admin/tenants/quarantinedrecord/"
LANGUAGE = "The field Language must be a string with a maximum length of 10."
BAD = {"CustomerId": "B", "Email": "b@shop.example", "Name": "Bo", "Language": "much too long a tag"}
GOOD = {"CustomerId": "A"}


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


def left_out(partner: Partner, *records: Any, entity: str = "customers", good: Any = GOOD) -> list[QuarantinedRecord]:
    """Have records left out of a batch, and return them in quarantine."""
    take(partner, entity, good, *records)
    return list(QuarantinedRecord.objects.order_by("index"))


def page_of(row: QuarantinedRecord) -> str:
    return reverse("admin:tenants_quarantinedrecord_change", args=[row.pk])


def form_of(client: Client, row: QuarantinedRecord) -> dict[str, str]:
    """Return what a browser would send of the page as it is shown."""
    page = client.get(page_of(row))
    form = {"seen": page.context["seen"]}
    form.update({f"value:{one.name}": one.shown for one in page.context["fields"] if one.input})
    return form


def many(client: Client, rows: list[QuarantinedRecord], where: str, **form: str) -> str:
    """Send what a confirmation page sends, and return the text of the list after it."""
    chosen = ",".join(str(row.pk) for row in rows)
    return text(client.post(f"{LIST}{where}/", {"chosen": chosen, **form}, follow=True))


def test_a_record_is_shown_field_by_field_with_its_fault_and_what_is_stored(partner: Partner, staff: Client) -> None:
    partner.save("customers", {"CustomerId": "B", "Language": "fi", "Name": "Stored"})
    (row,) = left_out(partner, BAD)

    page = staff.get(page_of(row))

    shown = {one.name: one for one in page.context["fields"]}
    assert (shown["Language"].sent, shown["Language"].texts, shown["Language"].stored) == (
        '"much too long a tag"', [LANGUAGE], "fi",
    )  # fmt: skip
    assert (shown["Name"].sent, shown["Name"].stored) == ('"Bo"', "Stored")
    assert LANGUAGE in text(page)
    assert "much too long a tag" in text(page)
    assert "unknown, ignored" not in text(page)


def test_a_corrected_record_goes_the_normal_way(partner: Partner, staff: Client) -> None:
    (row,) = left_out(partner, BAD)

    response = staff.post(page_of(row), {**form_of(staff, row), "value:Language": "d\0e"})

    assert response.status_code == 302
    stored = Customer.objects.get(customer_id="B")
    assert (stored.name, stored.language, stored.email) == ("Bo", "de", "b@shop.example")
    changeset = Changeset.objects.latest("pk")
    assert (changeset.source, changeset.operation, changeset.received) == ("admin", "upsert", 1)
    row.refresh_from_db()
    assert (row.state, row.corrected_number) == ("corrected", changeset.number)
    assert row.decided_by == changeset.actor
    assert "much too long a tag" in row.record


def test_fields_and_flags_are_called_as_everywhere_with_their_documented_names_beside_them(
    partner: Partner, staff: Client
) -> None:
    partner.save("customers", {"CustomerId": "B", "SmsOptin": False})
    (row,) = left_out(partner, {**BAD, "EmailOptin": True, "Whatever": 1})

    page = text(staff.get(page_of(row)))

    named = re.findall(r'<bdi class="font-medium">([^<]*)</bdi>(?:<br><code class="text-xs">([^<]*)</code>)?', page)
    assert {("Customer ID", "CustomerId"), ("E-mail", "Email"), ("Name", ""), ("E-mail opt-in", "EmailOptin")} <= {
        *named
    }
    assert {("GDPR opt-in", "GdprOptin"), ("Whatever", "")} <= {*named}
    shown = {one.name: one for one in staff.get(page_of(row)).context["fields"]}
    assert (shown["EmailOptin"].sent_in_words, shown["SmsOptin"].stored_in_words) == ("Yes", "No")
    assert [label for _, label in shown["EmailOptin"].choices] == ["Not sent", "Yes", "No"]


def test_what_was_sent_is_told_with_a_link_to_it(partner: Partner, staff: Client) -> None:
    (row,) = left_out(partner, BAD)

    answer = staff.post(page_of(row), {**form_of(staff, row), "value:Language": "de"}, follow=True)

    link = f'href="/admin/customers/customer/{Customer.objects.get(customer_id="B").pk}/change/"'
    assert told(answer) == ["1 quarantined record sent: 1 created: Bo."]
    assert link in text(answer)
    assert link in text(staff.get(page_of(row)))


def test_what_is_still_wrong_is_said_at_its_field_and_what_was_typed_stays(partner: Partner, staff: Client) -> None:
    (row,) = left_out(partner, BAD)

    response = staff.post(page_of(row), {**form_of(staff, row), "value:Language": "x!", "value:Name": "Typed"})

    shown = {one.name: one for one in response.context["fields"]}
    assert response.status_code == 400
    assert shown["Language"].texts == ["The field Language must be a BCP 47 language tag, for example en-US."]
    assert (shown["Language"].shown, shown["Name"].shown) == ("x!", "Typed")
    assert not Customer.objects.filter(customer_id="B").exists()


def test_fields_of_every_kind_can_be_corrected(partner: Partner, staff: Client) -> None:
    (row,) = left_out(
        partner,
        {
            "CustomerId": 12345,
            "EmailOptin": "false",
            "GdprOptin": 1,
            "SmsOptin": True,
            "Name": None,
            "Surname": "Lee",
            "Foo": {"a": 1},
        },
    )
    form = form_of(staff, row)

    assert form["value:EmailOptin"] == "keep"
    staff.post(
        page_of(row),
        {
            **form,
            "value:EmailOptin": "false",
            "value:GdprOptin": "",
            "drop:Surname": "on",
            "value:Phone": "+35840123456",
        },
    )

    stored = Customer.objects.get(customer_id="12345")
    assert (stored.email_optin, stored.sms_optin, stored.surname, stored.name) == (False, True, None, None)
    assert stored.phone == "+35840123456"
    assert stored.given & 1 << 11 == 0


def test_lines_of_an_order_are_corrected_as_json(partner: Partner, staff: Client) -> None:
    bad = order(OrderId="O-2", OrderItems=[line(Quantity=0)], TotalRevenue="29.99")
    (row,) = left_out(partner, bad, entity="orders", good=order())
    form = form_of(staff, row)

    broken = staff.post(page_of(row), {**form, "value:OrderItems": "[{"})
    assert broken.status_code == 400
    assert "What stands here is no JSON." in text(broken)
    lines = form["value:OrderItems"].replace('"Quantity": 0', '"Quantity": 2')
    staff.post(page_of(row), {**form, "value:OrderItems": lines, "value:TotalRevenue": "29.9901"})

    stored = Order.objects.get(order_id="O-2")
    assert (str(stored.total_revenue), stored.items.get().quantity) == ("29.9901", 2)


def test_a_product_is_corrected_too(partner: Partner, staff: Client) -> None:
    (row,) = left_out(partner, product(ProductId="P-2", ProductName=""), entity="products", good=product())

    staff.post(page_of(row), {**form_of(staff, row), "value:ProductName": "Top"})

    assert Product.objects.get(product_id="P-2").product_name == "Top"


def test_a_record_of_custobar_goes_through_its_own_door(partner: Partner, staff: Client) -> None:
    upload(
        partner, {"external_id": "good"}, {"external_id": "ä!", "first_name": "Ann", "can_email": "no", "COMPANY__x": 1}
    )
    row = QuarantinedRecord.objects.get()
    assert (row.source, row.is_withdrawal, row.identifiers) == ("custobar", True, {"external_id": "ä!"})

    staff.post(page_of(row), {**form_of(staff, row), "value:external_id": "ae-1"})

    stored = Customer.objects.get(customer_id="ae-1")
    assert (stored.name, stored.email_optin, stored.attributes) == ("Ann", False, {"COMPANY__x": 1})
    assert Changeset.objects.latest("pk").source == "admin"


def test_what_was_stored_since_is_not_overwritten_unseen(partner: Partner, staff: Client) -> None:
    (row,) = left_out(partner, BAD)
    form = form_of(staff, row)
    partner.save("customers", {"CustomerId": "B", "Name": "Newer"})

    response = staff.post(page_of(row), {**form, "value:Language": "de"})

    assert response.status_code == 409
    assert Customer.objects.get(customer_id="B").name == "Newer"
    assert "Newer" in text(response)
    again = {**form, "seen": response.context["seen"], "value:Language": "de"}
    assert staff.post(page_of(row), again).status_code == 302
    assert Customer.objects.get(customer_id="B").name == "Bo"


def test_another_identifier_shows_first_who_has_it(partner: Partner, staff: Client) -> None:
    partner.save("customers", {"CustomerId": "A", "Name": "Ann"})
    (row,) = left_out(partner, {"CustomerId": "", "Email": "?", "Name": "Bo"})

    response = staff.post(page_of(row), {**form_of(staff, row), "value:CustomerId": "A", "drop:Email": "on"})

    assert response.status_code == 409
    assert "Ann" in text(response)
    assert Customer.objects.get(customer_id="A").name == "Ann"


def test_a_withdrawal_goes_whatever_was_stored_since(partner: Partner, staff: Client) -> None:
    rows = left_out(partner, {"CustomerId": "B", "EmailOptin": "false"}, {"CustomerId": "C", "EmailOptin": "false"})
    form = form_of(staff, rows[0])
    partner.save("customers", {"CustomerId": "B", "EmailOptin": True}, {"CustomerId": "C", "EmailOptin": True})

    staff.post(page_of(rows[0]), {**form, "value:EmailOptin": "false"})
    many(staff, [rows[1]], "send", change="set", field="EmailOptin", value="false")

    assert not Customer.objects.filter(email_optin=True).exists()


def test_many_are_corrected_at_a_time(partner: Partner, staff: Client) -> None:
    rows = left_out(partner, BAD, {**BAD, "CustomerId": "C"}, {**BAD, "CustomerId": "D", "Email": "?"})

    said = many(staff, rows, "send", change="set", field="Language", value="de")

    assert "2 quarantined records sent: 2 created." in said
    assert "1 quarantined record still wrong: The field Email must be a valid e-mail address." in said
    assert [row.state for row in QuarantinedRecord.objects.order_by("index")] == ["corrected", "corrected", "waiting"]
    assert Changeset.objects.latest("pk").received == 2


def test_a_field_is_left_out_of_many(partner: Partner, staff: Client) -> None:
    rows = left_out(partner, BAD, {**BAD, "CustomerId": "C"})

    many(staff, rows, "send", change="drop", field="Language", value="")

    assert Customer.objects.filter(name="Bo", language=None).count() == 2


def test_many_are_sent_as_they_are_when_the_rule_is_gone(make_tenant: MakeTenant) -> None:
    shop = make_tenant(required=["Language"])
    rows = left_out(shop, {"CustomerId": "B"}, {"CustomerId": "C"}, good={"CustomerId": "A", "Language": "de"})
    client = member(Role.STAFF, shop.tenant)
    assert "still wrong: The Language field is required." in many(client, rows, "send", change="as sent")
    shop.tenant.required_fields = []
    shop.tenant.save()

    many(client, rows, "send", change="as sent")

    assert Customer.objects.count() == 3


def test_of_many_those_with_something_newer_are_left_alone(partner: Partner, staff: Client) -> None:
    rows = left_out(partner, BAD, {**BAD, "CustomerId": "C"})
    partner.save("customers", {"CustomerId": "B", "Name": "Newer"})

    said = many(staff, rows, "send", change="drop", field="Language")

    assert "1 quarantined record left alone" in said
    assert set(Customer.objects.exclude(customer_id="A").values_list("name", flat=True)) == {"Newer", "Bo"}


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"change": "set", "field": "Nonsense", "value": "x"}, "is no field of these records"),
        ({"change": "set", "field": "", "value": "x"}, "is no field of these records"),
        ({"change": "explode"}, "Select a valid choice"),
        ({}, "This field is required"),
    ],
)
def test_what_many_can_not_be_sent_with_is_said(
    partner: Partner, staff: Client, form: dict[str, str], said: str
) -> None:
    rows = left_out(partner, BAD)

    assert said in html.unescape(many(staff, rows, "send", **form))
    assert QuarantinedRecord.objects.get().state == "waiting"


def test_records_are_dismissed_with_a_reason(partner: Partner, staff: Client) -> None:
    rows = left_out(partner, BAD, {**BAD, "CustomerId": "C"}, {**BAD, "CustomerId": "D"})

    many(staff, rows[:2], "dismiss", reason="test")
    staff.post(page_of(rows[2]), {"dismiss": "1", "reason": "not_wanted"})

    assert [(row.state, row.reason) for row in QuarantinedRecord.objects.order_by("index")] == [
        ("dismissed", "test"), ("dismissed", "test"), ("dismissed", "not_wanted"),
    ]  # fmt: skip
    assert staff.post(page_of(rows[0]), {"dismiss": "1", "reason": "John called"}).status_code == 400


def test_what_is_decided_is_decided_once(partner: Partner, staff: Client) -> None:
    rows = left_out(partner, BAD)
    form = form_of(staff, rows[0])
    many(staff, rows, "dismiss", reason="test")

    said = text(staff.post(page_of(rows[0]), {**form, "value:Language": "de"}, follow=True))

    assert "no longer waiting" in said
    assert not Customer.objects.filter(customer_id="B").exists()


def test_viewers_read_and_nothing_else(partner: Partner) -> None:
    rows = left_out(partner, BAD)
    viewer = member(Role.VIEWER, partner.tenant)

    assert viewer.get(LIST).status_code == 200
    page = viewer.get(page_of(rows[0]))
    assert page.status_code == 200
    assert 'name="value:' not in text(page)
    assert viewer.post(page_of(rows[0]), {"value:Language": "de"}).status_code == 403
    for where in ("send", "dismiss"):
        assert (
            viewer.post(
                f"{LIST}{where}/", {"chosen": str(rows[0].pk), "change": "as sent", "reason": "test"}
            ).status_code
            == 403
        )
    assert QuarantinedRecord.objects.get().state == "waiting"


def test_staff_of_another_tenant_find_nothing(partner: Partner, make_tenant: MakeTenant) -> None:
    rows = left_out(partner, BAD)
    stranger = member(Role.ADMIN, make_tenant(slug="stranger").tenant)

    assert "b@shop.example" not in text(stranger.get(LIST, {"q": "B"}))
    assert stranger.get(page_of(rows[0])).status_code == 404
    assert stranger.post(page_of(rows[0]), {"dismiss": "1", "reason": "test"}).status_code == 404
    many(stranger, rows, "dismiss", reason="test")
    many(stranger, rows, "send", change="drop", field="Language")
    assert QuarantinedRecord.objects.get().state == "waiting"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "B"}, 1), ({"q": " B@Shop.example"}, 1), ({"q": "+358 40 123456"}, 1), ({"q": "nobody"}, 0),
        ({"field": "Language"}, 1), ({"field": "Email"}, 0), ({"code": "too_long"}, 1), ({"code": "email"}, 0),
        ({"state": "waiting"}, 1), ({"state": "dismissed"}, 0), ({"source": "api"}, 1), ({"source": "custobar"}, 0),
        ({"entity": "customers"}, 1), ({"entity": "orders"}, 0), ({"is_withdrawal": "yes"}, 0),
        ({"created_at_from": "2020-01-01"}, 1), ({"created_at_to": "2020-01-01"}, 0),
    ],
)  # fmt: skip
def test_the_list_is_searched_and_filtered(partner: Partner, staff: Client, query: dict[str, str], found: int) -> None:
    left_out(partner, {**BAD, "Phone": "+35840 123456"})

    assert len(staff.get(LIST, query).context["cl"].result_list) == found


@pytest.mark.within("a day")
def test_looks_are_counted(partner: Partner, staff: Client) -> None:
    partner.save("customers", {"CustomerId": "B"})
    (row,) = left_out(partner, BAD)
    staff.get(LIST)
    staff.get(page_of(row))

    looks = {(look.way, look.record): look.requests for look in Look.objects.all()}
    assert looks == {(Way.QUARANTINE, None): 2, (Way.PAGE, Customer.objects.get(customer_id="B").pk): 1}


def test_the_home_page_says_how_many_wait(partner: Partner, staff: Client) -> None:
    left_out(partner, BAD, {**BAD, "CustomerId": "C"})

    page = text(staff.get("/admin/"))

    assert "Waiting in quarantine" in page
    assert re.search(r"quarantinedrecord/\?tenant=[\w-]+&amp;state=waiting", page)


def test_every_action_asks_first(partner: Partner, staff: Client) -> None:
    rows = left_out(partner, BAD, {**BAD, "CustomerId": "C", "SmsOptin": False})
    for action, said in (
        ("send_chosen", "Send 2 quarantined records again"),
        ("dismiss_chosen", "1 of them withdraw consent"),
    ):
        page = staff.post(LIST, {"action": action, "_selected_action": [row.pk for row in rows]})
        assert said in text(page)
    assert "q" in text(superuser().get(LIST))


def test_a_record_that_is_too_big_is_cut_and_can_only_be_dismissed(partner: Partner, staff: Client) -> None:
    bad = order(OrderId="big", Currency="?", OrderItems=[line(Brand="x" * 150)] * 500)
    (row,) = left_out(partner, bad, entity="orders", good=order())

    assert not row.is_whole
    assert '"OrderId": "big"' in row.record
    assert len(row.record) < 2000
    assert "too big to be kept whole" in text(staff.get(page_of(row)))
    staff.post(page_of(row), {"value:Currency": "EUR"})
    many(staff, [row], "send", change="set", field="Currency", value="EUR")
    assert Order.objects.count() == 1


def test_what_is_older_is_said_to_be(partner: Partner, staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = left_out(partner, BAD)
    QuarantinedRecord.objects.update(last_at=timezone.now() - timedelta(hours=1))
    partner.save("customers", {"CustomerId": "B", "Name": "Newer"})

    assert "Something newer is stored" in text(staff.get(page_of(row)))


def test_hostile_values_break_no_page(partner: Partner, staff: Client) -> None:
    odd = "<script>alert(1)</script>\u202e{{ 7*7 }}"
    rows = left_out(partner, {"CustomerId": odd, "Language": odd, odd: odd, "Name": "\0\ud800", "Email": {"a": [odd]}})

    page = text(staff.get(page_of(rows[0])))
    assert "<script>alert" not in page + text(staff.get(LIST))
    form = form_of(staff, rows[0])
    for value in ("x" * 100_000, "[" * 5000, "\ud7ff", "'\"><img>"):
        assert staff.post(page_of(rows[0]), {**form, "value:Language": value}).status_code == 400


def test_what_was_sent_is_shown_in_the_letters_it_was_sent_in(staff: Client, partner: Partner) -> None:
    (row,) = left_out(partner, {**BAD, "Name": "Müller 🎉 שרה", "Nick": ["é", {"ü": 1}]})

    page = html.unescape(staff.get(page_of(row)).content.decode())

    assert '"Müller 🎉 שרה"' in page
    assert '["é", {"ü": 1}]' in page
    assert "\\u00" not in page
