"""What a POST accepted, a GET by the same text finds and a DELETE by the same text removes; in every script."""

import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import CLIENT, Partner, examples, quoted
from tests.customers.dialects.vendors import PROGRAM, basic, send_upload, send_users, user
from tests.orders.records import line, order
from tests.products.records import product, variant

# Any text an identifier may be: not blank, and of characters that JSON and addresses can hold.
IDENTIFIERS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=100
).filter(lambda text: bool(text.strip()))

# A blank in a query is a plus, so there is none here.
LOCAL_PARTS = st.text(
    st.characters(categories=["L", "M", "N"])
    | st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"])
    | st.sampled_from(".+-_'/&=%!#İßΣ"),
    min_size=1,
    max_size=20,
)
LABELS = st.sampled_from(
    [
        "shop",
        "ab--c",
        "bücher",
        "BÜCHER",
        "xn--bcher-kva",
        "straße",
        "उदाहरण",
        "例え",
        "пример",
        "ПРИМЕР",
        "مثال",
        "οδός",
    ]
)
ENDINGS = st.sampled_from(["com", "example", "भारत", "рф", "xn--p1ai", "xn--h2brj9c", "عمان", "香港"])
ADDRESSES = st.builds("{}@{}.{}".format, LOCAL_PARTS, LABELS, ENDINGS)

PASTED = "\u200b\u2060\ufeff\u00ad"
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "composed": lambda address: unicodedata.normalize("NFC", address),
    "decomposed": lambda address: unicodedata.normalize("NFD", address),
    "with blanks around": lambda address: f" {address}\t",
    "with what is pasted along": lambda address: address[0] + PASTED + address[1:] + PASTED,
}


def send(partner: Partner, method: str, raw: str) -> Any:
    """Send a request as a server does that keeps the path as sent in RAW_URI."""
    return CLIENT.generic(method, raw, headers={"x-replenit-auth-key": partner.key}, RAW_URI=raw)


def removed(response: Any) -> int:
    assert response.status_code == 200, response.content
    number: int = response.json()["data"]["removed"]
    return number


@examples(100)
@given(text=IDENTIFIERS)
def test_customers(partner: Partner, text: str) -> None:
    partner.save("customers", {"CustomerId": text})

    found = send(partner, "GET", f"/customers/{partner.id}/{quoted(text)}").json()["data"]
    (listed,) = partner.read("customers", CustomerId=text)

    assert found == listed
    assert found["CustomerId"] == text
    assert removed(partner.delete("/customers/{tenant}", customerId=text)) == 1
    assert partner.read("customers") == []


@examples(100)
@given(text=IDENTIFIERS, part=IDENTIFIERS)
def test_orders_and_their_lines(partner: Partner, text: str, part: str) -> None:
    sent = order(OrderId=text, CustomerId=part, OrderItems=[line(ProductId=part, Sku=text), line()])
    partner.save("orders", sent)
    path = f"/orders/{partner.id}/{quoted(text)}"

    found = send(partner, "GET", path).json()["data"]

    for names in ({"OrderId": text}, {"CustomerId": part}, {"ProductId": part}, {"Sku": text}):
        assert partner.read("orders", **names) == [found]
    assert removed(send(partner, "DELETE", f"{path}/items?{urlencode({'productId': part, 'sku': text})}")) == 1
    assert removed(send(partner, "DELETE", path)) == 1
    assert partner.read("orders") == []


@examples(100)
@given(text=IDENTIFIERS, part=IDENTIFIERS)
def test_products_and_their_variants(partner: Partner, text: str, part: str) -> None:
    partner.save("products", product(ProductId=text, ProductVariants=[variant(VariantId=part, Sku=text)]))
    path = f"/products/{partner.id}/{quoted(text)}"

    found = send(partner, "GET", path).json()["data"]

    for names in ({"ProductId": text}, {"VariantId": part}, {"Sku": text}):
        assert partner.read("products", **names) == [found]
    assert removed(send(partner, "DELETE", f"{path}/variants/{quoted(part)}")) == 1
    assert removed(send(partner, "DELETE", path)) == 1
    assert partner.read("products") == []


@examples(200)
@given(address=ADDRESSES, names=st.lists(st.sampled_from(sorted(SPELLINGS)), min_size=3, max_size=3))
def test_an_address_means_one_person_however_it_is_spelled(partner: Partner, address: str, names: list[str]) -> None:
    posted, sought, erased = (SPELLINGS[name](address) for name in names)
    response = partner.post("customers", [{"Email": posted}])
    if response.status_code == 400:
        assert partner.get("/customers/{tenant}", Email=sought).status_code == 400
        assert partner.delete("/customers/{tenant}", email=erased).status_code == 400
        return

    (listed,) = partner.read("customers", Email=sought)

    by_path = send(partner, "GET", f"/customers/{partner.id}/{quoted(sought)}")
    assert by_path.json()["data"] == listed
    partner.save("customers", {"Email": sought, "EmailOptin": False})
    assert [record["HubId"] for record in partner.read("customers")] == [listed["HubId"]]
    assert removed(partner.delete("/customers/{tenant}", email=erased)) == 1
    assert partner.read("customers") == []


@examples(100)
@given(address=ADDRESSES, names=st.lists(st.sampled_from(sorted(SPELLINGS)), min_size=2, max_size=2))
def test_jericommerce_by_any_spelling(partner: Partner, address: str, names: list[str]) -> None:
    posted, erased = (SPELLINGS[name](address) for name in names)
    stored = send_users(partner, [user(posted, "C-1")]).status_code == 201

    response = partner.send("DELETE", f"{PROGRAM}?{urlencode({'email': erased})}", **{"api-key": partner.key})

    assert response.status_code == (201 if stored else 400)
    assert partner.read("customers") == []


@examples(100)
@given(address=ADDRESSES, names=st.lists(st.sampled_from(sorted(SPELLINGS)), min_size=3, max_size=3))
def test_custobar_by_any_spelling(partner: Partner, address: str, names: list[str]) -> None:
    posted, sought, erased = (SPELLINGS[name](address) for name in names)
    stored = send_upload(partner, {"customers": [{"email": posted}]}).status_code == 200

    query = f"/api/data/customers/?{urlencode({'email': sought})}"
    found = partner.send("GET", query, **basic(partner.slug, partner.key))

    assert found.status_code == (200 if stored else 400)
    assert not stored or len(found.json()["customers"]) == 1
    assert partner.delete("/customers/{tenant}", email=erased).status_code == found.status_code
    assert partner.read("customers") == []
