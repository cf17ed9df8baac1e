"""DELETE /customers/{tenantId}: the person is erased from every table, the sales stay, anonymous."""

import hashlib
import re
from typing import Any

import pytest
from django.db import connection
from psycopg import sql

from tests.conftest import MakeTenant, Partner
from tests.orders.records import order

PERSON: dict[str, Any] = {
    "CustomerId": "Zé/Person-77",
    "Email": "zenobia+vip@person.example",
    "Name": "Zenobia",
    "Surname": "Ωmega-Quux",
    "Phone": "+49 170 5550123",
    "Username": "zeno_the_first",
    "EmailOptin": True,
    "GdprOptin": True,
}
FORMER = {"Name": "Formerly", "Surname": "Maiden", "Phone": "+49 170 5559999", "Username": "zeno_the_zeroth"}
TRACES = [value for value in [*PERSON.values(), *FORMER.values()] if isinstance(value, str)]
BY_ID = {"customerId": "Zé/Person-77"}
BY_EMAIL = {"email": " Zenobia+VIP@person.example "}
PSEUDONYM = re.compile("erased-[0-9a-f]{64}")


def an_order(order_id: str, customer_id: str = PERSON["CustomerId"], email: str = PERSON["Email"]) -> dict[str, Any]:
    return order(OrderId=order_id, CustomerId=customer_id, Email=email)


def erase(partner: Partner, **identifiers: str) -> None:
    response = partner.delete("/customers/{tenant}", **identifiers)
    assert response.status_code == 200, response.content


