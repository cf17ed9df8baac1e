"""What a customer may grow to through the dialects, and that no upload is quadratic in what it holds or finds."""

import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.models import Customer
from tests.conftest import Partner, examples
from tests.customers.dialects.vendors import EMAIL, PHONE, basic, statuses, the_customer, update, upload, user

FULL = "The field {} must fit into what is stored of the record, which has room for {}. Left out."
LISTS = [("tags", "Tags", "tags"), ("mailing_lists", "MailingLists", "mailing lists")]
SECONDS = 10  # ten times what the slowest takes on a busy machine, and less than a sixth of what it took


def words(number: int, begin: str = "w") -> list[str]:
    return [f"{begin}{i}" for i in range(number)]


@pytest.mark.parametrize(("field", "read", "noun"), LISTS)
def test_a_customer_has_at_most_1000_of_a_list_however_they_come(
    partner: Partner, field: str, read: str, noun: str
) -> None:
    answers = [
        upload(partner, {"external_id": "1", field: words(900)}),
        upload(partner, {"external_id": "1", f"{field}.add": words(1000)}),
        upload(
            partner,
            {"external_id": "1", f"{field}.add": [*words(999), "x"]},
            {"external_id": "1", f"{field}.remove": ["w0"], f"{field}.add": ["w0", "y", "z"]},
        ),
    ]

    assert the_customer(partner)[read] == [*words(1000)[1:], "y"]
    text = FULL.format(f"{field}.add", f"1,000 {noun}")
    assert [answer.get("warnings") for answer in answers] == [
        None,
        None,
        {f"[0].{field}.add": [text], f"[1].{field}.add": [text]},
    ]


@pytest.mark.parametrize(("field", "read", "noun"), LISTS)
def test_a_list_and_what_is_added_to_it_share_the_bound(partner: Partner, field: str, read: str, noun: str) -> None:
    answer = upload(partner, {"external_id": "1", field: words(1000), f"{field}.add": ["w5", "more"]})

    assert the_customer(partner)[read] == words(1000)
    assert answer["warnings"] == {f"[0].{field}.add": [FULL.format(f"{field}.add", f"1,000 {noun}")]}


def test_a_customer_has_at_most_500_attributes_and_the_first_are_kept(partner: Partner) -> None:
    upload(partner, {"external_id": "1", **dict.fromkeys(words(498, "A__"), 1)})

    answer = upload(partner, {"external_id": "1", "A__0": 2, "A__y": 1, "city": "Oulu", "B__y": 1, "A__z": 1})

    kept = the_customer(partner)["Attributes"]
    assert kept == {**dict.fromkeys(words(498, "A__"), 1), "A__0": 2, "city": "Oulu", "A__y": 1}
    full = {name: FULL.format(name, "500 attributes") for name in ("B__y", "A__z")}
    assert answer["warnings"] == {f"[0].{name}": [text] for name, text in full.items()}


def test_a_customer_has_at_most_64_kilobytes_of_attributes(partner: Partner) -> None:
    upload(partner, {"external_id": "1", "A__a": "x" * 40_000, "A__b": ["é"] * 100})

    answer = upload(
        partner, {"external_id": "1", "A__c": "x" * 30_000, "A__b": {"a": 1}, "A__a": "y" * 65_600, "A__d": 1}
    )

    assert the_customer(partner)["Attributes"] == {"A__a": "x" * 40_000, "A__b": {"a": 1}, "A__d": 1}
    full = {name: FULL.format(name, "64 KB of attributes") for name in ("A__c", "A__a")}
    assert answer["warnings"] == {f"[0].{name}": [text] for name, text in full.items()}


def test_what_goes_makes_room_for_what_comes(partner: Partner) -> None:
    upload(partner, {"external_id": "1", "tags": words(1000), **dict.fromkeys(words(500, "A__"), 1)})

    answer = upload(partner, {"external_id": "1", "A__new": 1, "A__0": "", "tags.add": ["new"], "tags.remove": ["w0"]})

    customer = the_customer(partner)
    assert "warnings" not in answer
    assert (customer["Tags"][-1], len(customer["Tags"])) == ("new", 1000)
    assert ("A__new" in customer["Attributes"], len(customer["Attributes"])) == (True, 500)


