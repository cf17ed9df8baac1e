"""Taking a changeset back: what goes back, what goes, what comes back and what stays, as the tenant's admin sees it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from orders.models import Order, OrderItem
from products.models import Variant
from tenants.changes import images
from tenants.models import BeforeImage, Changeset, Role
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.distribution import needs_plain_postgres
from tests.members import member, text
from tests.orders.records import line, order
from tests.products.records import product, variant
from tests.undoing import changeset_of, latest, plan_of, take_back, taken_back, undo_page

Versions = [pytest.param(True, id="RETURNING old"), pytest.param(False, id="read before")]


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    """A tenant that keeps before-images of API batches."""
    return make_tenant(keeps_images=True)


@pytest.fixture
def admin(shop: Partner) -> Client:
    return member(Role.ADMIN, shop.tenant)


@pytest.fixture(params=Versions)
def any_server(request: pytest.FixtureRequest, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to know the replaced row: as a server from 18 on tells, where this is one, and by reading before."""
    if not request.param:
        monkeypatch.setattr(images, "RETURNS_OLD", 10**9)


def rows(model: Any, partner: Partner, *without: str) -> dict[int, dict[str, Any]]:
    """Return all columns of a tenant's rows, but for when they were last written."""
    found = model.objects.filter(tenant=partner.tenant).values()
    return {
        row["id"]: {k: v for k, v in row.items() if k not in ("updated_at", "previous_flags", *without)}
        for row in found
    }


def test_customers_go_back_to_what_they_were_in_every_column(any_server: None, shop: Partner, admin: Client) -> None:
    full = {"Name": "Ada", "Surname": "Lee", "Phone": "+358101234567", "Language": "en", "Username": "ada"}
    shop.save("customers", customer(**full), {"CustomerId": "C-2"})
    before = rows(Customer, shop)
    shop.save(
        "customers",
        customer(Name="", Phone="+358101234568", Language="fi", SmsOptin=False),
        {"CustomerId": "C-2", "Name": "Bo"},
    )

    done = taken_back(admin, shop, 2)

    assert rows(Customer, shop) == before
    assert done
    assert (done.operation, done.undoes, done.entity, done.source) == ("undo", 2, "customers", "admin")
    assert (sorted(done.updated_ids), done.created_ids, done.deleted_ids) == (sorted(before), [], [])


def test_amounts_come_back_to_their_last_digit(shop: Partner, admin: Client) -> None:
    lines = [line(Price=999999999999.9999, OriginalPrice=0.0001), line(Sku="S-2", Price=123456789012.3456)]
    shop.save("orders", order(TotalRevenue=999999999999.9999, OrderItems=lines))
    before = rows(Order, shop), rows(OrderItem, shop)
    shop.save("orders", order(TotalRevenue=1, OrderItems=[line(Price=2)]))

    taken_back(admin, shop, 2)

    assert (rows(Order, shop), rows(OrderItem, shop)) == before


def test_what_a_changeset_created_goes(shop: Partner, admin: Client) -> None:
    shop.save("orders", order(), order(OrderId="O-2"))

    done = taken_back(admin, shop, 1)

    assert shop.read("orders") == []
    assert done
    assert len(done.deleted_ids) == 2


def test_what_was_touched_since_stays_and_is_named(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer(), {"CustomerId": "C-2"}, {"CustomerId": "C-3"})
    shop.save("customers", customer(Name="B"), {"CustomerId": "C-2", "Name": "B"}, {"CustomerId": "C-4"})
    shop.save("customers", customer(Surname="Later"), {"CustomerId": "C-4", "Name": "Later"})

    page = text(plan_of(admin, shop, 2))
    taken_back(admin, shop, 2)

    touched = Customer.objects.get(tenant=shop.tenant, customer_id="C-1")
    assert "1 customer goes back to what was before." in page
    assert "2 customers: changed since." in page
    assert f"/admin/customers/customer/{touched.pk}/change/" in page
    assert {row["CustomerId"]: row["Name"] for row in shop.read("customers")} == {
        "C-1": "B", "C-2": None, "C-3": None, "C-4": "Later",
    }  # fmt: skip


