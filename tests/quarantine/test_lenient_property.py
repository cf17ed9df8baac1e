"""A lenient batch does what a strict one of its good records does, and of the others says what a strict one would."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.models import Customer
from orders.models import Order, OrderItem
from products.models import Product, Variant
from tenants.models import Changeset, ConsentChange, Priority
from tests.conftest import MakeTenant, Partner, examples
from tests.customers.test_sequences import NAMELESS, RECORDS
from tests.orders.records import line, order
from tests.products.records import product, variant
from tests.quarantine.lenient import send

ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", " ", 5, 1.5, True, "x" * 600, "\0", "\ud800", [], {}, "EUR", "2025-08-22", -1, "a@b"]
)


def spoilt(record: dict[str, Any]) -> Any:
    """Return records of which a field may be anything, under a name in any case."""
    names = st.sampled_from([*record, "Unknown", "\0", "a.b"])
    return st.dictionaries(names | names.map(str.lower), ODD, max_size=2).map(lambda fields: {**record, **fields})


CUSTOMERS = RECORDS | NAMELESS | RECORDS.flatmap(spoilt) | ODD
LINES = st.lists(st.sampled_from([line()]) | spoilt(line()), max_size=2)
ORDERS = st.builds(
    lambda number, lines: order(OrderId=number, OrderItems=lines), st.sampled_from("AB"), LINES
) | spoilt(order())
VARIANTS = st.lists(st.sampled_from([variant()]) | spoilt(variant()), max_size=2)
PRODUCTS = st.builds(
    lambda number, parts: product(ProductId=number, ProductVariants=parts), st.sampled_from("AB"), VARIANTS
) | spoilt(product())
BATCHES = {"customers": CUSTOMERS, "orders": ORDERS, "products": PRODUCTS}
STORED: tuple[Any, ...] = (Customer, Order, OrderItem, Product, Variant, ConsentChange, Changeset)
VOLATILE = {
    "id", "tenant_id", "created_at", "updated_at", "trace_id", "actor", "api_key_id", "customer", "created_ids",
    "updated_ids", "deleted_ids", "_state",
}  # fmt: skip
PARENTS = {OrderItem: "order_id", Variant: "product_id"}


def state(partner: Partner) -> list[list[dict[str, Any]]]:
    """Return all rows of a tenant, without what is never the same."""
    return [list(map(_constant, model.objects.filter(tenant_id=partner.tenant.pk).order_by("pk"))) for model in STORED]


def _constant(row: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name not in {*VOLATILE, PARENTS.get(type(row))}}


@pytest.mark.django_db
@pytest.mark.parametrize("priority", [Priority.CUSTOMER_ID, Priority.EMAIL])
@pytest.mark.parametrize("entity", sorted(BATCHES))
def test_lenient_is_strict_on_the_good_ones(make_tenant: MakeTenant, entity: str, priority: Priority) -> None:
    tenants = (make_tenant(slug=f"{side}-{i}", priority=priority) for i in range(10_000) for side in ("left", "right"))

    @examples(40)
    @given(batches=st.lists(st.lists(BATCHES[entity], max_size=5), min_size=1, max_size=2))
    def check(batches: list[list[Any]]) -> None:
        left, right = next(tenants), next(tenants)
        for batch in batches:
            lenient = send(left, entity, *batch, query="?results=true")
            if lenient.status_code == 400:
                assert right.post(entity, batch).status_code == 400
                continue
            data = lenient.json()["data"]
            rejected = {record["index"]: record for record in data["rejected"]}
            places = [i for i in range(len(batch)) if i not in rejected]
            told = right.send("POST", f"/{entity}/{{tenant}}?results=true", [batch[i] for i in places]).json()["data"]
            counts = ("created", "updated", "unchanged", "changeset")
            assert [data[name] for name in counts] == [told[name] for name in counts]
            assert data["count"] == len(batch)
            assert [data["results"][i]["status"] for i in places] == [result["status"] for result in told["results"]]
            for i, record in rejected.items():
                alone = right.post(entity, [batch[i]])
                assert alone.status_code == 400
                said = {key.removeprefix("[0]").removeprefix("."): text for key, text in alone.json()["errors"].items()}
                assert {key: said[key] for key in record["errors"]} == record["errors"]
                assert len(record["errors"]) == min(20, len(said))
        assert state(left) == state(right)

    check()
