"""Every list of the admin finds what staff paste into its search and its filters."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from customers.models import Customer
from hub.admin import changelist
from tenants.models import Changeset, ConsentChange, LoggedRequest, Role
from tenants.requests.writer import WRITER
from tests.conftest import MakeTenant, Partner
from tests.members import member, superuser
from tests.orders.records import line, order
from tests.products.records import product, variant

pytestmark = pytest.mark.django_db

CUSTOMERS, ORDERS, PRODUCTS = (f"/admin/{name}/" for name in ("customers/customer", "orders/order", "products/product"))
LEDGER, CHANGES, REQUESTS = (f"/admin/tenants/{name}/" for name in ("consentchange", "changeset", "loggedrequest"))
LISTS = (CUSTOMERS, ORDERS, PRODUCTS, LEDGER, CHANGES, REQUESTS)
AROUND = "\u2003\u200e\u202a{}\u202c\ufeff\xa0\n"


@pytest.fixture
def viewer(partner: Partner) -> Client:
    return member(Role.VIEWER, partner.tenant)


def found(client: Client, address: str, term: str = "", **filters: str) -> list[str]:
    """Return what the rows of a list are called that a search or a filter finds."""
    answer = client.get(address, {"q": term, **filters} if term else filters)
    assert answer.status_code == 200
    return sorted(map(str, answer.context["cl"].result_list))


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A shop with a person, an order and a product, and a second one of each that nothing below names."""
    partner.save(
        "customers",
        {"CustomerId": "Cust-11800", "Email": "jane@example.com", "Phone": "+4915550035348", "EmailOptin": False},
        {"CustomerId": "Other-1", "Email": "other@example.com", "Phone": "+358401234567"},
    )
    partner.save("customers", {"CustomerId": "Cust-11800", "EmailOptin": True})
    partner.save(
        "orders",
        order(
            OrderId="O-Ab-1",
            CustomerId="Cust-11800",
            Email="jane@example.com",
            OrderItems=[line(Sku="Sku-4x", ProductId="P-Cd-1")],
        ),
        order(OrderId="other", CustomerId="Other-1", Email="other@example.com", OrderItems=[line(Sku="o")]),
    )
    partner.save(
        "products",
        product(ProductId="P-Cd-1", ProductName="Shirt", ProductVariants=[variant(VariantId="Var-Ef-1", Sku="Sku-4x")]),
        product(ProductId="other", ProductName="Other", ProductVariants=[variant(VariantId="o", Sku="o")]),
    )
    return partner


JANE, ORDER, SHIRT = ["Cust-11800"], ["O-Ab-1"], ["Shirt"]
IDENTIFIERS = [
    (CUSTOMERS, "Cust-11800", JANE),
    (CUSTOMERS, "jane@example.com", JANE),
    (CUSTOMERS, "+4915550035348", JANE),
    (ORDERS, "O-Ab-1", ORDER),
    (ORDERS, "Cust-11800", ORDER),
    (ORDERS, "jane@example.com", ORDER),
    (ORDERS, "Sku-4x", ORDER),
    (ORDERS, "P-Cd-1", ORDER),
    (PRODUCTS, "P-Cd-1", SHIRT),
    (PRODUCTS, "Sku-4x", SHIRT),
    (PRODUCTS, "Var-Ef-1", SHIRT),
]


@pytest.mark.parametrize(("address", "identifier", "rows"), IDENTIFIERS)
@pytest.mark.parametrize("around", ["{}", AROUND, '"{}",', "#{}"], ids=ascii)
def test_an_identifier_is_found_with_what_came_along(
    shop: Partner, viewer: Client, address: str, identifier: str, rows: list[str], around: str
) -> None:
    assert found(viewer, address, around.format(identifier)) == rows


@pytest.mark.parametrize(("address", "identifier", "rows"), IDENTIFIERS)
@pytest.mark.parametrize("change", [str.upper, str.lower, str.swapcase], ids=lambda change: change.__name__)
def test_an_identifier_is_found_in_any_case(
    shop: Partner, viewer: Client, address: str, identifier: str, rows: list[str], change: Any
) -> None:
    assert found(viewer, address, change(identifier)) == rows
    assert found(viewer, address, change(identifier)[:-1]) == rows


def test_another_case_is_tried_only_where_the_one_typed_is_not_there(partner: Partner, viewer: Client) -> None:
    partner.save("customers", *({"CustomerId": name} for name in ("c-1", "C-1", "C-12")))

    assert found(viewer, CUSTOMERS, "c-1") == ["c-1"]
    assert found(viewer, CUSTOMERS, "C-1") == ["C-1", "C-12"]


