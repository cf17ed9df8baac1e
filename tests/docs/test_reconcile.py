"""What docs/reconcile.md shows does what it says: each language's program computes the hash that reads return."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.schemas import CustomerRecord
from orders.schemas import OrderItemRecord, OrderRecord
from products.schemas import ProductRecord, VariantRecord
from tests.conftest import MakeTenant, Partner, examples
from tests.orders.records import order

PAGE = (Path(__file__).parents[2] / "docs/reconcile.md").read_text()
BLOCKS = dict(re.findall(r"```(python|js|php)\n(.*?)```", PAGE, re.DOTALL))
CANONICAL, HASH = re.findall(r"```text\n(.*?)\n```", PAGE)
SHOWN = json.loads("{" + PAGE.partition("Of `{")[2].partition("`")[0])
RUNS = {
    "python": ([sys.executable, "-c"], "import sys\nfrom decimal import Decimal\n"
               "sent = json.loads(sys.stdin.read(), parse_float=Decimal)\n"
               "print(json.dumps([content_hash(*each) for each in sent]))"),
    "js": (["node", "-e"], "const sent = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n"
           "console.log(JSON.stringify(sent.map((each) => contentHash(...each))));"),
    "php": (["php", "-r"], "$sent = json_decode(file_get_contents('php://stdin'), true);\n"
            "echo json_encode(array_map(fn ($each) => content_hash(...$each), $sent));"),
}  # fmt: skip
Hashes = Callable[[list[tuple[str, Any]]], list[str]]

# Whatever a text may hold that is stored: quotes, controls, U+2028, what lies beyond U+FFFF and sorts otherwise there.
LETTER = st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from(
    '"\\/\b\t\n\f\r\x01\x1f\x7f\u2028\u2029\ue000\uffff\U0001f600<>&'
)
ID = st.text(LETTER, min_size=1, max_size=20).filter(lambda text: re.search(r"\S", text) and text.strip())
TEXT = st.none() | st.text(LETTER, max_size=20)
FLAG = st.none() | st.booleans()
COUNT = st.none() | st.integers(0, 2**31 - 1)
AMOUNT = st.integers(0, 10**15).map(lambda number: number / 10**4) | st.sampled_from(
    [0, 30, 29.99, 0.0001, 549755813887]
)
MOMENT = st.datetimes().map(lambda moment: moment.isoformat(timespec="microseconds") + "Z") | st.sampled_from(
    ["2025-08-22T21:00:00Z", "2025-08-22T23:59:59.9999+02:00", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z"]
)
LANGUAGE = st.sampled_from([None, "de", "en-US"])


def some(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


ITEM = some(
    {"ProductId": ID, "Sku": ID, "Quantity": st.integers(1, 2**31 - 1), "Price": AMOUNT},
    OriginalPrice=st.none() | AMOUNT, Size=TEXT, Color=TEXT, Brand=TEXT, IsGift=FLAG,
)  # fmt: skip
VARIANT = some(
    {"VariantId": ID, "Sku": ID, "Name": ID, "OriginalPrice": AMOUNT, "Currency": st.sampled_from(["EUR", "USD"]),
     "IsAvailable": st.booleans()},
    Image=st.sampled_from([None, "https://shop.example/ü?a=1&b=/\\"[:30]]), Size=TEXT, Stock=COUNT,
    SalePrice=st.none() | AMOUNT, Language=LANGUAGE, BrandName=TEXT,
)  # fmt: skip
RECORDS = {
    "customers": some(
        {"CustomerId": ID},
        Email=st.sampled_from([None, "ann@shop.example", "mari@bücher.example"]), Name=TEXT, Surname=TEXT, Phone=TEXT,
        Language=LANGUAGE, Username=TEXT, EmailOptin=FLAG, SmsOptin=FLAG, WhatsappOptin=FLAG, AppPushOptin=FLAG,
        GdprOptin=FLAG, IsExcluded=FLAG,
    ),
    "orders": some(
        {"OrderId": ID, "CustomerId": ID, "Email": st.just("ann@shop.example"), "OrderDate": MOMENT,
         "TotalRevenue": AMOUNT, "Currency": st.just("EUR"), "OrderItems": st.lists(ITEM, min_size=1, max_size=3)},
        TotalQuantity=COUNT, UniqueQuantity=COUNT, IsOrderCancelled=FLAG,
    ),
    "products": some(
        {"ProductId": ID, "ProductName": ID,
         "ProductVariants": st.lists(VARIANT, max_size=4, unique_by=lambda each: each["VariantId"])},
        Taxonomy=st.none() | st.lists(ID, max_size=3), IsOfflineExclusive=FLAG,
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=RUNS)
def hashes(request: pytest.FixtureRequest) -> Hashes:
    """The page's program in a language, told of [entity, record]s."""
    start, end = RUNS[request.param]
    if not shutil.which(start[0]):
        pytest.skip(f"{start[0]} is not installed: `make setup-browser` installs it")
    text = BLOCKS[request.param].removeprefix("<?php") + "\n" + end

    def run(sent: list[tuple[str, Any]]) -> list[str]:
        written = json.dumps(sent, ensure_ascii=False)
        done = subprocess.run([*start, text], input=written, capture_output=True, text=True, check=True)
        return list(json.loads(done.stdout))

    return run


