"""Everything that is held about a person: a page and a file that have it all, for staff alone, and a look."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from customers.admin.dossier import PARTS
from customers.models import Customer
from tenants.models import Look, Role, Tenant
from tenants.requests.writer import WRITER
from tenants.webhooks.endpoints import create_webhook
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import upload
from tests.customers.test_erasure import PERSON, an_order, traces
from tests.files.jobs import ndjson, tried_file
from tests.members import member, text
from tests.orders.records import line, order
from tests.quarantine.lenient import take

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


@pytest.fixture
def zenobia(partner: Partner, staff: Client) -> Customer:
    """Somebody of whom there is something everywhere."""
    Tenant.objects.update(keeps_images=True)
    partner.save("customers", {**PERSON, "Email": "before@person.example"})
    partner.save("customers", PERSON)
    extra = {"external_id": None, "email": PERSON["Email"], "tags": ["vip"], "mailing_lists": ["news"]}
    upload(partner, {name: value for name, value in extra.items() if value} | {"SHOP__size": "XL"})
    partner.send("POST", "/customers/{tenant}?reason=ticket%20seven", [{**PERSON, "EmailOptin": False}])
    bought = [line(Sku="S-1", Quantity=2), line(Sku="S-2")]
    partner.save("orders", {**an_order("O-1"), "OrderItems": bought}, an_order("O-2"))
    take(partner, "customers", {"CustomerId": "else"}, {**PERSON, "Language": "much too long"})
    WRITER.flush()
    create_webhook(partner.tenant, label="Warehouse", url="https://erp.example/hooks?secret=1")
    found = Customer.objects.get(email=PERSON["Email"])
    staff.get(f"{LIST}{found.pk}/change/")
    return found


def address(customer: Customer) -> str:
    return f"{LIST}{customer.pk}/everything/"


def file(client: Client, customer: Customer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text(client.get(address(customer), {"format": "json"})))
    return found


def rows(found: dict[str, Any], part: str) -> list[dict[str, Any]]:
    given: list[dict[str, Any]] = found[part]["Rows"]
    return given


def test_the_file_has_all_that_is_held(partner: Partner, staff: Client, zenobia: Customer) -> None:
    found = file(staff, zenobia)

    identity = {row["Field"]: row["Value"] for row in rows(found, "Identity")}
    assert {name: identity[name] for name in ("CustomerId", "Email", "Name", "Surname", "Username")} == {
        name: PERSON[name] for name in ("CustomerId", "Email", "Name", "Surname", "Username")
    }
    assert identity["Former e-mails"] == ["before@person.example"]
    consents = {row["Channel"]: (row["Now"], row["Through"]) for row in rows(found, "Consents")}
    assert consents["E-mail opt-in"] == ("No", "API")
    assert consents["SMS opt-in"] == ("Never given", None)
    assert {row["Name"] for row in rows(found, "Groups")} == {"vip", "news", "SHOP__size"}
    bought = {row["OrderId"]: row["OrderItems"] for row in rows(found, "Orders")}
    assert [[(one["Sku"], one["Quantity"]) for one in items] for items in (bought["O-1"],)] == [
        [("S-1", 2), ("S-2", 1)]
    ]
    assert bought.keys() == {"O-1", "O-2"}
    assert [row["Why"] for row in rows(found, "ConsentLedger") if row["Before"]] == ["ticket seven"]
    assert {row["What"] for row in rows(found, "Changes")} == {"Upsert"}
    assert {row["Number"] for row in rows(found, "BeforeImages")} <= {row["Number"] for row in rows(found, "Changes")}
    assert rows(found, "BeforeImages")
    assert "much too long" in rows(found, "Quarantine")[0]["Record"]
    assert "POST /customers/{tenantId}" in {row["Call"] for row in rows(found, "Requests")}
    assert ("Staff", "its page") in {(row["By"], row["What"]) for row in rows(found, "Looks")}
    assert {"System": "Warehouse", "How": "is told of changes, at erp.example"} in rows(found, "Recipients")


def test_rows_of_files_that_were_rejected_are_in_it(partner: Partner, staff: Client) -> None:
    partner.save("customers", PERSON)
    tried_file(partner, "people.ndjson", ndjson([{"CustomerId": PERSON["CustomerId"], "Language": "much too long"}]))

    (row,) = rows(file(staff, Customer.objects.get()), "RejectedRows")

    assert "much too long" in row["Row"]


def test_the_page_says_the_same_in_plain_words(staff: Client, zenobia: Customer) -> None:
    page = text(staff.get(address(zenobia)))

    known = ["Zenobia", "zenobia+vip@person.example", "before@person.example", "ticket seven", "O-1", "S-2", "vip"]
    assert [value for value in known if value not in page] == []
    assert all(
        said in page for said in ("Kept for 30 days", "Kept until the person is erased", "supervisory authority")
    )
    assert all(f'id="{part(zenobia).name}"' in page for part in PARTS)


def test_the_page_says_whose_clock_its_times_are_of(partner: Partner, staff: Client, zenobia: Customer) -> None:
    Tenant.objects.filter(pk=partner.tenant.pk).update(time_zone="Asia/Tokyo")

    page = text(staff.get(address(zenobia)))

    assert re.search(r"at <time [^>]*>[^<]*</time>\. All times are those of Asia/Tokyo\.", page)


def test_no_employee_and_no_other_person_is_named(partner: Partner, staff: Client, zenobia: Customer) -> None:
    partner.save("customers", {"CustomerId": "other", "Email": "other@person.example", "Name": "Quentin"})
    partner.save("orders", order(OrderId="O-other", CustomerId="other", Email="other@person.example"))
    names = [*Look.objects.values_list("user__username", flat=True), "Quentin", "other@person.example", "O-other"]

    said = text(staff.get(address(zenobia))) + text(staff.get(address(zenobia), {"format": "json"}))

    own = staff.get(LIST).wsgi_request.user.get_username()
    assert [name for name in names if name and name != own and name in said] == []
    assert own not in text(staff.get(address(zenobia), {"format": "json"}))


def test_the_page_has_local_times_and_amounts_with_two_decimals(partner: Partner, staff: Client) -> None:
    Tenant.objects.update(time_zone="Asia/Tokyo")
    partner.save("customers", PERSON)
    items = [line(Sku="S-1", Price=9.9, OriginalPrice=12), line(Sku="S-2", Price=10)]
    partner.save(
        "orders", {**an_order("O-1"), "OrderDate": "2026-01-31T20:00:00Z", "TotalRevenue": 19.9, "OrderItems": items}
    )

    page = text(staff.get(address(Customer.objects.get())))

    assert "<bdi>19.90</bdi>" in page
    assert ">2026-02-01 05:00</time>" in page
    assert "Price 9.90" in page
    assert "OriginalPrice 12.00" in page
    assert set(re.findall(r">[^<]*[0-9]T[0-9:.]+Z[^<]*<", page)) == set()
    assert file(staff, Customer.objects.get())["Orders"]["Rows"][0]["TotalRevenue"] == 19.9


@pytest.mark.within("a day")
def test_taking_it_is_a_look_that_the_page_of_the_person_shows(partner: Partner, staff: Client) -> None:
    partner.save("customers", PERSON)
    found = Customer.objects.get()
    staff.get(address(found))
    file(staff, found)

    look = Look.objects.get(way="dossier")
    assert (look.record, look.requests, look.tenant) == (found.pk, 2, partner.tenant)
    shown = text(member(Role.ADMIN, partner.tenant).get(f"{LIST}{found.pk}/change/"))
    assert "everything held about the person" in shown


def test_who_has_nothing_more_than_a_record_has_a_page(partner: Partner, staff: Client) -> None:
    partner.save("customers", {"CustomerId": "C-1"})

    page = text(staff.get(address(Customer.objects.get())))

    assert page.count("Nothing.") >= 4


def test_the_file_s_name_says_no_more_than_the_hub_id(partner: Partner, staff: Client) -> None:
    partner.save("customers", PERSON)
    found = Customer.objects.get()

    answer = staff.get(address(found), {"format": "json"})

    assert answer["Content-Disposition"] == f'attachment; filename="everything-{found.pk}.json"'
    assert "no-store" in answer["Cache-Control"]
    assert staff.get(address(found), {"format": "exe"}).status_code == 400


def test_many_orders_come_in_pieces_and_the_page_says_that_there_are_more(
    partner: Partner, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.admin.dossier.CHUNK", 2)
    monkeypatch.setattr("customers.admin.everything.MOST_ROWS", 3)
    partner.save("customers", PERSON)
    partner.save("orders", *(an_order(f"O-{i}") for i in range(5)))
    found = Customer.objects.get()

    assert {row["OrderId"] for row in rows(file(staff, found), "Orders")} == {f"O-{i}" for i in range(5)}
    assert "These are 3 of more" in text(staff.get(address(found)))


def test_a_stranger_and_a_viewer_get_nothing(make_tenant: MakeTenant, partner: Partner) -> None:
    partner.save("customers", PERSON)
    found = Customer.objects.get()
    stranger, viewer = member(Role.ADMIN, make_tenant().tenant), member(Role.VIEWER, partner.tenant)

    assert [stranger.get(address(found), query).status_code for query in ({}, {"format": "json"})] == [404, 404]
    assert [viewer.get(address(found), query).status_code for query in ({}, {"format": "json"})] == [403, 403]
    assert "Everything we hold" not in text(viewer.get(f"{LIST}{found.pk}/change/"))
    assert not Look.objects.filter(way="dossier").exists()


def test_nothing_of_it_stays_when_the_person_is_erased(partner: Partner, staff: Client, zenobia: Customer) -> None:
    file(staff, zenobia)

    partner.delete("/customers/{tenant}", email=PERSON["Email"])

    assert traces() == []
