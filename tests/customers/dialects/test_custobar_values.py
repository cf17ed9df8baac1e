"""What becomes of a Custobar value that is not as document 003 has it: converted, or left out and named."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.dialects.custobar.fields import NAMES
from tests.conftest import MakeTenant, Partner, examples
from tests.customers.dialects.vendors import EMAIL, send_upload, the_customer, upload

NO_VALUE = None
CONVERTED: list[tuple[str, Any, Any]] = [
    ("zip_code", 12345, "12345"),
    ("zip_code", 12345.0, "12345"),
    ("house_number", 7.5, "7.5"),
    ("city", -1, "-1"),
    ("first_name", 7, "7"),
    ("canonical_id", 2**60, str(2**60)),
    ("language", "en_US", "en-US"),
    ("language", "EN_us.UTF-8", "en-US"),
    ("country", "UK", "GB"),
    ("country", "el", "GR"),
    ("country", "xk", "XK"),
    ("birth_date", "1973-12-15 00:00:00", "1973-12-15"),
    ("birth_date", "1973-12-15T00:00:00Z", "1973-12-15"),
    ("birth_date", " 1973-12-15 00:00 ", "1973-12-15"),
    ("birth_date", "1973-12-15T00:00:00.000+00:00", "1973-12-15"),
    ("birth_date", "0000-00-00", NO_VALUE),
    ("birth_date", "0000-00-00 00:00:00", NO_VALUE),
    ("birth_date", "-0001-11-30T00:00:00+00:00", NO_VALUE),
    ("date_joined", "0000-00-00 00:00:00", NO_VALUE),
    ("date_joined", "2015-08-28 14:10:00", "2015-08-28T14:10:00.000Z"),
    ("last_login", "0000-00-00", NO_VALUE),
    ("last_login", "-0001-11-30 00:00:00", NO_VALUE),
    ("tags", "vip", ["vip"]),
    ("tags", 5, ["5"]),
    ("tags", ["vip", 5, "", None, " "], ["vip", "5"]),
    ("tags", [""], []),
    ("tags.add", {"0": "vip", "2": "new"}, ["vip", "new"]),
    ("mailing_lists", "news", ["news"]),
    ("mailing_lists", 17, ["17"]),
    ("mailing_lists.add", "news", ["news"]),
    ("external_id", 36, "36"),
    ("external_id", 36.0, "36"),
    ("email", " Jane@Example.ORG ", "jane@example.org"),
]
HUB_FIELDS = {"external_id": "CustomerId", "email": "Email", "first_name": "Name", "language": "Language"}


def stored(partner: Partner, field: str) -> Any:
    customer = the_customer(partner)
    if field in HUB_FIELDS:
        return customer[HUB_FIELDS[field]]
    if field.startswith("tags"):
        return customer["Tags"]
    return customer["MailingLists"] if field.startswith("mailing") else customer["Attributes"].get(field)


@pytest.mark.parametrize(("field", "sent", "expected"), CONVERTED)
def test_what_has_one_plain_meaning_is_converted(field: str, sent: Any, expected: Any, partner: Partner) -> None:
    answer = upload(partner, {"phone_number": "+358101234567", field: sent})

    assert answer == {"response": "ok", "count": 1}
    assert stored(partner, field) == expected


LEFT_OUT: list[tuple[str, Any, str]] = [
    ("external_id", True, "must be a string"),
    ("external_id", "C_1", "letters, digits and dashes"),
    ("external_id", "C" * 101, "maximum length of 100"),
    ("external_id", 2.0**60, "must be a string"),
    ("phone_number", "0101234567", "with its country code"),
    ("phone_number", "+35810", "with its country code"),
    ("phone_number", "ask Ann", "with its country code"),
    ("phone_number", 358101234567, "with its country code"),
    ("first_name", "J" * 101, "maximum length of 100"),
    ("city", ["Turku"], "must be a string"),
    ("city", {"name": "Turku"}, "must be a string"),
    ("city", False, "must be a string"),
    ("city", "x" * 501, "maximum length of 500"),
    ("city", "Tur\0ku", "U+0000"),
    ("city", "Turku \ud83d", "lone surrogate"),
    ("can_email", "perhaps", "true or false"),
    ("can_email", 2, "true or false"),
    ("can_email", [], "true or false"),
    ("can_email", "on", "true or false"),
    ("can_email", float("nan"), "must be a number"),
    ("is_forgotten", "perhaps", "true or false"),
    ("date_joined", "28.8.2015", "ISO 8601"),
    ("date_joined", "2015-02-30", "ISO 8601"),
    ("date_joined", 1440771000, "must be a string"),
    ("last_login", "2015-08-28T25:00:00Z", "ISO 8601"),
    ("birth_date", "1991-06-14T22:00:00Z", "ISO 8601"),
    ("birth_date", "14.6.1991", "ISO 8601"),
    ("country", "Sweden", "ISO 3166"),
    ("country", "zz", "ISO 3166"),
    ("language", "swedish, mostly", "maximum length of 10"),
    ("language", "sv!", "BCP 47"),
    ("tags", True, "must be an array"),
    ("tags", {"vip": True}, "must be an array"),
    ("tags", {"0": "vip", "1": "\0"}, "U+0000"),
    ("mailing_lists", {"news": "yes"}, "must be an array"),
    ("COMPANY__note", "\0", "U+0000"),
    ("COMPANY__note", {"a": ["\0"]}, "U+0000"),
    ("COMPANY__note", {"\0": 1}, "U+0000"),
    ("COMPANY__note", [float("nan")], "must be a number"),
    ("COMPANY__note", float("-inf"), "must be a number"),
    ("COMPANY__note", "\ud800", "lone surrogate"),
]


@pytest.mark.parametrize(("field", "sent", "text"), LEFT_OUT)
def test_a_value_that_cannot_be_used_is_left_out_and_named(field: str, sent: Any, text: str, partner: Partner) -> None:
    answer = upload(partner, {"external_id": "1"}, {"email": EMAIL, field: sent, "province": "Åland"})

    (place,) = answer["warnings"]
    (said,) = answer["warnings"][place]
    assert place == f"[1].{field}"
    assert said.startswith(f"The field {field} ")
    assert said.endswith(" Left out.")
    assert text in said
    one, other = sorted(partner.read("customers"), key=lambda customer: customer["Email"] or "")
    assert (one["CustomerId"], other["Email"], other["Attributes"]) == ("1", EMAIL, {"province": "Åland"})


def test_items_that_cannot_be_used_are_left_out_of_their_list(partner: Partner) -> None:
    upload(partner, {"external_id": "1", "mailing_lists": ["a", "b"]})

    answer = upload(
        partner, {"external_id": "1", "tags": ["vip", {}, "x" * 201], "mailing_lists.remove": [[], "\0", "a"]}
    )

    assert answer["warnings"] == {
        "[0].tags": [
            "The field tags must be a string. Left out.",
            "The field tags must be a string with a maximum length of 200. Left out.",
        ],
        "[0].mailing_lists.remove": [
            "The field mailing_lists.remove must not contain the character U+0000. Left out.",
            "The field mailing_lists.remove must be a string. Left out.",
        ],
    }
    customer = the_customer(partner)
    assert (customer["Tags"], customer["MailingLists"]) == (["vip"], ["b"])


def test_of_a_list_that_is_too_long_the_first_are_kept(partner: Partner) -> None:
    answer = upload(partner, {"external_id": "1", "tags": [str(i) for i in range(1001)]})

    assert answer["warnings"] == {
        "[0].tags": ["The field tags must be an array with a maximum length of 1000. Left out."]
    }
    assert len(the_customer(partner)["Tags"]) == 1000


@pytest.mark.parametrize("depth", [61, 100, 900])
def test_a_value_that_is_nested_too_deep_is_left_out(depth: int, partner: Partner) -> None:
    deep = b"[" * depth + b"]" * depth
    body = b'[{"external_id":"1","X__y":%b},{"external_id":"2","X__y":1,"unknown":%b}]' % (deep, deep)

    answer = send_upload(partner, body).json()

    assert answer["warnings"]["[0].X__y"] == ["The request body is nested deeper than 64 levels. Left out."]
    assert len(partner.read("customers")) == 2


@pytest.mark.parametrize("name", ["X__\0", "X__\ud800", "\0", "\ud800"])
def test_a_name_that_no_table_can_hold_is_left_out(name: str, partner: Partner) -> None:
    answer = upload(partner, {"external_id": "1", "city": "Turku", name: 1})

    assert len(answer["warnings"]) == 1
    assert the_customer(partner)["Attributes"] == {"city": "Turku"}


YES: list[Any] = [True, 1, 1.0, "1", "true", "TRUE", "Yes", " yes "]
NO: list[Any] = [False, 0, 0.0, "0", "false", "False", "NO", " no ", "", " ", "n", "f", "off", "none", "Never"]
NO += ["opt-out", "opted_out", "Unsubscribed", "0.0", "no."]
CONSENTS = {"can_email": "EmailOptin", "can_sms": "SmsOptin", "can_push": "AppPushOptin", "can_profile": "GdprOptin"}


@pytest.mark.parametrize("consent", [*CONSENTS, "can_post"])
def test_every_way_to_say_yes_and_no_is_read(consent: str, partner: Partner) -> None:
    records = [{"external_id": f"yes-{i}", consent: value} for i, value in enumerate(YES)]
    records += [{"external_id": f"no-{i}", consent: value} for i, value in enumerate(NO)]
    upload(partner, *({"external_id": record["external_id"], consent: True} for record in records))

    answer = upload(partner, *records)

    assert "warnings" not in answer
    for customer in partner.read("customers"):
        flag = customer[CONSENTS[consent]] if consent in CONSENTS else customer["Attributes"][consent]
        assert flag is customer["CustomerId"].startswith("yes"), customer["CustomerId"]


@pytest.mark.parametrize("yes", [1, "1", "YES"])
@pytest.mark.parametrize("flag", ["is_forgotten", "is_deleted"])
def test_who_asks_to_be_forgotten_is_understood(flag: str, yes: Any, partner: Partner) -> None:
    upload(partner, {"external_id": "1"}, {"external_id": "2", flag: "0"})

    upload(partner, {"external_id": "1", flag: yes})

    assert [customer["CustomerId"] for customer in partner.read("customers")] == ["2"]


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(
        ["\0", "\ud800", "", " ", "0000-00-00", "yes", "no", "1", "+358101234567", "a@x.org", "2015-08-28"]
    ),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
any_record = st.dictionaries(st.sampled_from(sorted(NAMES)) | st.text(max_size=9) | st.just("X__y"), values, max_size=8)
GOOD = {"external_id": "good", "email": "good@shop.example", "city": "Turku", "tags": ["vip"], "X__y": {"a": [1]}}


@examples(200)
@given(records=st.lists(any_record | values, max_size=5), where=st.integers(0, 5))
def test_no_record_whatever_it_holds_stops_a_good_one(make_tenant: MakeTenant, records: list[Any], where: int) -> None:
    partner = make_tenant(default_country="FI", time_zone="Europe/Helsinki")
    unerasing = [{**r, "is_forgotten": None, "is_deleted": None} if isinstance(r, dict) else r for r in records]

    answer = upload(partner, *unerasing[:where], GOOD, *unerasing[where:])

    rejected = {int(place[1:-1]) for place in answer.get("rejected", {})}
    assert min(where, len(records)) not in rejected
    assert rejected >= {i for i, r in enumerate([*records[:where], GOOD, *records[where:]]) if not isinstance(r, dict)}
    (good,) = partner.read("customers", CustomerId="good")
    assert (good["Email"], good["Tags"], good["Attributes"]["X__y"]) == (GOOD["email"], ["vip"], GOOD["X__y"])


@examples(200)
@given(
    events=st.lists(st.dictionaries(st.sampled_from(["type", "email", "customer_id", "phone_number"]), values) | values)
)
def test_no_event_whatever_it_holds_stops_a_good_one(make_tenant: MakeTenant, events: list[Any]) -> None:
    partner = make_tenant()
    upload(partner, {"external_id": "good", "can_email": True})
    good = {"type": "MAIL_UNSUBSCRIBE", "external_id": "good"}

    response = partner.send("POST", "/api/events/upload/", [*events, good], Authorization=f"Token {partner.key}")

    assert response.status_code == 200, response.content
    assert the_customer(partner)["EmailOptin"] is False
