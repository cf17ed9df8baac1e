"""How many statements a Custobar upload of 500 costs."""

from typing import Any

import pytest

from tests.conftest import Partner
from tests.customers.dialects.vendors import EMAIL, PHONE, upload


def test_500_plain_customers_cost_two_statements(partner: Partner, django_assert_num_queries: Any) -> None:
    records = [{"external_id": f"C-{i}", "email": f"{i}@example.org", "phone_number": PHONE} for i in range(500)]
    upload(partner, {"email": EMAIL})

    for name in ("Ann", "Bo"):
        with django_assert_num_queries(2):  # authorise; lock, question, upsert and changeset
            upload(partner, *({**record, "first_name": name} for record in records))

    assert [(len(c["Created"]), len(c["Updated"])) for c in partner.changes()[1:]] == [(500, 0), (0, 500)]
    assert {c["Name"] for c in partner.read("customers", CustomerId="C-7")} == {"Bo"}


@pytest.mark.parametrize(("first", "queries"), [(True, 7), (False, 6)], ids=["new", "known"])
def test_who_is_found_by_external_id_is_sought_by_nothing_else(
    partner: Partner, first: bool, queries: int, django_assert_num_queries: Any
) -> None:
    """An address that a till gives to everybody may have thousands of carriers: 20,000 took a second to read."""
    records = [{"external_id": f"C-{i}", "email": "none@shop.example"} for i in range(500)]
    if not first:
        upload(partner, *({**record, "tags.add": ["a"]} for record in records))

    with django_assert_num_queries(queries):  # authorise, BEGIN, lock, by external_id, by e-mail, store, COMMIT
        upload(partner, *({**record, "tags.add": ["b"]} for record in records))

    assert partner.read("customers", CustomerId="C-0")[0]["Tags"] == (["b"] if first else ["a", "b"])


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

    # And relatives, step aside, re-key; delete, quarantine, files, orders, remember.
    with django_assert_max_num_queries(25):
        moved = [{"external_id": f"C-{i}", "email": ""} for i in range(400)]
        upload(partner, *moved, *({"external_id": f"C-{i}", "is_forgotten": True} for i in range(400, 500)))
    assert len(partner.read("customers")) == 400
