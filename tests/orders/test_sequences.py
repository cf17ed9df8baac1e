"""Random sequences of order requests leave what the reference model says; only what changes is recorded."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import MakeTenant, Partner, examples
from tests.orders.model import Json, Orders

Step = tuple[Any, ...]
STATUSES = ("created", "updated", "unchanged")

ORDER_IDS = st.sampled_from(["A", "a", "B"])
PRODUCT_IDS = st.sampled_from(["P", "Q"])
SKUS = st.sampled_from(["S", "s"])
PRICES = st.sampled_from([0, 1.5, 29.99])

LINES = st.fixed_dictionaries(
    {"ProductId": PRODUCT_IDS, "Sku": SKUS, "Quantity": st.sampled_from([1, 2]), "Price": PRICES},
    optional={
        "OriginalPrice": st.none() | PRICES,
        "Size": st.sampled_from([None, "", "M"]),
        "IsGift": st.sampled_from([None, True, False]),
    },
)
# Few headers, so that often the lines alone change.
HEADERS = st.sampled_from(
    [
        {
            "CustomerId": "C",
            "Email": "c@example.com",
            "OrderDate": "2025-08-22T21:00:00.000Z",
            "TotalRevenue": 29.99,
            "Currency": "EUR",
        },
        {
            "CustomerId": "D",
            "Email": "c@example.com",
            "OrderDate": "2024-02-29T00:00:00.000Z",
            "TotalRevenue": 0,
            "Currency": "USD",
        },
    ]
)
BODIES = st.fixed_dictionaries(
    {"OrderId": ORDER_IDS, "OrderItems": st.lists(LINES, min_size=1, max_size=3)},
    optional={
        "TotalQuantity": st.sampled_from([None, 0, 3]),
        "UniqueQuantity": st.sampled_from([None, 2]),
        "IsOrderCancelled": st.sampled_from([None, True, False]),
    },
)
ORDERS = st.builds(lambda header, body: {**header, **body}, HEADERS, BODIES)
STEPS = st.one_of(
    st.tuples(st.just("upsert"), st.lists(ORDERS, max_size=4)),
    st.tuples(st.just("resend")),
    st.tuples(st.just("delete"), ORDER_IDS),
    st.tuples(st.just("delete_item"), ORDER_IDS, PRODUCT_IDS, SKUS),
)


@examples(40)
@given(steps=st.lists(STEPS, min_size=1, max_size=8), results=st.booleans())
def test_a_sequence_of_requests_leaves_what_the_model_says(
    make_tenant: MakeTenant, steps: list[Step], results: bool
) -> None:
    partner, model = make_tenant(), Orders()
    now = Moment(model.state(), _read(partner), _versions(partner))
    sent: list[Json] = []

    for step in steps:
        if step[0] == "upsert":
            sent = step[1]
        _apply(model, step, sent)
        response = _request(partner, step, sent, results=results)
        assert response.status_code == 200, response.content

        before, now = now, Moment(model.state(), _read(partner), _versions(partner))
        assert {name: _documented(order) for name, order in now.hub.items()} == model.read()
        _assert_only_changes_recorded(_changesets(partner, response), before, now)
        if step[0] in ("upsert", "resend"):
            _assert_receipt(
                response.json()["data"], [record["OrderId"] for record in sent], before, now, results=results
            )


@dataclass
class Moment:
    """What there is between two steps: in the model, in the hub, and as row versions by hub id."""

    model: dict[str, Any]
    hub: dict[str, Json]
    versions: dict[int, list[Any]]

    def ids(self, names: Iterable[str]) -> list[int]:
        """Return the hub ids of orders."""
        return sorted(self.hub[name]["HubId"] for name in names)


def _apply(model: Orders, step: Step, sent: list[Json]) -> None:
    match step:
        case ("delete", order_id):
            model.delete(order_id)
        case ("delete_item", order_id, product_id, sku):
            model.delete_item(order_id, product_id, sku)
        case _:
            model.upsert(sent)


def _request(partner: Partner, step: Step, sent: list[Json], *, results: bool) -> Any:
    match step:
        case ("delete", order_id):
            return partner.delete(f"/orders/{{tenant}}/{order_id}")
        case ("delete_item", order_id, product_id, sku):
            return partner.delete(f"/orders/{{tenant}}/{order_id}/items", productId=product_id, sku=sku)
    return partner.send("POST", f"/orders/{{tenant}}?results={str(results).lower()}", sent)


def _read(partner: Partner) -> dict[str, Json]:
    return {order["OrderId"]: order for order in partner.read("orders")}


def _documented(order: Json) -> Json:
    return {name: value for name, value in order.items() if name not in ("HubId", "CreatedAt", "UpdatedAt")}


def _versions(partner: Partner) -> dict[int, list[Any]]:
    """Return the versions of each order's row and of its lines' rows, by hub id: a rewritten row has another ctid."""
    versions: dict[int, list[Any]] = {}
    with connection.cursor() as cursor:
        for table, order in (("orders_order", "id"), ("orders_orderitem", "order_id")):
            cursor.execute(
                f"SELECT {order}, xmin::text, ctid::text FROM {table} WHERE tenant_id = %s ORDER BY id", [partner.id]
            )
            for order_id, *version in cursor.fetchall():
                versions.setdefault(order_id, []).append((table, *version))
    return versions


def _changesets(partner: Partner, response: Any) -> list[Json]:
    """Return what the feed says of one request."""
    return [change for change in partner.changes() if change["TraceId"] == response["traceparent"][3:35]]


def _assert_only_changes_recorded(changesets: list[Json], before: Moment, now: Moment) -> None:
    """Assert one changeset that names what changed, or none; of all else, neither UpdatedAt nor a row was touched."""
    stayed = before.model.keys() & now.model.keys()
    changed = {name for name in stayed if before.model[name] != now.model[name]}
    created, deleted = now.model.keys() - stayed, before.model.keys() - stayed

    found = [(sorted(c["Created"]), sorted(c["Updated"]), sorted(c["Deleted"])) for c in changesets]
    expected = (now.ids(created), now.ids(changed), before.ids(deleted))
    assert found == ([expected] if any(expected) else [])
    assert {name for name in stayed if now.hub[name]["UpdatedAt"] != before.hub[name]["UpdatedAt"]} == changed
    for hub_id in now.ids(stayed - changed):
        assert now.versions[hub_id] == before.versions[hub_id]


def _assert_receipt(data: Json, sent: list[str], before: Moment, now: Moment, *, results: bool) -> None:
    """Assert that the answer counts what became of the records sent, and says it of each where it was asked."""
    statuses = {name: _status(name, before, now) for name in sent}
    counts = Counter(statuses.values())
    assert {name: data[name] for name in STATUSES} == {name: counts[name] for name in STATUSES}
    expected = [{"index": i, "status": statuses[name], "HubId": now.hub[name]["HubId"]} for i, name in enumerate(sent)]
    assert data.get("results") == (expected if results else None)


def _status(name: str, before: Moment, now: Moment) -> str:
    if name not in before.model:
        return "created"
    return "updated" if before.model[name] != now.model[name] else "unchanged"
