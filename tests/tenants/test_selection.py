"""`fields`, `order`, `count` and several values on the reads of every entity."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.serializers import CustomerSerializer
from orders.serializers import OrderSerializer
from products.serializers import ProductSerializer
from tenants.api import views
from tests.conftest import Partner
from tests.orders.records import line, order
from tests.products.records import product, variant

KEYS = {"customers": "CustomerId", "orders": "OrderId", "products": "ProductId"}
SERIALIZERS = {"customers": CustomerSerializer, "orders": OrderSerializer, "products": ProductSerializer}
ENTITIES = list(KEYS)
HASH = re.compile("[0-9a-f]{64}")


def tagged(partner: Partner, external_id: str, **fields: Any) -> None:
    """Store a customer with what only the vendors' dialects fill."""
    body = [{"external_id": external_id, **fields}]
    response = partner.send("POST", "/api/customers/upload/", body, Authorization=f"Token {partner.key}")
    assert response.status_code == 200, response.content


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A tenant with three records of each entity: A, B and C."""
    lists = {"A": {}, "B": {"tags": ["vip", 'a"b,c'], "mailing_lists": ["news"]}, "C": {"tags": ["vip"]}}
    partner.save(
        "customers",
        {"CustomerId": "A", "Email": "ann@shop.example", "Phone": "+358401234567"},
        {"CustomerId": "B", "Email": "bo@shop.example", "Phone": "040 1234"},
        {"CustomerId": "C", "Email": "ann@shop.example", "Name": "Cy"},
    )
    for name, fields in lists.items():
        tagged(partner, name, **fields)
    partner.save(
        "orders",
        order(OrderId="A", CustomerId="1,2", OrderItems=[line(Sku="x"), line(Sku="y", ProductId="P-2")]),
        order(OrderId="B", CustomerId="1", Email="bo@shop.example", OrderItems=[line(Sku="x,y")]),
        order(OrderId="C", CustomerId="2"),
    )
    partner.save(
        "products",
        product(ProductId="A", ProductVariants=[variant(Sku="x"), variant(VariantId="V-2", Sku="y")]),
        product(ProductId="B", ProductVariants=[variant(VariantId="V-3", Sku="x,y")]),
        product(ProductId="C", ProductVariants=[]),
    )
    return partner


def found(partner: Partner, entity: str, **filters: str) -> str:
    return "".join(each[KEYS[entity]] for each in partner.read(entity, **filters))


def statements(partner: Partner, path: str) -> list[str]:
    """Return what a read asks of tables of records."""
    with CaptureQueriesContext(connection) as asked:
        assert partner.send("GET", path).status_code == 200
    tables = r'FROM "?(customers|orders|products)_'
    return [query["sql"] for query in asked if re.search(tables, query["sql"])]


# fields


@pytest.mark.parametrize("entity", ENTITIES)
def test_each_member_is_read_by_itself(shop: Partner, entity: str) -> None:
    whole = shop.read(entity)

    for name in SERIALIZERS[entity]().fields:
        assert shop.read(entity, fields=name) == [{name: record[name]} for record in whole]
        one = shop.get(f"/{entity}/{{tenant}}/A", fields=name).json()["data"]
        assert one == {name: whole[0][name]}


@pytest.mark.parametrize("entity", ENTITIES)
def test_members_come_in_the_documented_order_and_no_others(shop: Partner, entity: str) -> None:
    (first, *_) = shop.read(entity, fields=f" Hash, {KEYS[entity]},HubId ,HubId")

    assert list(first) == ["HubId", KEYS[entity], "Hash"]
    assert HASH.fullmatch(first["Hash"])


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_hash_is_there_only_where_it_is_asked_for(shop: Partner, entity: str) -> None:
    assert "Hash" not in shop.read(entity)[0]
    assert "Hash" not in shop.get(f"/{entity}/{{tenant}}/A").json()["data"]
    assert "sha256" not in "".join(statements(shop, f"/{entity}/{{tenant}}"))


@pytest.mark.parametrize("entity", ENTITIES)
@pytest.mark.parametrize(
    "names", ["hash", "HubId,", ",", "HubId;Hash", "OrderItems.Sku", "*", "HubId,match_key", "\x01"]
)
def test_a_member_that_no_record_has_is_refused_with_those_that_there_are(
    shop: Partner, entity: str, names: str
) -> None:
    known = ", ".join([*SERIALIZERS[entity]().fields, "Hash"])

    for path in (f"/{entity}/{{tenant}}", f"/{entity}/{{tenant}}/A"):
        response = shop.get(path, fields=names)
        text = f"The field fields must name members of the records, with commas between them: {known}."
        assert (response.status_code, response.json()["errors"]) == (400, {"fields": [text]})


def test_what_nobody_asked_for_is_not_read(shop: Partner) -> None:
    (customers,) = statements(shop, "/customers/{tenant}?fields=CustomerId")
    (orders,) = statements(shop, "/orders/{tenant}?fields=OrderId,HubId")
    (products,) = statements(shop, "/products/{tenant}?fields=ProductName")

    assert "attributes" not in customers  # nor weighed
    assert "surname" not in customers
    assert "order_date" not in orders
    assert "orders_orderitem" not in orders
    assert "taxonomy" not in products
    assert len(statements(shop, "/customers/{tenant}?fields=Attributes")) == 2
    assert len(statements(shop, "/orders/{tenant}?fields=OrderItems")) == 3
    assert len(statements(shop, "/orders/{tenant}/A?fields=Hash")) == 1


def test_pages_of_some_members_follow_each_other(shop: Partner) -> None:
    data = shop.get("/orders/{tenant}", limit="2", fields="CustomerId", order="-OrderId", count="true").json()["data"]
    following = shop.send("GET", data["next"].removeprefix("http://testserver")).json()["data"]

    assert data["results"] == [{"CustomerId": "2"}, {"CustomerId": "1"}]
    assert following == {"results": [{"CustomerId": "1,2"}], "next": None, "count": 3}


# order


@pytest.mark.parametrize("entity", ENTITIES)
@pytest.mark.parametrize("limit", ["1", "2", "3"])
def test_a_list_is_read_in_either_direction(shop: Partner, entity: str, limit: str) -> None:
    key = KEYS[entity]

    assert found(shop, entity, limit=limit, order=key) == "ABC"
    assert found(shop, entity, limit=limit, order=f"-{key}") == "CBA"


def test_pages_in_reverse_are_not_disturbed_by_what_comes_and_goes(shop: Partner) -> None:
    first = shop.get("/orders/{tenant}", limit="2", order="-OrderId").json()["data"]
    shop.delete("/orders/{tenant}/B")
    shop.save("orders", order(OrderId="D"), order(OrderId="0"))

    second = shop.send("GET", first["next"].removeprefix("http://testserver")).json()["data"]

    assert [each["OrderId"] for each in second["results"]] == ["A", "0"]
    assert second["next"] is None


def test_customers_are_ordered_by_the_priority_identifier_alone(partner: Partner, by_email: Partner) -> None:
    for shop, first, second in ((partner, "CustomerId", "Email"), (by_email, "Email", "CustomerId")):
        shop.save("customers", *({"CustomerId": f"{9 - i}", "Email": f"{i}@shop.example"} for i in range(3)))
        values = [each[first] for each in shop.read("customers", order=f"-{first}", limit="1")]
        assert len(values) == 3
        assert values == sorted(values, reverse=True)

        for refused in (second, f"-{second}"):
            response = shop.get("/customers/{tenant}", order=refused)
            text = f"The field order must be one of these: {first}, -{first}."
            assert (response.status_code, response.json()["errors"]) == (400, {"order": [text]})


@pytest.mark.parametrize("order", ["HubId", "-CreatedAt", "orderid", "--OrderId", "+OrderId", "OrderId,OrderId"])
def test_an_order_that_no_index_has_is_refused(shop: Partner, order: str) -> None:
    response = shop.get("/orders/{tenant}", order=order)

    assert response.json()["errors"] == {"order": ["The field order must be one of these: OrderId, -OrderId."]}


# count


def test_a_count_is_of_what_the_filters_leave_on_all_pages(shop: Partner) -> None:
    def count(entity: str, **query: str) -> Any:
        return shop.get(f"/{entity}/{{tenant}}", count="true", **query).json()["data"]["count"]

    assert [count(entity, limit="1") for entity in ENTITIES] == [3, 3, 3]
    assert count("customers", Tags="vip") == 2
    assert count("orders", Sku="x") == 1
    assert count("orders", OrderId="Z") == 0
    following = shop.get("/orders/{tenant}", count="true", limit="2").json()["data"]["next"]
    assert shop.send("GET", following.removeprefix("http://testserver")).json()["data"]["count"] == 3


def test_nothing_is_counted_unasked(shop: Partner) -> None:
    assert "count" not in shop.get("/orders/{tenant}").json()["data"]
    assert "count" not in shop.get("/orders/{tenant}", count="false").json()["data"]
    assert shop.get("/orders/{tenant}", count="1").json()["errors"] == {
        "count": ["The field count must be true or false."]
    }


def test_a_count_ends_where_it_is_bounded(shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_COUNTED", 3)
    assert shop.get("/orders/{tenant}", count="true").json()["data"]["count"] == 3

    monkeypatch.setattr(views, "MOST_COUNTED", 2)
    assert shop.get("/orders/{tenant}", count="true").json()["data"]["count"] == "2+"
    (counted,) = (
        sql for sql in statements(shop, "/orders/{tenant}?count=true") if sql.startswith("SELECT COUNT(*) FROM (SELECT")
    )
    assert "LIMIT 3" in counted


# Several values, and what is not an identifier

FILTERS = [
    ("customers", "CustomerId__in", ["C", "A", "A", "1,2"], "AC"),
    ("customers", "Email__in", ["ANN@shop.example", "zoe@shop.example"], "AC"),
    ("customers", "Phone__in", ["+358401234567", "040 1234"], "AB"),
    ("customers", "Tags__in", ["news", "vip"], "BC"),
    ("customers", "Tags__in", ['a"b,c'], "B"),
    ("customers", "MailingLists__in", ["news", "vip"], "B"),
    ("orders", "OrderId__in", ["B", "A", "b"], "AB"),
    ("orders", "CustomerId__in", ["1,2"], "A"),
    ("orders", "CustomerId__in", ["1", "2"], "BC"),
    ("orders", "Email__in", [" Bo@Shop.example"], "B"),
    ("orders", "ProductId__in", ["P-2", "P-3"], "A"),
    ("orders", "Sku__in", ["x,y", "y"], "AB"),
    ("products", "ProductId__in", ["C", "B"], "BC"),
    ("products", "VariantId__in", ["V-2", "V-3"], "AB"),
    ("products", "Sku__in", ["x,y", "nothing"], "B"),
]


@pytest.mark.parametrize(("entity", "name", "values", "ids"), FILTERS, ids=lambda value: str(value)[:30])
def test_records_with_one_of_several_values_are_found(
    shop: Partner, entity: str, name: str, values: list[str], ids: str
) -> None:
    assert found(shop, entity, **{name: json.dumps(values)}) == ids
    assert found(shop, entity, **{name: json.dumps(values), "limit": "1"}) == ids


def test_several_values_are_one_more_filter(shop: Partner) -> None:
    both = json.dumps(["A", "B", "C"])

    assert found(shop, "customers", CustomerId__in=both, Email="ann@shop.example", Tags="vip") == "C"
    assert found(shop, "orders", OrderId__in=both, Sku__in='["x"]', ProductId="P-2") == "A"


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"Phone": "+358401234567"}, "A"),
        ({"Phone": " 040 1234 "}, "B"),
        ({"Phone": "0401234"}, ""),
        ({"Tags": "vip"}, "BC"),
        ({"Tags": " vip"}, "BC"),
        ({"Tags": "VIP"}, ""),
        ({"Tags": "vi"}, ""),
        ({"Tags": 'a"b,c'}, "B"),
        ({"MailingLists": "news"}, "B"),
        ({"MailingLists": "news", "Tags": "vip"}, "B"),
    ],
)
def test_customers_are_found_by_phone_tag_and_mailing_list(shop: Partner, filters: dict[str, str], ids: str) -> None:
    assert found(shop, "customers", **filters) == ids


def test_the_plus_of_a_phone_that_was_not_encoded_is_one(shop: Partner) -> None:
    answer = shop.send("GET", "/customers/{tenant}?Phone=+358401234567").json()["data"]

    assert [each["CustomerId"] for each in answer["results"]] == ["A"]


def test_a_thousand_values_are_read(partner: Partner) -> None:
    ids = [f"{i:04}" for i in range(1000)]
    partner.save("customers", *({"CustomerId": each} for each in ids))
    partner.save("customers", {"CustomerId": "other"})

    assert len(partner.read("customers", CustomerId__in=json.dumps(ids))) == 1000


ARRAY = 'The field CustomerId__in must be a JSON array of 1 to 1,000 texts, for example ["a","b"].'
LENGTH = "The field CustomerId__in must be a string with a maximum length of 100."
BAD = [
    *(
        (text, {"CustomerId__in": [ARRAY]})
        for text in ("A,B", "[]", '"A"', '{"A": 1}', "[", "['A']", '["\\ud800"]', "null")
    ),
    (json.dumps(["A"] * 1001), {"CustomerId__in": [ARRAY]}),
    ('["A", 1, null]', {"CustomerId__in[1]": ["The field CustomerId__in must be a string."],
                        "CustomerId__in[2]": ["The CustomerId__in field is required."]}),
    ('["A", " ", ""]', {f"CustomerId__in[{i}]": ["The query parameter must have a value."] for i in (1, 2)}),
    ('["\\u0000"]', {"CustomerId__in[0]": ["The field CustomerId__in must not contain the character U+0000."]}),
    (json.dumps(["A" * 101]), {"CustomerId__in[0]": [LENGTH]}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "errors"), BAD, ids=lambda value: str(value)[:30])
def test_values_that_can_be_nobodys_are_named_by_their_place(
    shop: Partner, text: str, errors: dict[str, list[str]]
) -> None:
    for entity in ("customers", "orders"):
        response = shop.get(f"/{entity}/{{tenant}}", CustomerId__in=text)
        assert (response.status_code, response.json()["errors"]) == (400, errors)


def test_values_are_held_to_the_rule_of_the_one(shop: Partner) -> None:
    query = urlencode(
        {"Email__in": '["ann@shop.example","ann"]', "Phone__in": json.dumps(["1" * 21]), "Tags": "x" * 201}
    )

    assert shop.send("GET", f"/customers/{{tenant}}?{query}").json()["errors"] == {
        "Email__in[1]": ["The field Email__in must be a valid e-mail address."],
        "Phone__in[0]": ["The field Phone__in must be a string with a maximum length of 20."],
        "Tags": ["The field Tags must be a string with a maximum length of 200."],
    }
