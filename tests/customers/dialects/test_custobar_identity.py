"""Whom a Custobar record means: customers found by each identifier, and those whose identifiers are not given away."""

from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction

from customers.ingest import upsert_customers
from customers.models import Customer
from hub.records.records import RecordList
from tenants.changes.changesets import Origin
from tenants.models import ConsentChange, Source
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import EMAIL, JAMES, PHONE, assert_keys_true, by_id, the_customer, upload
from tests.waiting import somebody_waits_for_us, wait_until

ORIGIN = Origin(Source.API, "test", "")


@pytest.mark.parametrize("priority", ["customerid", "email"])
@pytest.mark.parametrize("name", list(JAMES))
def test_a_customer_is_found_by_each_identifier(name: str, priority: str, make_tenant: MakeTenant) -> None:
    partner = make_tenant(priority=priority)
    upload(partner, JAMES)

    upload(partner, {name: JAMES[name], "first_name": "James"})

    assert the_customer(partner)["Name"] == "James"


@pytest.mark.parametrize("priority", ["customerid", "email"])
def test_a_customer_known_by_phone_alone_is_found_by_it(priority: str, make_tenant: MakeTenant) -> None:
    partner = make_tenant(priority=priority)
    upload(partner, {"phone_number": "+44 7757 138-957"})

    upload(
        partner, {"phone_number": "+447757138957", "email": "james.carroll@example.org"}, {**JAMES, "city": "Epwell"}
    )

    customer = the_customer(partner)
    assert (customer["CustomerId"], customer["Email"], customer["Phone"]) == tuple(JAMES.values())
    assert_keys_true(partner)


def test_another_external_id_is_another_customer(partner: Partner) -> None:
    upload(partner, JAMES)

    upload(partner, {**JAMES, "external_id": "2"})

    assert {customer["CustomerId"] for customer in partner.read("customers")} == {"2", JAMES["external_id"]}


NONE = "2 customers are meant: it is applied to none. Send external_id to say who is meant."
ALL = "2 customers are meant: what it withdraws is withdrawn from all of them."
FULL = {
    "phone_number": JAMES["phone_number"],
    **dict.fromkeys(("can_email", "can_sms", "can_push", "can_profile", "can_post"), True),
    "first_name": "Ann",
    "city": "Turku",
    "tags": ["vip"],
    "mailing_lists": ["news", "shoes"],
}
OPTINS = ("EmailOptin", "SmsOptin", "AppPushOptin", "GdprOptin")


def two_of_one_number(partner: Partner) -> None:
    upload(partner, *({**FULL, "external_id": name, "email": f"{name}@example.org"} for name in "12"))


@pytest.mark.parametrize("no", [False, "", "no", "0", 0])
def test_what_is_withdrawn_reaches_everyone_it_may_mean(no: Any, partner: Partner) -> None:
    two_of_one_number(partner)
    lists = {"mailing_lists.remove": ["news"]}

    answer = upload(partner, {name: no if value is True else value for name, value in FULL.items()} | lists)

    assert answer["warnings"] == {
        "[0]": [f"{ALL[:-1]}, everything else is applied to none. Send external_id to say who is meant."]
    }
    for customer in partner.read("customers"):
        assert [customer[name] for name in OPTINS] == [False] * 4
        assert customer["Attributes"] == {"city": "Turku", "can_post": False}
        assert customer["MailingLists"] == ["shoes"]
    ledger = ConsentChange.objects.filter(tenant=partner.tenant)
    assert ledger.exclude(before=None).count() == 2


def test_everything_else_of_a_record_that_means_several_is_applied_to_none(partner: Partner) -> None:
    upload(partner, *({"phone_number": PHONE, "external_id": name, "can_sms": True} for name in "12"))
    before = partner.read("customers")
    more = {"tags.add": ["x"], "mailing_lists.add": "x", "language": "en", "X__y": 1, "email": EMAIL}

    answer = upload(partner, {**FULL, "phone_number": PHONE, **more}, {"phone_number": PHONE, "can_sms": True})

    assert answer["warnings"] == {"[0]": [NONE], "[1]": [NONE]}
    assert partner.read("customers") == before
    assert len(partner.changes()) == 1


