"""A table's headers become documented fields: however they are spelt, in whose words they are."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from hub.files.tables import Row
from tenants.columns import Kind, Vendor
from tenants.entities import entity_config
from tenants.imports.headers import normalised
from tenants.imports.items import FileRefused
from tenants.imports.mapping import settled, suggest
from tenants.imports.options import OptionsRefused, options_of_parameters, read_options, unmarked
from tenants.imports.remembering import recalled, remember
from tenants.models import Entity, ImportMapping, Tenant
from tests.conftest import MakeTenant, Partner
from tests.files.jobs import imported
from tests.files.tables import NOBODY, faults, items, options, records, table

ROOT = Path(__file__).parents[2]
CUSTOMERS = entity_config("customers").columns


def suggested(entity: str, text: str, tenant: Tenant, **said: Any) -> Any:
    rows = table(text)
    return suggest(tenant, entity, rows[0].cells, [row.cells for row in rows[1:]], options(entity, **said))


@pytest.mark.parametrize(
    "header",
    [
        "CustomerId",
        "customerid",
        "CUSTOMER_ID",
        "Customer ID",
        " customer-id ",
        "\ufeffCustomerId",
        "Cústomer Íd",
        "customer.id",
    ],
)
def test_a_header_is_known_however_it_is_spelt(header: str) -> None:
    rows = [Row(1, [header, "E-MAIL"]), Row(2, ["C-1", "ada@example.com"])]

    assert records("customers", rows) == [{"CustomerId": "C-1", "Email": "ada@example.com"}]


def test_a_field_of_a_part_is_known_with_and_without_its_part() -> None:
    text = "OrderId,{}Sku,{}Quantity\n7,S-1,2"

    for prefix in ("", "OrderItems.", "order_items_", "OrderItems "):
        found = records("orders", table(text.format(prefix, prefix)))
        assert found == [{"OrderId": "7", "OrderItems": [{"Sku": "S-1", "Quantity": 2}]}]


def test_a_blank_cell_says_nothing() -> None:
    rows = [Row(1, ["CustomerId", "Name", "EmailOptin", "Phone"]), Row(2, ["C-1", "", "  ", "\u00a0"]), Row(3, ["C-2"])]

    assert records("customers", rows) == [{"CustomerId": "C-1"}, {"CustomerId": "C-2"}]


def test_of_two_columns_that_give_a_field_the_first_does() -> None:
    rows = table("CustomerId,Email,email\nC-1,ada@example.com,bob@example.com")

    assert records("customers", rows) == [{"CustomerId": "C-1", "Email": "ada@example.com"}]


@pytest.mark.django_db
def test_columns_that_are_not_taken_are_shown_as_such() -> None:
    found = suggested("customers", "CustomerId,Email,email,Shoe size,Total Spent\nC-1,a@b.cd,,43,9", NOBODY)

    assert [(column.header, column.fields) for column in found.columns] == [
        ("CustomerId", ("CustomerId",)),
        ("Email", ("Email",)),
        ("email", ()),
        ("Shoe size", ()),
        ("Total Spent", ()),
    ]
    assert [bool(column.note) for column in found.columns] == [False, False, True, True, True]


def test_the_columns_that_rejected_rows_gain_are_not_read() -> None:
    rows = table("CustomerId,Email,_line,_errors\nC-1,a@b.cd,7,Email: wrong")

    assert records("customers", rows) == [{"CustomerId": "C-1", "Email": "a@b.cd"}]


@pytest.mark.parametrize(
    ("entity", "text", "names"),
    [
        ("customers", "Name,Phone\nAda,1", "CustomerId or Email"),
        ("orders", "CustomerId,Sku\n1,1", "OrderId"),
        ("products", "ProductName\nShirt", "ProductId"),
        ("customers", "Ada;Lovelace\nBob;Dylan", "CustomerId or Email"),
    ],
)
def test_a_table_without_identifiers_is_refused_at_once_and_not_repeated(entity: str, text: str, names: str) -> None:
    with pytest.raises(FileRefused) as refused:
        items(entity, table(text))

    assert f"No column of the table gives {names}." in str(refused.value)
    assert "Ada" not in str(refused.value)


def test_a_record_is_no_header_whatever_the_mapping_says(partner: Partner) -> None:
    data = b"C-1,Ada@Example.com\nC-2,bob@example.com\n"
    mapping = {"mapping": {"C-1": "CustomerId", "Ada@Example.com": "Email"}}

    job = imported(partner, data, format="csv", options=mapping)

    assert (job.state, job.created) == ("failed", 0)
    assert "an e-mail address: put a row of names above it" in job.message
    assert "Ada" not in f"{job.message}{job.layout}"


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(FileRefused, match="no rows"):
        items("customers", [])


def test_a_mapping_is_followed_where_it_says_something() -> None:
    rows = table("Kundennr.,E-Mail,Vorname,Notiz,Gesperrt\n007,a@b.cd,Ada,x,ja")

    mapping = {"kundennr": "CustomerId", "VORNAME": ["Name"], "e-mail": None, "Gesperrt": "!EmailOptin"}

    assert records("customers", rows, mapping=mapping) == [{"CustomerId": "007", "Name": "Ada", "EmailOptin": False}]


def test_a_mapping_of_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(FileRefused, match="'Kunde'"):
        items("customers", table("CustomerId\n1"), mapping={"Kunde": "Email"})


def test_a_column_gives_further_fields_where_nothing_else_does() -> None:
    rows = table("OrderId,CustomerId,Mail\n1,C-1,a@b.cd\n2,,b@b.cd")

    found = records("orders", rows, mapping={"Mail": ["Email", "CustomerId"]})

    assert [(order["CustomerId"], order["Email"]) for order in found] == [("C-1", "a@b.cd"), ("b@b.cd", "b@b.cd")]


def test_a_filled_cell_may_mean_yes_and_a_blank_one_nothing() -> None:
    rows = table("OrderId,Voided at\n1,2026-11-29 10:00\n2,\n3,no matter what")

    found = records("orders", rows, mapping={"Voided at": "?isOrderCancelled"})

    assert [order.get("IsOrderCancelled") for order in found] == [True, None, True]


@pytest.mark.parametrize("field", ["?EmailOptin", "?Email", "?!EmailOptin", "!?EmailOptin"])
def test_a_filled_cell_gives_no_consent_and_no_text(field: str) -> None:
    with pytest.raises(OptionsRefused):
        options("customers", mapping={"Mail": field})


def test_constants_stand_in_for_what_no_column_says() -> None:
    rows = table("OrderId,Currency,TotalRevenue\n1,,5\n2,SEK,6")

    found = records("orders", rows, constants={"Currency": "EUR", "isordercancelled": "no"})

    assert [(order["Currency"], order["IsOrderCancelled"]) for order in found] == [("EUR", False), ("SEK", False)]


def test_what_is_wrong_with_a_row_is_said_of_its_cells() -> None:
    rows = table("CustomerId,Email,EmailOptin,Name\n1.2E+15,a@b.cd,maybe,Ada\n2,b@b.cd,no,Bob,more")

    first, second = items("customers", rows)

    assert orjson.loads(first.record) == {"Email": "a@b.cd", "Name": "Ada"}
    assert faults(first) == [("CustomerId", "spoilt_identifier"), ("EmailOptin", "not_yes_or_no")]
    assert orjson.loads(first.sent) == [["1.2E+15", "a@b.cd", "maybe", "Ada"]]
    assert faults(second) == [("", "too_many_cells")]
    assert (first.line, first.rows, second.line) == (2, 1, 3)


AMBIGUOUS = """
OrderId, OrderDate, TotalRevenue, Currency, Quantity, Price
1, 01/02/2024, 1.234, EUR, 1, 12.50
2, 13/02/2024, 9, EUR, 1, 1.000
"""


@pytest.mark.django_db
def test_what_could_mean_two_things_is_asked_with_samples() -> None:
    found = suggested("orders", AMBIGUOUS, NOBODY)

    dates, decimal = found.ambiguous
    assert (dates.option, list(dates.choices), dates.headers) == ("dates", ["dmy"], ["OrderDate"])
    assert dates.samples == ["01/02/2024", "13/02/2024"]
    assert (decimal.option, decimal.headers) == ("decimal", ["TotalRevenue", "Price"])
    assert (list(decimal.choices), decimal.samples[0]) == (["."], "1.234")
    assert not found.options.dates
    assert not found.options.decimal


@pytest.mark.django_db
def test_dates_that_can_be_read_in_one_way_are_asked_about_too() -> None:
    (dates,) = suggested("orders", "OrderId,OrderDate\n1,31.12.2026\n2,13.02.2024", NOBODY).ambiguous

    assert (dates.option, list(dates.choices), dates.headers) == ("dates", ["dmy"], ["OrderDate"])


@pytest.mark.django_db
def test_nothing_is_asked_that_is_said() -> None:
    assert suggested("orders", AMBIGUOUS, NOBODY, dates="dmy", decimal=".").ambiguous == []


def test_rows_that_need_an_answer_are_rejected_until_there_is_one() -> None:
    first, second = items("orders", table(AMBIGUOUS))

    assert faults(first) == [("OrderDate", "ambiguous_date"), ("TotalRevenue", "ambiguous_number")]
    assert faults(second) == [("OrderDate", "undeclared_date"), ("OrderItems.0.Price", "ambiguous_number")]
    assert "dates=dmy" in first.faults[0].text
    assert "decimal=" in first.faults[1].text


@pytest.mark.django_db
def test_what_every_record_must_have_and_nothing_gives_is_missing() -> None:
    text = "ProductId,ProductName,VariantId,Sku,Name,OriginalPrice,IsAvailable\n1,A,1,1,A,5,yes"

    assert suggested("products", text, NOBODY).missing == ["ProductVariants.Currency"]
    assert suggested("products", text, NOBODY, constants={"Currency": "EUR"}).missing == []


def test_samples_are_some_values_of_a_column(db: None) -> None:
    text = "CustomerId,Name\n" + "\n".join(f"{n},{'x' * 500 if n else ''}" for n in range(9))

    ids, names = suggested("customers", text, NOBODY).columns

    assert ids.samples == ["0", "1", "2", "3", "4"]
    assert names.samples == ["x" * 100]


def test_how_a_table_was_read_is_remembered_for_the_next_with_its_headers(partner: Partner) -> None:
    first = ["Kundennr", "Bestelldatum", "E-Mail"]
    said = options("customers", mapping={"Kundennr": "CustomerId"}, dates="dmy", timeZone="Europe/Berlin")

    remember(partner.tenant, "customers", first, said)

    again = suggest(partner.tenant, "customers", ["KUNDEN-NR", "Bestelldatum", "e mail"], [])
    assert again.is_remembered
    assert (again.options.dates, again.options.time_zone) == ("dmy", "Europe/Berlin")
    assert again.columns[0].fields == ("CustomerId",)
    assert not suggest(partner.tenant, "customers", ["CustomerId", "Bestelldatum"], []).is_remembered


def test_what_was_used_last_is_remembered(partner: Partner) -> None:
    header = ["OrderId", "OrderDate"]

    for dates in ("dmy", "mdy"):
        remember(partner.tenant, "orders", header, options("orders", dates=dates))

    assert settled(partner.tenant, "orders", header, options("orders")).dates == "mdy"
    assert settled(partner.tenant, "orders", header, options("orders", dates="dmy")).dates == "dmy"
    assert ImportMapping.objects.filter(tenant=partner.tenant).count() == 1


def test_tenants_and_kinds_of_records_have_memories_of_their_own(partner: Partner, make_tenant: MakeTenant) -> None:
    remember(partner.tenant, "customers", ["Email"], options("customers", dates="dmy"))

    assert recalled(make_tenant().tenant, "customers", ["Email"]) is None
    assert recalled(partner.tenant, "orders", ["Email"]) is None
    assert recalled(partner.tenant, "customers", ["Email"]) == options("customers", dates="dmy")


def test_a_memory_of_a_field_that_is_no_more_is_none(partner: Partner) -> None:
    remember(partner.tenant, "customers", ["Email"], options("customers", dates="dmy"))
    ImportMapping.objects.filter(tenant=partner.tenant).update(options={"mapping": {"Email": ["Gone"]}})

    assert recalled(partner.tenant, "customers", ["Email"]) is None


REFUSED: dict[str, dict[str, Any]] = {
    "dates": {"dates": "ydm"},
    "decimal": {"decimal": ";"},
    "delimiter": {"delimiter": "ab"},
    "encoding": {"encoding": "klingon"},
    "timeZone": {"timeZone": "Mars/Base"},
    "mapping": {"mapping": {"A": "Nonsense"}},
    "constants": {"constants": {"Name": 5}},
    "colour": {"colour": "red"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_options_that_can_not_be_used_are_refused_by_name(name: str) -> None:
    with pytest.raises(OptionsRefused) as refused:
        read_options(REFUSED[name], CUSTOMERS)

    assert list(refused.value.errors) == [name]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"mapping": {"A": "Email", "B": "email"}}, "Two columns give Email"),
        ({"mapping": {"A": "!Name"}}, "no flag"),
        ({"mapping": {"A": {"b": 1}}}, "must have a field"),
        ({"mapping": [1]}, "Must be an object"),
        ({"constants": {"CustomerId": "1"}}, "can't be the same"),
        ({"constants": {"surname": "Ada"}}, "can't be the same"),
        ({"constants": "x"}, "Must be an object"),
        ({"dates": 5}, "Must be one of these"),
        ({"encoding": 5}, "Must be one of these"),
        ({"encoding": "shift_jis"}, "Must be one of these"),
        ({"mapping": {"A": "x\0y\ud800"}}, "no field"),
    ],
)
def test_why_options_are_refused(said: Any, why: str) -> None:
    with pytest.raises(OptionsRefused, match=why):
        read_options(said, CUSTOMERS)


@pytest.mark.parametrize("said", [[], "x", None, 5])
def test_options_are_an_object(said: Any) -> None:
    with pytest.raises(OptionsRefused):
        read_options(said, CUSTOMERS)


def test_options_come_back_from_json_as_they_were() -> None:
    said = {
        "encoding": "cp1252", "delimiter": ";", "dates": "dmy", "decimal": ",", "timeZone": "Europe/Oslo",
        "mapping": {"A": ["Email", "CustomerId"], "B": None, "C": "Name"}, "constants": {"Language": "nb"},
    }  # fmt: skip

    found = read_options(said, CUSTOMERS)

    assert found.json == said
    assert read_options(orjson.loads(orjson.dumps(found.json)), CUSTOMERS) == found


def test_options_are_parameters_of_a_query() -> None:
    found = options_of_parameters(
        {
            "dates": "DMY".lower(),
            "delimiter": "semicolon",
            "encoding": "latin-1",
            "mapping": '{"A": "Email"}',
            "entity": "x",
        },
        CUSTOMERS,
    )

    assert found == options("customers", dates="dmy", delimiter=";", encoding="cp1252", mapping={"A": "Email"})
    with pytest.raises(OptionsRefused, match="JSON object"):
        options_of_parameters({"mapping": "{"}, CUSTOMERS)


@pytest.mark.parametrize("entity", Entity.values)
def test_every_documented_field_has_a_column_and_every_vendor_means_fields(entity: str) -> None:
    config = entity_config(entity)
    columns = config.columns
    own = {name for name in config.taking("").fields if name != columns.part}

    assert own == {name for name in columns.fields if "." not in name}
    for vendor in columns.vendors:
        words = {(normalised(header), *fields) for header, fields in vendor.headers.items()}
        assert len(words) == len({word for word, *_ in words}), vendor.name
        for fields in vendor.headers.values():
            for name in fields:
                assert unmarked(name) in columns.fields
                assert name[0] != "!" or columns.fields[name[1:]] in (Kind.FLAG, Kind.CONSENT)
                assert name[0] != "?" or columns.fields[name[1:]] is Kind.FLAG


def documented_line(vendor: Vendor) -> str:
    """Return what docs/files.md says of a vendor's columns."""
    said = [f"`{header}` → {', else '.join(fields)}" for header, fields in vendor.headers.items() if fields]
    return f"| {vendor.name or 'others'} | {'; '.join(said)} |"


@pytest.mark.parametrize("entity", Entity.values)
def test_the_columns_of_every_shop_system_are_documented(entity: str) -> None:
    page = (ROOT / "docs" / "files.md").read_text()

    for vendor in entity_config(entity).columns.vendors:
        assert vendor.name == "the hub" or documented_line(vendor) in page, documented_line(vendor)
