"""The page of the API in a real browser: it shows every operation, and tries one with a key, without the internet."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from hub.api.openapi.routes import routes
from tests.browser.pages import fits
from tests.browser.profiles import Chromium
from tests.browser.test_tenants import SCHEMES
from tests.conftest import MakeTenant, Partner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def partner(make_tenant: MakeTenant) -> Partner:
    shop = make_tenant()
    shop.save("customers", {"CustomerId": "C-123", "Name": "Ada"})
    return shop


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    """A page that fails the test where it asks another host for anything, or breaks a policy."""
    page = chromium.open()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    hosts = {url.split("/")[2] for url in asked if not url.startswith(("data:", "blob:"))}
    chromium.leave(page)
    assert len(hosts) == 1, hosts
    assert said == []


def test_a_request_is_tried_with_a_key(page: Page, partner: Partner) -> None:
    page.goto("/docs")
    expect(page.locator(".opblock")).to_have_count(sum(len(route.operations and route.actions) for route in routes()))

    page.locator(".auth-wrapper .authorize").click()
    dialog = page.locator(".dialog-ux")
    dialog.locator("input").first.fill(partner.key)
    dialog.locator("button.authorize").first.click()
    dialog.locator(".close-modal").click()
    block = page.locator("#operations-Customers-customers_list")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.locator("tr[data-param-name='tenantId'] input").fill(partner.id)
    block.get_by_role("button", name="Execute").click()

    answer = block.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").nth(1)).to_contain_text("200")
    expect(answer).to_contain_text("Customers found.")
    expect(answer).to_contain_text("C-123")


def test_the_start_page_leads_to_the_docs(page: Page, partner: Partner) -> None:
    page.goto("/")
    page.get_by_role("link", name="API documentation").click()

    expect(page.locator(".info .title")).to_contain_text("Data hub")


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_fits_a_phone(page: Page, partner: Partner, path: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(path)
    if path == "/docs":
        page.locator(".opblock").first.wait_for()

    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert fits(page), scheme
