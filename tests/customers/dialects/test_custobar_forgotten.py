"""Forgotten and deleted customers: gone for good, through the doors that count, with nothing personal left anywhere."""

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.migrations.state import ProjectState

from customers.dialects.custobar.records import read_upload
from customers.dialects.custobar.upload import store_upload
from tenants.changes.changesets import Origin
from tenants.changes.erasure import keyed_hash
from tenants.models import Feed, Forgotten, Source
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import statuses, upload, user
from tests.orders.records import order
from tests.waiting import somebody_waits_for_us, wait_until

ANN = {"external_id": "ann-secret-7", "email": "ann.secret@example.org", "phone_number": "+358107654321"}
PERSONAL = ("ann-secret-7", "ann.secret", "7654321", "Secretsson")


def an_order(order_id: str, customer_id: str, email: str) -> dict[str, Any]:
    return order(OrderId=order_id, CustomerId=customer_id, Email=email)


def everything() -> Iterator[str]:
    """Yield every row of every table as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {table} t")
            yield from (row[0] for row in cursor.fetchall())


def assert_nothing_personal() -> None:
    assert [row for row in everything() if any(value in row for value in PERSONAL)] == []


DOORS: dict[str, Callable[[Partner], Any]] = {
    "native by id": lambda p: p.save("customers", {"CustomerId": ANN["external_id"], "Surname": "Secretsson"}),
    "native by e-mail": lambda p: p.save("customers", {"Email": "Ann.Secret@example.org", "Surname": "Secretsson"}),
    "native by phone": lambda p: p.save("customers", {"CustomerId": "new", "Phone": "00358 10 765-4321"}),
    "jericommerce by e-mail": lambda p: statuses(p, user(ANN["email"], "new", name="Secretsson")),
    "jericommerce by id": lambda p: statuses(p, user("new@example.org", ANN["external_id"], name="Secretsson")),
    "jericommerce by new e-mail": lambda p: statuses(p, user("new@example.org", "new", email=ANN["email"])),
    "custobar by id": lambda p: upload(p, {"external_id": ANN["external_id"], "last_name": "Secretsson"}),
    "custobar by phone": lambda p: upload(p, {"phone_number": ANN["phone_number"], "last_name": "Secretsson"}),
    "custobar by e-mail": lambda p: upload(p, {**ANN, "external_id": "new", "is_forgotten": False}),
    "orders by id": lambda p: p.save("orders", an_order("O-2", ANN["external_id"], "new@example.org")),
    "orders by e-mail": lambda p: p.save("orders", an_order("O-2", "new", ANN["email"])),
}


@pytest.mark.parametrize("priority", ["customerid", "email"])
@pytest.mark.parametrize("door", list(DOORS))
def test_a_forgotten_person_never_comes_back(door: str, priority: str, make_tenant: MakeTenant) -> None:
    partner = make_tenant(priority=priority)
    upload(partner, {**ANN, "last_name": "Secretsson", "city": "Secretsson", "tags": ["Secretsson"]})
    partner.save("orders", an_order("O-1", ANN["external_id"], ANN["email"]))
    upload(partner, {"phone_number": ANN["phone_number"], "is_forgotten": True, "last_name": "Secretsson"})
    assert_nothing_personal()

    DOORS[door](partner)

    assert_nothing_personal()
    assert partner.read("customers") == []
    for sale in partner.read("orders"):
        assert sale["CustomerId"].startswith("erased-")
        assert sale["Email"] is None


SPELLINGS = [
    "+44 (0)20 7946 0018",
    "0044(0)20 7946-0018",
    "(+44)(0)20.7946.0018",
    "\u202a+442079460018\u202c",
    "＋４４２０７９４６００１８",
    "+٤٤٢٠٧٩٤٦٠٠١٨",
    "442079460018",
]


@pytest.mark.parametrize("forgotten", ["+442079460018", "+44 (0)20 7946 0018"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_forgotten_number_is_recognised_in_any_spelling_with_its_country(
    spelling: str, forgotten: str, partner: Partner
) -> None:
    upload(partner, {"phone_number": forgotten, "is_forgotten": True})

    answer = partner.save("customers", {"CustomerId": "new", "Phone": spelling})
    statuses(partner, user("new@example.org", "newer", phone=spelling))

    assert list(answer["warnings"])[-1] == "[0]"
    assert partner.read("customers") == []


def test_a_number_forgotten_as_the_native_api_had_it_stays_so(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1", "Phone": "+44 (0)20 7946 0018"})
    upload(partner, {"external_id": "1", "is_forgotten": True})

    for phone in ("+44 (0)20 7946 0018", "+442079460018"):
        partner.save("customers", {"CustomerId": "2", "Phone": phone})
        assert upload(partner, {"phone_number": phone})["skipped"] == [0]

    assert partner.read("customers") == []


@pytest.mark.parametrize("door", list(DOORS))
def test_other_tenants_forget_nobody(door: str, make_tenant: MakeTenant) -> None:
    forgetting, other = make_tenant(), make_tenant()
    upload(forgetting, {**ANN, "is_forgotten": True})

    DOORS[door](other)

    assert len(other.read("customers")) + len(other.read("orders")) == 1


def test_who_is_skipped_is_named_and_counted(partner: Partner) -> None:
    upload(partner, {**ANN, "is_forgotten": True})

    native = partner.save("customers", {"CustomerId": "1"}, {"CustomerId": ANN["external_id"]})
    sale = partner.save("orders", an_order("O-1", ANN["external_id"], ANN["email"]))
    again = upload(partner, {"external_id": "2"}, ANN)

    assert (native["count"], list(native["warnings"])) == (2, ["[1]"])
    assert (sale["count"], list(sale["warnings"])) == (1, ["[0]"])
    assert again["skipped"] == [1]
    assert statuses(partner, user(ANN["email"], "3")) == ["skipped"]
    assert {customer["CustomerId"] for customer in partner.read("customers")} == {"1", "2"}


def test_a_person_forgotten_within_an_upload_is_skipped_by_the_rest_of_it(partner: Partner) -> None:
    answer = upload(
        partner, ANN, {"email": ANN["email"], "is_forgotten": True}, ANN, {"phone_number": ANN["phone_number"]}
    )

    assert answer["skipped"] == [2, 3]
    assert partner.read("customers") == []
    assert_nothing_personal()


def test_what_somebody_else_carries_is_still_theirs(partner: Partner) -> None:
    upload(partner, ANN, {**ANN, "external_id": "2", "phone_number": "+358101111111"})

    upload(partner, {"external_id": ANN["external_id"], "is_forgotten": True})
    answer = upload(partner, {"external_id": "2", "email": ANN["email"], "first_name": "Bo"})

    assert "skipped" not in answer
    assert [customer["Name"] for customer in partner.read("customers")] == ["Bo"]


def test_an_order_that_is_sent_again_becomes_anonymous(partner: Partner) -> None:
    partner.save("orders", an_order("O-1", "someone", "someone@example.org"))
    upload(partner, {**ANN, "is_forgotten": True})

    partner.save("orders", an_order("O-1", ANN["external_id"], ANN["email"]))

    (sale,) = partner.read("orders")
    assert (sale["CustomerId"][:7], sale["Email"]) == ("erased-", None)


@pytest.mark.parametrize("record", [ANN, {**ANN, "is_deleted": False}, {"email": ANN["email"]}])
def test_a_deleted_customer_never_comes_back_through_custobar(record: dict[str, Any], partner: Partner) -> None:
    upload(partner, {**ANN, "last_name": "Secretsson"}, {"external_id": ANN["external_id"], "is_deleted": True})

    answer = upload(partner, record)

    assert answer == {"response": "ok", "count": 1, "skipped": [0]}
    assert partner.read("customers") == []
    assert_nothing_personal()


def test_a_deleted_customer_is_a_new_one_through_other_doors(partner: Partner) -> None:
    upload(partner, {**ANN, "can_email": True, "tags": ["vip"]}, {**ANN, "is_deleted": True})

    answer = partner.save("customers", {"CustomerId": ANN["external_id"], "Name": "Ann"})

    assert "warnings" not in answer
    (customer,) = partner.read("customers")
    assert (customer["Name"], customer["EmailOptin"], customer["Tags"]) == ("Ann", False, [])
    assert upload(partner, {**ANN, "first_name": "No"})["skipped"] == [0]
    assert statuses(partner, user(ANN["email"], ANN["external_id"])) == ["failed"]
    assert partner.read("customers")[0]["Name"] == "Ann"


def test_a_deleted_customer_can_still_be_forgotten(partner: Partner) -> None:
    upload(partner, {**ANN, "is_deleted": True})
    partner.save("customers", {"CustomerId": ANN["external_id"], "Surname": "Secretsson"})

    upload(partner, {**ANN, "is_forgotten": True})

    partner.save("customers", {"CustomerId": ANN["external_id"], "Surname": "Secretsson"})
    assert partner.read("customers") == []
    assert_nothing_personal()


def test_a_native_delete_can_be_undone_by_a_later_upload(partner: Partner) -> None:
    upload(partner, ANN)
    partner.delete("/customers/{tenant}", customerId=ANN["external_id"])

    upload(partner, ANN)

    assert len(partner.read("customers")) == 1


def test_downstream_learns_of_it(partner: Partner) -> None:
    upload(partner, ANN)
    partner.save("orders", an_order("O-1", ANN["external_id"], ANN["email"]))
    hub_id = partner.read("customers")[0]["HubId"]

    upload(partner, {**ANN, "is_forgotten": True})

    customers, orders = partner.changes()[-2:]
    assert (customers["Entity"], customers["Source"], customers["Deleted"]) == ("customers", "custobar", [hub_id])
    assert (orders["Entity"], orders["Updated"]) == ("orders", [partner.read("orders")[0]["HubId"]])


@pytest.mark.django_db(transaction=True)
def test_who_waits_while_somebody_is_forgotten_sees_it(partner: Partner) -> None:
    answers: list[Any] = []

    def post() -> None:
        answers.append(partner.post("customers", [{"CustomerId": ANN["external_id"]}]))
        connection.close()

    waiting = Thread(target=post)
    with transaction.atomic():  # without a request, whose counting would make the other wait before its statement
        forgotten = read_upload(partner.tenant, json.dumps([{**ANN, "is_forgotten": True}]).encode())
        store_upload(partner.tenant, forgotten, origin=Origin(Source.CUSTOBAR, "test", ""))
        waiting.start()
        assert wait_until(somebody_waits_for_us)
    waiting.join()

    assert list(answers[0].json()["data"]["warnings"]) == ["[0]"]
    assert partner.read("customers") == []


@pytest.mark.parametrize(
    ("kind", "former", "sent"),
    [
        ("Email", "jose\u0301@xn--bcher-kva.example", {"email": "jose\u0301@xn--bcher-kva.example"}),
        ("Email", "jos\u00e9@xn--bcher-kva.example", {"email": "JOS\u00c9@b\u00fccher.example"}),
        ("Phone", "4402079460018", {"phone_number": "+44 (0)20 7946 0018"}),
    ],
)
def test_who_was_remembered_in_a_former_spelling_stays_forgotten(
    partner: Partner, kind: str, former: str, sent: dict[str, str]
) -> None:
    Feed.objects.create(tenant=partner.tenant, number=0, forgotten_by=[""])
    Forgotten.objects.create(tenant=partner.tenant, source="", digest=keyed_hash(partner.tenant, kind, former))

    answer = upload(partner, {"external_id": "1", **sent})

    assert answer["skipped"] == [0]
    assert partner.read("customers") == []


def test_who_was_forgotten_by_an_older_hub_during_an_upgrade_stays_forgotten(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "before"})  # the tenant's row of the feed knows of nobody
    Forgotten.objects.create(tenant=partner.tenant, source="", digest=keyed_hash(partner.tenant, "CustomerId", "C-1"))

    with connection.schema_editor() as editor:
        import_module("tenants.migrations.0007_forgotten_meanwhile").Migration("0007", "tenants").apply(
            ProjectState(), editor
        )

    assert upload(partner, {"external_id": "C-1"})["skipped"] == [0]
    assert [customer["CustomerId"] for customer in partner.read("customers")] == ["before"]