def test_a_plain_record_that_means_several_withdraws_from_all(partner: Partner) -> None:
    two_of_one_number(partner)

    answer = upload(partner, {"phone_number": JAMES["phone_number"], "can_sms": False, "email": "new@example.org"})

    assert answer["warnings"] == {"[0]": [ALL]}
    assert [customer["SmsOptin"] for customer in partner.read("customers")] == [False, False]
    assert {customer["Email"] for customer in partner.read("customers")} == {"1@example.org", "2@example.org"}


def test_somebody_new_is_stored_though_a_tills_number_may_mean_several(partner: Partner) -> None:
    upload(partner, *({"email": f"{n}@example.org", "can_sms": True} for n in "12"))
    Customer.objects.update(phone=JAMES["phone_number"])

    answer = upload(
        partner, {"external_id": "3", "phone_number": JAMES["phone_number"], "can_sms": False, "city": "Turku"}
    )

    new = "2 customers may be meant: withdrawals were applied to all of them, everything is a new one's."
    assert answer["warnings"] == {"[0]": [new]}
    stored = [(c["CustomerId"], c["SmsOptin"], c["Attributes"].get("city")) for c in partner.read("customers")]
    assert sorted(stored, key=str) == [("3", False, "Turku"), (None, False, None), (None, False, None)]
    assert upload(partner, {"external_id": "3", "city": "Oulu"}) == {"response": "ok", "count": 1}


@pytest.mark.parametrize("flag", ["is_deleted", "is_forgotten"])
def test_who_is_erased_by_an_identifier_of_their_own_takes_nobody_along(flag: str, partner: Partner) -> None:
    upload(partner, *({"email": f"{n}@example.org"} for n in "12"))
    Customer.objects.update(phone=JAMES["phone_number"])

    answer = upload(partner, {"external_id": "57", "phone_number": JAMES["phone_number"], flag: True})

    assert answer == {"response": "ok", "count": 1}
    assert len(partner.read("customers")) == 2
    assert "skipped" not in upload(partner, {"email": "1@example.org", "city": "Turku"})


def test_a_further_identifier_tells_which_of_several_is_meant(partner: Partner) -> None:
    two_of_one_number(partner)

    answer = upload(partner, {"phone_number": JAMES["phone_number"], "email": "2@example.org", "first_name": "Bo"})

    assert "warnings" not in answer
    assert [by_id(partner)[name]["Name"] for name in "12"] == ["Ann", "Bo"]


@pytest.mark.parametrize("flag", ["is_deleted", "is_forgotten"])
def test_who_is_deleted_or_forgotten_is_everyone_the_record_means(flag: str, partner: Partner) -> None:
    two_of_one_number(partner)
    upload(partner, {"external_id": "3"})

    answer = upload(partner, {"phone_number": JAMES["phone_number"], flag: True})

    assert answer["warnings"] == {"[0]": ["2 customers are meant, and all of them erased."]}
    assert [customer["CustomerId"] for customer in partner.read("customers")] == ["3"]


def test_an_email_that_another_customer_is_known_by_stays_theirs(by_email: Partner) -> None:
    upload(by_email, {"external_id": "1", "email": "a@example.org"}, {"external_id": "2", "email": "b@example.org"})

    answer = upload(by_email, {"external_id": "1", "email": "b@example.org", "first_name": "Ann"})

    assert list(answer["warnings"]) == ["[0].email"]
    stored = {(c["CustomerId"], c["Email"], c["Name"]) for c in by_email.read("customers")}
    assert stored == {("1", "a@example.org", "Ann"), ("2", "b@example.org", None)}


