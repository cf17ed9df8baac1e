"""Uploads whose records all have the external_id their tenant goes by: what is not read first makes no difference."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenants.models import Changeset
from tests.conftest import MakeTenant, Partner
from tests.customers.test_custobar_sequences import IDENTIFIERS, Shop, identified, seen, some_texts, tags
from tests.customers.vendors import assert_keys_true, send_upload, upload

PHONE, EMAIL = "+358101234567", "ann@example.org"


def by_id(partner: Partner) -> dict[str | None, dict[str, Any]]:
    return {customer["CustomerId"]: customer for customer in partner.read("customers")}


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


@pytest.mark.parametrize("odd", [{"tags": ["a\0"]}, {"X__y": {"a": "\0"}}, {"X__y": [0] * 1_000_002}, {"X__\0": 1}])
def test_one_odd_record_among_usual_ones(odd: dict[str, Any], partner: Partner) -> None:
    usual = [{"external_id": str(i), "X__z": 1} for i in range(3)]

    response = send_upload(partner, {"customers": [*usual, {"external_id": "4", **odd}]})

    assert response.status_code == 400
    assert partner.read("customers") == []


def test_a_blank_identifier_among_usual_ones(partner: Partner) -> None:
    blank = {"external_id": " ", "email": EMAIL}

    assert upload(partner, {"external_id": "1"}, blank) == {"response": "ok", "count": 2}
    response = send_upload(partner, [{"external_id": "2"}, {"external_id": " ", "email": " ", "phone_number": None}])

    assert response.status_code == 400
    assert list(response.json()["error"]["errors"]) == ["[1]"]
    assert {customer["CustomerId"] for customer in partner.read("customers")} == {"1", None}


named = st.fixed_dictionaries(
    {"external_id": st.sampled_from(IDENTIFIERS["external_id"])},
    optional={
        **{name: st.sampled_from(IDENTIFIERS[name]) for name in ("phone_number", "email")},
        **some_texts,
        **dict.fromkeys(("tags", "tags.add", "tags.remove"), tags),
    },
)
batches = st.lists(
    st.one_of(st.lists(named, min_size=1, max_size=5), st.lists(identified, max_size=2)), min_size=2, max_size=5
)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(sent=batches)
def test_named_uploads_leave_what_the_model_leaves(make_tenant: MakeTenant, sent: list[Any]) -> None:
    partner, shop = make_tenant(), Shop("customerid")

    for batch in sent:
        upload(partner, *batch)
        for record in batch:
            shop.take(record)

        assert seen(partner.read("customers")) == shop.seen()
        assert_keys_true(partner)


def test_500_customers_with_tags_cost_seven_statements(partner: Partner, django_assert_num_queries: Any) -> None:
    records = [{"external_id": f"C-{i}", "email": f"{i}@example.org"} for i in range(500)]

    for tag in "ab":
        with django_assert_num_queries(7):  # authorise, BEGIN, lock, two look-ups, upsert and changeset, COMMIT
            upload(partner, *({**record, "tags.add": [tag]} for record in records))

    assert partner.read("customers", limit="1")[0]["Tags"] == ["a", "b"]
