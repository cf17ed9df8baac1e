"""What partners' calls leave for staff, in a real chromium: a rejected record is corrected, a failed request found."""

import re

import pytest
from playwright.sync_api import expect

from tenants.models import LoggedRequest, Role
from tests.browser.pages import fits
from tests.browser.test_tenants import Desks, desks  # noqa: F401 — the fixture
from tests.conftest import Partner
from tests.customers.records import customer
from tests.requests_log import logged

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "نورة 🙂 " + "Maximiliane-" * 30


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_staff_correct_a_record_that_a_batch_left_out(desks: Desks, partner: Partner, size: str) -> None:  # noqa: F811
    rejected = {"CustomerId": "C-1", "Name": LONG, "Language": "English, please"}
    partner.post("customers", [rejected, {"CustomerId": "C-2"}], Prefer="handling=lenient")
    desk = desks.sit("maria", partner, role=Role.STAFF, size=size)
    page = desk.open("/admin/tenants/quarantinedrecord/")

    page.locator("#result_list").get_by_role("link", name="C-1").first.click()
    language = page.get_by_text("The field Language must be a string with a maximum length of 10.")
    expect(language).to_be_visible()
    page.get_by_label("Language", exact=True).fill("en")
    page.get_by_role("button", name="Send it").click()
    expect(language).to_have_count(0)
    expect(page.get_by_text("The field Name must be")).to_be_visible()
    assert [fault for fault in desk.faults if "400" not in fault] == []  # which the browser tells, too
    desk.faults.clear()
    page.get_by_label("Name", exact=True).fill("نورة 🙂")
    page.get_by_role("button", name="Send it").click()

    expect(page.get_by_text("Corrected", exact=True).first).to_be_visible()
    stored = {record["CustomerId"]: record["Name"] for record in partner.read("customers")}
    assert stored == {"C-1": "نورة 🙂", "C-2": None}
    assert fits(page)


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_failed_request_is_found_by_its_trace(desks: Desks, partner: Partner, size: str) -> None:  # noqa: F811
    partner.post("customers", [customer()])
    failed = partner.post("customers", [customer(Language="English, please")] * 2)
    assert {row.status for row in logged(partner)} == {200, 400}
    trace = LoggedRequest.objects.get(status=400).trace_id
    page = desks.sit("maria", partner, role=Role.VIEWER, size=size).open("/admin/tenants/loggedrequest/")

    expect(page.get_by_text("The same mistakes, last 24 hours")).to_be_visible()
    expect(page.get_by_text("2 times")).to_be_visible()
    page.locator("input[name=q]").fill(failed.json()["traceId"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"[?&]q="))
    page.locator("#result_list .hub-open").first.click()

    expect(page.get_by_text(trace).first).to_be_visible()
    expect(page.get_by_text("The field Language must be a string with a maximum length of 10.").first).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    assert fits(page)
