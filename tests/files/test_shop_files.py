"""Tables as shop systems export them, spreadsheets save them and people write them: stored as through the API."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.files.sheets import sheet_rows
from hub.files.tables import Row
from hub.files.writing import escaped
from tenants.imports.mapping import suggest
from tests.conftest import MakeTenant, Partner, examples
from tests.files.jobs import imported
from tests.files.shops import FILES, ShopFile
from tests.files.tables import NOBODY, as_csv, faults, items, options, records
from tests.files.workbooks import row, workbook

NAMED = pytest.mark.parametrize("file", FILES, ids=[f"{file.vendor} {file.entity}" for file in FILES])


def read_back(partner: Partner, entity: str) -> list[dict[str, Any]]:
    """Return what is stored, but for the hub's ids and times."""
    return [_plain(record) for record in partner.read(entity)]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        left_out = {"HubId", "CreatedAt", "UpdatedAt"}
        return {name: _plain(inner) for name, inner in value.items() if name not in left_out}
    return value


def stored_by_api(partner: Partner, entity: str, stored: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    partner.save(entity, *map(dict, stored))
    return read_back(partner, entity)


@NAMED
def test_a_shops_file_is_stored_as_the_same_records_are_through_the_api(
    file: ShopFile, make_tenant: MakeTenant
) -> None:
    shop, other = make_tenant(priority="email"), make_tenant(priority="email")

    job = imported(shop, as_csv(file.wide()), file.entity, "csv", options=file.options)

    assert (job.state, job.message, job.rejected) == ("finished", "", 0)
    assert job.created == len(file.stored)
    assert read_back(shop, file.entity) == stored_by_api(other, file.entity, file.stored)


@NAMED
@pytest.mark.django_db
def test_whose_export_a_table_is_is_told_and_every_column_is_known(file: ShopFile) -> None:
    header, *rows = file.table

    found = suggest(NOBODY, file.entity, header, rows, options(file.entity, **file.options))

    assert found.vendor == file.vendor
    assert found.ambiguous == []
    unknown = [column.header for column in found.columns if "Not known" in column.note]
    assert len(unknown) <= len(header) // 2


ENCODINGS = [
    ("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("utf-16-le", ";"), ("utf-16-be", ","), ("cp1252", ";"),
    ("latin-1", ","), ("ascii", "|"), ("utf-8", "\t"), ("utf-8", "|"),
]  # fmt: skip


@pytest.mark.parametrize(("encoding", "delimiter"), ENCODINGS)
def test_a_table_is_read_in_the_encoding_and_with_the_delimiter_it_is_declared_in(
    partner: Partner, encoding: str, delimiter: str
) -> None:
    name = 'Ada, the "first";\tof|all' if encoding == "ascii" else 'Zoë, the "first";\tof|all'
    rows = [["CustomerId", "Email", "Name"], ["007", "zoe@shop.example", name], ["008", "bo@shop.example", "Bo\nB"]]
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    declared = {"utf-8-sig": "utf-8", "latin-1": "windows-1252", "ascii": "utf-8"}.get(encoding, encoding)
    said = options("customers", encoding=declared, delimiter=delimiter)

    data = mark.encode(encoding) + as_csv(rows, delimiter=delimiter, encoding=encoding)
    job = imported(partner, data, "customers", "csv", options=said.json)

    assert (job.state, job.message, job.rejected) == ("finished", "", 0)
    found = {record["CustomerId"]: record["Name"] for record in partner.read("customers")}
    assert found == {"007": name, "008": "Bo\nB"}


LOCALES: dict[str, tuple[dict[str, str], list[str]]] = {
    "fi": ({"dates": "dmy", "decimal": ","}, ["31.1.2024", "1 234,50", "kyllä"]),
    "de": ({"dates": "dmy", "decimal": ","}, ["31.01.2024", "1.234,50 €", "ja"]),
    "fr": ({"dates": "dmy", "decimal": ","}, ["31/01/2024", "1\u202f234,50 €", "oui"]),
    "es": ({"dates": "dmy", "decimal": ","}, ["31/1/2024", "1.234,50", "sí"]),
    "it": ({"dates": "dmy", "decimal": ","}, ["31-01-2024", "€ 1.234,50", "sì"]),
    "nl": ({"dates": "dmy", "decimal": ","}, ["31-1-2024", "€ 1.234,50", "ja"]),
    "sv": ({"dates": "ymd", "decimal": ","}, ["2024-01-31", "1\u00a0234,50 kr", "ja"]),
    "pl": ({"dates": "dmy", "decimal": ","}, ["31.01.2024", "1 234,50 zł", "tak"]),
    "pt": ({"dates": "dmy", "decimal": ","}, ["31/01/2024", "R$ 1.234,50", "sim"]),
    "de-CH": ({"dates": "dmy", "decimal": "."}, ["31.01.2024", "CHF 1'234.50", "Ja"]),
    "en-GB": ({"dates": "dmy", "decimal": "."}, ["31/01/2024", "£1,234.50", "yes"]),
    "en-US": ({"dates": "mdy", "decimal": "."}, ["1/31/2024", "$1,234.50", "Yes"]),
}


@pytest.mark.parametrize("locale", LOCALES)
def test_an_order_is_the_same_in_every_country(locale: str) -> None:
    said, (day, amount, yes) = LOCALES[locale]
    header = ["OrderId", "OrderDate", "TotalRevenue", "IsOrderCancelled", "Sku", "Price"]

    (order,) = records("orders", [Row(1, header), Row(2, ["1", day, amount, yes, "S", amount])], **said)

    assert order == {
        "OrderId": "1",
        "OrderDate": "2024-01-31T00:00:00+00:00",
        "TotalRevenue": 1234.5,
        "IsOrderCancelled": True,
        "OrderItems": [{"Sku": "S", "Price": 1234.5}],
    }


def test_an_opt_in_that_is_empty_changes_nothing(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1", "EmailOptin": True, "SmsOptin": False, "Name": "Ada"})

    imported(partner, b"CustomerId,EmailOptin,SmsOptin,Name\n1,,,\n", "customers", "csv")

    (customer,) = partner.read("customers")
    assert (customer["EmailOptin"], customer["SmsOptin"], customer["Name"]) == (True, False, "Ada")


def test_a_spreadsheets_habits_are_read_or_told(partner: Partner) -> None:
    rows = [
        ["CustomerId", "Email", "Phone", "Username", "EmailOptin"],
        ["000123", "a@shop.example", "'+358401234567", "'=cmd", "TRUE"],
        ["12345678901234567890", "b@shop.example", "040-123", "", "FALSE"],
        ["1.23457E+19", "c@shop.example", "", "", ""],
        ["5", "d@shop.example", "3.58401E+11", "", ""],
    ]

    job = imported(partner, as_csv(rows), "customers", "csv")

    assert (job.read, job.created, job.rejected) == (4, 2, 2)
    found = {record["CustomerId"]: record for record in partner.read("customers")}
    assert found.keys() == {"000123", "12345678901234567890"}
    assert (found["000123"]["Phone"], found["000123"]["Username"]) == ("+358401234567", "=cmd")


def test_shopifys_time_of_a_cancellation_cancels_an_order(partner: Partner) -> None:
    header = ["Name", "Email", "Created at", "Total", "Currency", "Lineitem sku", "Lineitem quantity", "Cancelled at"]
    rows = [
        ["#1", "a@shop.example", "2026-11-01 10:00:00 +0200", "9.50", "EUR", "S-1", "1", "2026-11-02 09:00:00 +0200"],
        ["#1", "a@shop.example", "", "", "", "S-2", "1", ""],
        ["#2", "b@shop.example", "2026-11-01 10:00:00 +0200", "9.50", "EUR", "S-1", "1", ""],
    ]

    job = imported(partner, as_csv([[*header, "Lineitem price"], *([*row, "4.75"] for row in rows)]), "orders", "csv")

    assert (job.created, job.rejected) == (2, 0)
    found = {order["OrderId"]: order["IsOrderCancelled"] for order in partner.read("orders")}
    assert found == {"#1": True, "#2": False}


def test_what_a_workbook_left_of_a_long_number_is_no_id(partner: Partner) -> None:
    names = "".join(f'<c t="str"><v>{name}</v></c>' for name in ("CustomerId", "Name"))
    ids = ["12345678901234570", "1.234567890123457E+16", "123456789012345", "1.5"]
    text = '<row><c t="str"><v>12345678901234567</v></c></row>'
    file = workbook(f"<row>{names}</row>{''.join(map(row, ids))}{text}{row('7', '12345678901234500000')}")

    rejected = [faults(item) for item in items("customers", list(sheet_rows(file))) if item.faults]
    job = imported(partner, file.getvalue(), "customers", "xlsx")

    assert rejected == [[("CustomerId", "spoilt_identifier")]] * 2 + [[("Name", "spoilt_identifier")]]
    assert (job.created, job.rejected) == (3, 3)
    assert {found["CustomerId"] for found in partner.read("customers")} == {
        "123456789012345",
        "1.5",
        "12345678901234567",
    }


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20).filter(
    lambda text: bool(text.strip()) and text.strip() == text and "+" not in text
)
FLAGS = st.booleans()
MONEY = st.decimals(0, 10**9, places=4).map(float)
CUSTOMERS = st.fixed_dictionaries(
    {"CustomerId": TEXTS},
    optional={"Name": TEXTS, "Surname": TEXTS, "Username": TEXTS, "EmailOptin": FLAGS, "IsExcluded": FLAGS},
)
LINES = st.fixed_dictionaries(
    {"Sku": TEXTS, "Price": MONEY, "Quantity": st.integers(1, 10**6)}, optional={"Size": TEXTS, "IsGift": FLAGS}
)
ORDERS = st.fixed_dictionaries(
    {"OrderId": TEXTS, "TotalRevenue": MONEY, "OrderItems": st.lists(LINES, min_size=1, max_size=4)},
    optional={"CustomerId": TEXTS, "Currency": st.sampled_from(["EUR", "SEK"]), "IsOrderCancelled": FLAGS},
)
PRODUCTS = st.fixed_dictionaries(
    {"ProductId": TEXTS, "ProductVariants": st.lists(LINES.map(lambda line: {"Sku": line["Sku"]}), max_size=3)},
    optional={"ProductName": TEXTS, "Taxonomy": st.lists(TEXTS, min_size=1, max_size=3)},
)


def cell(value: Any) -> str:
    if isinstance(value, list):
        return json.dumps(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.4f}" if isinstance(value, float) else escaped(str(value))


def flat(found: Sequence[Mapping[str, Any]], key: str, part: str, is_repeated: bool) -> list[Row]:
    """Write records as a table: a row for each of their parts, the record said in the first of them or in all."""
    rows: list[dict[str, Any]] = []
    for record in found:
        said = {name: value for name, value in record.items() if name != part}
        parts = [{f"{part}.{name}": value for name, value in each.items()} for each in record.get(part, [])] or [{}]
        again = said if is_repeated else {key: said[key]}
        rows += [{**(again if n else said), **each} for n, each in enumerate(parts)]
    header = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[cell(row[name]) if name in row else "" for name in header] for row in rows]
    return [Row(number, row) for number, row in enumerate([header, *cells], 1)]


@given(st.lists(CUSTOMERS, min_size=1, max_size=5))
@examples(100)
def test_any_customers_come_back_from_a_table_as_they_are(found: list[dict[str, Any]]) -> None:
    assert records("customers", flat(found, "CustomerId", "", is_repeated=True)) == found


@given(st.lists(ORDERS, min_size=1, max_size=4, unique_by=lambda order: order["OrderId"]), st.booleans())
@examples(100)
def test_any_orders_come_back_from_a_table_as_they_are(found: list[dict[str, Any]], is_repeated: bool) -> None:
    assert records("orders", flat(found, "OrderId", "OrderItems", is_repeated)) == found


@given(st.lists(PRODUCTS, min_size=1, max_size=4, unique_by=lambda product: product["ProductId"]), st.booleans())
@examples(100)
def test_any_products_come_back_from_a_table_as_they_are(found: list[dict[str, Any]], is_repeated: bool) -> None:
    assert records("products", flat(found, "ProductId", "ProductVariants", is_repeated)) == found