@pytest.mark.parametrize("priority", ["customerid", "email"])
def test_what_is_not_stored_is_named_by_its_place_in_the_body(make_tenant: Any, priority: str) -> None:
    partner = make_tenant(priority=priority)
    record = {"external_id": "1", "email": EMAIL}

    answer = upload(partner, {"city": "Oulu"}, {**record, "tags": words(1000)}, {**record, "tags.add": ["x"]})

    assert list(answer["warnings"]) == ["[2].tags.add"]


def overgrown(partner: Partner) -> Customer:
    """Store a customer as versions without bounds did."""
    upload(partner, {"external_id": "1", "email": EMAIL, "phone_number": PHONE})
    customer = Customer.objects.get(tenant=partner.tenant)
    customer.tags, customer.mailing_lists = words(5000), words(5000, "m")
    customer.attributes = {"A__big": "x" * 200_000, **dict.fromkeys(words(5000, "A__"), 1)}
    customer.save(update_fields=["tags", "mailing_lists", "attributes"])
    return customer


def test_what_an_older_version_stored_is_read_reduced_and_erased(partner: Partner) -> None:
    overgrown(partner)

    assert len(the_customer(partner)["Tags"]) == len(the_customer(partner)["MailingLists"]) == 5000
    answer = upload(
        partner,
        {"external_id": "1", "tags.remove": words(1000), "mailing_lists.remove": ["m7"], "A__big": "", "city": "Oulu"},
        {
            "external_id": "1",
            "tags.remove": words(2000)[1000:],
            "tags.add": ["x"],
            "A__4": {"b": 1},
            "first_name": "Ann",
        },
    )

    customer = the_customer(partner)
    assert [len(customer["Tags"]), len(customer["MailingLists"]), len(customer["Attributes"])] == [3000, 4999, 5000]
    assert (customer["Name"], customer["Attributes"]["A__4"]) == ("Ann", {"b": 1})
    assert list(answer["warnings"]) == ["[0].city", "[1].tags.add"]
    upload(partner, {"external_id": "1", "tags": ["one"]})
    assert the_customer(partner)["Tags"] == ["one"]
    assert partner.delete("/customers/{tenant}", customerId="1").json()["data"]["removed"] == 1


def test_an_opt_out_has_room_in_a_full_customer(partner: Partner) -> None:
    upload(partner, {"external_id": "1", "can_post": True, "A__a": ""})
    upload(partner, {"external_id": "1", "A__a": "x" * (64 * 1024 - len('{"can_post":true,"A__a":""}'))})

    answer = upload(partner, {"external_id": "1", "can_post": False, "mailing_lists.remove": ["x"]})

    assert "warnings" not in answer
    assert not the_customer(partner)["Attributes"].get("can_post", False)


def test_a_jericommerce_record_that_has_no_room_fails_alone(partner: Partner) -> None:
    upload(partner, {"external_id": "1", "email": EMAIL, **dict.fromkeys(words(500, "A__"), 1)})

    results = update(partner, user(EMAIL, "1", name="Ann", emailVerified=True), user("bo@x.org", "2"))

    assert [result["status"] for result in results] == ["failed", "created"]
    assert results[0]["error"].startswith("The field payload.emailVerified must fit into what is stored")
    assert statuses(partner, user(EMAIL, "1", name="Ann")) == ["updated"]
    assert len(partner.read("customers", CustomerId="1")[0]["Attributes"]) == 500


names = st.sampled_from([f"A__{i}" for i in range(12)])
values = st.one_of(
    st.just(""), st.integers(0, 9), st.text("aé\n", max_size=30), st.integers(1, 40).map(lambda n: "x" * n * 500)
)


@examples(60)
@given(st.lists(st.dictionaries(names, values, min_size=1, max_size=6), min_size=1, max_size=6))
def test_no_sequence_of_records_stores_more_than_64_kilobytes(partner: Partner, records: list[dict[str, Any]]) -> None:
    upload(partner, {"external_id": "1", "is_deleted": False, **dict.fromkeys(words(12, "A__"), "")})

    answer = upload(partner, *({"external_id": "1", **record} for record in records))

    kept = the_customer(partner)["Attributes"]
    left_out = answer.get("warnings", {})
    for i, record in reversed(list(enumerate(records))):
        for name, value in record.items():
            if f"[{i}].{name}" not in left_out and not any(name in later for later in records[i + 1 :]):
                assert kept.get(name, "") == value
    assert len(orjson.dumps(kept)) <= 64 * 1024


