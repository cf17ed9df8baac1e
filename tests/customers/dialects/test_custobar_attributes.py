"""What a Custobar upload changes of a customer: fields kept and removed, sets added to, company fields."""

import pytest

from tenants.models import Changeset
from tests.conftest import Partner
from tests.customers.dialects.vendors import EMAIL, JAMES, PHONE, by_id, the_customer, upload


def test_fields_left_out_keep_their_value(partner: Partner) -> None:
    upload(partner, {**JAMES, "first_name": "James", "can_email": True, "city": "Epwell", "tags": ["vip"], "X__y": 1})

    upload(partner, {"external_id": "3619490226", "last_name": "Carroll", "can_sms": None, "city": None, "X__y": None})

    customer = the_customer(partner)
    assert (customer["Name"], customer["Surname"], customer["Email"]) == ("James", "Carroll", JAMES["email"])
    assert customer["EmailOptin"] is True
    assert customer["Attributes"] == {"city": "Epwell", "X__y": 1}
    assert customer["Tags"] == ["vip"]


def test_null_says_nothing(partner: Partner) -> None:
    upload(partner, JAMES)
    changes = partner.changes()

    upload(partner, {**JAMES, "city": None, "COMPANY__group": None, "tags": None, "can_sms": None})

    assert partner.changes() == changes


@pytest.mark.parametrize("number", [18446744073709551616, -9223372036854775809, 1e22, 1e300, 10**300])
def test_a_number_of_any_size_is_read_back(partner: Partner, number: float) -> None:
    upload(partner, {"external_id": "1", "X__y": number, "X__z": [{"a": number}]})

    attributes = the_customer(partner)["Attributes"]

    assert float(attributes["X__y"]) == float(attributes["X__z"][0]["a"]) == float(number)
    assert partner.get("/customers/{tenant}/1").json()["data"]["Attributes"] == attributes


def test_an_empty_string_removes_a_key(partner: Partner) -> None:
    sent = {"first_name": "J", "language": "en", "can_email": True, "city": "E", "last_login": "2015-08-28", "X__y": 1}
    upload(partner, {**JAMES, **sent, "tags": ["vip"], "mailing_lists": ["a"]})

    upload(partner, {"external_id": JAMES["external_id"], **dict.fromkeys(sent, ""), "tags": "", "mailing_lists": "",
                     "email": "", "phone_number": ""})  # fmt: skip

    customer = the_customer(partner)
    assert [customer[name] for name in ("Name", "Language", "Email", "Phone", "EmailOptin")] == [None] * 4 + [False]
    assert [customer["Attributes"], customer["Tags"], customer["MailingLists"]] == [{}, [], []]


@pytest.mark.parametrize("odd", [{"email": ""}, {"phone_number": " "}, {"email": "", "can_email": ""}])
def test_identifiers_are_given_up_by_plain_records_too(odd: dict[str, str], partner: Partner) -> None:
    upload(partner, {"external_id": "1", "email": EMAIL, "phone_number": PHONE, "first_name": "Ann"})

    upload(partner, {"external_id": "1", **odd})

    customer = the_customer(partner)
    assert customer["Email"] == (None if "email" in odd else EMAIL)
    assert customer["Phone"] == (None if "phone_number" in odd else PHONE)
    assert customer["Name"] == "Ann"


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


def test_what_is_added_to_is_read_first(partner: Partner) -> None:
    full = {"city": "Turku", "X__y": 10**17, "tags": ["a"], "mailing_lists": ["n"]}
    upload(partner, *({"external_id": name, **full} for name in "12345"))

    upload(
        partner,
        {"external_id": "1", "first_name": "Ann"},
        {"external_id": "2", "tags.add": ["b"]},
        {"external_id": "3", "mailing_lists.remove": ["n"]},
        {"external_id": "4", "X__z": {"level": [1.5]}},
        {"external_id": "5", "last_name": "Lee"},
        {"external_id": "5", "gender": "F"},
        {"external_id": "6", "tags.add": ["c"], "city": "Oulu"},
    )

    stored = {id_: [c["Tags"], c["MailingLists"], c["Attributes"]] for id_, c in by_id(partner).items()}
    attributes = {"city": "Turku", "X__y": 10**17}
    assert stored == {
        "1": [["a"], ["n"], attributes],
        "2": [["a", "b"], ["n"], attributes],
        "3": [["a"], [], attributes],
        "4": [["a"], ["n"], {**attributes, "X__z": {"level": [1.5]}}],
        "5": [["a"], ["n"], {**attributes, "gender": "F"}],
        "6": [["c"], [], {"city": "Oulu"}],
    }
    assert by_id(partner)["5"]["Surname"] == "Lee"


def test_one_external_id_many_times(partner: Partner) -> None:
    upload(partner, {"external_id": "1", "tags": ["a"], "city": "Turku"})

    for name in "12":
        upload(
            partner,
            {"external_id": name, "tags.add": ["b"], "first_name": "Ann"},
            {"external_id": name, "tags.add": ["c"], "gender": "F"},
            {"external_id": name, "tags.remove": ["b"], "city": "", "can_email": True},
        )

    stored = {id_: [c["Tags"], c["Attributes"], c["Name"], c["EmailOptin"]] for id_, c in by_id(partner).items()}
    expected = [{"gender": "F"}, "Ann", True]
    assert stored == {"1": [["a", "c"], *expected], "2": [["c"], *expected]}
    changesets = Changeset.objects.filter(tenant=partner.tenant).order_by("number")
    assert list(changesets.values_list("received", "unchanged")) == [(1, 0), (3, 0), (3, 0)]


def test_a_company_field_may_have_any_name(partner: Partner) -> None:
    upload(partner, {"external_id": "1", "COMPANY__field": {"X__y": 1}}, {"external_id": "2", "X__y": 1})

    assert by_id(partner)["1"]["Attributes"] == {"COMPANY__field": {"X__y": 1}}
    assert by_id(partner)["2"]["Attributes"] == {"X__y": 1}