@pytest.fixture
def client() -> dict[str, Any]:
    """The names of the page's Python program."""
    names: dict[str, Any] = {}
    exec(compile(BLOCKS["python"], "docs/reconcile.md", "exec"), names)  # noqa: S102
    return names


def test_the_example_has_the_hash_that_the_page_shows(partner: Partner, client: dict[str, Any], hashes: Hashes) -> None:
    partner.save("orders", SHOWN)

    assert client["canonical"]("orders", SHOWN) == json.loads(CANONICAL)
    assert hashes([("orders", SHOWN)]) == [HASH]
    assert partner.get("/orders/{tenant}/O-1", fields="Hash").json()["data"] == {"Hash": HASH}


def test_the_programs_know_the_fields_of_the_schemas(client: dict[str, Any]) -> None:
    schemas = {"customers": CustomerRecord, "orders": OrderRecord, "OrderItems": OrderItemRecord,
               "products": ProductRecord, "ProductVariants": VariantRecord}  # fmt: skip

    for name, schema in schemas.items():
        assert set(client["FIELDS"][name].split()) == set(schema.__annotations__)
        (listed,) = re.findall(rf"{name}:\s+((?:\".*\"[+\s]*)+),", BLOCKS["js"])
        assert "".join(re.findall('"(.*?)"', listed)) == client["FIELDS"][name]
        (listed,) = re.findall(rf"'{name}' =>\s+((?:'.*'[.\s]*)+),", BLOCKS["php"])
        assert "".join(re.findall("'(.*?)'", listed)) == client["FIELDS"][name]


@pytest.mark.parametrize("entity", RECORDS)
@examples(25)
@given(data=st.data())
def test_every_program_computes_the_hash_of_reads(
    make_tenant: MakeTenant, hashes: Hashes, entity: str, data: st.DataObject
) -> None:
    """Of a record as it is read: whatever its texts, numbers and moments are."""
    shop = make_tenant()
    key = {"customers": "CustomerId", "orders": "OrderId", "products": "ProductId"}[entity]
    shop.save(entity, *data.draw(st.lists(RECORDS[entity], min_size=1, max_size=10, unique_by=lambda each: each[key])))

    read = shop.read(entity)

    assert read
    answered = [record["Hash"] for record in shop.read(entity, fields="Hash")]
    assert hashes([(entity, record) for record in read]) == answered


def test_amounts_that_no_float_has_are_handed_over_as_text(partner: Partner, hashes: Hashes) -> None:
    text = json.dumps([order(TotalRevenue=0)]).replace('"TotalRevenue": 0', '"TotalRevenue": 999999999999.9998')
    assert partner.send("POST", "/orders/{tenant}", text.encode()).status_code == 200

    (answered,) = partner.read("orders", fields="Hash")

    assert hashes([("orders", order(TotalRevenue="999999999999.9998"))]) == [answered["Hash"]]


def test_a_decimal_does_in_python(partner: Partner, client: dict[str, Any]) -> None:
    partner.save("orders", order(TotalRevenue=29.99))

    (answered,) = partner.read("orders", fields="Hash")

    assert client["content_hash"]("orders", order(TotalRevenue=Decimal("29.99"))) == answered["Hash"]


@pytest.mark.parametrize("stored", [[], ["b"], ["a", "b", "c", "😀"]])
@pytest.mark.parametrize("sent", [{}, {"b": "0" * 64}, {"ä": "0" * 64, "c": None}])
def test_everything_is_compared(
    partner: Partner, client: dict[str, Any], stored: list[str], sent: dict[str, str | None]
) -> None:
    partner.save("customers", *({"CustomerId": name} for name in stored))

    def ask(body: dict[str, Any]) -> Any:
        return partner.send("POST", "/customers/{tenant}/reconcile", body).json()["data"]

    known = {name: client["content_hash"]("customers", {"CustomerId": name}) for name in sent}
    found = client["compare"](ask, {name: value or known[name] for name, value in sent.items()})

    assert found == {
        "missing": set(sent) - set(stored),
        "extra": set(stored) - set(sent),
        "different": {name for name, value in sent.items() if value and name in stored},
    }


def test_no_record_falls_between_two_calls(partner: Partner, client: dict[str, Any]) -> None:
    ids = [f"{i:05}" for i in range(20_001)]
    asked: list[dict[str, Any]] = []

    def ask(body: dict[str, Any]) -> dict[str, Any]:
        asked.append(body)
        return {"missing": [], "extra": [], "different": [], "next": None}

    client["compare"](ask, dict.fromkeys(ids, "0" * 64))

    bodies = [list(body["hashes"]) for body in asked]
    assert all(len(body) <= 10_000 for body in bodies)
    assert [body[0] for body in bodies[1:]] == [body[-1] for body in bodies[:-1]]
    assert {each for body in bodies for each in body} == set(ids)
    assert (asked[0]["from"], asked[-1]["to"]) == ("\u0001", "\U0010ffff")
    assert not any("to" in body for body in asked[:-1])


def test_the_programs_file_is_what_the_page_shows() -> None:
    file = Path(__file__).parents[2] / "docs/examples/python/content_hash.py"

    assert file.read_text() == BLOCKS["python"]
