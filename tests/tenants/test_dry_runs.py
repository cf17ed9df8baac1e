"""?dryRun=true on native writes: the answer of the real run, and nothing stored.

That it is the answer of the real run after any sequence is shown in test_dry_runs.py of each app.
"""

import json
import re
import shlex
from typing import Any

import pytest
from django.db import connection

from customers.admin.optins import seen
from customers.ingest import upsert_customers
from customers.models import Customer
from hub.records.records import RecordList
from tenants.changes.changesets import Origin, Receipt
from tenants.changes.trying import try_out
from tenants.models import ConsentPolicy, Role, Source
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import PROGRAM, UPLOAD, basic, upload, user
from tests.dry_runs import both, dry
from tests.members import member
from tests.orders.records import line, order
from tests.products.records import product
from tests.statements.find import ROOT
from tests.tenants.routes import EVERY_ROUTE

ADA = {"CustomerId": "C-1", "Email": "ada@example.com", "Name": "Ada"}
WRITES = [
    (method, path)
    for method, path in EVERY_ROUTE
    if method in ("POST", "DELETE") and not path.endswith("/reconcile") and not path.startswith("/imports/")
]
EVENTS = "/api/events/upload/"


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A tenant with something to change and to delete at every route."""
    partner.save("customers", ADA)
    partner.save("orders", order())
    partner.save("products", product())
    return partner


def bodies(path: str) -> Any:
    """Return a batch that creates one record and changes another."""
    return {
        "customers": [{"CustomerId": "C-2"}, {**ADA, "Name": "Ada B."}],
        "orders": [order(OrderId="O-2"), order(OrderItems=[line(Quantity=2)])],
        "products": [product(ProductId="P-2"), product(ProductName="Shirts")],
    }[path.split("/")[1]]


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("keeps_images", [False, True], ids=["as it is", "images kept"])
def test_every_write_can_be_tried(shop: Partner, keeps_images: bool, method: str, path: str) -> None:
    shop.tenant.keeps_images = keeps_images
    shop.tenant.save()
    feed = shop.changes()

    response = dry(shop, method, path, bodies(path) if method == "POST" else None)

    data = response.json()["data"]
    assert (data["dryRun"], data["changeset"], shop.changes()) == (True, None, feed)
    assert "results" not in data
    statuses = {change["status"] for change in data["changes"]}
    assert statuses == {"created", "updated"} if method == "POST" else len(data["changes"]) == 1
    both(shop, method, path, bodies(path) if method == "POST" else None)


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_false_is_a_real_run(shop: Partner, method: str, path: str) -> None:
    number = len(shop.changes())

    query = f"{'&' if '?' in path else '?'}dryRun=false"
    data = shop.send(method, f"{path}{query}", bodies(path) if method == "POST" else None).json()["data"]

    assert not {"dryRun", "changes"} & data.keys()
    assert len(shop.changes()) > number


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("value", ["1", "yes", "", "true&dryRun=true", "null"])
def test_what_is_neither_true_nor_false_is_refused(shop: Partner, method: str, path: str, value: str) -> None:
    before = shop.changes()

    response = shop.send(method, f"{path}{'&' if '?' in path else '?'}dryRun={value}", [])

    assert (response.status_code, list(response.json()["errors"])) == (400, ["dryRun"])
    assert shop.changes() == before


def test_the_changes_of_a_batch(shop: Partner) -> None:
    batch = [{"CustomerId": "C-1", "Name": "Bea"}, {"CustomerId": "C-2"}, {"CustomerId": "C-1", "Name": "Cea"}]
    (ada,) = shop.read("customers")

    data = dry(shop, "POST", "/customers/{tenant}", batch).json()["data"]

    assert (data["count"], data["created"], data["updated"]) == (3, 1, 1)
    updated, created = data["changes"]
    expected = {"index": 0, "status": "updated", "HubId": ada["HubId"]}
    assert updated == {**expected, "before": {"Name": "Ada"}, "after": {"Name": "Cea"}}
    assert (created["index"], created["status"], created["HubId"], created["before"]) == (1, "created", None, None)
    assert (created["after"]["CustomerId"], created["after"]["EmailOptin"]) == ("C-2", False)
    assert not {"HubId", "CreatedAt", "UpdatedAt"} & created["after"].keys()


def test_the_example_of_the_page(partner: Partner) -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    command, text = re.findall(r"```sh\n(curl [^`]*dryRun=true.*?)```.*?```json\n(.*?)```", page, re.DOTALL)[0]
    sent, printed = json.loads(shlex.split(command)[-1]), json.loads(text)
    partner.save("customers", {"CustomerId": "C-1", "Name": "Anne"})
    (stored,) = partner.read("customers")

    data = dry(partner, "POST", "/customers/{tenant}", sent).json()["data"]

    updated, created = printed.pop("changes")
    assert data["changes"][0] == {**updated, "HubId": stored["HubId"]}
    assert data["changes"][1].items() >= {**created, "after": data["changes"][1]["after"]}.items()
    assert data["changes"][1]["after"].items() >= created["after"].items()
    times = {"processedAt": ""}
    assert {**data, **times, "changes": []} == {**printed, **times, "changes": []}


def test_what_is_said_for_the_first_time_may_change_nothing_that_is_read(shop: Partner) -> None:
    (change,) = dry(shop, "POST", "/customers/{tenant}", [{**ADA, "SmsOptin": False}]).json()["data"]["changes"]

    assert (change["status"], change["before"], change["after"]) == ("updated", {}, {})


def test_what_changes_nothing_has_no_changes(shop: Partner) -> None:
    for entity, record in (("customers", ADA), ("orders", order()), ("products", product())):
        data = dry(shop, "POST", f"/{entity}/{{tenant}}", [record]).json()["data"]
        assert (data["unchanged"], data["changes"]) == (1, [])


def test_an_empty_batch_and_a_delete_of_nothing(shop: Partner) -> None:
    for entity in ("customers", "orders", "products"):
        assert dry(shop, "POST", f"/{entity}/{{tenant}}", []).json()["data"]["changes"] == []
    assert dry(shop, "DELETE", "/orders/{tenant}/O-9").json()["data"]["changes"] == []
    assert dry(shop, "DELETE", "/customers/{tenant}?customerId=C-9").json()["data"]["changes"] == []


def test_amounts_are_shown_to_their_last_digit(partner: Partner) -> None:
    most = 999_999_999_999.9999
    partner.save("orders", order(TotalRevenue=0.0001))

    both(partner, "POST", "/orders/{tenant}?results=true", [order(TotalRevenue=most)])
    response = dry(partner, "POST", "/orders/{tenant}", [order(TotalRevenue=most - 0.0001)])

    assert b'"TotalRevenue":999999999999.9999' in response.content


def test_fifty_changes_at_most_are_shown_in_the_order_sent(partner: Partner) -> None:
    batch = [{"CustomerId": f"C-{i}"} for i in range(120)]
    partner.save("customers", *batch[::3])

    data = dry(partner, "POST", "/customers/{tenant}", batch).json()["data"]

    assert data["created"] == 80
    assert [change["index"] for change in data["changes"]] == [i for i in range(120) if i % 3][:50]


def test_what_is_shown_ends_at_ten_megabytes(partner: Partner) -> None:
    wide = {"Size": "s" * 200, "Color": "c" * 200, "Brand": "ä" * 200}
    lines = [line(**wide) for _ in range(1000)]
    for i in range(30):
        partner.save("orders", order(OrderId=f"O-{i}", OrderItems=lines))

    batch = [order(OrderId=f"O-{i}", OrderItems=[line()]) for i in range(30)]
    response = dry(partner, "POST", "/orders/{tenant}", batch)

    assert response.json()["data"]["updated"] == 30
    assert 1 <= len(response.json()["data"]["changes"]) < 30
    assert len(response.content) < 11 * 1024 * 1024


def test_a_reason_is_taken_and_not_kept(shop: Partner) -> None:
    assert dry(shop, "DELETE", "/orders/{tenant}/O-1?reason=Ticket+17").status_code == 200


@pytest.mark.parametrize(
    "batch", [[{}], [{"CustomerId": 7}], {"no": "array"}, b"[", b"", [ADA] * 1001, [{**ADA, "Name": "\0"}]]
)
def test_a_batch_that_is_refused_is_refused_the_same(shop: Partner, batch: Any) -> None:
    tried, _ = both(shop, "POST", "/customers/{tenant}", batch)

    assert tried.status_code == 400


def test_a_body_that_is_too_big_is_refused_the_same(shop: Partner) -> None:
    big = b"[" + b" " * 10 * 1024 * 1024 + b"]"

    assert dry(shop, "POST", "/customers/{tenant}", big).status_code == 413


def test_a_body_of_ten_megabytes_is_tried(partner: Partner) -> None:
    wide = {"Size": "s" * 180, "Color": "c" * 180, "Brand": "b" * 180}
    batch = [order(OrderId=f"O-{i}", OrderItems=[line(**wide) for _ in range(28)]) for i in range(490)]

    tried, _ = both(partner, "POST", "/orders/{tenant}?results=true", batch)

    assert tried.json()["data"]["created"] == 490


def test_warnings_are_the_same(make_tenant: MakeTenant) -> None:
    partner = make_tenant(consent_policy=ConsentPolicy.OPT_OUT_STICKS)
    partner.save("customers", {**ADA, "EmailOptin": True})
    upload(partner, {"external_id": "F-1", "email": "gone@example.com", "is_forgotten": True})
    staff = member(Role.ADMIN, partner.tenant)
    chosen = {"chosen": seen(Customer.objects.get(tenant=partner.tenant)), "flag": "email_optin", "value": "no"}
    staff.post("/admin/customers/customer/opt-ins/", chosen)

    batch = [{**ADA, "EmailOptin": True}, {"CustomerId": "F-1"}, {"CustomerId": "C-3", "Nmae": "x"}]
    tried, _ = both(partner, "POST", "/customers/{tenant}?results=true", batch)

    assert set(tried.json()["data"]["warnings"]) == {"[0].EmailOptin", "[1]", "[2].Nmae"}


def test_a_dry_run_counts_in_the_rate_limit(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=2)

    answers = [partner.send("POST", "/customers/{tenant}?dryRun=true", [ADA]) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["X-RateLimit-Remaining"] for answer in answers[:2]] == ["1", "0"]


def test_strangers_try_nothing(shop: Partner, make_tenant: MakeTenant) -> None:
    stranger = Partner(shop.tenant, make_tenant().key)

    for method, path in WRITES:
        query = f"{'&' if '?' in path else '?'}dryRun=true"
        assert stranger.send(method, f"{path}{query}", bodies(path) if method == "POST" else None).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_statements_stay_prepared(partner: Partner) -> None:
    """psycopg would have the server forget them all with a rollback of its own."""

    def prepared() -> set[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, prepare_time FROM pg_prepared_statements")
            return set(cursor.fetchall())

    partner.save("customers", ADA)
    before = prepared()

    for entity, record in (("customers", ADA), ("orders", order()), ("products", product())):
        assert partner.send("POST", f"/{entity}/{{tenant}}?dryRun=true", [record]).status_code == 200

    assert before
    assert before <= prepared()


@pytest.mark.parametrize("name", ["dryRun", "dryrun", "dry_run", "DRY-RUN"])
@pytest.mark.parametrize("value", ["true", "false", ""])
@pytest.mark.parametrize("path", [UPLOAD, EVENTS])
def test_custobar_has_none_and_does_not_ignore_who_asks(shop: Partner, path: str, name: str, value: str) -> None:
    """It ignores parameters that it does not know, and would store what was only to be tried."""
    before, body = shop.changes(), {"customers": [{"external_id": "C-1", "can_email": True}]}

    response = shop.send("POST", f"{path}?{name}={value}", body, **basic(shop.slug, shop.key))

    assert response.status_code == 400
    assert response.json()["error"]["errors"] == {name: ["There are no dry runs here. Nothing was read or stored."]}
    assert shop.changes() == before


def test_jericommerce_has_none(shop: Partner) -> None:
    before = shop.changes()

    for method, query, body in (
        ("POST", "?", [user("bo@example.com", "C-2")]),
        ("DELETE", "?email=ada@example.com&", None),
    ):
        response = shop.send(method, f"{PROGRAM}{query}dryRun=true", body, **{"api-key": shop.key})
        assert (response.status_code, list(response.json()["errors"])) == (400, ["dryRun"])
    assert shop.changes() == before


def origin() -> Origin:
    return Origin(Source.API, "a test", "")


def test_what_another_writer_changed_meanwhile_is_never_taken_for_what_was_there(shop: Partner) -> None:
    """Between the rollback and the look at what was there: what it then tells is of after the other writer."""
    tenant, tries = shop.tenant, list[int]()

    def write(of: Origin) -> Receipt:
        records = RecordList[Any]([{"CustomerId": "C-1", "Phone": "+358101234567"}])
        receipt = upsert_customers(tenant, records, origin=of, results=True)
        tries.append(receipt.updated)
        if len(tries) == 1:
            upsert_customers(tenant, RecordList[Any]([{"CustomerId": "C-1", "Name": "Bea"}]), origin=origin())
        return receipt

    receipt = try_out(tenant, origin(), write)

    assert tries == [1, 1]
    (change,) = receipt.changes or ()
    assert (change["before"], change["after"]) == ({"Phone": None}, {"Phone": "+358101234567"})
    assert [record["Name"] for record in shop.read("customers")] == ["Bea"]


def test_a_writer_of_other_records_does_not_make_it_try_again(shop: Partner) -> None:
    tries = list[int]()

    def write(of: Origin) -> Receipt:
        receipt = upsert_customers(shop.tenant, RecordList[Any]([{**ADA, "Name": "B"}]), origin=of, results=True)
        upsert_customers(shop.tenant, RecordList[Any]([{"CustomerId": "C-2"}]), origin=origin())
        tries.append(receipt.updated)
        return receipt

    assert try_out(shop.tenant, origin(), write).number is None
    assert tries == [1]
