"""Lists of the admin as files: the rows of the list's own pages, by role, recorded, and safe for spreadsheets."""

import csv
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from customers.models import Customer
from customers.schemas import CustomerRecord
from hub.files.sheets import sheet_rows
from hub.files.workbooks import workbook
from orders.schemas import OrderItemRecord, OrderRecord
from products.schemas import ProductRecord, VariantRecord
from tenants.admin import export_rows, export_taken
from tenants.models import AuditEvent, ConsentChange, Look, Role, Tenant
from tenants.requests.writer import WRITER
from tests.conftest import MakeTenant, Partner, examples
from tests.exporting import ask as take
from tests.members import member, superuser, text
from tests.quarantine.lenient import take as take_left_out

pytestmark = pytest.mark.django_db
LIST = "/admin/customers/customer/"
LISTS = [LIST, "/admin/orders/order/", "/admin/products/product/", "/admin/tenants/consentchange/"]
ORDER = {
    "OrderId": "O-1",
    "CustomerId": "C-1",
    "Email": "ada@example.com",
    "OrderDate": "2026-01-31T12:00:00Z",
    "TotalRevenue": 29.99,
    "Currency": "EUR",
    "OrderItems": [{"ProductId": "P-1", "Sku": "S-1", "Quantity": 1, "Price": 29.99}],
}


@pytest.fixture
def shop(partner: Partner) -> Partner:
    partner.save(
        "customers",
        {
            "CustomerId": "C-1",
            "Email": "ada@example.com",
            "Name": "=cmd()",
            "EmailOptin": True,
            "Phone": "+358101234567",
        },
        {"CustomerId": "007", "Email": "bob@example.com", "Name": "Bob", "EmailOptin": False, "Language": "fi"},
        {"CustomerId": "C-3", "Name": "Ünï"},
    )
    partner.save("orders", ORDER)
    return partner


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


def rows(answer: Any) -> list[dict[str, str]]:
    content = b"".join(answer.streaming_content)
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))


def walked(client: Client, **query: str) -> list[str]:
    """Return the hub ids of a list, page by page."""
    found: list[str] = []
    address: str | None = f"{LIST}?{urlencode(query)}"
    while address:
        changelist = client.get(address).context["cl"]
        found += [str(row.pk) for row in changelist.result_list]
        address = changelist.older_url and f"{LIST}{changelist.older_url}"
    return found


def sheet_of(content: bytes) -> Any:
    return load_workbook(BytesIO(content)).active


@pytest.mark.parametrize("address", LISTS, ids=["customers", "orders", "products", "ledger"])
def test_staff_are_offered_every_list_and_viewers_none(shop: Partner, staff: Client, address: str) -> None:
    viewer = member(Role.VIEWER, shop.tenant)

    assert f"{address}export/" in text(staff.get(address))
    assert f"{address}export/" not in text(viewer.get(address))
    assert viewer.get(f"{address}export/").status_code == 403
    assert take(staff, shop.tenant, address).status_code == 200


def test_values_are_texts_in_the_tenants_zone_and_no_formulas(shop: Partner, staff: Client) -> None:
    Tenant.objects.filter(pk=shop.tenant.pk).update(time_zone="Europe/Helsinki")

    found = {row["Customer ID"]: row for row in rows(take(staff, shop.tenant))}

    assert found["C-1"]["Name"] == "'=cmd()"
    assert found["C-1"]["Phone"] == "'+358101234567"
    assert [found[each]["E-mail opt-in"] for each in ("C-1", "007", "C-3")] == ["yes", "no", "never given"]
    assert found["007"]["Created"].endswith(("+02:00", "+03:00"))


def test_a_workbook_has_texts_alone(shop: Partner, staff: Client) -> None:
    content = b"".join(take(staff, shop.tenant, form="xlsx").streaming_content)

    header, *found = sheet_of(content).iter_rows(values_only=True)

    assert header[:3] == ("Hub id", "Customer ID", "E-mail")
    assert {row[1] for row in found} == {"C-3", "007", "C-1"}
    assert next(row[3] for row in found if row[1] == "C-1") == "=cmd()"


