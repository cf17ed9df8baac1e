"""Customers in the admin: found, read, their opt-ins edited, the persons erased."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from customers.admin.optins import seen
from customers.models import Customer
from orders.models import Order
from tenants.models import Changeset, ConsentChange, Role
from tests.conftest import Partner
from tests.customers.records import customer
from tests.members import member, superuser, text, told
from tests.orders.records import order

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


@pytest.fixture
def ada(partner: Partner) -> Customer:
    partner.save("customers", customer(Name="Ada", SmsOptin=False))
    return Customer.objects.get(tenant=partner.tenant)


def found(client: Client, **query: str) -> list[str]:
    shown = client.get(LIST, query).context["cl"].result_list
    return sorted(customer.customer_id for customer in shown)


def latest() -> Changeset:
    return Changeset.objects.order_by("-pk")[0]


def submit_list(client: Client, customer: Customer, *flags: str, shown: str = "") -> Any:
    """Save the list with these boxes ticked in the customer's row, and follow to what it shows then."""
    sent = {"_save": "1", "seen": shown or seen(customer), **{flag: str(customer.pk) for flag in flags}}
    return client.post(LIST, sent, follow=True)


def test_search_finds_by_each_identifier_exactly_and_by_its_beginning(partner: Partner, staff: Client) -> None:
    partner.save(
        "customers", {"CustomerId": "C-1", "Email": "ada@example.com"}, {"CustomerId": "C-12"}, {"CustomerId": "D-1"}
    )
    hub_id = Customer.objects.get(customer_id="D-1").pk

    assert found(staff, q="C-1") == ["C-1", "C-12"]
    assert found(staff, q="C-12") == ["C-12"]
    assert found(staff, q="ADA@Example.com") == ["C-1"]
    assert found(staff, q="Ada@") == ["C-1"]
    assert found(staff, q=str(hub_id)) == ["D-1"]
    assert found(staff, q="%") == []
    assert found(staff, q="c-1") == ["C-1", "C-12"]


def test_filters_tell_no_from_never_given(partner: Partner, staff: Client) -> None:
    partner.save(
        "customers",
        {"CustomerId": "yes", "SmsOptin": True},
        {"CustomerId": "no", "SmsOptin": False},
        {"CustomerId": "never"},
    )

    assert found(staff, sms_optin="yes") == ["yes"]
    assert found(staff, sms_optin="no") == ["no"]
    assert found(staff, sms_optin="never") == ["never"]


@pytest.mark.parametrize("typed", ["de", "DE", " de "])
def test_a_language_is_found_with_all_of_its_regions(partner: Partner, staff: Client, typed: str) -> None:
    tags = ("de", "de-DE", "de_AT", "del", "en-DE", "")
    partner.save("customers", *({"CustomerId": tag or "none"} for tag in tags))
    for tag in tags:
        Customer.objects.filter(customer_id=tag or "none").update(language=tag or None)

    assert sorted(found(staff, language=typed)) == ["de", "de-DE", "de_AT"]
    assert found(staff, language="de-at") == ["de_AT"]
    assert found(staff, language="de%") == []
    assert "de finds de-DE, too" in text(staff.get(LIST))


def test_filters_by_language_and_by_the_day_a_customer_came(partner: Partner, staff: Client) -> None:
    partner.save("customers", {"CustomerId": "tr", "Language": "tr-TR"}, {"CustomerId": "de", "Language": "de"})
    came = Customer.objects.all()[0].created_at.date()

    assert found(staff, language="TR-tr") == ["tr"]
    assert found(staff, language="tr") == ["tr"]
    assert found(staff, created_at_from=str(came), created_at_to=str(came)) == ["de", "tr"]
    assert found(staff, created_at_to="2020-01-01") == []
    assert found(staff, created_at_from="2999-01-01") == []


def test_a_day_has_all_who_came_that_day_however_many_came_before_and_after(partner: Partner, staff: Client) -> None:
    arrivals = ((1, 2000), (3, 30), (5, 2000))
    moments = [datetime(2026, 1, day, 9, tzinfo=UTC) for day, many in arrivals for _ in range(many)]
    Customer.objects.bulk_create(
        Customer(tenant=partner.tenant, match_key=f"i:{n}", customer_id=str(n), created_at=came, updated_at=came)
        for n, came in enumerate(moments)
    )

    came = found(staff, created_at_from="2026-01-03", created_at_to="2026-01-03")

    assert came == sorted(str(n) for n in range(2000, 2030))


