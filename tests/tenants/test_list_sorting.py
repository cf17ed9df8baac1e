"""Lists sorted by what an index serves, page by page: every row once, in order, forwards and backwards."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from customers.admin.customers import CustomerAdmin
from customers.models import Customer
from tenants.models import Role
from tests.conftest import MakeTenant, Partner, examples
from tests.members import member, superuser, text
from tests.orders.records import order
from tests.products.records import product

pytestmark = pytest.mark.django_db
LIST = "/admin/customers/customer/"
MAILS = ["a@x.example", "b@x.example", "ä@x.example", None]
SORTS = ["pk", "-pk", "email", "-email", "customer_id", "-customer_id"]


def walk(client: Client, sort: str, way: str = "older_url") -> tuple[list[list[Any]], Any]:
    """Return the rows of the pages that follow each other, and the last page."""
    page, pages = client.get(LIST, {"o": sort}).context["cl"], []
    while True:
        pages.append([row.pk for row in page.result_list])
        if not page.older_url:
            return pages, page
        page = client.get(f"{LIST}{page.older_url}").context["cl"]


def back(client: Client, page: Any) -> list[list[Any]]:
    """Return the rows of the pages before one, the nearest first."""
    pages = []
    while page.newer_url:
        page = client.get(f"{LIST}{page.newer_url}").context["cl"]
        pages.append([row.pk for row in page.result_list])
    return pages


def in_order(partner: Partner, sort: str) -> list[int]:
    """Return the tenant's customers as Python sorts them: who has no value comes last."""
    field, down = sort.removeprefix("-"), sort.startswith("-")
    rows = list(Customer.objects.filter(tenant=partner.tenant))
    having = [row for row in rows if getattr(row, field) is not None]
    having.sort(key=lambda row: (getattr(row, field), row.pk), reverse=down)
    rest = sorted((row for row in rows if getattr(row, field) is None), key=lambda row: row.pk, reverse=down)
    return [row.pk for row in [*having, *rest]]


@examples(12)
@given(
    mails=st.lists(st.sampled_from(MAILS), max_size=11),
    sort=st.sampled_from(SORTS),
    size=st.integers(1, 4),
)
def test_all_pages_have_every_row_once_in_order_both_ways(
    make_tenant: MakeTenant, mails: list[str | None], sort: str, size: int
) -> None:
    partner = make_tenant()
    records = [{"CustomerId": f"C-{7 * i % 11}", "Email": mail} for i, mail in enumerate(mails)]
    if records:
        partner.save("customers", *records)
        Customer.objects.filter(tenant=partner.tenant, customer_id__in=["C-0", "C-3"]).update(customer_id=None)
    client = member(Role.STAFF, partner.tenant)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CustomerAdmin, "list_per_page", size)
        pages, last = walk(client, sort)
        before = back(client, last)

    assert [pk for page in pages for pk in page] == in_order(partner, sort)
    assert all(0 < len(page) <= size for page in pages) or pages == [[]]
    # Backwards, what comes before the last page: all of it once, in order.
    assert [pk for page in before[::-1] for pk in page] == [pk for page in pages[:-1] for pk in page]