def test_a_workbook_needs_no_apostrophe_for_what_no_reader_takes_for_a_formula(shop: Partner, staff: Client) -> None:
    shop.save("customers", {"CustomerId": "C-4", "Name": "'=1+1", "Surname": "'Neill"})
    content = b"".join(take(staff, shop.tenant, form="xlsx").streaming_content)

    cells = [cell for row in sheet_of(content).iter_rows() for cell in row if cell.value]

    assert {cell.data_type for cell in cells} == {"s"}
    assert {"+358101234567", "=cmd()", "''=1+1", "'Neill"} <= {cell.value for cell in cells}
    assert next(iter(sheet_rows(BytesIO(content)))).cells[:2] == ["Hub id", "Customer ID"]
    assert "+358101234567" in {text for row in sheet_rows(BytesIO(content)) for text in row.cells}


def test_orders_products_and_the_ledger_have_their_columns(shop: Partner, staff: Client) -> None:
    order = rows(take(staff, shop.tenant, "/admin/orders/order/"))[0]
    ledger = rows(take(staff, shop.tenant, "/admin/tenants/consentchange/"))

    assert (order["Order ID"], order["Total revenue"], order["Cancelled"]) == ("O-1", "29.99", "no")
    assert len(ledger) == ConsentChange.objects.filter(tenant=shop.tenant).count()
    assert {row["Change"] for row in ledger} == {f"E-mail opt-in: {said} (initial)" for said in ("yes", "no")}


SORTS = ["", "customer_id", "-email", "email", "-pk", "pk"]


@given(
    sort=st.sampled_from(SORTS),
    page=st.integers(1, 7),
    optin=st.sampled_from(["", "yes", "no", "never"]),
    searched=st.sampled_from(["", "C-", "nobody", "example", "007"]),
)
@examples(20)
def test_a_file_has_the_rows_of_the_lists_pages(
    shop: Partner, staff: Client, sort: str, page: int, optin: str, searched: str
) -> None:
    if Customer.objects.count() < 20:
        more = [
            {"CustomerId": f"C-{i}", "Email": f"{i % 5}@example.com", "EmailOptin": i % 3 > 0} for i in range(10, 90)
        ]
        shop.save("customers", *more)
    query = {name: value for name, value in (("o", sort), ("email_optin", optin), ("q", searched)) if value}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export_rows, "A_PAGE", page)
        exported = [row["Hub id"] for row in rows(take(staff, shop.tenant, **query))]

    assert exported == walked(staff, **query)


def test_who_took_how_much_is_recorded_without_what_was_searched_for(shop: Partner, staff: Client) -> None:
    rows(take(staff, shop.tenant, q="ada@example.com", email_optin="yes"))

    event = AuditEvent.objects.filter(kind="exported").latest("pk")
    assert event.details[:3] == ["customers", "csv", "1 rows"]
    assert "by a search" in event.details
    assert "ada@" not in " ".join(event.details)
    assert Look.objects.get(way="export").records == 1


def test_an_export_that_is_not_read_to_its_end_says_so(shop: Partner, staff: Client) -> None:
    answer = take(staff, shop.tenant)
    next(iter(answer.streaming_content))
    answer._iterator.close()  # as the answer's own close does, which ends the test's connection, too

    assert AuditEvent.objects.filter(kind="exported").latest("pk").details[-1] == export_taken.BROKEN_OFF


def test_somebody_who_was_erased_is_in_no_export(shop: Partner, staff: Client) -> None:
    shop.delete("/customers/{tenant}", customerId="C-1")

    assert "ada@example.com" not in str(rows(take(staff, shop.tenant)))


