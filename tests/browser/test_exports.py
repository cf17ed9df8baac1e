"""A long list on its way out, in a real chromium: asked for, its progress seen, its file downloaded, one cancelled."""

from pathlib import Path
from threading import Thread

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from hub.admin import changelist
from tenants.admin.export_worker import run
from tenants.models import Export, ExportState, Role
from tests.browser.pages import fits
from tests.browser.test_tenants import Desks, desks  # noqa: F401 — the fixture
from tests.conftest import Partner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _any_list_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelist, "MOST_COUNTED", 0)


def work() -> None:
    """Make the newest export as the worker does: in a thread, with a connection of its own."""

    def worked() -> None:
        try:
            export = Export.objects.latest("pk")
            run(export.pk, export.tenant_id)
        finally:
            connections.close_all()

    thread = Thread(target=worked)
    thread.start()
    thread.join()


def asked_for(page: Page) -> None:
    """Go from the list of customers to the page of an export."""
    page.get_by_role("link", name="Export…").click()
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("heading", name="Waiting to be made")).to_be_visible()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_long_list_is_asked_for_watched_and_downloaded(
    desks: Desks,  # noqa: F811
    partner: Partner,
    size: str,
    tmp_path: Path,
) -> None:
    partner.save("customers", *({"CustomerId": f"C-{i}"} for i in range(3)))
    page = desks.sit("maria", partner, role=Role.STAFF, size=size).open("/admin/customers/customer/")
    asked_for(page)

    Export.objects.update(state=ExportState.RUNNING, expected=20_000, read=10_000)
    expect(page.locator("[data-told=read]")).to_have_text("10,000 of 20,000")
    assert page.locator("progress").evaluate("bar => bar.value") == 50
    Export.objects.update(state=ExportState.WAITING)
    work()

    expect(page.get_by_role("heading", name="Ready")).to_be_visible()
    assert fits(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "export.csv")
    assert {f"C-{i}" for i in range(3)} <= {*(tmp_path / "export.csv").read_text().replace("\n", ",").split(",")}
    page.get_by_role("button", name="Delete the file").click()
    expect(page.get_by_role("button", name="Make it again")).to_be_visible()


def test_it_is_cancelled_and_found_in_the_list_of_exports(desks: Desks, partner: Partner) -> None:  # noqa: F811
    partner.save("customers", {"CustomerId": "C-1"})
    desk = desks.sit("maria", partner, role=Role.STAFF)
    page = desk.open("/admin/customers/customer/")
    asked_for(page)

    page.get_by_role("button", name="Cancel").press("Enter")
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    page = desk.open("/admin/tenants/export/")
    expect(page.get_by_role("row", name="Customers").get_by_text("Cancelled")).to_be_visible()