def test_a_page_goes_on_where_the_last_row_stands_now(make_tenant: MakeTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    partner = make_tenant()
    partner.save("customers", *({"CustomerId": f"C-{i}", "Email": f"{i}@x.example"} for i in range(5)))
    monkeypatch.setattr(CustomerAdmin, "list_per_page", 2)
    client = member(Role.STAFF, partner.tenant)
    second = f"{LIST}{client.get(LIST, {'o': 'email'}).context['cl'].older_url}"
    Customer.objects.get(customer_id="C-1").delete()

    after = client.get(second).context["cl"]

    assert "x.example" not in second
    assert [row.customer_id for row in after.result_list] == ["C-0", "C-2"]  # whom it followed is gone: from the start
    assert after.newer_url is None


def test_nothing_is_told_of_another_tenants_row(make_tenant: MakeTenant) -> None:
    ours, theirs = make_tenant(), make_tenant()
    theirs.save("customers", {"CustomerId": "T-1", "Email": "m@x.example"})
    ours.save("customers", *({"CustomerId": f"C-{i}", "Email": f"{mail}@x.example"} for i, mail in enumerate("az")))

    foreign = Customer.objects.get(customer_id="T-1").pk
    shown = member(Role.STAFF, ours.tenant).get(LIST, {"o": "email", "p": str(foreign)}).context["cl"]

    assert [row.customer_id for row in shown.result_list] == ["C-0", "C-1"]


def heads(client: Client, path: str = LIST, **query: str) -> dict[str, str]:
    """Return what the heads of a list sort by: the texts of the links, with their addresses."""
    shown = client.get(path, query).context["cl"].headers()
    return {sort.text: sort.url for head in shown for sort in head.sorts}


def test_columns_with_an_index_within_one_tenant_are_offered_there_alone(make_tenant: MakeTenant) -> None:
    first, second = make_tenant(), make_tenant()
    first.save("customers", {"CustomerId": "C-1"})

    assert set(heads(member(Role.STAFF, first.tenant))) == {"Customer ID", "E-mail", "Created"}
    several = member(Role.STAFF, first.tenant, second.tenant)
    assert set(heads(several)) == {"Created"}
    assert set(heads(several, tenant=first.id)) == {"Customer ID", "E-mail", "Created"}
    assert set(heads(superuser(), tenant=first.id)) == {"Customer ID", "E-mail", "Created"}
    assert several.get(LIST, {"o": "email"}).context["cl"].order.field == "pk"


def test_orders_and_products_sort_by_their_identifiers(partner: Partner) -> None:
    partner.save("orders", order(OrderId="O-2", Email="b@x.example"), order(OrderId="O-1", Email="c@x.example"))
    partner.save("products", product(ProductId="P-2"), product(ProductId="P-1"))
    client = member(Role.STAFF, partner.tenant)

    orders = client.get("/admin/orders/order/", {"o": "order_id"}).context["cl"].result_list
    products = client.get("/admin/products/product/", {"o": "-product_id"}).context["cl"].result_list

    assert [row.order_id for row in orders] == ["O-1", "O-2"]
    assert [row.product_id for row in products] == ["P-2", "P-1"]
    assert set(heads(client, "/admin/orders/order/")) == {"Order ID", "Customer ID", "E-mail", "Created"}
    assert set(heads(client, "/admin/products/product/")) == {"Product ID", "Created"}


def test_the_head_says_how_the_list_is_sorted_and_turns_it_around(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1"})
    client = member(Role.STAFF, partner.tenant)

    up, down = client.get(LIST, {"o": "email", "q": "C-1", "p": "9"}), client.get(LIST, {"o": "-email"})

    assert 'aria-sort="ascending"' in text(up)
    assert 'aria-sort="descending"' in text(down)
    assert heads(client, o="email", q="C-1", p="9")["E-mail"] == "?o=-email&q=C-1"
    assert heads(client, o="-email")["E-mail"] == "?o=email"


@pytest.mark.parametrize("sort", ["name", "given", "tenant", "-", "--pk", "email__regex", "1.-2", "pk,email", "9" * 99])
def test_any_other_column_sorts_as_before(partner: Partner, sort: str) -> None:
    partner.save("customers", {"CustomerId": "C-1"}, {"CustomerId": "C-2"})

    shown = member(Role.STAFF, partner.tenant).get(LIST, {"o": sort}).context["cl"].result_list

    assert [row.customer_id for row in shown] == ["C-2", "C-1"]


def test_a_filtered_list_sorts_too(partner: Partner) -> None:
    partner.save("customers", *({"CustomerId": f"C-{i}", "EmailOptin": i % 2 == 0} for i in range(6)))

    shown = member(Role.STAFF, partner.tenant).get(LIST, {"o": "customer_id", "email_optin": "yes", "q": "C-"})

    assert [row.customer_id for row in shown.context["cl"].result_list] == ["C-0", "C-2", "C-4"]