def test_a_file_has_one_tenants_rows(shop: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant()
    other.save("customers", {"CustomerId": "X-1"})

    found = rows(take(superuser(), other.tenant))

    assert [row["Customer ID"] for row in found] == ["X-1"]


def test_a_stranger_takes_nothing(shop: Partner, make_tenant: MakeTenant) -> None:
    stranger = member(Role.STAFF, make_tenant().tenant)

    refused = stranger.post(f"{LIST}export/", {"tenant": str(shop.tenant.pk), "format": "csv", "columns": ["0"]})

    assert refused.status_code == 400
    assert stranger.get(f"{LIST}export/?tenant={shop.tenant.pk}").status_code == 403


@pytest.mark.parametrize(
    "sent", [{}, {"columns": ["99"]}, {"format": "pdf"}, {"tenant": "x"}], ids=["nothing", "column", "format", "tenant"]
)
def test_what_is_not_offered_is_refused(shop: Partner, staff: Client, sent: dict[str, Any]) -> None:
    usual = {"tenant": str(shop.tenant.pk), "format": "csv", "columns": ["0"]} if sent else {"format": "csv"}

    assert staff.post(f"{LIST}export/", {**usual, **sent}).status_code == 400


def test_the_page_says_how_many_match_and_by_what(shop: Partner, staff: Client) -> None:
    page = " ".join(text(staff.get(f"{LIST}export/?email_optin=yes")).split())

    assert "<strong>1</strong> match the list" in page
    assert "E-mail opt-in" in page


def test_a_workbook_takes_any_text() -> None:
    odd = ["<&>\"'", "\x01\x0b", "\ud800", "_x0041_", " a\n b ", "😀", "x" * 40_000]

    content = b"".join(workbook([[odd], [["next"]]]))

    first, second = sheet_of(content).iter_rows(values_only=True)
    assert first[0] == odd[0]
    assert first[3:6] == ("_x005F_x0041_", " a\n b ", "😀")  # the underscore is written as a code, so no A is read
    assert len(first[6]) == 32_767
    assert second[0] == "next"


def test_a_workbooks_head_stays_and_its_columns_hold_what_is_in_them() -> None:
    pages = [[["Id", "E-mail"]], [["1", "somebody.with.a.name@example.com"], ["2", "x" * 300]], [["3", ""]]]

    sheet = sheet_of(b"".join(workbook(pages)))

    assert sheet.freeze_panes == "A2"
    assert [sheet.column_dimensions[name].width for name in "AB"] == [9, 48]
    assert sheet.max_row == 4


def test_a_sheet_has_as_many_rows_as_fit_and_says_it(shop: Partner, staff: Client) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export_rows, "MOST_ROWS", 3)
        content = b"".join(take(staff, shop.tenant, form="xlsx").streaming_content)

    assert sheet_of(content).max_row == 3
    assert AuditEvent.objects.filter(kind="exported").latest("pk").details[-1] == export_taken.TOO_LONG


def one_column_each(record: dict[str, Any], row: dict[str, str], times: dict[str, str]) -> None:
    """Hold a record's values, as they were sent, to those of a row: each is in a column, as text."""
    written = {True: "yes", False: "no"}
    for name, value in record.items():
        if not isinstance(value, list) or name == "Taxonomy":
            said = times.get(name) or (written[value] if isinstance(value, bool) else str(value))
            said = ", ".join(value) if name == "Taxonomy" else said
            assert said in row.values(), name


WHOLE_LINE = {
    "ProductId": "P-10",
    "Sku": "S-10",
    "Quantity": 71,
    "Price": 19.25,
    "OriginalPrice": 20.75,
    "Size": "huge",
    "Color": "teal",
    "Brand": "Acme",
    "IsGift": True,
}
WHOLE_ORDER = {
    **ORDER,
    "OrderId": "O-2",
    "CustomerId": "C-2",
    "TotalQuantity": 72,
    "UniqueQuantity": 2,
    "IsOrderCancelled": True,
    "OrderItems": [WHOLE_LINE, {"ProductId": "P-11", "Sku": "=S", "Quantity": 1, "Price": 1}],
}
WHOLE_VARIANT = {
    "VariantId": "V-1",
    "Sku": "S-1",
    "Name": "blue, huge",
    "OriginalPrice": 20.75,
    "Currency": "SEK",
    "IsAvailable": True,
    "Image": "https://shop.example/1.png",
    "Size": "huge",
    "Stock": 73,
    "SalePrice": 19.25,
    "Language": "sv",
    "BrandName": "Acme",
}
WHOLE_PRODUCT = {
    "ProductId": "P-1",
    "ProductName": "Chair",
    "Taxonomy": ["Home", "Chairs"],
    "IsOfflineExclusive": True,
    "ProductVariants": [WHOLE_VARIANT, {**WHOLE_VARIANT, "VariantId": "V-2", "Sku": "S-2"}],
}