def every_row() -> list[str]:
    """Return every row of every table of the database, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        rows: list[str] = []
        for names in cursor.fetchall():
            cursor.execute(sql.SQL("SELECT row::text FROM {} AS row").format(sql.Identifier(*names)))
            rows += [f"{names[1]} {row[0]}" for row in cursor.fetchall()]
        return rows


def traces() -> list[str]:
    return [row for row in every_row() for value in TRACES if value.lower() in row.lower()]


def orders(partner: Partner) -> dict[str, dict[str, Any]]:
    return {order["OrderId"]: order for order in partner.read("orders")}


@pytest.mark.parametrize("priority", ["customerid", "email"])
@pytest.mark.parametrize("identifiers", [BY_ID, BY_EMAIL, BY_ID | BY_EMAIL], ids=["by id", "by e-mail", "by both"])
def test_nothing_of_an_erased_person_stays_in_any_table_or_log(
    make_tenant: MakeTenant, priority: str, identifiers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    partner = make_tenant(priority=priority)
    partner.save("orders", an_order("before the customer"))
    partner.save("customers", {**PERSON, **FORMER})
    partner.save("customers", PERSON)
    partner.save("customers", {**PERSON, "EmailOptin": False})
    partner.save("orders", an_order("after the customer"))
    assert partner.post("customers", [{**PERSON, "Phone": PERSON["Phone"] * 3, "Username": 7}]).status_code == 400
    assert partner.get("/customers/{tenant}/" + PERSON["Email"]).status_code == 200
    assert traces()

    erase(partner, **identifiers)

    assert traces() == []
    assert partner.read("customers") == []
    assert not any(value.lower() in caplog.text.lower() for value in TRACES)


def test_orders_stay_as_anonymous_sales(partner: Partner) -> None:
    partner.save("customers", PERSON)
    partner.save("orders", an_order("O-1"), an_order("O-2", email="other.address@person.example"))
    before = orders(partner)

    erase(partner, **BY_ID)

    after = orders(partner)
    pseudonyms = {order["CustomerId"] for order in after.values()}
    assert len(pseudonyms) == 1, "one person's sales stay together"
    assert PSEUDONYM.fullmatch(pseudonyms.pop())
    for order_id, sale in after.items():
        own = {"CustomerId": sale["CustomerId"], "Email": None, "UpdatedAt": sale["UpdatedAt"]}
        assert sale == {**before[order_id], **own}


def test_the_hash_is_keyed_and_differs_between_tenants(make_tenant: MakeTenant) -> None:
    pseudonyms = set()
    for partner in (make_tenant(), make_tenant()):
        partner.save("customers", PERSON)
        partner.save("orders", an_order("O-1"))
        erase(partner, **BY_ID)
        pseudonyms.add(orders(partner)["O-1"]["CustomerId"])

    assert len(pseudonyms) == 2
    assert f"erased-{hashlib.sha256(PERSON['CustomerId'].encode()).hexdigest()}" not in pseudonyms


def test_orders_of_another_customer_who_shares_the_email_stay(partner: Partner) -> None:
    partner.save("customers", PERSON, {"CustomerId": "Other", "Email": PERSON["Email"]})
    partner.save("orders", an_order("theirs"), an_order("other's", "Other"), an_order("nobody's", "Unknown"))
    before = orders(partner)

    erase(partner, **BY_ID)

    after = orders(partner)
    assert PSEUDONYM.fullmatch(after["theirs"]["CustomerId"])
    assert after["other's"] == before["other's"]
    assert after["nobody's"] == before["nobody's"], "its e-mail is still the other's"
    assert [customer["CustomerId"] for customer in partner.read("customers")] == ["Other"]


def test_orders_of_another_customer_who_once_had_the_email_stay(partner: Partner) -> None:
    partner.save("customers", PERSON, {"CustomerId": "Other", "Email": PERSON["Email"]})
    partner.save("orders", an_order("other's", "Other"))
    partner.save("customers", {"CustomerId": "Other", "Email": "other@shop.example"})
    before = orders(partner)

    erase(partner, **BY_ID)

    assert orders(partner) == before


def test_orders_of_another_customer_who_shares_the_id_stay(by_email: Partner) -> None:
    by_email.save("customers", PERSON, {"CustomerId": PERSON["CustomerId"], "Email": "other@shop.example"})
    by_email.save("orders", an_order("theirs"), an_order("other's", email="other@shop.example"))
    before = orders(by_email)

    erase(by_email, **BY_EMAIL)

    after = orders(by_email)
    assert PSEUDONYM.fullmatch(after["theirs"]["CustomerId"])
    assert after["theirs"]["Email"] is None
    assert after["other's"] == before["other's"]


def test_orders_that_came_before_the_customer_are_erased_without_one(partner: Partner) -> None:
    partner.save("orders", an_order("O-1"))

    erase(partner, **BY_ID)

    assert traces() == []


def test_erasing_by_email_reaches_everyone_who_has_it(partner: Partner) -> None:
    partner.save("customers", PERSON, {**PERSON, "CustomerId": "Zé/Person-78"}, {"CustomerId": "Other"})
    partner.save("orders", an_order("O-1"), an_order("O-2", "Zé/Person-78"))

    erase(partner, **BY_EMAIL)

    assert traces() == []
    assert [customer["CustomerId"] for customer in partner.read("customers")] == ["Other"]


def test_the_same_person_of_another_tenant_stays(make_tenant: MakeTenant) -> None:
    ours, theirs = make_tenant(), make_tenant()
    for partner in (ours, theirs):
        partner.save("customers", PERSON)
        partner.save("orders", an_order("O-1"))
    before = theirs.read("customers"), theirs.read("orders"), theirs.changes()

    erase(ours, **BY_ID, **BY_EMAIL)

    assert (theirs.read("customers"), theirs.read("orders"), theirs.changes()) == before


# Who is meant: customers with both identifiers; if there are none, those with the priority one; else with the other.
CUSTOMERS = {"customerid": [("A", "x"), ("B", "x"), ("C", "y")], "email": [("A", "x"), ("A", "y"), ("C", "z")]}
MEANT = [
    ("customerid", {"customerId": "A", "email": "x@shop.example"}, [("B", "x"), ("C", "y")]),
    ("customerid", {"customerId": "C", "email": "x@shop.example"}, [("A", "x"), ("B", "x")]),
    ("customerid", {"customerId": "D", "email": "x@shop.example"}, [("C", "y")]),
    ("customerid", {"customerId": "D", "email": "z@shop.example"}, CUSTOMERS["customerid"]),
    ("customerid", {"customerId": "A", "email": " "}, [("B", "x"), ("C", "y")]),
    ("customerid", {"customerId": "a"}, CUSTOMERS["customerid"]),
    ("customerid", {"email": "X@SHOP.example"}, [("C", "y")]),
    ("email", {"customerId": "A", "email": "x@shop.example"}, [("A", "y"), ("C", "z")]),
    ("email", {"customerId": "C", "email": "x@shop.example"}, [("A", "y"), ("C", "z")]),
    ("email", {"customerId": "A", "email": "w@shop.example"}, [("C", "z")]),
    ("email", {"customerId": "A"}, [("C", "z")]),
]


@pytest.mark.parametrize(("priority", "identifiers", "left"), MEANT)
def test_a_delete_means(
    make_tenant: MakeTenant, priority: str, identifiers: dict[str, str], left: list[tuple[str, str]]
) -> None:
    partner = make_tenant(priority=priority)
    partner.save("customers", *({"CustomerId": c, "Email": f"{e}@shop.example"} for c, e in CUSTOMERS[priority]))

    erase(partner, **identifiers)

    stayed = sorted((customer["CustomerId"], customer["Email"][0]) for customer in partner.read("customers"))
    assert stayed == left


def test_a_delete_is_idempotent_and_logged_once(partner: Partner) -> None:
    partner.save("customers", PERSON)
    partner.save("orders", an_order("O-1"))
    customer, order = partner.read("customers")[0], partner.read("orders")[0]

    for _ in range(3):
        erase(partner, **BY_ID)

    logged = [(c["Entity"], c["Operation"], c["Updated"], c["Deleted"]) for c in partner.changes()[2:]]
    assert logged == [
        ("customers", "erase", [], [customer["HubId"]]),
        ("orders", "erase", [order["HubId"]], []),
    ]


@pytest.mark.parametrize("priority", ["customerid", "email"])
def test_a_record_posted_after_a_delete_has_defaults(make_tenant: MakeTenant, priority: str) -> None:
    partner = make_tenant(priority=priority)
    partner.save("customers", PERSON)
    before = partner.read("customers")[0]
    erase(partner, **BY_ID, **BY_EMAIL)

    partner.save("customers", {name: PERSON[name] for name in ("CustomerId", "Email")})

    after = partner.read("customers")[0]
    assert after["HubId"] != before["HubId"]
    assert (after["Name"], after["Phone"], after["EmailOptin"], after["GdprOptin"]) == (None, None, False, False)
    assert partner.changes()[-1]["Created"] == [after["HubId"]]
