"""POST /api/customers/upload/: what is read, what is refused, and what comes back (document 003)."""

from typing import Any

import pytest

from tenants.models import Changeset, ConsentChange
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


def test_one_record_does_not_stop_the_others(partner: Partner) -> None:
    good = [{"external_id": str(i), "city": "Epwell"} for i in range(20)]
    bad = [{"first_name": "J", "email": ""}, 7, {"email": "person", "phone_number": "12"}, {"external_id": "C_1"}]

    answer = upload(partner, *good, *bad)  # type: ignore[arg-type]

    missing = "At least one of the following properties must have a value: external_id, phone_number, email"
    phone = "The field phone_number must be a phone number with its country code, for example +358101234567,"
    assert answer == {
        "response": "ok",
        "count": 24,
        "rejected": {
            "[20]": [missing],
            "[21]": ["The element must be a JSON object."],
            "[22]": [
                "The field email must be a valid e-mail address.",
                f"{phone} or a national one of the tenant's default country.",
            ],
            "[23]": ["The field external_id must consist of letters, digits and dashes."],
        },
    }
    assert len(partner.read("customers")) == 20
    changeset = Changeset.objects.get(tenant=partner.tenant)
    assert (changeset.received, len(changeset.created_ids)) == (24, 20)


def test_places_are_those_of_the_upload_where_some_are_rejected(partner: Partner) -> None:
    upload(partner, {"external_id": "9", "is_forgotten": True}, {"external_id": "1", "phone_number": PHONE})
    upload(partner, {"external_id": "2", "phone_number": PHONE})

    answer = upload(partner, {}, {"external_id": "3", "city": []}, {"external_id": "9"}, {"phone_number": PHONE})

    assert list(answer["rejected"]) == ["[0]"]
    assert answer["skipped"] == [2]
    assert list(answer["warnings"]) == ["[1].city", "[3]"]


def test_an_upload_of_which_nothing_could_be_stored_is_refused(partner: Partner) -> None:
    response = send_upload(partner, {"customers": [{"email": "person"}, {"city": "Epwell"}, None]})

    assert response.status_code == 400
    answer = response.json()
    assert (answer["response"], answer["error"]["reason"]) == ("error", "Validation failed")
    assert answer["error"]["errors"] == {
        "[0].email": ["The field email must be a valid e-mail address."],
        "[1]": ["At least one of the following properties must have a value: external_id, phone_number, email"],
        "[2]": ["The element must be a JSON object."],
    }
    assert partner.changes() == []


def test_a_bad_identifier_among_good_ones_is_left_out(partner: Partner) -> None:
    answer = upload(partner, {"external_id": "1", "email": "person", "phone_number": "12", "first_name": "Ann"})

    assert sorted(answer["warnings"]) == ["[0].email", "[0].phone_number"]
    customer = the_customer(partner)
    assert [customer[name] for name in ("CustomerId", "Email", "Phone", "Name")] == ["1", None, None, "Ann"]


def test_a_value_that_is_left_out_leaves_the_stored_one(partner: Partner) -> None:
    upload(partner, {"external_id": "1", "email": EMAIL, "city": "Turku", "tags": ["vip"], "can_email": True})

    upload(partner, {"external_id": "1", "email": "person", "city": {}, "tags": True, "can_email": "perhaps"})

    customer = the_customer(partner)
    assert (customer["Email"], customer["Tags"], customer["EmailOptin"]) == (EMAIL, ["vip"], True)
    assert customer["Attributes"] == {"city": "Turku"}


def test_a_blank_identifier_among_usual_ones(partner: Partner) -> None:
    blank = {"external_id": " ", "email": EMAIL}

    assert upload(partner, {"external_id": "1"}, blank) == {"response": "ok", "count": 2}
    answer = upload(partner, {"external_id": "2"}, {"external_id": " ", "email": " ", "phone_number": None})

    assert list(answer["rejected"]) == ["[1]"]
    assert {customer["CustomerId"] for customer in partner.read("customers")} == {"1", "2", None}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"customers": [', 400),
        (b"\xff", 400),
        ('{"customers":[{"external_id":"1","city":"Épinal"}]}'.encode("latin-1"), 400),
        ('{"customers":[{"external_id":"1"}]}'.encode("utf-16"), 400),
        (b"", 400),
        (b'"customers"', 400),
        ({"users": []}, 400),
        ({"customers": {}}, 400),
        ({"customers": [7]}, 400),
        ({"customers": [{"external_id": str(i)} for i in range(1001)]}, 400),
        (b'[{"external_id":"1","X__y":' + b"[" * 100_000 + b"]" * 100_000 + b"}]", 400),
        (b'[{"external_id":"1","X__y":[0' + b",0" * 1_000_002 + b"]}]", 400),
        (b'\xef\xbb\xbf{"customers":[{"external_id":"1"}]}', 200),
        ({"customers": []}, 200),
        ([], 200),
        ([{"external_id": "1"}], 200),
        ([{"external_id": "1", "X__y": 10**30}], 200),
        ([{"external_id": "1", "": 1, "__y": 1, "X__": 1}], 200),
        ([{"External_ID": "1", "CITY": "Turku"}], 200),
    ],
)
def test_odd_bodies(body: Any, status: int, partner: Partner) -> None:
    response = send_upload(partner, body)

    assert response.status_code == status, response.content
    assert ("reason" in response.json().get("error", {})) == (status != 200)
    assert bool(partner.changes()) == (status == 200 and response.json()["count"] > 0)


def test_unknown_fields_are_ignored_and_named(partner: Partner) -> None:
    answer = upload(partner, {"external_id": "1", "shoe_size": 43})

    assert answer["warnings"] == {"[0].shoe_size": ["Unknown field, ignored."]}
    assert the_customer(partner)["Attributes"] == {}


def test_everything_left_out_is_named_and_the_first_unknown_fields(partner: Partner) -> None:
    answer = upload(partner, *({"external_id": str(i), "state": "Turku", "city": []} for i in range(500)))

    named = [place.partition(".")[2] for place in answer["warnings"]]
    assert (named.count("city"), named.count("state")) == (500, 20)


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

    ledger = ConsentChange.objects.filter(tenant=partner.tenant).order_by("pk")
    assert list(ledger.values_list("before", "after", "channels")) == [(None, 1, 1), (1, 0, 1)]
