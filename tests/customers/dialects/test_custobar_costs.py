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


def test_500_customers_with_tags_cost_seven_statements(partner: Partner, django_assert_num_queries: Any) -> None:
    records = [{"external_id": f"C-{i}", "email": f"{i}@example.org"} for i in range(500)]

    for tag in "ab":
        with django_assert_num_queries(7):  # authorise, BEGIN, lock, two look-ups, upsert and changeset, COMMIT
            upload(partner, *({**record, "tags.add": [tag]} for record in records))

    assert partner.read("customers", limit="1")[0]["Tags"] == ["a", "b"]


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
