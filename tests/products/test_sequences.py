"""Random sequences of product requests leave what the reference model says; only what changes is recorded."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import MakeTenant, Partner, examples
from tests.products.model import Json, Products

Step = tuple[Any, ...]
STATUSES = ("created", "updated", "unchanged")

PRODUCT_IDS = st.sampled_from(["P", "p", "Q"])
VARIANT_IDS = st.sampled_from(["V", "v", "W"])
PRICES = st.sampled_from([0, 1.5, 29.99])
# Few descriptions, so that often nothing but one optional field changes, or nothing at all.
DESCRIPTIONS = st.sampled_from(
    [
        {"Sku": "S", "Name": "Shirt", "OriginalPrice": 29.99, "Currency": "EUR", "IsAvailable": True},
        {"Sku": "s", "Name": "Hat", "OriginalPrice": 0, "Currency": "USD", "IsAvailable": False},
    ]
)
OPTIONAL_FIELDS = st.fixed_dictionaries(
    {"VariantId": VARIANT_IDS},
    optional={
        "Image": st.sampled_from([None, "", "https://shop.example/1.png"]),
        "Size": st.sampled_from([None, "", "M"]),
        "Stock": st.sampled_from([None, 0, 7]),
        "SalePrice": st.none() | PRICES,
        "Language": st.sampled_from([None, "", "en-US"]),
    },
)
VARIANTS = st.builds(lambda description, rest: {**description, **rest}, DESCRIPTIONS, OPTIONAL_FIELDS)
PRODUCTS = st.fixed_dictionaries(
    {
        "ProductId": PRODUCT_IDS,
        "ProductName": st.sampled_from(["Shirt", "Hat"]),
        "ProductVariants": st.lists(VARIANTS, max_size=3),
    },
    optional={
        "Taxonomy": st.sampled_from([None, [], ["Men", "Shirts"], ["Women"]]),
        "IsOfflineExclusive": st.sampled_from([None, True, False]),
    },
)
STEPS = st.one_of(
    st.tuples(st.just("upsert"), st.lists(PRODUCTS, max_size=4)),
    st.tuples(st.just("resend")),
    st.tuples(st.just("delete"), PRODUCT_IDS),
    st.tuples(st.just("delete_variant"), PRODUCT_IDS, VARIANT_IDS),
)


@examples(40)
@given(steps=st.lists(STEPS, min_size=1, max_size=8), results=st.booleans())
def test_a_sequence_of_requests_leaves_what_the_model_says(
    make_tenant: MakeTenant, steps: list[Step], results: bool
) -> None:
    partner, model = make_tenant(), Products()
    now = Moment(model.state(), _read(partner), _versions(partner))
    sent: list[Json] = []

    for step in steps:
        if step[0] == "upsert":
            sent = step[1]
        _apply(model, step, sent)
        response = _request(partner, step, sent, results=results)
        assert response.status_code == 200, response.content

        before, now = now, Moment(model.state(), _read(partner), _versions(partner))
        assert {name: _documented(product) for name, product in now.hub.items()} == model.read()
        _assert_only_changes_recorded(_changesets(partner, response), before, now)
        if step[0] in ("upsert", "resend"):
            _assert_receipt(
                response.json()["data"], [record["ProductId"] for record in sent], before, now, results=results
            )


@dataclass
class Moment:
    """What there is between two steps: in the model, in the hub, and as row versions by hub id."""

    model: dict[str, Any]
    hub: dict[str, Json]
    versions: dict[int, list[Any]]

    def ids(self, names: Iterable[str]) -> list[int]:
        """Return the hub ids of products."""
        return sorted(self.hub[name]["HubId"] for name in names)


def _apply(model: Products, step: Step, sent: list[Json]) -> None:
    match step:
        case ("delete", product_id):
            model.delete(product_id)
        case ("delete_variant", product_id, variant_id):
            model.delete_variant(product_id, variant_id)
        case _:
            model.upsert(sent)


def _request(partner: Partner, step: Step, sent: list[Json], *, results: bool) -> Any:
    match step:
        case ("delete", product_id):
            return partner.delete(f"/products/{{tenant}}/{product_id}")
        case ("delete_variant", product_id, variant_id):
            return partner.delete(f"/products/{{tenant}}/{product_id}/variants/{variant_id}")
    return partner.send("POST", f"/products/{{tenant}}?results={str(results).lower()}", sent)


def _read(partner: Partner) -> dict[str, Json]:
    return {product["ProductId"]: product for product in partner.read("products")}


def _documented(product: Json) -> Json:
    """Leave out what no client sent; variants stay in the order in which they are read."""
    variants = [_without_times(variant) for variant in product["ProductVariants"]]
    return {**_without_times(product), "ProductVariants": variants}


def _without_times(record: Json) -> Json:
    return {name: value for name, value in record.items() if name not in ("HubId", "CreatedAt", "UpdatedAt")}


def _versions(partner: Partner) -> dict[int, list[Any]]:
    """Return the versions of each product's rows, variants included, by hub id: a rewritten row has another ctid."""
    versions: dict[int, list[Any]] = {}
    with connection.cursor() as cursor:
        for table, product in (("products_product", "id"), ("products_variant", "product_id")):
            cursor.execute(
                f"SELECT {product}, xmin::text, ctid::text FROM {table} WHERE tenant_id = %s ORDER BY id", [partner.id]
            )
            for product_id, *version in cursor.fetchall():
                versions.setdefault(product_id, []).append((table, *version))
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