def seconds(partner: Partner, *records: dict[str, Any]) -> float:
    began = time.process_time()
    upload(partner, *records)
    return time.process_time() - began


def test_1000_records_with_500_tags_each_are_added_and_removed(partner: Partner) -> None:
    """Adding took 66 s, removing hours."""
    spent = [
        seconds(partner, *({"external_id": "1", f"tags.{verb}": words(500, f"{i}-")} for i in range(1000)))
        for verb in ("add", "remove")
    ]

    assert max(spent) < SECONDS
    assert the_customer(partner)["Tags"] == []


def test_many_tags_of_an_older_version_are_removed(partner: Partner) -> None:
    overgrown(partner)
    Customer.objects.filter(tenant=partner.tenant).update(tags=words(500_000))

    spent = seconds(partner, *({"external_id": "1", "tags.remove": words(500, f"{i}-")} for i in range(1000)))

    assert spent < SECONDS
    assert Customer.objects.get(tenant=partner.tenant).tags == words(500_000)


@pytest.mark.parametrize("customers", [1, 8, 1000])
def test_600_000_attributes_are_left_out_and_the_first_of_them_named(partner: Partner, customers: int) -> None:
    many = words(600_000 // customers, "A__")

    answer = upload(partner, *({"external_id": str(i), **dict.fromkeys(many, 1)} for i in range(customers)))

    assert len(answer["warnings"]) == {1: 500, 8: 8 * 499 + 1, 1000: 10_001}[customers]
    assert answer["warnings"][""][0].endswith("more. Left out.")
    assert {len(customer["Attributes"]) for customer in partner.read("customers")} == {500}


@pytest.fixture
def till(partner: Partner) -> Partner:
    """A shop whose till has given one number to 4,000 customers."""
    for k in range(4):
        people = ({"external_id": f"{k}-{i}", "phone_number": PHONE, "mailing_lists": words(3)} for i in range(1000))
        upload(partner, *people)
    return partner


OF_THE_TILL: dict[str, Callable[[int], dict[str, Any]]] = {
    "mailing lists": lambda i: {"phone_number": PHONE, "mailing_lists.remove": words(20, f"w{i}-")},
    "permissions": lambda i: {"phone_number": PHONE, "can_email": False, "can_post": False},
    "some stored": lambda i: {"phone_number": PHONE, "can_sms": False, "external_id": f"0-{i}" if i % 2 else None},
    "nobody's e-mail": lambda i: {"phone_number": PHONE, "email": f"{i}@x.org", "mailing_lists.remove": ["w1"]},
    "new customers": lambda i: {"phone_number": PHONE, "external_id": f"n{i}", "city": "Oulu"},
    "given up": lambda i: {"external_id": f"1-{i}", "phone_number": ""},
    "erased": lambda i: {"external_id": f"2-{i}", "is_deleted": True},
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", OF_THE_TILL)
def test_1000_records_of_a_tills_number_are_no_work_for_each_carrier(till: Partner, kind: str) -> None:
    assert seconds(till, *map(OF_THE_TILL[kind], range(1000))) < SECONDS


@pytest.mark.slow
def test_1000_unsubscribes_of_a_tills_number_are_one(till: Partner) -> None:
    events = [{"type": "MAIL_UNSUBSCRIBE", "phone_number": PHONE, "email": f"{i}@x.org"} for i in range(1000)]

    began = time.process_time()
    answer = till.send("POST", "/api/events/upload/", {"events": events}, **basic(till.slug, till.key)).json()

    assert (answer, time.process_time() - began < SECONDS) == ({"response": "ok", "count": 1000}, True)


def test_a_withdrawal_reaches_whom_was_stored_since_the_last_one(partner: Partner) -> None:
    people = [
        {"external_id": str(i), "phone_number": PHONE, "can_email": True, "mailing_lists": ["a"]} for i in range(3)
    ]
    withdrawal = {"phone_number": PHONE, "can_email": False, "mailing_lists.remove": ["a", "b"]}
    upload(partner, *people)

    upload(partner, withdrawal, {"external_id": "1", "can_email": True, "mailing_lists.add": ["a", "b"]}, withdrawal)

    assert {(c["EmailOptin"], *c["MailingLists"]) for c in partner.read("customers")} == {(False,)}
