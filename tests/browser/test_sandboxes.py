"""A sandbox in a real chromium: created, filled, called with the key that was shown, and emptied."""

import pytest
from playwright.sync_api import expect

from tenants.models import Tenant
from tests.browser.pages import fits, settled
from tests.browser.test_tenants import Desks, desks  # noqa: F401 — the fixture
from tests.conftest import MakeTenant, Partner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_an_admin_tries_things_out_in_a_sandbox(desks: Desks, make_tenant: MakeTenant, size: str) -> None:  # noqa: F811
    shop = make_tenant(slug="noir")
    page = desks.sit("maria", shop, size=size).open(f"/admin/tenants/tenant/{shop.id}/sandbox/")

    page.get_by_role("button", name="Create the sandbox").click()
    key = settled(page).locator("#key").inner_text()
    sandbox = Partner(Tenant.objects.get(sandbox_of=shop.tenant), key)
    page.goto(f"{page.url.partition('/admin/')[0]}/admin/tenants/tenant/{sandbox.id}/sandbox/")
    page.get_by_role("button", name="Fill it").click()
    expect(page.get_by_text("records were sent to noir (sandbox)")).to_be_visible()
    called = sandbox.read("customers")
    page.get_by_label("I know that this can't be taken back.").check()
    page.get_by_role("button", name="Empty the sandbox").click()

    expect(page.get_by_text("noir (sandbox) is empty.")).to_be_visible()
    expect(page.get_by_text("nothing here is real")).to_be_visible()
    assert sandbox.key.startswith("test_")
    assert (len(called), sandbox.read("customers")) == (100, [])
    assert fits(page)