@pytest.mark.parametrize("through", ["API", "admin"])
def test_deleted_orders_come_back_under_their_hub_id_with_their_lines(partner: Partner, through: str) -> None:
    admin = member(Role.ADMIN, partner.tenant)
    partner.save("orders", order(OrderItems=[line(), line(Sku="S-2"), line()]))
    before = rows(Order, partner), rows(OrderItem, partner)
    if through == "API":
        partner.delete("/orders/{tenant}/O-1")
    else:
        admin.post("/admin/orders/order/delete/", {"chosen": str(*before[0])})
    assert rows(Order, partner) == {}

    done = taken_back(admin, partner, 2)

    assert (rows(Order, partner), rows(OrderItem, partner)) == before
    assert done
    assert done.created_ids == list(before[0])


def test_deleted_lines_and_variants_come_back_in_their_places(partner: Partner) -> None:
    admin = member(Role.ADMIN, partner.tenant)
    partner.save("orders", order(OrderItems=[line(), line(Sku="S-2"), line(Sku="S-3")]))
    partner.save("products", product(ProductVariants=[variant(), variant(VariantId="V-2"), variant(VariantId="V-3")]))
    before = rows(OrderItem, partner), rows(Variant, partner)
    partner.delete("/orders/{tenant}/O-1/items", productId="P-1", sku="S-2")
    partner.delete("/products/{tenant}/P-1/variants/V-1")
    ids = [pk for pk, item in rows(OrderItem, partner).items() if item["sku"] == "S-3"]
    order_id = Order.objects.get(tenant=partner.tenant).pk
    admin.post(f"/admin/orders/order/{order_id}/items/delete/", {"chosen": str(ids[0])})
    assert [len(rows(model, partner)) for model in (OrderItem, Variant)] == [1, 2]

    taken_back(admin, partner, 5)
    taken_back(admin, partner, 4)

    assert rows(Variant, partner) == before[1]
    assert {row["sku"] for row in rows(OrderItem, partner).values()} == {"S-1", "S-3"}
    assert rows(OrderItem, partner)[ids[0]] == before[0][ids[0]]


def test_a_deleted_product_stays_gone_whose_key_was_taken_again(partner: Partner) -> None:
    admin = member(Role.ADMIN, partner.tenant)
    partner.save("products", product(), product(ProductId="P-2"))
    for name in ("P-1", "P-2"):
        partner.delete(f"/products/{{tenant}}/{name}")
    partner.save("products", product(ProductName="Another"))

    page = text(plan_of(admin, partner, 2))

    assert "1 product: another record has its key now." in page
    assert "Nothing: there is nothing left that could go back." in page
    assert taken_back(admin, partner, 3)
    assert {row["ProductId"]: row["ProductName"] for row in partner.read("products")} == {
        "P-1": "Another",
        "P-2": "Shirt",
    }


def test_without_images_what_was_created_goes_and_the_plan_says_where_the_switch_is(partner: Partner) -> None:
    admin = member(Role.ADMIN, partner.tenant)
    partner.save("customers", customer(Name="A"))
    partner.save("customers", customer(Name="B"), {"CustomerId": "C-2"})

    page = text(plan_of(admin, partner, 2))
    taken_back(admin, partner, 2)

    assert "1 customer: what it was before is not kept." in page
    assert f'href="/admin/tenants/tenant/{partner.id}/change/"' in page
    assert [row["Name"] for row in partner.read("customers")] == ["B"]
    assert BeforeImage.objects.filter(tenant=partner.tenant, changeset_number__lt=3).count() == 0


def test_an_undo_can_be_undone(shop: Partner, admin: Client) -> None:
    shop.save("orders", order(), order(OrderId="O-2"))
    shop.save("orders", order(TotalRevenue=5, OrderItems=[line(), line(Sku="S-2")]), order(OrderId="O-3"))
    before = rows(Order, shop), rows(OrderItem, shop)
    taken_back(admin, shop, 2)

    done = taken_back(admin, shop, 3)

    assert (rows(Order, shop), rows(OrderItem, shop)) == before
    assert done
    assert (len(done.created_ids), len(done.updated_ids), done.deleted_ids) == (1, 1, [])


