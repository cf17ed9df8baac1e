"""Who looked at whom: pages and lists of the admin, and what the API reads, counted by day, actor and way."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from customers.models import Customer
from orders.models import Order
from tenants.audit import looks
from tenants.keys import create_key
from tenants.models import AccountEvent, AuditEvent, Changeset, Look, Membership, Role
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import basic
from tests.members import browser, make_user, member, superuser, text
from tests.orders.records import order
from tests.products.records import product

pytestmark = [pytest.mark.django_db, pytest.mark.within("a day")]

LIST = "/admin/tenants/look/"
CUSTOMERS = "/admin/customers/customer/"
ANNA = {"CustomerId": "C-anna", "Email": "anna@shop.example", "Name": "Annabella", "Phone": "+358401234567"}


@pytest.fixture
def maria(partner: Partner) -> User:
    return staff_of(partner)


@pytest.fixture
def anna(partner: Partner) -> Customer:
    partner.save("customers", ANNA)
    return Customer.objects.get(tenant=partner.tenant)


def staff_of(partner: Partner, role: Role = Role.STAFF) -> User:
    user = make_user("maria")
    Membership.objects.create(tenant=partner.tenant, user=user, role=role)
    return user


def counted(partner: Partner, **filters: Any) -> list[tuple[str, str, int | None, int, int]]:
    """Return a tenant's looks: at what, how, at which record, how many requests and records."""
    found = Look.objects.filter(tenant=partner.tenant, **filters).order_by("pk")
    return list(found.values_list("entity", "way", "record", "requests", "records"))


# Pages


def test_a_persons_page_is_counted_by_day_and_user(partner: Partner, anna: Customer, maria: User) -> None:
    for _ in range(3):
        browser(maria).get(f"{CUSTOMERS}{anna.pk}/change/")
    browser(staff_of(partner)).get(f"{CUSTOMERS}{anna.pk}/change/")

    assert counted(partner) == [("customers", "page", anna.pk, 3, 3), ("customers", "page", anna.pk, 1, 1)]
    Look.objects.update(day=timezone.now().date() - timedelta(days=1))
    browser(maria).get(f"{CUSTOMERS}{anna.pk}/change/")
    assert counted(partner)[2:] == [("customers", "page", anna.pk, 1, 1)]
    assert Look.objects.latest("pk").user == maria


def test_an_orders_page_is_counted_for_it_shows_its_customer(partner: Partner, maria: User) -> None:
    partner.save("orders", order())
    pk = Order.objects.get().pk

    browser(maria).get(f"/admin/orders/order/{pk}/change/")

    assert counted(partner) == [("orders", "page", pk, 1, 1)]


def test_lists_count_whom_they_show_by_tenant(partner: Partner, anna: Customer, make_tenant: MakeTenant) -> None:
    other = make_tenant()
    other.save("customers", {"CustomerId": "1"}, {"CustomerId": "2"})

    superuser().get(CUSTOMERS)
    superuser().get(CUSTOMERS, {"q": "nobody there"})

    assert counted(partner) == [("customers", "list", None, 1, 1)]
    assert counted(other) == [("customers", "list", None, 1, 2)]


def test_a_changesets_page_names_persons_and_is_counted(partner: Partner, anna: Customer, maria: User) -> None:
    browser(maria).get(f"/admin/tenants/changeset/{Changeset.objects.get().pk}/change/")

    assert counted(partner) == [("customers", "changeset", None, 1, 1)]


def test_products_are_no_persons(partner: Partner, maria: User) -> None:
    partner.save("products", product())
    client = browser(maria)
    client.get("/admin/products/product/")
    client.get(f"/admin/tenants/changeset/{Changeset.objects.get().pk}/change/")
    partner.read("products")

    assert counted(partner) == []


def test_who_may_not_see_a_page_is_not_counted(partner: Partner, anna: Customer, make_tenant: MakeTenant) -> None:
    stranger = member(Role.ADMIN, make_tenant().tenant)

    assert stranger.get(f"{CUSTOMERS}{anna.pk}/change/").status_code == 404

    assert counted(partner) == []


def test_a_persons_page_tells_admins_who_looked(partner: Partner, anna: Customer, maria: User) -> None:
    page = f"{CUSTOMERS}{anna.pk}/change/"
    assert "Who looked" not in text(browser(maria).get(page))
    assert "Who looked" not in text(member(Role.VIEWER, partner.tenant).get(page))

    shown = text(browser(staff_of(partner, Role.ADMIN)).get(page))

    (section,) = re.findall(r"Who looked at this person.*?</section>", shown, re.DOTALL)
    assert maria.username in section
    all_of_them = f"{LIST}?entity=customers&record={anna.pk}"
    assert f'href="{all_of_them.replace("&", "&amp;")}"' in section
    found = superuser().get(all_of_them).context["cl"].result_list
    assert {look.record for look in found} == {anna.pk}
    assert len(found) == 3


# The API


def test_reads_are_counted_by_key_and_way(partner: Partner, anna: Customer) -> None:
    partner.save("orders", order())
    _, other = create_key(partner.tenant, label="ERP")
    partner.get("/customers/{tenant}", limit="10")
    partner.get("/customers/{tenant}/C-anna")
    partner.send("GET", "/api/data/customers/", **basic(partner.slug, partner.key))
    partner.read("orders")
    Partner(partner.tenant, other).get("/customers/{tenant}/C-anna")

    assert counted(partner) == [
        ("customers", "api_list", None, 1, 1),
        ("customers", "api_record", None, 1, 1),
        ("customers", "custobar", None, 1, 1),
        ("orders", "api_list", None, 1, 1),
        ("customers", "api_record", None, 1, 1),
    ]
    assert len({look.api_key_id for look in Look.objects.all()}) == 2