def test_an_email_is_not_given_up_where_the_key_that_is_left_is_taken(by_email: Partner) -> None:
    by_email.save("customers", {"CustomerId": "5"})
    by_email.save("customers", {"CustomerId": "5", "Email": "a@example.org", "Phone": "+358101234567"})

    answer = upload(by_email, {"phone_number": "+358101234567", "email": "", "city": "Turku"})

    assert list(answer["warnings"]) == ["[0].email"]
    assert {c["Email"]: c["Attributes"] for c in by_email.read("customers")} == {
        "a@example.org": {"city": "Turku"},
        None: {},
    }
    assert_keys_true(by_email)


@pytest.mark.parametrize("known", [{"phone_number": PHONE}, {"email": EMAIL}, {"phone_number": PHONE, "email": EMAIL}])
@pytest.mark.parametrize("sent", [{"phone_number": PHONE}, {"email": EMAIL}])
def test_a_new_external_id_goes_to_the_customer_without_one(
    sent: dict[str, str], known: dict[str, str], partner: Partner
) -> None:
    upload(partner, {**known, "first_name": "Ann", "tags": ["vip"]}, {"external_id": "1"})

    upload(partner, {"external_id": "1", "city": "Turku"}, {"external_id": "2", **sent, "tags.add": ["new"]})

    customers = partner.read("customers")
    if sent.items() <= known.items():
        assert len(customers) == 2
        assert (by_id(partner)["2"]["Name"], by_id(partner)["2"]["Tags"]) == ("Ann", ["vip", "new"])
    else:
        assert len(customers) == 3
    assert_keys_true(partner)


@pytest.mark.parametrize("known", [{"phone_number": PHONE}, {"email": EMAIL}, {"phone_number": PHONE, "email": EMAIL}])
@pytest.mark.parametrize("sent", [{"phone_number": PHONE}, {"email": EMAIL}])
def test_a_plain_record_with_a_new_external_id_goes_to_the_customer_without_one(
    sent: dict[str, str], known: dict[str, str], partner: Partner
) -> None:
    upload(partner, {**known, "first_name": "Ann"})

    upload(partner, {"external_id": "1"}, {"external_id": "2", **sent})

    names = {customer["CustomerId"]: customer["Name"] for customer in partner.read("customers")}
    assert names == ({"1": None, "2": "Ann"} if sent.items() <= known.items() else {None: "Ann", "1": None, "2": None})
    assert_keys_true(partner)


def test_a_known_external_id_leaves_the_customer_without_one_alone(partner: Partner) -> None:
    upload(partner, {"external_id": "1"}, {"phone_number": PHONE})

    upload(partner, {"external_id": "1", "phone_number": PHONE, "first_name": "Ann"})

    assert by_id(partner)["1"]["Phone"] == by_id(partner)[None]["Phone"] == PHONE
    assert by_id(partner)[None]["Name"] is None


def test_another_tenants_customer_without_external_id_is_not_meant(partner: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()
    upload(stranger, {"email": EMAIL, "tags": ["theirs"]}, {"external_id": "1", "tags": ["theirs"]})

    upload(partner, {"external_id": "1", "email": EMAIL, "tags.add": ["ours"]})

    assert by_id(partner)["1"]["Tags"] == ["ours"]
    assert by_id(stranger)[None]["Email"] == EMAIL


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("more", [{}, {"tags.add": ["new"]}])
def test_who_waits_while_somebody_without_external_id_is_stored_sees_it(more: dict[str, Any], partner: Partner) -> None:
    def send() -> None:
        upload(partner, {"external_id": "1", "email": EMAIL, **more})
        connection.close()

    waiting = Thread(target=send)
    with transaction.atomic():  # without a request, whose counting would make the other wait before its statement
        upsert_customers(partner.tenant, RecordList([{"Email": EMAIL, "Name": "Ann"}]), origin=ORIGIN)
        waiting.start()
        assert wait_until(somebody_waits_for_us)
    waiting.join()

    assert (the_customer(partner)["CustomerId"], the_customer(partner)["Name"]) == ("1", "Ann")
    assert_keys_true(partner)