def test_each_of_two_pages_leads_to_the_other(shop: Partner, admin: Client) -> None:
    shop.save("orders", order())
    answer = take_back(admin, shop, 1)
    undone, undo = changeset_of(shop, 1), changeset_of(shop, 2)

    done = text(admin.get(answer["Location"]))

    assert answer["Location"] == f"/admin/tenants/changeset/{undone.pk}/change/"
    assert (
        done.count(f"/admin/tenants/changeset/{undo.pk}/change/") == 4
    )  # in the message, as a field, and to revert that
    assert f"/admin/tenants/changeset/{undone.pk}/change/" in text(
        admin.get(f"/admin/tenants/changeset/{undo.pk}/change/")
    )


def test_what_was_planned_is_done_or_shown_again(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer(), {"CustomerId": "C-2"})
    planned = plan_of(admin, shop, 1).context["plan"].digest
    shop.save("customers", customer(Name="Later"))

    answer = admin.post(undo_page(shop, 1), {"planned": planned})

    assert answer.status_code == 409
    assert "Meanwhile something else was written." in text(answer)
    assert len(shop.read("customers")) == 2
    assert admin.post(undo_page(shop, 1), {"planned": answer.context["plan"].digest}).status_code == 302
    assert [row["CustomerId"] for row in shop.read("customers")] == ["C-1"]


def test_after_a_week_nothing_can_be_taken_back_and_the_images_go(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer())
    shop.save("customers", customer(Name="B"))
    shop.save("customers", customer(Name="C"))
    old = timezone.now() - timedelta(days=7, seconds=1)
    Changeset.objects.filter(tenant=shop.tenant, number=2).update(created_at=old)
    BeforeImage.objects.filter(tenant=shop.tenant, changeset_number=2).update(created_at=old)

    answer = admin.post(undo_page(shop, 2), {"planned": "x"})

    assert "older than seven days" in text(answer)
    assert "Take this change back" not in text(
        admin.get(f"/admin/tenants/changeset/{changeset_of(shop, 2).pk}/change/")
    )
    assert images.purge_images() == 1
    assert [image.changeset_number for image in BeforeImage.objects.filter(tenant=shop.tenant)] == [3]


def test_images_are_purged_some_at_a_time(shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "CHUNK", 2)
    names = [f"C-{n}" for n in range(5)]
    for name in ("A", "B"):
        shop.save("customers", *({"CustomerId": one, "Name": name} for one in names))
    BeforeImage.objects.update(created_at=timezone.now() - timedelta(days=8))

    assert images.purge_images() == 5


def test_an_erasure_and_another_priority_can_not_be_taken_back(shop: Partner, admin: Client) -> None:
    shop.save("customers", customer())
    admin.post(f"/admin/tenants/tenant/{shop.id}/priority/", {"priority": "email"})
    shop.delete("/customers/{tenant}", email="ada@example.com")

    assert "change the identifier priority again" in text(admin.get(undo_page(shop, 2)))
    assert "nobody comes back from that" in text(admin.get(undo_page(shop, 3)))
    assert admin.post(undo_page(shop, 3), {"planned": "x"}).status_code == 409


@pytest.mark.parametrize("role", [Role.VIEWER, Role.STAFF])
def test_only_the_tenants_admins_take_back(shop: Partner, role: Role) -> None:
    shop.save("customers", customer())
    client = member(role, shop.tenant)

    assert client.get(undo_page(shop, 1)).status_code == 404
    assert client.post(undo_page(shop, 1), {"planned": "x"}).status_code == 404
    assert "Take this change back" not in text(
        client.get(f"/admin/tenants/changeset/{changeset_of(shop, 1).pk}/change/")
    )


def test_ten_thousand_records_are_taken_back_in_time(shop: Partner, admin: Client) -> None:
    for first in range(0, 10_000, 500):
        shop.save("orders", *(order(OrderId=f"O-{n}") for n in range(first, first + 500)))
    ids = list(rows(Order, shop))
    admin.post("/admin/orders/order/delete/", {"chosen": ",".join(map(str, ids))})

    done = taken_back(admin, shop, latest(shop))

    assert done
    assert len(done.created_ids) == 10_000
    assert OrderItem.objects.filter(tenant=shop.tenant).count() == 10_000