@pytest.mark.parametrize("address", [CUSTOMERS, ORDERS, PRODUCTS])
def test_the_same_id_of_another_tenant_is_found_in_no_case(
    shop: Partner, make_tenant: MakeTenant, address: str
) -> None:
    stranger = member(Role.ADMIN, make_tenant().tenant)

    assert found(superuser(), address, "SKU-4X" if address != CUSTOMERS else "CUST-11800")
    for _, identifier, _ in IDENTIFIERS:
        for term in (identifier, identifier.upper(), identifier.swapcase()):
            assert found(stranger, address, term) == []


@pytest.mark.parametrize(
    "term",
    [
        "JANE@Example.COM",
        "mailto:jane@example.com",
        "MAILTO:Jane@example.com?subject=Your%20order",
        "Jane Doe <jane@example.com>",
        "<Jane@example.com>;",
        "Jane@Exa",
    ],
)
@pytest.mark.parametrize(("address", "rows"), [(CUSTOMERS, JANE), (ORDERS, ORDER)], ids=["customers", "orders"])
def test_an_address_is_found_in_any_spelling(
    shop: Partner, viewer: Client, address: str, rows: list[str], term: str
) -> None:
    assert found(viewer, address, term) == rows


@pytest.mark.parametrize(
    ("stored", "pasted"),
    [
        ("mari@bücher.example", "Mari@XN--bcher-kva.example"),
        ("mari@xn--bcher-kva.example", "mari@bücher.example"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
        ("jos\u00e9@example.com", "JOSE\u0301@example.com"),
    ],
)
def test_an_address_is_found_in_any_form_of_its_letters(
    partner: Partner, viewer: Client, stored: str, pasted: str
) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": stored, "EmailOptin": False})
    partner.save("customers", {"CustomerId": "C-1", "EmailOptin": True})
    partner.save("orders", order(CustomerId="else", Email=stored))

    assert found(viewer, CUSTOMERS, pasted) == ["C-1"]
    assert found(viewer, ORDERS, pasted) == ["O-1"]
    assert len(found(viewer, LEDGER, pasted)) == 2


@pytest.mark.parametrize(
    "term", ["+49 1555 003 53 48", "0049 (1555) 0035348", "4915550035348", "+49\u20111555\u20110035348", "+491555"]
)
def test_a_phone_number_is_found_as_it_is_written(shop: Partner, viewer: Client, term: str) -> None:
    assert found(viewer, CUSTOMERS, term) == JANE


def test_a_phone_number_is_found_in_the_spelling_it_was_stored_in(partner: Partner, viewer: Client) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Phone": "040-123 4567"}, {"CustomerId": "C-2", "Phone": "041"})

    assert found(viewer, CUSTOMERS, " 040-123 4567 ") == ["C-1"]
    assert found(viewer, CUSTOMERS, "040") == ["C-1"]


def test_an_id_that_begins_with_a_number_sign_is_found_beside_the_hub_id(partner: Partner, viewer: Client) -> None:
    partner.save("orders", order(OrderId="plain"))
    (plain,) = partner.read("orders")
    partner.save("orders", order(OrderId=f"#{plain['HubId']}"), order(OrderId="#9" * 9))

    assert found(viewer, ORDERS, f"#{plain['HubId']}") == [f"#{plain['HubId']}", "plain"]
    assert found(viewer, ORDERS, "#9" * 9) == ["#9" * 9]


@pytest.mark.parametrize("term", ["Cust-11800", "cUST-11800", "JANE@example.com", "+49 1555 0035348", "#{hub_id}"])
def test_the_ledger_finds_a_customer_as_staff_paste_it(shop: Partner, viewer: Client, term: str) -> None:
    jane = Customer.objects.get(customer_id="Cust-11800")

    shown = viewer.get(LEDGER, {"q": f" {term.format(hub_id=jane.pk)}\u200b"}).context["cl"].result_list

    assert [change.customer for change in shown] == [jane.pk] * ConsentChange.objects.filter(customer=jane.pk).count()
    assert shown
    assert found(viewer, LEDGER, "Cust-1180") == []  # an identifier, not how it begins


@pytest.fixture
def refused(partner: Partner) -> str:
    """The traceparent under which a batch was refused and another one stored."""
    trace = "00-923dc1a0b1c2d3e4f5061728394a5b6c-b0cd01e2f3a4b5c6-00"
    partner.post("customers", [{}], traceparent=trace)
    answer = partner.post("customers", [{"CustomerId": "C-1"}], traceparent=trace)
    partner.post("customers", [{}])
    partner.save("customers", {"CustomerId": "C-2"})
    assert answer.status_code == 200
    WRITER.flush()
    return trace


@pytest.mark.parametrize(("address", "number"), [(REQUESTS, 2), (CHANGES, 1)])
@pytest.mark.parametrize("around", ["{}", AROUND, "traceparent: {}", '"traceId": "{}",'], ids=ascii)
def test_a_pasted_trace_finds_its_requests_and_its_changeset(
    refused: str, viewer: Client, address: str, number: int, around: str
) -> None:
    assert len(found(viewer, address, around.format(refused))) == number
    assert len(found(viewer, address, around.format(refused.split("-")[1].upper()))) == number


def test_the_trace_id_of_a_refusal_is_found_as_the_answer_has_it(partner: Partner, viewer: Client) -> None:
    trace_id = partner.post("customers", [{}]).json()["traceId"]

    WRITER.flush()

    (row,) = viewer.get(REQUESTS, {"q": trace_id}).context["cl"].result_list

    assert row == LoggedRequest.objects.get()


def test_a_changeset_is_found_by_its_number(shop: Partner, viewer: Client) -> None:
    for term in ("2", " #2", '"2"'):
        shown = viewer.get(CHANGES, {"q": term}).context["cl"].result_list
        assert list(shown) == [Changeset.objects.get(number=2)]


@pytest.mark.parametrize("address", LISTS)
def test_blanks_alone_search_for_nothing(shop: Partner, viewer: Client, address: str) -> None:
    assert found(viewer, address, " \u200b\ufeff") == found(viewer, address)


@pytest.mark.parametrize(
    ("address", "name", "value"),
    [
        (CUSTOMERS, "language", "en_gb"),
        (ORDERS, "currency", "usd"),
        (PRODUCTS, "currency", "usd"),
        (REQUESTS, "status", "404"),
        (CHANGES, "record", "customers:1"),
    ],
)
def test_a_filter_of_blanks_alone_hides_nothing_and_with_a_value_reads_it_trimmed(
    shop: Partner, viewer: Client, address: str, name: str, value: str
) -> None:
    everything = found(viewer, address)

    assert found(viewer, address, **{name: "\u200b "}) == everything
    assert found(viewer, address, **{name: AROUND.format(value)}) == found(viewer, address, **{name: value})


def test_filters_take_what_is_pasted(shop: Partner, viewer: Client) -> None:
    jane = Customer.objects.get(customer_id="Cust-11800")
    first = Changeset.objects.get(number=1)

    assert found(viewer, ORDERS, customer=f"\xa0#{jane.pk}\u200b") == ORDER
    assert found(viewer, ORDERS, currency="\u200beur ") == ["O-Ab-1", "other"]
    assert found(viewer, PRODUCTS, currency="\u200beur ") == ["Other", "Shirt"]
    assert len(found(viewer, LEDGER, customer=f"#{jane.pk} ")) == 2
    assert str(first) in found(viewer, CHANGES, record=f" Customers:#{jane.pk}\ufeff")
    assert str(first) in found(viewer, CHANGES, actor=AROUND.format(first.actor))
    assert found(viewer, ORDERS, order_date_from="\u200b2025-08-22 ", order_date_to="2025-08-22\ufeff") == [
        "O-Ab-1",
        "other",
    ]


def test_configuration_is_searched_by_what_is_pasted(shop: Partner) -> None:
    admin = member(Role.ADMIN, shop.tenant)

    assert found(admin, "/admin/tenants/tenant/", AROUND.format(shop.slug)) == [shop.tenant.name]
    assert len(found(admin, "/admin/tenants/apikey/", f"#{shop.key[:8]}\u200b")) == 1


def test_a_search_in_any_case_gives_up_when_the_lists_patience_ends(
    partner: Partner, viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_customer (tenant_id, match_key, customer_id, email_optin, sms_optin, whatsapp_optin,"
            " app_push_optin, gdpr_optin, is_excluded, attributes, tags, mailing_lists, given, created_at, updated_at)"
            " SELECT %s, 'i:AbC-' || n, 'AbC-' || n, false, false, false, false, false, false, '{}', '{}', '{}', 0,"
            " now(), now() FROM generate_series(1, 20000) n",
            [partner.tenant.pk],
        )
    assert found(viewer, CUSTOMERS, "abc-20000") == ["AbC-20000"]

    monkeypatch.setattr(changelist, "patience_ms", lambda: 1)

    assert found(viewer, CUSTOMERS, "abc-20000") == []
    assert found(viewer, CUSTOMERS, "AbC-20000") == ["AbC-20000"]


def test_a_hit_costs_no_query_more_in_a_pasted_wrapping(
    shop: Partner, viewer: Client, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(25):
        viewer.get(CUSTOMERS, {"q": " Cust-11800\u200b"})
