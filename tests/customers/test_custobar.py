"""POST /api/customers/upload/: who is meant, what is stored, and what comes back (document 003)."""

from typing import Any

import pytest

from tenants.models import ConsentChange
from tests.conftest import MakeTenant, Partner
from tests.customers.vendors import assert_keys_true, send_upload, the_customer, upload

JAMES = {"external_id": "3619490226", "email": "james.carroll@example.org", "phone_number": "+447757138957"}


def test_every_field_comes_back(make_tenant: MakeTenant) -> None:
    partner = make_tenant(time_zone="Europe/Helsinki")
    kept = {
        "canonical_id": "person 7",
        "shop_id": "Epwell",
        "city": "Epwell",
        "company": "Carroll & Sons",
        "gender": "Male",
        "house_number": "III",
        "house_number_addition": "B 7",
        "province": "Oxfordshire",
        "street_address": "42 Red Lane",
        "street_name": "Red Lane",
        "vat_number": "FI123456",
        "zip_code": "OX15 3PW",
        "birth_date": "1991-06-14",
        "can_post": True,
        "COMPANY__customer_group": 1,
        "COMPANY__history": {"since": [2015, 1.5, None, "spring"]},
    }
    times = {"date_joined": "2015-08-28", "last_login": "2015-08-28T14:10:00+02:00"}
    codes = {"country": "gb", "language": "en-gb"}
    flags = {"can_email": True, "can_sms": True, "can_push": True, "can_profile": True}
    sets = {"tags": ["vip", "kitchenware", "vip"], "mailing_lists": "kitchenware"}

    answer = upload(
        partner, {**JAMES, "first_name": "James", "last_name": "C", **kept, **times, **codes, **flags, **sets}
    )

    assert answer == {"response": "ok", "count": 1}
    customer = the_customer(partner)
    assert customer["Attributes"] == {
        **kept,
        "country": "GB",
        "date_joined": "2015-08-27T21:00:00.000Z",
        "last_login": "2015-08-28T12:10:00.000Z",
    }
    assert (customer["CustomerId"], customer["Email"], customer["Phone"]) == tuple(JAMES.values())
    assert (customer["Name"], customer["Surname"], customer["Language"]) == ("James", "C", "en-GB")
    assert [customer[name] for name in ("EmailOptin", "SmsOptin", "AppPushOptin", "GdprOptin")] == [True] * 4
    assert [customer["WhatsappOptin"], customer["IsExcluded"]] == [False, False]
    assert customer["Tags"] == ["vip", "kitchenware"]
    assert customer["MailingLists"] == ["kitchenware"]


def test_fields_left_out_keep_their_value(partner: Partner) -> None:
    upload(partner, {**JAMES, "first_name": "James", "can_email": True, "city": "Epwell", "tags": ["vip"], "X__y": 1})

    upload(partner, {"external_id": "3619490226", "last_name": "Carroll", "can_sms": None, "city": None, "X__y": None})

    customer = the_customer(partner)
    assert (customer["Name"], customer["Surname"], customer["Email"]) == ("James", "Carroll", JAMES["email"])
    assert customer["EmailOptin"] is True
    assert customer["Attributes"] == {"city": "Epwell", "X__y": 1}
    assert customer["Tags"] == ["vip"]


def test_an_empty_string_removes_a_key(partner: Partner) -> None:
    sent = {"first_name": "J", "language": "en", "can_email": True, "city": "E", "last_login": "2015-08-28", "X__y": 1}
    upload(partner, {**JAMES, **sent, "tags": ["vip"], "mailing_lists": ["a"]})

    upload(partner, {"external_id": JAMES["external_id"], **dict.fromkeys(sent, ""), "tags": "", "mailing_lists": "",
                     "email": "", "phone_number": ""})  # fmt: skip

    customer = the_customer(partner)
    assert [customer[name] for name in ("Name", "Language", "Email", "Phone", "EmailOptin")] == [None] * 4 + [False]
    assert [customer["Attributes"], customer["Tags"], customer["MailingLists"]] == [{}, [], []]


def test_sets_are_set_then_added_to_then_removed_from(partner: Partner) -> None:
    upload(partner, {"external_id": "1", "tags": ["a", "b"], "mailing_lists": ["x"]})

    upload(
        partner,
        {"external_id": "1", "tags.add": ["c", "b"], "tags.remove": ["a"], "mailing_lists.add": "y"},
        {"external_id": "1", "mailing_lists": ["z"], "mailing_lists.add": ["w", "q"], "mailing_lists.remove": "q"},
    )

    customer = the_customer(partner)
    assert customer["Tags"] == ["b", "c"]
    assert customer["MailingLists"] == ["z", "w"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("external_id", 3619490226),
        ("external_id", "C_1"),
        ("external_id", "C 1"),
        ("external_id", "C" * 101),
        ("phone_number", "0101234567"),
        ("phone_number", "+35810"),
        ("email", "person"),
        ("first_name", "J" * 101),
        ("city", 7),
        ("can_email", "true"),
        ("can_post", 1),
        ("is_forgotten", "yes"),
        ("date_joined", "28.8.2015"),
        ("date_joined", "2015-02-30"),
        ("last_login", "2015-08-28T25:00:00Z"),
        ("birth_date", "1991-06-14T00:00:00Z"),
        ("country", "Sweden"),
        ("country", "zz"),
        ("language", "swedish, mostly"),
        ("tags", "vip"),
        ("tags", ["vip", 1]),
        ("tags.add", [""]),
        ("mailing_lists", 1),
        ("mailing_lists.remove", [None]),
        ("COMPANY__note", "\0"),
    ],
)
def test_a_value_of_another_type_is_refused(field: str, value: Any, partner: Partner) -> None:
    response = send_upload(partner, {"customers": [{"external_id": "1"}, {"email": "a@example.org", field: value}]})

    assert response.status_code == 400, response.content
    answer = response.json()
    assert answer["response"] == "error"
    assert answer["error"]["reason"] == "Validation failed"
    place = "COMPANY__field" if field.startswith("COMPANY") else field
    assert any(key.startswith(f"[1].{place}") for key in answer["error"]["errors"])
    assert partner.read("customers") == []