LOOKED_IN = ["orders_order", "orders_orderitem", "tenants_beforeimage"]
KNOWN = "SELECT relname FROM pg_class WHERE oid = ANY (%s::regclass[]) AND reltuples >= 2000"


@needs_plain_postgres
def test_the_planner_knows_tables_that_have_just_grown_before_it_plans_an_undo(shop: Partner, admin: Client) -> None:
    """Else it reads, until the server looks at them a minute later, all orders of the tenant for each of them."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(LOOKED_IN)}")
    orders = [order(OrderId=f"O-{n}", OrderItems=[line()] * 5) for n in range(2000)]
    for currency in ("EUR", "USD"):
        for first in range(0, 2000, 500):
            shop.save("orders", *({**each, "Currency": currency} for each in orders[first : first + 500]))

    assert admin.get(undo_page(shop, latest(shop))).status_code == 200

    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [LOOKED_IN])
        assert sorted(row[0] for row in cursor.fetchall()) == LOOKED_IN


def test_keys_that_were_exchanged_are_exchanged_back(make_tenant: MakeTenant) -> None:
    shop = make_tenant(keeps_images=True, priority="email")
    admin = member(Role.ADMIN, shop.tenant)
    shop.save(
        "customers", {"CustomerId": "A", "Email": "a@shop.example"}, {"CustomerId": "B", "Email": "b@shop.example"}
    )
    before = rows(Customer, shop, "former_emails")
    renamed = [user_of("A", "a@shop.example", "x@shop.example"), user_of("B", "b@shop.example", "a@shop.example"),
               user_of("A", "x@shop.example", "b@shop.example")]  # fmt: skip
    answer = shop.send("POST", f"/v1/programs/{shop.slug}/integrations/api", renamed, **{"api-key": shop.key})
    assert [result["status"] for result in answer.json()["results"]] == ["updated"] * 3
    assert {row["CustomerId"]: row["Email"] for row in shop.read("customers")} == {
        "A": "b@shop.example",
        "B": "a@shop.example",
    }

    taken_back(admin, shop, 2)

    assert {pk: row["match_key"] for pk, row in rows(Customer, shop).items()} == {
        pk: row["match_key"] for pk, row in before.items()
    }
    # Orders may have come under them: an erasure looks for these, too.
    formers = {row["customer_id"]: row["former_emails"] for row in rows(Customer, shop).values()}
    assert formers == {"A": ["b@shop.example", "x@shop.example"], "B": ["a@shop.example"]}


def user_of(customer_id: str, email: str, new: str) -> dict[str, Any]:
    payload = {"externalCustomerId": customer_id, "email": new}
    return {"email": email, "feature": "users", "payload": payload}


def test_a_key_that_somebody_has_now_is_not_taken_from_them(make_tenant: MakeTenant) -> None:
    shop = make_tenant(keeps_images=True, priority="email")
    admin = member(Role.ADMIN, shop.tenant)
    shop.save("customers", {"CustomerId": "A", "Email": "a@shop.example"})
    shop.send(
        "POST", f"/v1/programs/{shop.slug}/integrations/api", [user_of("A", "a@shop.example", "x@shop.example")],
        **{"api-key": shop.key},
    )  # fmt: skip
    shop.save("customers", {"CustomerId": "N", "Email": "a@shop.example"})

    page = text(plan_of(admin, shop, 2))

    assert "1 customer: another record has its key now." in page
    assert taken_back(admin, shop, 2) is None
    assert {row["CustomerId"]: row["Email"] for row in shop.read("customers")} == {
        "A": "x@shop.example",
        "N": "a@shop.example",
    }


def test_the_switch_is_the_tenants_and_in_the_audit(partner: Partner) -> None:
    admin = member(Role.ADMIN, partner.tenant)
    form = admin.get(f"/admin/tenants/tenant/{partner.id}/change/").context["adminform"].form
    sent = {name: value for name, value in form.initial.items() if value is not None}

    admin.post(f"/admin/tenants/tenant/{partner.id}/change/", {**sent, "keeps_images": "on"})

    partner.save("customers", customer())
    partner.save("customers", customer(Name="B"))
    assert BeforeImage.objects.filter(tenant=partner.tenant).count() == 1
    assert "keeps_images: False → True" in text(admin.get("/admin/tenants/auditevent/"))