def test_an_order_has_a_row_or_each_of_its_lines_with_every_field(shop: Partner, staff: Client) -> None:
    assert {*WHOLE_ORDER} == {*OrderRecord.__annotations__}
    assert {*WHOLE_LINE} == {*OrderItemRecord.__annotations__}
    shop.save("orders", WHOLE_ORDER)

    orders = rows(take(staff, shop.tenant, "/admin/orders/order/"))
    lines = rows(take(staff, shop.tenant, "/admin/orders/order/", per="part"))

    assert [row["Order ID"] for row in orders] == ["O-2", "O-1"]
    assert "Line: SKU" not in orders[0]
    assert [(row["Order ID"], row["Line: SKU"]) for row in lines] == [("O-2", "S-10"), ("O-2", "'=S"), ("O-1", "S-1")]
    one_column_each(WHOLE_ORDER, lines[1], {"OrderDate": "2026-01-31T12:00:00+00:00"})
    one_column_each(WHOLE_LINE, lines[0], {})


def test_a_product_has_a_row_or_each_of_its_variants_with_every_field(shop: Partner, staff: Client) -> None:
    assert {*WHOLE_PRODUCT} == {*ProductRecord.__annotations__}
    assert {*WHOLE_VARIANT} == {*VariantRecord.__annotations__}
    shop.save("products", WHOLE_PRODUCT, {"ProductId": "P-0", "ProductName": "None", "ProductVariants": []})

    variants = rows(take(staff, shop.tenant, "/admin/products/product/", per="part"))

    named = [(row["Product ID"], row["Variant: SKU"]) for row in variants]
    assert named == [("P-1", "S-1"), ("P-1", "S-2"), ("P-0", "")]
    one_column_each(WHOLE_PRODUCT, variants[1], {})
    one_column_each(WHOLE_VARIANT, variants[0], {})


def test_a_customer_has_every_field(shop: Partner, staff: Client) -> None:
    whole = {
        "CustomerId": "C-9",
        "Email": "nine@example.com",
        "Name": "Nina",
        "Surname": "Nine",
        "Phone": "0551234567",
        "Language": "sv",
        "Username": "n9",
        **{name: True for name in CustomerRecord.__annotations__ if name.endswith("Optin") or name == "IsExcluded"},
    }
    assert {*whole} == {*CustomerRecord.__annotations__}
    shop.save("customers", whole)

    row = next(row for row in rows(take(staff, shop.tenant)) if row["Customer ID"] == "C-9")

    one_column_each(whole, row, {})
    assert list(row.values()).count("yes") == 6


def test_lines_are_cut_where_a_sheet_ends(shop: Partner, staff: Client) -> None:
    shop.save("orders", WHOLE_ORDER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export_rows, "MOST_ROWS", 2)
        answer = take(staff, shop.tenant, "/admin/orders/order/", form="xlsx", per="part")
        content = b"".join(answer.streaming_content)

    assert sheet_of(content).max_row == 2


HISTORY = {
    "changeset": "Number",
    "loggedrequest": "Route",
    "quarantinedrecord": "Identifiers",
    "erasurecertificate": "Reference",
    "auditevent": "Details",
    "look": "Records",
}
OF_ADMINS = {"auditevent", "look"}


@pytest.mark.parametrize("name", HISTORY)
def test_lists_that_are_no_records_are_taken_along_by_who_may_see_them(shop: Partner, name: str) -> None:
    take_left_out(
        shop,
        "customers",
        {"CustomerId": "C-1"},
        {"CustomerId": "Q-1", "Language": "much too long", "Name": "Nobody's business"},
    )
    shop.delete("/customers/{tenant}", customerId="C-3")
    WRITER.flush()
    admin, staff = member(Role.ADMIN, shop.tenant), member(Role.STAFF, shop.tenant)
    rows(take(admin, shop.tenant))
    address = f"/admin/tenants/{name}/"

    found = rows(take(admin, shop.tenant, address))

    listed = admin.get(address).context["cl"].result_list
    assert len(found) >= len(listed) - 1 > -1
    assert HISTORY[name] in found[0]
    assert "Nobody's business" not in str(found)
    assert (f"{address}export/" in text(admin.get(address))) is True
    assert staff.get(f"{address}export/").status_code == (403 if name in OF_ADMINS else 200)


@pytest.mark.within("a day")
def test_taking_the_quarantine_counts_whom_it_names(shop: Partner, staff: Client) -> None:
    take_left_out(shop, "customers", {"CustomerId": "C-1"}, {"CustomerId": "Q-1", "Language": "much too long"})

    rows(take(staff, shop.tenant, "/admin/tenants/quarantinedrecord/"))

    assert Look.objects.get(way="export").records == 1
