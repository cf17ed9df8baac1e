"""Writes of every kind as partners send them, for tests that send them twice."""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote

from tests.conftest import Partner
from tests.customers.dialects.vendors import PROGRAM, UPLOAD, basic, user
from tests.orders.records import order
from tests.products.records import product, variant

EVENTS = "/api/events/upload/"


class Write(NamedTuple):
    """A request that changes something once `prepared`."""

    method: str
    path: str
    body: Any = None
    status: int = 200
    dialect: str = "native"


CUSTOMERS = [{"CustomerId": "C-1", "Email": "ann@shop.example", "Name": "Ann"}, {"CustomerId": "C-2"}]
WRITES = {
    "customers": Write("POST", "/customers/{tenant}?results=true", CUSTOMERS),
    "customers by e-mail": Write("POST", "/customers/{tenant}", [{"Email": "known@shop.example", "Name": "Kim"}]),
    "orders": Write("POST", "/orders/{tenant}?results=true", [order(OrderId="O-1")]),
    "products": Write("POST", "/products/{tenant}?reason=spring", [product(ProductId="P-1")]),
    "customer, erased": Write("DELETE", "/customers/{tenant}?email=known@shop.example"),
    "order, deleted": Write("DELETE", f"/orders/{{tenant}}/{quote('known/1', safe='')}"),
    "line item, deleted": Write("DELETE", "/orders/{tenant}/known/items?productId=P-1&sku=S-1"),
    "product, deleted": Write("DELETE", "/products/{tenant}/known"),
    "variant, deleted": Write("DELETE", "/products/{tenant}/known/variants/V-1"),
    "Jericommerce": Write(
        "POST", PROGRAM, [user("ann@shop.example", "C-1", name="Anna"), user("no address", "C-2")], 201, "jericommerce"
    ),
    "Jericommerce's delete": Write("DELETE", f"{PROGRAM}?email=known@shop.example", None, 201, "jericommerce"),
    "Custobar": Write(
        "POST", UPLOAD, {"customers": [{"external_id": "C-1", "can_email": True}, {"email": 1}]}, 200, "custobar"
    ),
    "Custobar, by e-mail": Write(
        "POST", UPLOAD, [{"email": "known@shop.example", "tags.add": ["vip"]}], 200, "custobar"
    ),
    "Custobar, erased": Write(
        "POST", UPLOAD, [{"external_id": "known", "is_forgotten": True}, {"external_id": "C-1"}], 200, "custobar"
    ),
    "Custobar's events": Write(
        "POST", EVENTS, [{"type": "MAIL_UNSUBSCRIBE", "email": "known@shop.example"}], 200, "custobar"
    ),
}  # fmt: skip


def prepare(partner: Partner) -> None:
    """Store what the writes change or delete."""
    partner.save("customers", {"CustomerId": "known", "Email": "known@shop.example", "EmailOptin": True})
    line = {"ProductId": "P-1", "Sku": "S-1", "Quantity": 1, "Price": 1}
    partner.save("orders", order(OrderId="known/1"), order(OrderId="known", OrderItems=[line]))
    partner.save("products", product(ProductId="known", ProductVariants=[variant(VariantId="V-1")]))


def headers_of(partner: Partner, dialect: str) -> dict[str, str]:
    """Return how a dialect's client says who it is."""
    ways: dict[str, Callable[[], dict[str, str]]] = {
        "native": dict,
        "jericommerce": lambda: {"api-key": partner.key},
        "custobar": lambda: basic(partner.slug, partner.key),
    }
    return ways[dialect]()


def send(partner: Partner, write: Write, key: str | None = None, **headers: str) -> Any:
    """Send a write, under an Idempotency-Key where one is given."""
    keyed = {} if key is None else {"Idempotency-Key": key}
    return partner.send(write.method, write.path, write.body, **headers_of(partner, write.dialect), **keyed, **headers)
