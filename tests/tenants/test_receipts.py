"""What every answer to a write says of it: the changeset's number, and how many stored records became what."""

from typing import Any

import pytest

from tests.conftest import Partner
from tests.customers.dialects.vendors import PROGRAM, basic, send_upload, send_users, user
from tests.orders.records import line, order
from tests.products.records import product, variant

ADA = {"CustomerId": "C-1", "Email": "ada@example.com"}
NOTHING = {"changeset": None, "created": 0, "updated": 0, "unchanged": 0}
SAMPLES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "customers": (ADA, {**ADA, "Name": "Ada"}, {"CustomerId": "C-2"}),
    "orders": (order(), order(TotalRevenue=1), order(OrderId="O-2")),
    "products": (product(), product(ProductName="Hat"), product(ProductId="P-2")),
}
DELETES = {
    "/customers/{tenant}?customerId=C-1": {},
    "/orders/{tenant}/O-1": {},
    "/orders/{tenant}/O-1/items?productId=P-1&sku=S-1": {"updated": 1},
    "/products/{tenant}/P-1": {},
    "/products/{tenant}/P-1/variants/V-1": {"updated": 1},
}


def receipt(response: Any) -> dict[str, Any]:
    """Return a native answer's receipt; its header says the same."""
    assert response.status_code == 200, response.content
    data = response.json()["data"]
    assert response.get("X-Changeset") == (data["changeset"] and str(data["changeset"]))
    return {name: data[name] for name in NOTHING}


@pytest.mark.parametrize("entity", SAMPLES)
def test_an_upsert_counts_stored_records_not_those_sent(partner: Partner, entity: str) -> None:
    one, changed, other = SAMPLES[entity]

    receipts = [receipt(partner.post(entity, batch)) for batch in ([one, one], [changed, other, other], [changed], [])]

    assert receipts == [
        {"changeset": 1, "created": 1, "updated": 0, "unchanged": 0},
        {"changeset": 2, "created": 1, "updated": 1, "unchanged": 0},
        {"changeset": None, "created": 0, "updated": 0, "unchanged": 1},
        NOTHING,
    ]


def test_an_upsert_that_means_several_customers_counts_each(partner: Partner) -> None:
    named = [{"CustomerId": f"C-{i}", "Email": "x@shop.example", "EmailOptin": i < 2} for i in range(3)]
    partner.save("customers", *named)

    said = receipt(partner.post("customers", [{"Email": "x@shop.example", "EmailOptin": False}]))

    assert said == {"changeset": 2, "created": 0, "updated": 2, "unchanged": 1}


@pytest.mark.parametrize("path", DELETES)
def test_a_delete_names_its_changeset_and_counts_what_stays_but_changed(partner: Partner, path: str) -> None:
    partner.save("customers", ADA)
    partner.save("orders", order(CustomerId="C-9", Email="bo@example.com", OrderItems=[line(), line(Sku="S-2")]))
    partner.save("products", product(ProductVariants=[variant(), variant(VariantId="V-2")]))

    first, second = (receipt(partner.send("DELETE", path)) for _ in range(2))

    assert first == {**NOTHING, "changeset": 4, **DELETES[path]}
    assert second == NOTHING


def test_an_erasure_counts_the_orders_that_became_anonymous(partner: Partner) -> None:
    partner.save("customers", ADA)
    partner.save("orders", order(**ADA), order(**ADA, OrderId="O-2"))

    said = receipt(partner.delete("/customers/{tenant}", customerId="C-1"))

    assert said == {"changeset": 3, "created": 0, "updated": 2, "unchanged": 0}
    assert [(change["Number"], change["Entity"]) for change in partner.changes()[2:]] == [
        (3, "customers"),
        (4, "orders"),
    ]


def test_an_erasure_of_who_has_orders_alone_names_their_changeset(partner: Partner) -> None:
    partner.save("orders", order(**ADA))

    response = partner.delete("/customers/{tenant}", email="ada@example.com")

    assert response.json()["data"]["removed"] == 0
    assert receipt(response) == {"changeset": 2, "created": 0, "updated": 1, "unchanged": 0}
    assert [change["Entity"] for change in partner.changes()] == ["orders", "orders"]


PERMITTED = {"external_id": "1", "email": "ada@example.com", "can_email": True}
UNSUBSCRIBE = [{"type": "MAIL_UNSUBSCRIBE", "email": "ada@example.com"}]


def custobar_events(partner: Partner) -> Any:
    return partner.send("POST", "/api/events/upload/", UNSUBSCRIBE, **basic(partner.slug, partner.key))


VENDORS = {
    "Jericommerce": lambda partner: send_users(partner, [user("ada@example.com", "C-2", name="Ada")]),
    "Jericommerce, deletes": lambda partner: partner.send(
        "DELETE", f"{PROGRAM}?email=ada@example.com", **{"api-key": partner.key}
    ),
    "Custobar": lambda partner: send_upload(partner, [{"external_id": "2"}]),
    "Custobar, looking first": lambda partner: send_upload(partner, [{**PERMITTED, "tags": ["vip"]}]),
    "Custobar, deletes": lambda partner: send_upload(partner, [{"external_id": "1", "is_deleted": True}]),
    "Custobar, events": custobar_events,
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_write_of_a_dialect_names_its_changeset_where_it_changed_something(partner: Partner, vendor: str) -> None:
    send_upload(partner, [PERMITTED])

    first, second = (VENDORS[vendor](partner) for _ in range(2))

    assert (first["X-Changeset"], "X-Changeset" in second) == ("2", False)
    assert [change["Number"] for change in partner.changes()] == [1, 2]


def test_an_upload_that_erases_who_had_orders_alone_names_their_changeset(partner: Partner) -> None:
    partner.save("orders", order(**ADA))

    response = send_upload(partner, [{"external_id": "C-1", "is_forgotten": True}])

    assert response["X-Changeset"] == "2"


def test_events_that_withdraw_nothing_have_no_changeset(partner: Partner) -> None:
    response = partner.send("POST", "/api/events/upload/", [{"type": "BROWSE"}], **basic(partner.slug, partner.key))

    assert response.status_code == 200
    assert "X-Changeset" not in response