def test_a_page_follows_the_last_one_in_both_directions(partner: Partner, staff: Client) -> None:
    partner.save("customers", *({"CustomerId": f"C-{i:03}"} for i in range(120)))

    first = staff.get(LIST).context["cl"]
    second = staff.get(f"{LIST}{first.older_url}").context["cl"]
    third = staff.get(f"{LIST}{second.older_url}").context["cl"]
    back = staff.get(f"{LIST}{third.newer_url}").context["cl"]

    pages = [[customer.customer_id for customer in page.result_list] for page in (first, second, third)]
    assert pages[0][0] == "C-119"
    assert [len(page) for page in pages] == [50, 50, 20]
    assert len({customer_id for page in pages for customer_id in page}) == 120
    assert [customer.customer_id for customer in back.result_list] == pages[1]
    assert third.older_url is None


def test_the_list_asks_few_questions_and_counts_no_further_than_it_says(
    partner: Partner, staff: Client, django_assert_max_num_queries: Any
) -> None:
    partner.save("customers", *({"CustomerId": f"C-{i}"} for i in range(60)))

    with django_assert_max_num_queries(20) as captured:
        assert b"C-59" in staff.get(LIST).content
    counts = [query["sql"] for query in captured.captured_queries if "COUNT(" in query["sql"]]
    assert len(counts) == 1
    assert "LIMIT 10001" in counts[0]


def test_the_record_asks_few_questions(
    partner: Partner, ada: Customer, staff: Client, django_assert_max_num_queries: Any
) -> None:
    partner.save("orders", *(order(OrderId=f"O-{i}") for i in range(30)))

    with django_assert_max_num_queries(22):
        assert b"O-2" in staff.get(f"{LIST}{ada.pk}/change/").content


def test_a_record_shows_orders_consents_and_history(partner: Partner, ada: Customer, staff: Client) -> None:
    partner.save("orders", order(OrderId="O-1"))
    partner.save("customers", {"CustomerId": "C-1", "SmsOptin": True})

    page = text(staff.get(f"{LIST}{ada.pk}/change/"))

    assert "O-1" in page
    assert "SMS opt-in: no → yes" in page
    assert "Never given" in page
    assert f"?record=customers:{ada.pk}" in page
    assert len(staff.get(f"/admin/tenants/changeset/?record=customers:{ada.pk}").context["cl"].result_list) == 2
    assert "O-1" in text(staff.get(f"/admin/orders/order/?customer={ada.pk}"))


def test_a_history_has_nothing_of_the_records_numbered_beside_it(
    partner: Partner, ada: Customer, staff: Client
) -> None:
    partner.save("customers", {"CustomerId": "next"})
    partner.save("customers", {"CustomerId": "next", "Name": "Changed"})

    found = staff.get(f"/admin/tenants/changeset/?record=customers:{ada.pk}").context["cl"].result_list

    assert [changeset.number for changeset in found] == [1]


def test_an_edit_in_the_list_is_one_changeset_with_its_evidence(ada: Customer, staff: Client) -> None:
    answer = submit_list(staff, ada, "sms_optin", "email_optin")

    ada.refresh_from_db()
    changeset, change = latest(), ConsentChange.objects.latest("pk")
    assert (ada.sms_optin, ada.email_optin, ada.gdpr_optin) == (True, True, False)
    assert (changeset.source, changeset.operation, changeset.updated_ids) == ("admin", "edit", [ada.pk])
    assert changeset.actor.startswith("staff-")
    assert changeset.user_id is not None
    assert (change.before, change.after, change.changeset_number) == (0, 0b11, changeset.number)
    assert told(answer) == [
        f"E-mail opt-in of Ada: never given → yes. SMS opt-in of Ada: no → yes. Undo · number {changeset.number}"
    ]


def test_a_list_saved_as_it_was_changes_nothing(ada: Customer, staff: Client) -> None:
    answer = submit_list(staff, ada)

    assert "Nothing was changed." in text(answer)
    assert latest().operation == "upsert"


def test_a_flag_that_went_to_and_fro_is_as_it_was_seen(partner: Partner, ada: Customer, staff: Client) -> None:
    shown = seen(ada)
    partner.save("customers", {"CustomerId": "C-1", "SmsOptin": True})
    partner.save("customers", {"CustomerId": "C-1", "SmsOptin": False, "Name": "Ada L."})

    answer = submit_list(staff, ada, "sms_optin", shown=shown)

    ada.refresh_from_db()
    assert ada.sms_optin is True
    assert "SMS opt-in of Ada L.: no → yes." in told(answer)[0]


def test_what_somebody_else_has_set_meanwhile_was_so_already(partner: Partner, ada: Customer, staff: Client) -> None:
    shown = seen(ada)
    partner.save("customers", {"CustomerId": "C-1", "SmsOptin": True})

    answer = submit_list(staff, ada, "sms_optin", shown=shown)

    assert told(answer) == ["0 customers changed. 1 customer was so already."]
    assert latest().source == "api"


