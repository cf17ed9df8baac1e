"""Texts that partners and staff send are texts on every page; and markup that got in would run no script of its own."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

from tenants.models import ApiKey, FileFormat, Role, Tenant
from tests.browser.profiles import Chromium
from tests.conftest import MakeTenant, Partner
from tests.files.jobs import tried_file
from tests.tenants.pages import Page as Address
from tests.tenants.pages import pages
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# Out of a text, an attribute in either quotes, a script and a style; each element that came of it would be marked.
MARK = "<b injected>"
EVIL = f"""{MARK}"><i injected x-data x-init="window.injected=1">'><img injected src=x onerror=injected=1></script>"""
EVIL_NAME = f"{MARK}'\"><i injected x-init=injected=1>"  # where there is room for less
QUOTED = '"{}"'.format(EVIL.replace('"', '""'))
EVIL_TABLE = f"CustomerId,{QUOTED},Name\nF-1,{QUOTED},{QUOTED}\n,{QUOTED},{QUOTED}\n".encode()
COUNT = "document.querySelectorAll('[injected]').length + (window.injected ? 1000 : 0)"
READ = """async address => {
    const text = await (await fetch(address)).text();
    const read = new DOMParser().parseFromString(text, "text/html");
    return [read.querySelectorAll("[injected]").length, text];
}"""
# No pages.
LANDS = {
    "logout",
    "jsi18n",
    "view_on_site",
    "autocomplete",
    "customers_customer_consent_proof",
    "tenants_import_rejected",
}
LANDS |= {"orders_order_unknown_skus_csv"}
LANDS |= {"tenants_export_download"}
LANDS |= {"tenants_erasurecertificate_json"}


def evil(*names: str, most: int = 100, **more: Any) -> dict[str, Any]:
    return {**dict.fromkeys(names, EVIL[:most]), **more}


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    """A tenant whose every text is markup."""
    partner = make_tenant(slug="shop")
    named = evil("CustomerId", "Name", "Surname", "Username", Email="a@example.com")
    partner.save("customers", {**named, "SmsOptin": True}, {"CustomerId": "2", "Name": EVIL[:100]})
    partner.save("customers", {**named, "SmsOptin": False})
    kept = {
        "external_id": "3",
        "tags": [EVIL],
        "mailing_lists": [EVIL],
        f"COMPANY__{EVIL_NAME}": EVIL,
        "first_name": EVIL,
    }
    answer = partner.send("POST", "/api/customers/upload/", {"customers": [kept]}, Authorization=f"Token {partner.key}")
    assert answer.status_code == 200
    line = evil("ProductId", "Sku", "Size", "Color", "Brand", Quantity=1, Price=1)
    order = evil("OrderId", "CustomerId", Email="a@example.com", OrderDate="2026-01-01T00:00:00Z", TotalRevenue=1)
    partner.save("orders", {**order, "Currency": "EUR", "OrderItems": [line]})
    variant = evil("VariantId", "Sku", "Name", "Size", "Color", "BrandName", OriginalPrice=1, Currency="EUR")
    variant |= {"IsAvailable": True}
    partner.save("products", {**evil("ProductId", "ProductName", Taxonomy=[EVIL]), "ProductVariants": [variant]})
    tried_file(partner, f"{EVIL}.csv"[:200], EVIL_TABLE, format=FileFormat.CSV)
    partner.post("customers", [{EVIL_NAME: 1, "Name": 1}], **{"User-Agent": EVIL_NAME})
    Tenant.objects.filter(pk=partner.tenant.pk).update(name=EVIL)
    ApiKey.objects.filter(tenant=partner.tenant).update(label=EVIL[:100])
    user = User.objects.create(username=EVIL[:150], first_name=EVIL[:150], last_name=EVIL[:150], email=EVIL[:254])
    partner.tenant.memberships.create(user=user, role=Role.ADMIN)
    return partner


@pytest.fixture
def page(chromium: Chromium, shop: Partner) -> Iterator[Page]:
    root = User.objects.create(username=f"root {EVIL}"[:150], is_staff=True, is_superuser=True, first_name=EVIL[:150])
    page = chromium.open(root)
    yield page
    chromium.leave(page)


def addresses(which: int) -> Iterator[str]:
    """Yield every page of the admin, about the last, -1, or the first, 0, of what it is about where these are two."""
    for one in pages():
        if one.name not in LANDS:
            yield from (one.address(key, app_label="tenants") for key in _keys(one)[which:][:1])


def _keys(one: Address) -> list[Any]:
    if not one.is_about_one:
        return [0]
    assert one.model
    rows = one.model._default_manager.order_by("pk")
    return list(dict.fromkeys(row.pk for row in (rows.first(), rows.last()) if row))


def searches() -> list[str]:
    """Return the lists, asked for what is in none of them."""
    return [f"{one.address()}?q={EVIL_NAME}" for one in pages() if one.name.endswith("_changelist")]


def is_shown(html: str) -> bool:
    return MARK in html.replace("&lt;", "<").replace("&gt;", ">")


def test_no_text_becomes_an_element_of_any_page(page: Page, shop: Partner) -> None:
    """Of the pages that have the same scripts, one is opened; the others are read as the browser reads them.

    To open a page takes half a second of CPU, to read it a tenth.
    """
    opened = [*addresses(-1), *searches()[:1]]
    shown = 0
    for address in opened:
        page.goto(address)
        assert page.evaluate(COUNT) == 0, address
        shown += is_shown(page.content())
    for address in {*addresses(0), *searches()} - {*opened}:
        injected, html = page.evaluate(READ, address)
        assert injected == 0, address
        shown += is_shown(html)

    assert shown > 40


INJECTED = {
    "a script": "<script injected>window.ran = 1</script>",
    "a handler": "<img injected src=x onerror='window.ran = 1'>",
    "a script of another host": "<script injected src='https://elsewhere.example/x.js'></script>",
}


@pytest.mark.parametrize("what", INJECTED)
def test_markup_that_got_in_would_run_no_script(page: Page, what: str) -> None:
    """The page has the markup in it as if a template had let it through, under the hub's own policy."""
    outside: list[str] = []
    page.on("requestfinished", lambda sent: outside.append(sent.url) if "elsewhere" in sent.url else None)
    page.route("**/admin/", lambda route: _with_markup(route, INJECTED[what]))

    page.goto("/admin/")
    assert wait_until(lambda: page.evaluate("Boolean(window.Alpine && document.body._x_dataStack)"))

    assert page.locator("[injected]").count() == 1
    assert page.evaluate("window.ran") is None
    assert outside == []


def _with_markup(route: Any, markup: str) -> None:
    answer = route.fetch()
    route.fulfill(
        response=answer, body=answer.text().replace('<div class="health">', f'<div class="health">{markup}', 1)
    )
