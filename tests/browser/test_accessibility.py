"""axe-core on a page of each kind: nothing serious, in both colours; and no page is wider than a phone.

Each page is looked at once, every second in the dark, by the role that sees most of it; what all see, by all of them.
"""

import re
from collections.abc import Iterator
from importlib.resources import files
from itertools import cycle

import pytest
from playwright.sync_api import Page, expect

from customers.models import Customer
from orders.models import Order
from products.models import Product
from tenants.health import refresh_health
from tenants.models import ApiKey, Changeset, LoggedRequest, Membership, QuarantinedRecord, Role
from tenants.requests.writer import WRITER
from tests.browser.pages import fits
from tests.browser.profiles import Chromium
from tests.browser.test_tenants import LONG, SCHEMES, SIZES, Desks, Scheme
from tests.conftest import MakeTenant, Partner
from tests.customers.records import customer
from tests.orders.records import line, order
from tests.products.records import product
from tests.quarantine.lenient import take

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
RUN = """async () => {
  const options = { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] };
  const { violations } = await axe.run(options);
  const grave = violations.filter((found) => ["serious", "critical"].includes(found.impact));
  return grave.flatMap((found) => found.nodes.map((node) => `${found.id}: ${node.html.slice(0, 150)}`));
}"""
RECORDS = ["customers/customer", "orders/order", "products/product", "tenants/quarantinedrecord"]
HISTORY = ["tenants/changeset", "tenants/consentchange", "tenants/loggedrequest"]
WITH_PAGES = {
    "customers/customer": Customer,
    "orders/order": Order,
    "products/product": Product,
    "tenants/quarantinedrecord": QuarantinedRecord,
    "tenants/changeset": Changeset,
    "tenants/loggedrequest": LoggedRequest,
    "tenants/apikey": ApiKey,
    "tenants/membership": Membership,
}


@pytest.fixture
def desks(chromium: Chromium) -> Iterator[Desks]:
    found = Desks(chromium)
    yield found
    for desk in found.seated:
        chromium.leave(desk.page)


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop")
    partner.save("customers", customer(SmsOptin=True), {"CustomerId": "C-2", "Name": "محمد", "Surname": LONG})
    partner.save("customers", customer(SmsOptin=False))
    partner.save("orders", order(OrderItems=[line(), line(Sku="GHOST" * 20)]), order(OrderId="O" * 100))
    partner.save("products", product(ProductName=LONG))
    take(partner, "customers", customer(), {"CustomerId": "Q-1", "Name": "Q", "Language": "much too long"})
    partner.post("customers", [{"Name": 1}])
    WRITER.flush()
    refresh_health()
    return partner


def lists(*models: str) -> list[str]:
    """Return the addresses of lists, and of the newest of what is in them."""
    newest = (
        (model, WITH_PAGES[model]._default_manager.order_by("-pk").first()) for model in models if model in WITH_PAGES
    )
    pages = [f"{model}/{found.pk}/change/" for model, found in newest if found]
    return [*(f"{model}/" for model in models), *pages]


def look(page: Page, path: str, scheme: Scheme) -> list[str]:
    """Return what is gravely wrong with a page of the admin, and whether a phone has to scroll it sideways."""
    page.set_viewport_size({"width": SIZES["desktop"][0], "height": SIZES["desktop"][1]})
    page.emulate_media(color_scheme=scheme)
    answer = page.goto(f"/admin/{path}")
    assert answer
    assert answer.status in (200, 403, 404), path
    grave = page.evaluate(RUN)
    page.set_viewport_size({"width": SIZES["phone"][0], "height": SIZES["phone"][1]})
    return [f"{path} {fault}" for fault in [*grave, *([] if fits(page) else ["is wider than a phone"])]]


def faults_of(desks: Desks, name: str, shop: Partner | None, role: Role, paths: list[str]) -> list[str]:
    """Look at pages as somebody, by turns in light and in dark; return what is wrong."""
    page = desks.sit(name, shop, role).page
    page.add_init_script(AXE)
    return [fault for path, scheme in zip(paths, cycle(SCHEMES), strict=False) for fault in look(page, path, scheme)]


def test_the_records_and_the_history_have_no_grave_fault(desks: Desks, shop: Partner) -> None:
    person, thing = (model.objects.order_by("-pk")[0].pk for model in (Customer, Order))
    asked = [f"customers/customer/{person}/delete/", f"orders/order/{thing}/delete/", "orders/order/unknown-skus/"]

    assert faults_of(desks, "maria", shop, Role.STAFF, [*lists(*RECORDS, *HISTORY), *asked, "nowhere/"]) == []


def test_the_configuration_has_no_grave_fault(desks: Desks, shop: Partner) -> None:
    of_tenant = [f"tenants/tenant/{shop.id}/{page}/" for page in ("change", "connect", "priority", "sandbox")]
    configured = lists("tenants/apikey", "tenants/membership", "tenants/webhook", "tenants/auditevent", "tenants/look")
    forms = ["tenants/apikey/add/", "tenants/webhook/add/", "tenants/membership/invite/", "tenants/import/add/"]

    assert faults_of(desks, "anna", shop, Role.ADMIN, [*of_tenant, *configured, *forms]) == []


def test_the_superusers_and_the_accounts_pages_have_no_grave_fault(desks: Desks, shop: Partner) -> None:
    account = ["account/", "account/sessions/", "account/tenants/", "password_change/"]
    own = ["", "system/", "auth/user/", "auth/user/add/", "tenants/tenant/add/", "tenants/strangercount/"]

    assert faults_of(desks, "root", None, Role.ADMIN, [*own, *account]) == []


def test_what_all_see_has_no_grave_fault_for_a_viewer(desks: Desks, shop: Partner) -> None:
    paths = ["", *lists("customers/customer", "orders/order"), "tenants/apikey/add/"]

    assert faults_of(desks, "vera", shop, Role.VIEWER, paths) == []


def test_what_is_wrong_is_found(chromium: Chromium) -> None:
    page = chromium.browser.new_page()
    page.set_content('<html lang="en"><title>A page</title><main><button></button><input></main>')
    page.evaluate(AXE)
    found = page.evaluate(RUN)
    page.close()

    assert sorted(fault.partition(":")[0] for fault in found) == ["button-name", "label"]


def test_what_is_seen_before_the_log_in_has_no_grave_fault(chromium: Chromium) -> None:
    page = chromium.open()
    page.add_init_script(AXE)
    paths = ["login/", "password/forgotten/", "openid/nowhere/callback/"]

    assert [fault for path in paths for scheme in SCHEMES for fault in look(page, path, scheme)] == []
    chromium.leave(page)


def test_a_chart_is_no_wider_than_a_phone_before_it_follows_the_window(desks: Desks, shop: Partner) -> None:
    page = desks.sit("maria", shop, Role.STAFF, size="phone").open("/admin/tenants/loggedrequest/")
    chart = page.locator("canvas.chart")
    expect(chart).to_have_attribute("style", re.compile("width"))  # drawn

    chart.evaluate("canvas => canvas.style.width = '918px'")

    assert fits(page)