def test_rows_nobody_touched_do_not_undo_what_the_api_did(partner: Partner, ada: Customer, staff: Client) -> None:
    shown = seen(ada)
    partner.save("customers", {"CustomerId": "C-1", "SmsOptin": True})

    answer = submit_list(staff, ada, shown=shown)

    ada.refresh_from_db()
    assert ada.sms_optin is True
    assert "Nothing was changed." in text(answer)


def test_an_edit_on_the_record(ada: Customer, staff: Client) -> None:
    page = f"{LIST}{ada.pk}/change/"

    answer = staff.post(page, {"seen": seen(ada), "gdpr_optin": "on"}, follow=True)

    ada.refresh_from_db()
    assert ada.gdpr_optin is True
    assert ada.name == "Ada"
    assert told(answer)[0].startswith("GDPR opt-in of Ada: never given → yes. Undo")
    assert latest().operation == "edit"


def test_another_flag_or_field_that_changed_meanwhile_refuses_nothing(
    partner: Partner, ada: Customer, staff: Client
) -> None:
    shown = seen(ada)
    partner.save("customers", {"CustomerId": "C-1", "EmailOptin": True, "Surname": "Lovelace"})

    answer = staff.post(f"{LIST}{ada.pk}/change/", {"seen": shown, "sms_optin": "on"}, follow=True)

    ada.refresh_from_db()
    assert (ada.sms_optin, ada.email_optin) == (True, True)
    assert told(answer)[0].startswith("SMS opt-in of Ada Lovelace: no → yes.")


def test_identity_cannot_be_changed(ada: Customer, staff: Client) -> None:
    staff.post(f"{LIST}{ada.pk}/change/", {"seen": seen(ada), "email": "evil@example.com", "name": "Eve"})

    ada.refresh_from_db()
    assert (ada.email, ada.name) == ("ada@example.com", "Ada")


def test_a_bulk_edit_asks_then_tells(partner: Partner, ada: Customer, staff: Client) -> None:
    partner.save("customers", {"CustomerId": "C-2", "SmsOptin": True}, {"CustomerId": "C-3"})
    ids = [str(customer.pk) for customer in Customer.objects.all()]

    asked = staff.post(LIST, {"action": "sms_optin_yes", "index": "0", "_selected_action": ids})
    question = asked.context["question"]
    answer = staff.post(question.url, {"chosen": question.chosen, **question.fields}, follow=True)

    assert "SMS opt-in becomes yes for 3 customers." in text(asked)
    assert "1 of them: never given → yes." in text(asked)
    (said,) = told(answer)
    assert "SMS opt-in of Ada: no → yes." in said
    assert "SMS opt-in of C-3: never given → yes." in said
    assert "1 customer was so already. Undo" in said
    assert Customer.objects.filter(sms_optin=True).count() == 3
    assert latest().received == 3


def test_a_first_no_is_written_down(ada: Customer, staff: Client) -> None:
    asked = staff.post(LIST, {"action": "gdpr_optin_no", "index": "0", "_selected_action": str(ada.pk)})
    question = asked.context["question"]

    staff.post(question.url, {"chosen": question.chosen, **question.fields})

    assert found(staff, gdpr_optin="no") == ["C-1"]
    assert latest().updated_ids == [ada.pk]
    assert list(ConsentChange.objects.values_list("before", "channels")) == [(None, 2)]


def test_more_than_three_changes_are_counted_with_a_link_to_them(partner: Partner, staff: Client) -> None:
    partner.save("customers", *({"CustomerId": f"C-{n}"} for n in range(4)))
    chosen = ",".join(map(seen, Customer.objects.all()))

    answer = staff.post(f"{LIST}opt-ins/", {"chosen": chosen, "flag": "sms_optin", "value": "yes"}, follow=True)

    assert told(answer) == [f"4 customers changed. Undo · number {latest().number}"]
    assert f"/admin/tenants/changeset/{latest().pk}/undo/" in text(answer)


def test_who_was_decided_otherwise_about_after_the_question_is_left_alone(
    partner: Partner, ada: Customer, staff: Client
) -> None:
    partner.save("customers", {"CustomerId": "C-1", "EmailOptin": True}, {"CustomerId": "C-2"})
    chosen = ",".join(map(seen, Customer.objects.all()))
    partner.save("customers", {"CustomerId": "C-1", "EmailOptin": False})

    answer = staff.post(f"{LIST}opt-ins/", {"chosen": chosen, "flag": "email_optin", "value": "yes"}, follow=True)

    ada.refresh_from_db()
    assert ada.email_optin is False
    changed, left = told(answer)
    assert changed.startswith("E-mail opt-in of C-2: never given → yes.")
    assert f"Customer #{ada.pk} was left alone: E-mail opt-in is now no, you wanted yes: changed by test (" in left
    assert "through API, 20" in left