def test_a_record_without_identifier_is_named(partner: Partner) -> None:
    response = send_upload(partner, {"customers": [{"external_id": "1"}, {"first_name": "J", "email": ""}]})

    assert response.status_code == 400
    assert list(response.json()["error"]["errors"]) == ["[1]"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"customers": [', 400),
        (b"\xff", 400),
        (b"", 400),
        (b'"customers"', 400),
        ({"users": []}, 400),
        ({"customers": {}}, 400),
        ({"customers": [7]}, 400),
        ({"customers": [{"external_id": str(i)} for i in range(1001)]}, 400),
        (b'[{"external_id":"1","X__y":' + b"[" * 100 + b"]" * 100 + b"}]", 400),
        (b'[{"external_id":"1","X__y":' + b"[" * 900 + b"]" * 900 + b"}]", 400),
        (b'[{"external_id":"1","deep":' + b"[" * 300 + b"]" * 300 + b"}]", 400),
        (b'[{"external_id":"1","X__y":NaN}]', 400),
        (b'[{"external_id":"1","X__y":1e999}]', 400),
        (b'[{"external_id":"1","X__y":"\\ud800"}]', 400),
        ({"customers": []}, 200),
        ([{"external_id": "1"}], 200),
        ([{"external_id": "1", "X__y": 10**30}], 200),
        ([{"external_id": "1", "": 1, "__y": 1, "X__": 1}], 200),
    ],
)
def test_odd_bodies(body: Any, status: int, partner: Partner) -> None:
    response = send_upload(partner, body)

    assert response.status_code == status, response.content
    assert ("reason" in response.json().get("error", {})) == (status != 200)


def test_unknown_fields_are_ignored_and_named(partner: Partner) -> None:
    answer = upload(partner, {"external_id": "1", "shoe_size": 43})

    assert answer["warnings"] == {"[0].shoe_size": ["Unknown field, ignored."]}
    assert the_customer(partner)["Attributes"] == {}


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


def test_an_opt_out_reaches_everyone_it_may_mean(partner: Partner) -> None:
    upload(partner, *({**JAMES, "external_id": name, "email": f"{name}@example.org", "can_sms": True} for name in "12"))

    upload(partner, {"phone_number": JAMES["phone_number"], "can_sms": False, "email": "new@example.org"})

    customers = partner.read("customers")
    assert [customer["SmsOptin"] for customer in customers] == [False, False]
    assert {customer["Email"] for customer in customers} == {"1@example.org", "2@example.org"}


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


def test_dialects_share_their_customers(partner: Partner) -> None:
    upload(partner, {**JAMES, "can_email": True, "tags": ["vip"]})

    partner.save("customers", {"CustomerId": JAMES["external_id"], "Name": "James", "EmailOptin": False})

    customer = the_customer(partner)
    assert (customer["Name"], customer["EmailOptin"], customer["Tags"]) == ("James", False, ["vip"])
    assert [change["Source"] for change in partner.changes()] == ["custobar", "api"]


def test_an_upload_sent_again_changes_nothing(partner: Partner) -> None:
    record = {**JAMES, "tags.add": ["vip"], "mailing_lists": "a", "X__y": 1.5, "date_joined": "2015-08-28"}
    upload(partner, record)

    upload(partner, record)

    assert len(partner.changes()) == 1


def test_null_says_nothing(partner: Partner) -> None:
    upload(partner, JAMES)
    changes = partner.changes()

    upload(partner, {**JAMES, "city": None, "COMPANY__group": None, "tags": None, "can_sms": None})

    assert partner.changes() == changes


def test_consents_land_in_the_ledger(partner: Partner) -> None:
    upload(partner, {**JAMES, "can_email": True})
    upload(partner, {**JAMES, "can_email": False})

    (change,) = ConsentChange.objects.filter(tenant=partner.tenant)
    assert (change.before, change.after) == (1, 0)


@pytest.mark.parametrize("known", [0, 500])
def test_500_customers_cost_a_fixed_number_of_statements(
    known: int, partner: Partner, django_assert_max_num_queries: Any
) -> None:
    records = [{"external_id": f"C-{i}", "email": f"{i}@example.org", "tags.add": ["a"]} for i in range(500)]
    if known:
        upload(partner, *records)

    with django_assert_max_num_queries(
        9
    ):  # authorise, BEGIN, lock, look up by each identifier, upsert, changeset, COMMIT
        upload(partner, *({**record, "first_name": "J"} for record in records))

    with django_assert_max_num_queries(17):  # and relatives, step aside, re-key; delete, orders, remember
        moved = [{"external_id": f"C-{i}", "email": ""} for i in range(400)]
        upload(partner, *moved, *({"external_id": f"C-{i}", "is_forgotten": True} for i in range(400, 500)))
    assert len(partner.read("customers")) == 400
