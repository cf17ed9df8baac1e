"""Most bodies are read by column (hub.records.columns), which makes no difference but to the time it takes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.dialects.custobar.fields import COMPANY, rules
from customers.dialects.custobar.records import read_upload
from customers.schemas import customer_schema
from hub.records.columns import ColumnRecords
from hub.records.faults import ValidationFailed
from hub.records.schemas import Schema, parse
from orders.schemas import ORDERS
from products.schemas import PRODUCTS
from tenants.models import Tenant
from tests.conftest import Partner

CUSTOMER = '{"CustomerId":"C-1","Email":"ada@example.com","Name":"Ada","Phone":"+49 30 1234567","EmailOptin":true}'
LINE = '{"ProductId":"P","Sku":"S","Quantity":1,"Price":9.99,"Size":"M"}'
ORDER = (
    '{"OrderId":"O-1","CustomerId":"C-1","Email":"ada@example.com","OrderDate":"2025-08-22T21:00:00Z",'
    f'"TotalRevenue":9.99,"Currency":"EUR","OrderItems":[{LINE}]}}'
)
VARIANT = '{"VariantId":"V","Sku":"S","Name":"N","OriginalPrice":1,"Currency":"EUR","IsAvailable":true}'
PRODUCT = f'{{"ProductId":"P-1","ProductName":"Engine","ProductVariants":[{VARIANT}],"Taxonomy":["A"]}}'

IDS = ['"C-1"', '"c-1"', '" x"', '""', '" "', '"\\u00a0"', '"a/b"', f'"{"x" * 100}"', f'"{"x" * 101}"', '"😀"']
EMAILS = [
    '"ada@example.com"', '"Ada@Example.COM"', '" ada@example.com "', '"ada@EXAMPLE.com\\n"', '"a@b.c1"', '"a@b.co"',
    '"a@b-c.de"', '"a@-b.de"', '"a@b-.de"', '"a@b..de"', '"a@b"', '"ada"', '"ada@bücher.de"', '"adà@example.com"',
    '"İx@example.com"', '"a b@example.com"', f'"{"x" * 243}@example.com"', f'"{"x" * 244}@example.com"', '"a@b.c-d"',
    '"mari@xn--bcher-kva.de"', '"mari@XN--BCHER-KVA.de"', '"mari@xn--zz--.de"', '"mari@bücher.de"', '"a@İ.com"',
    '"mari@bu\\u0308cher.de"', '"jose\\u0301@example.com"', '"jos\\u00e9@example.com"', '"a\\u200b@example.com"',
    '"\\ufeffada@example.com"', '"\\u200b"', '"\\u001c"', '"a@उदाहरण.भारत"', '"a@EXAMPLE\\uff0ecom"',
    '"\\u212a@example.com"', f'"a@{"x" * 63}.com"', f'"a@{"x" * 64}.com"', f'"a@{"ü" * 60}.com"', f'"a@x.{"c" * 64}"',
    f'"{"x" * 60}@example.com"', '"mailto:a@b.co"', '"a,b@c.de"', '"a/b@c.de"', '"a..b@c.de"', '"a@b--c.de"',
]  # fmt: skip
TEXTS = ['"Ada"', '" Ada "', '"Ada\\t"', '"\\u001cAda"', '"\\u200bAda"', '"عائشة"', f'"{"é" * 100}"', f'"{"é" * 101}"']
TAGS = ['"en-US"', '"EN-us"', '"en_US"', '"EN_us"', '"en_"', '"zh-Hant-TW"', '"EUR"', '"eur"', '"XXY"']
MOMENTS = ['"2025-08-22T21:00:00Z"', '"2025-08-22t21:00:00+02:00"', '"2025-02-30T00:00:00Z"', '"20250822"', '"2025"']
URLS = ['"https://example.com/a.jpg"', '"http://example.com/"', '"https://a"', '"HTTPS://EXAMPLE.com"']
NUMBERS = [
    "0", "1", "-1", "-0", "1.0", "1e2", "-0.0", "29.99", "29.99995", "0.00005", "1e-400", "1e400", "NaN", "-Infinity",
    "2147483647", "2147483648", "999999999999.9999", "999999999999.99995", "9" * 40, "123456789012345678901", "0.1e1",
    "01", "2.0", "2e0", "2.5", "-0.00001", "1E2", "1e-10", "274877906943.9999", "274877906944.00003",
    "549755813888.1234", "500000000000.00005", "999999999999.99994", "999999999999.99996", "1e999999999999999999",
    "1e9999999999999999999", "-1e9999999999999999999", "1e-9999999999999999999", "3.3333333333333335", "0.00015",
    "0.00014999999999999999999", "2.0000000000000000000001", "99999999999.000051", "600000000001",
]  # fmt: skip
ODD = [
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '"a\nb"',
    '"\\x"',
    "null",
    "true",
    "false",
    "[]",
    "{}",
]
MANY = '["A"' + ',"B"' * 20 + "]"
LISTS = ['["A","B"]', '[" A "]', '[""]', "[null]", MANY, f"[{LINE},{LINE}]", f"[{VARIANT}]"]
TOKENS = st.sampled_from([*IDS, *EMAILS, *TEXTS, *TAGS, *MOMENTS, *URLS, *NUMBERS, *ODD, *LISTS])
ENDINGS = st.sampled_from(["", "", "", " ", "\n", "x", "]", "\ufeff"])


def by_row(schema: Schema[Any]) -> Schema[Any]:
    return replace(schema, by_column=False)


def outcome(schema: Schema[Any], body: bytes) -> object:
    try:
        batch = parse(schema, body)
    except ValidationFailed as error:
        return error.errors, error.details
    return without_nulls(list(batch.records)), batch.warnings


def without_nulls(value: Any) -> Any:
    """Leave out what is null, which means omitted."""
    if isinstance(value, Mapping):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else value


def records(usual: str, nested: str, names: list[str], inner_names: list[str]) -> st.SearchStrategy[str]:
    """Make records from a usual one: some fields added or sent twice, at its end or in the nested record."""

    def spoilt(fields: list[tuple[str, str]], inner: list[tuple[str, str]]) -> str:
        text = usual.replace(nested, _with(nested, inner)) if nested else usual
        return _with(text, fields)

    return st.builds(
        spoilt,
        st.lists(st.tuples(st.sampled_from(names), TOKENS), max_size=2),
        st.lists(st.tuples(st.sampled_from(inner_names), TOKENS), max_size=2),
    )


def _with(record: str, fields: list[tuple[str, str]]) -> str:
    return record[:-1] + "".join(f',"{name}":{token}' for name, token in fields) + "}"


def bodies(one: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    arrays = st.lists(one, min_size=1, max_size=3).map(lambda made: f"[{','.join(made)}]")
    return st.builds(lambda array, ending: (array + ending).encode(), arrays, ENDINGS)


CUSTOBAR = (
    '{"external_id":"C-1","email":"ada@example.com","first_name":"Ada","phone_number":"+49301234567","can_sms":true}'
)
CUSTOBAR_NAMES = ["external_id", "email", "phone_number", "first_name", "language", "can_email", "city", "email_"]
CUSTOMER_NAMES = ["CustomerId", "Email", "Name", "Phone", "Language", "EmailOptin", "IsExcluded", "email", "Nickname"]
ORDER_NAMES = ["OrderId", "Email", "OrderDate", "TotalRevenue", "Currency", "TotalQuantity", "IsOrderCancelled", "x"]
LINE_NAMES = ["ProductId", "Sku", "Quantity", "Price", "OriginalPrice", "Size", "IsGift", "Colour"]
PRODUCT_NAMES = ["ProductId", "ProductName", "Taxonomy", "IsOfflineExclusive", "ProductVariants"]
VARIANT_NAMES = ["VariantId", "Name", "OriginalPrice", "Currency", "IsAvailable", "Image", "Stock", "Language"]
EVERYTHING = frozenset({"Email", "Name", "Language", "EmailOptin"})


@pytest.mark.parametrize("required", [frozenset(), EVERYTHING])
@given(body=bodies(records(CUSTOMER, "", CUSTOMER_NAMES, ["x"])))
def test_customers_read_by_column_are_those_read_by_row(required: frozenset[str], body: bytes) -> None:
    schema = customer_schema(required)
    assert outcome(schema, body) == outcome(by_row(schema), body)


@pytest.mark.parametrize("country", ["", "FI"])
@given(body=bodies(records(CUSTOBAR, "", CUSTOBAR_NAMES, ["x"])), wrapped=st.booleans())
def test_plain_custobar_customers_read_by_column_are_those_read_by_row(
    body: bytes, wrapped: bool, country: str
) -> None:
    tenant = Tenant(time_zone="UTC", default_country=country)
    plain = rules("UTC", country).plain.read(b'{"customers":%b}' % body if wrapped else body)
    if plain is not None:
        with_company_field = body.rstrip().removesuffix(b"}]") + b',"X__y":1}]'
        sent = read_upload(tenant, with_company_field)
        assert without_nulls(list(plain)) == [
            {name: value for name, value in record.items() if name != COMPANY}
            for record in without_nulls(list(sent.records))
        ]
        assert sent.findings.said() == {"warnings": {}, "rejected": {}}


@pytest.mark.parametrize("body", [f"[{CUSTOBAR}]", f' {{"customers": [{CUSTOBAR}, {CUSTOBAR}] }} '])
def test_the_usual_custobar_body_is_read_by_column(body: str) -> None:
    assert rules("UTC", "").plain.read(body.encode())


@pytest.mark.parametrize(
    "body",
    [
        f'{{"customers":[{CUSTOBAR}],"x":1}}',
        f'{{"users":[{CUSTOBAR}]}}',
        f'{{"customers":{CUSTOBAR}}}',
        "{}",
        "null",
        f'[{CUSTOBAR[:-1]},"city":"Turku"}}]',
        '[{"first_name":"Ada"}]',
        '[{"external_id":"1","email":""}]',
        '[{"external_id":"1","phone_number":" "}]',
        '[{"external_id":"1","can_email":""}]',
        f"[{','.join([CUSTOBAR] * 1001)}]",
    ],
)
def test_an_unusual_custobar_body_is_left_to_the_rows(body: str) -> None:
    assert rules("UTC", "").plain.read(body.encode()) is None


@given(body=bodies(records(ORDER, LINE, ORDER_NAMES, LINE_NAMES)))
def test_orders_read_by_column_are_those_read_by_row(body: bytes) -> None:
    assert outcome(ORDERS, body) == outcome(by_row(ORDERS), body)


@given(body=bodies(records(PRODUCT, VARIANT, PRODUCT_NAMES, VARIANT_NAMES)))
def test_products_read_by_column_are_those_read_by_row(body: bytes) -> None:
    assert outcome(PRODUCTS, body) == outcome(by_row(PRODUCTS), body)


@pytest.mark.parametrize("token", sorted({*EMAILS, *IDS, *TEXTS, *TAGS, *NUMBERS, *ODD}))
@pytest.mark.parametrize("name", ["CustomerId", "Email", "Name", "Phone", "Language", "EmailOptin"])
def test_each_value_of_a_customer_means_the_same_read_either_way(name: str, token: str) -> None:
    body = f"[{_with(CUSTOMER, [(name, token)])}]".encode()
    schema = customer_schema(())
    assert outcome(schema, body) == outcome(by_row(schema), body)


@pytest.mark.parametrize("token", NUMBERS)
@pytest.mark.parametrize("name", ["TotalRevenue", "TotalQuantity"])
def test_each_number_of_an_order_means_the_same_read_either_way(name: str, token: str) -> None:
    body = f"[{_with(ORDER, [(name, token)])}]".encode()
    assert outcome(ORDERS, body) == outcome(by_row(ORDERS), body)


@pytest.mark.parametrize(("schema", "record"), [(customer_schema(()), CUSTOMER), (ORDERS, ORDER), (PRODUCTS, PRODUCT)])
def test_the_usual_body_is_read_by_column(schema: Schema[Any], record: str) -> None:
    assert isinstance(parse(schema, f"[{record}]".encode()).records, ColumnRecords)


@pytest.mark.django_db
def test_values_read_by_column_are_stored_in_their_normal_form(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": "ADA@example.com", "Name": " Ada ", "Language": "EN-us"})

    (stored,) = partner.read("customers")
    assert (stored["Email"], stored["Name"], stored["Language"]) == ("ada@example.com", "Ada", "en-US")