def test_who_was_erased_after_the_question_is_no_longer_there(partner: Partner, ada: Customer, staff: Client) -> None:
    sent = {"chosen": seen(ada), "flag": "email_optin", "value": "yes"}
    partner.delete("/customers/{tenant}", customerId="C-1")

    assert told(staff.post(f"{LIST}opt-ins/", sent, follow=True)) == ["1 customer no longer there."]


def test_a_viewer_edits_nothing(partner: Partner, ada: Customer) -> None:
    viewer = member(Role.VIEWER, partner.tenant)

    assert submit_list(viewer, ada, "sms_optin").status_code == 403
    assert viewer.post(f"{LIST}{ada.pk}/change/", {"seen": seen(ada), "sms_optin": "on"}).status_code == 403
    sent = {"chosen": seen(ada), "flag": "sms_optin", "value": "yes"}
    assert viewer.post(f"{LIST}opt-ins/", sent).status_code == 403
    ada.refresh_from_db()
    assert ada.sms_optin is False


def test_a_stranger_edits_nothing(partner: Partner, by_email: Partner, ada: Customer) -> None:
    stranger = member(Role.ADMIN, by_email.tenant)

    submit_list(stranger, ada, "sms_optin")
    stranger.post(f"{LIST}opt-ins/", {"chosen": seen(ada), "flag": "sms_optin", "value": "yes"})

    assert stranger.post(f"{LIST}{ada.pk}/change/", {"seen": seen(ada), "sms_optin": "on"}).status_code in (403, 404)
    ada.refresh_from_db()
    assert ada.sms_optin is False


def test_erasing_says_what_goes_and_leaves_anonymous_sales(partner: Partner, ada: Customer, staff: Client) -> None:
    partner.save("orders", order(OrderId="O-1"), order(OrderId="O-2", CustomerId="other"))

    asked = staff.get(f"{LIST}{ada.pk}/delete/")
    question = asked.context["question"]
    answer = staff.post(question.url, {"chosen": question.chosen}, follow=True)

    sale = Order.objects.get(order_id="O-1")
    assert "2 of their orders become anonymous" in text(asked)
    assert "1 customer erased." in text(answer)
    assert not Customer.objects.exists()
    assert sale.customer_id.startswith("erased-")
    assert sale.email is None
    assert [changeset.operation for changeset in Changeset.objects.order_by("-pk")[:2]] == ["erase", "erase"]


def test_an_order_that_another_customer_still_has_is_not_counted(
    partner: Partner, ada: Customer, staff: Client
) -> None:
    partner.save("customers", {"CustomerId": "C-2", "Email": "ada@example.com"})
    partner.save("orders", order(OrderId="O-1", CustomerId="unknown"))

    assert "0 of their orders" in text(staff.get(f"{LIST}{ada.pk}/delete/"))


def test_no_log_of_djangos_own_keeps_a_name(ada: Customer, staff: Client) -> None:
    submit_list(staff, ada, "sms_optin")
    staff.post(f"{LIST}{ada.pk}/change/", {"seen": seen(Customer.objects.get()), "gdpr_optin": "on"})
    staff.post(f"{LIST}delete/", {"chosen": str(ada.pk)})

    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("shown", ["", "x", "1", "1:x", "1:2:3", f"{'9' * 30}:1"])
def test_what_no_page_wrote_is_not_found(shown: str, staff: Client) -> None:
    assert staff.post(f"{LIST}opt-ins/", {"chosen": shown, "flag": "sms_optin"}).status_code == 404


def test_the_ledger_is_searched_by_customer(partner: Partner, ada: Customer, staff: Client) -> None:
    partner.save("customers", {"CustomerId": "C-2"})
    partner.save("customers", {"CustomerId": "C-1", "SmsOptin": True}, {"CustomerId": "C-2", "SmsOptin": True})

    for term in ("C-1", "ADA@example.com", str(ada.pk)):
        shown = staff.get("/admin/tenants/consentchange/", {"q": term}).context["cl"].result_list
        assert [change.customer for change in shown] == [ada.pk, ada.pk]


def test_edits_in_two_tenants_are_two_changesets(partner: Partner, by_email: Partner, ada: Customer) -> None:
    by_email.save("customers", {"Email": "bob@example.com"})
    bob = Customer.objects.get(tenant=by_email.tenant)
    chosen = f"{seen(ada)},{seen(bob)}"

    superuser().post(f"{LIST}opt-ins/", {"chosen": chosen, "flag": "is_excluded", "value": "yes"})

    edits = Changeset.objects.filter(operation="edit")
    assert {(edit.tenant_id, *edit.updated_ids) for edit in edits} == {
        (partner.tenant.pk, ada.pk),
        (by_email.tenant.pk, bob.pk),
    }