def test_what_showed_nobody_is_not_counted(partner: Partner, anna: Customer) -> None:
    partner.get("/customers/{tenant}/C-nobody")
    partner.get("/customers/{tenant}", Email="nobody@shop.example")
    partner.get("/customers/{tenant}", limit="x")
    partner.get("/changes/{tenant}")
    Partner(partner.tenant, "no key").get("/customers/{tenant}")

    assert counted(partner) == []


def test_reads_are_written_once_a_minute_and_none_is_lost(
    partner: Partner, anna: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        partner.get("/customers/{tenant}/C-anna")
    assert counted(partner) == [("customers", "api_record", None, 1, 1)]

    monkeypatch.setattr(looks, "SECONDS", 0)
    partner.get("/customers/{tenant}/C-anna")

    assert counted(partner) == [("customers", "api_record", None, 6, 6)]


def test_a_read_in_another_way_brings_what_is_pending(partner: Partner, anna: Customer) -> None:
    for _ in range(3):
        partner.get("/customers/{tenant}/C-anna")
    partner.get("/customers/{tenant}")

    assert counted(partner, way="api_record") == [("customers", "api_record", None, 3, 3)]


def test_who_reads_a_thousand_is_written_without_waiting(partner: Partner) -> None:
    partner.save("customers", *({"CustomerId": str(number)} for number in range(500)))
    for _ in range(3):
        partner.get("/customers/{tenant}", limit="1000")

    assert counted(partner) == [("customers", "api_list", None, 3, 1500)]


def test_a_read_that_can_not_be_recorded_is_not_answered(partner: Partner, anna: Customer) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tenants_look ADD CONSTRAINT full_disk CHECK (false) NOT VALID")
        refused = partner.get("/customers/{tenant}/C-anna")
        transaction.set_rollback(True)

    assert refused.status_code >= 500
    assert "Annabella" not in refused.content.decode()
    assert partner.get("/customers/{tenant}/C-anna").status_code == 200
    assert counted(partner) == [("customers", "api_record", None, 1, 1)]


def test_the_list_of_looks_is_filtered(partner: Partner, anna: Customer, maria: User) -> None:
    browser(maria).get(f"{CUSTOMERS}{anna.pk}/change/")
    partner.get("/customers/{tenant}/C-anna")
    client = member(Role.ADMIN, partner.tenant)

    def ways(**query: str) -> list[str]:
        return [look.way for look in client.get(LIST, query).context["cl"].result_list]

    assert ways() == ["api_record", "page"]
    assert ways(actor=maria.username) == ["page"]
    assert ways(actor="test") == ["api_record"]
    assert ways(actor=f"{partner.key[:8]}…") == ["api_record"]
    assert ways(way="page") == ["page"]
    assert ways(record=str(anna.pk)) == ["page"]
    assert ways(entity="orders") == []
    assert ways(created_at_to=str(timezone.now().date() - timedelta(days=1))) == []


# Erasing


@pytest.mark.parametrize("door", ["api", "admin"])
def test_an_erased_person_leaves_nothing_personal_in_the_audit(
    door: str, partner: Partner, anna: Customer, maria: User
) -> None:
    client = browser(maria)
    client.get(CUSTOMERS, {"q": "anna@shop.example"})
    client.get(f"{CUSTOMERS}{anna.pk}/change/")
    partner.get("/customers/{tenant}/anna@shop.example")
    partner.get("/customers/{tenant}", Email="anna@shop.example")

    if door == "api":
        partner.delete("/customers/{tenant}", customerId="C-anna")
    else:
        client.post(f"{CUSTOMERS}delete/", {"chosen": str(anna.pk)})

    assert not Customer.objects.exists()
    kept = str([list(model.objects.values()) for model in (AuditEvent, AccountEvent, Look)])
    assert f"'record': {anna.pk}" in kept
    assert [value for value in ANNA.values() if value.lower() in kept.lower()] == []
    page = text(member(Role.ADMIN, partner.tenant).get(LIST))
    assert f"#{anna.pk}" in page
    assert [value for value in ANNA.values() if value in page] == []


def test_whom_a_reconciliation_tells_of_is_counted(partner: Partner, anna: Customer) -> None:
    partner.save("customers", {"CustomerId": "C-bo"}, {"CustomerId": "C-cy"})
    sent = {"hashes": {"C-anna": "0" * 64, "C-cy": "0" * 64, "missing": "0" * 64}}

    partner.send("POST", "/customers/{tenant}/reconcile", sent)
    partner.send("POST", "/customers/{tenant}/reconcile", {"ids": ["C-anna", "nobody"], "to": "C-anna"})

    assert counted(partner) == [("customers", "api_list", None, 1, 3)]  # the second told of nobody


def test_a_record_that_is_the_same_shows_nobody(partner: Partner, anna: Customer) -> None:
    tag = partner.get("/customers/{tenant}/C-anna")["ETag"]
    assert counted(partner) == [("customers", "api_record", None, 1, 1)]
    looks._pending.clear()

    partner.send("GET", "/customers/{tenant}/C-anna", **{"If-None-Match": tag})

    assert counted(partner) == [("customers", "api_record", None, 1, 1)]
