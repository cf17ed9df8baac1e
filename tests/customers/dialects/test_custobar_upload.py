"""POST /api/customers/upload/: what is read, what is refused, and what comes back (document 003)."""

from typing import Any

import pytest

from tenants.models import ConsentChange
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import EMAIL, JAMES, PHONE, send_upload, the_customer, upload


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


def test_plain_records_are_stored_in_their_normal_form(partner: Partner) -> None:
    record = {"external_id": "1", "email": " ANN@example.org", "phone_number": "+358 10 123-4567", "language": "EN-us"}
    upload(partner, {**record, "last_name": " Lee ", "first_name": None, "can_sms": True})

    customer = the_customer(partner)
    assert (customer["Email"], customer["Phone"], customer["Language"]) == (EMAIL, PHONE, "en-US")
    assert (customer["Surname"], customer["Name"], customer["SmsOptin"]) == ("Lee", None, True)


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


@pytest.mark.parametrize("odd", [{"tags": ["a\0"]}, {"X__y": {"a": "\0"}}, {"X__y": [0] * 1_000_002}, {"X__\0": 1}])
def test_one_odd_record_among_usual_ones(odd: dict[str, Any], partner: Partner) -> None:
    usual = [{"external_id": str(i), "X__z": 1} for i in range(3)]

    response = send_upload(partner, {"customers": [*usual, {"external_id": "4", **odd}]})

    assert response.status_code == 400
    assert partner.read("customers") == []


def test_a_record_without_identifier_is_named(partner: Partner) -> None:
    response = send_upload(partner, {"customers": [{"external_id": "1"}, {"first_name": "J", "email": ""}]})

    assert response.status_code == 400
    assert list(response.json()["error"]["errors"]) == ["[1]"]


def test_a_blank_identifier_among_usual_ones(partner: Partner) -> None:
    blank = {"external_id": " ", "email": EMAIL}

    assert upload(partner, {"external_id": "1"}, blank) == {"response": "ok", "count": 2}
    response = send_upload(partner, [{"external_id": "2"}, {"external_id": " ", "email": " ", "phone_number": None}])

    assert response.status_code == 400
    assert list(response.json()["error"]["errors"]) == ["[1]"]
    assert {customer["CustomerId"] for customer in partner.read("customers")} == {"1", None}


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


def test_consents_land_in_the_ledger(partner: Partner) -> None:
    upload(partner, {**JAMES, "can_email": True})
    upload(partner, {**JAMES, "can_email": False})

    (change,) = ConsentChange.objects.filter(tenant=partner.tenant)
    assert (change.before, change.after) == (1, 0)
