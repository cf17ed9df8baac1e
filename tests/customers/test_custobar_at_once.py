"""Uploads of records that say nothing but what the native API knows: one statement, and the same outcome."""

from threading import Thread
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.ingest import STORE
from tenants.changes.changesets import Origin
from tenants.changes.writing import open_write
from tenants.models import Entity, Operation, Source
from tests.conftest import MakeTenant, Partner
from tests.customers.test_custobar_forgotten import somebody_waits_for_us
from tests.customers.test_custobar_sequences import IDENTIFIERS, Shop, seen
from tests.customers.vendors import assert_keys_true, the_customer, upload
from tests.system.running import wait_until

PHONE, EMAIL = "+358101234567", "ann@example.org"


def test_500_plain_customers_cost_two_statements(partner: Partner, django_assert_num_queries: Any) -> None:
    records = [{"external_id": f"C-{i}", "email": f"{i}@example.org", "phone_number": PHONE} for i in range(500)]
    upload(partner, {"email": EMAIL})

    for name in ("Ann", "Bo"):
        with django_assert_num_queries(2):  # authorise; lock, question, upsert and changeset
            upload(partner, *({**record, "first_name": name} for record in records))

    assert [(len(c["Created"]), len(c["Updated"])) for c in partner.changes()[1:]] == [(500, 0), (0, 500)]
    assert {c["Name"] for c in partner.read("customers", CustomerId="C-7")} == {"Bo"}


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


@pytest.mark.parametrize("odd", [{"email": ""}, {"phone_number": " "}, {"email": "", "can_email": ""}])
def test_identifiers_are_given_up_by_plain_records_too(odd: dict[str, str], partner: Partner) -> None:
    upload(partner, {"external_id": "1", "email": EMAIL, "phone_number": PHONE, "first_name": "Ann"})

    upload(partner, {"external_id": "1", **odd})

    customer = the_customer(partner)
    assert customer["Email"] == (None if "email" in odd else EMAIL)
    assert customer["Phone"] == (None if "phone_number" in odd else PHONE)
    assert customer["Name"] == "Ann"


def test_plain_records_are_stored_in_their_normal_form(partner: Partner) -> None:
    record = {"external_id": "1", "email": " ANN@example.org", "phone_number": "+358 10 123-4567", "language": "EN-us"}
    upload(partner, {**record, "last_name": " Lee ", "first_name": None, "can_sms": True})

    customer = the_customer(partner)
    assert (customer["Email"], customer["Phone"], customer["Language"]) == (EMAIL, PHONE, "en-US")
    assert (customer["Surname"], customer["Name"], customer["SmsOptin"]) == ("Lee", None, True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("more", [{}, {"tags.add": ["new"]}])
def test_who_waits_while_somebody_without_external_id_is_stored_sees_it(more: dict[str, Any], partner: Partner) -> None:
    def send() -> None:
        upload(partner, {"external_id": "1", "email": EMAIL, **more})
        connection.close()

    waiting = Thread(target=send)
    origin = Origin(Source.API, "test", "")
    with open_write(partner.tenant, Entity.CUSTOMERS, Operation.UPSERT, origin, exclusive=False) as write:
        waiting.start()
        assert wait_until(somebody_waits_for_us)
        write.store(STORE, [{"match_key": f"e:{EMAIL}", "Email": EMAIL, "Name": "Ann"}])
    waiting.join()

    assert (the_customer(partner)["CustomerId"], the_customer(partner)["Name"]) == ("1", "Ann")
    assert_keys_true(partner)


plain = st.fixed_dictionaries(
    {"external_id": st.sampled_from(IDENTIFIERS["external_id"])},
    optional={
        **{name: st.sampled_from(IDENTIFIERS[name]) for name in ("phone_number", "email")},
        "first_name": st.sampled_from(["", "one", "two"]),
        "can_email": st.booleans(),
    },
)
nameless = st.one_of(*(st.fixed_dictionaries({n: st.sampled_from(IDENTIFIERS[n])}) for n in ("phone_number", "email")))
batches = st.lists(st.one_of(st.lists(plain, min_size=1, max_size=3), st.lists(nameless, max_size=2)), max_size=6)


@pytest.mark.parametrize("priority", ["customerid", "email"])
@settings(max_examples=50)
@given(sent=batches)
def test_plain_uploads_leave_what_the_model_leaves(priority: str, make_tenant: MakeTenant, sent: list[Any]) -> None:
    partner, shop = make_tenant(priority=priority), Shop(priority)

    for batch in sent:
        upload(partner, *batch)
        for record in batch:
            shop.take(record)

        assert seen(partner.read("customers")) == shop.seen()
        assert_keys_true(partner)
