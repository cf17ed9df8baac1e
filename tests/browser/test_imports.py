"""A file on its way in, in a real chromium: dropped, tried, confirmed, its progress seen, a rejected row mended."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from tenants.imports.running import run
from tenants.models import Import, ImportState, Role
from tests.browser.pages import fits, settled
from tests.browser.test_tenants import Desks, desks  # noqa: F401 — the fixture
from tests.conftest import Partner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GOOD = "".join(f"C-{i};Person{i}@Example.com;ja;sv\n" for i in range(300))
FILE = f"Kd-Nr.;E-Mail;Email Opt-in;Language\nC-X;x@example.com;nein;English, please\n{GOOD}"
DROP = """([text, name]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    for (const kind of ["dragover", "drop"])
        document.querySelector("[data-drop]").dispatchEvent(
            new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def drop(page: Page, text: str, name: str) -> None:
    """Drop a file where the page takes one, as if it came from the desktop."""
    page.evaluate(DROP, [text, name])


def work(job: Import) -> None:
    """Run a job as the worker does: in a thread, with a connection of its own."""

    def worked() -> None:
        try:
            run(job.pk, job.tenant_id)
        finally:
            connections.close_all()

    thread = Thread(target=worked)
    thread.start()
    thread.join()


def newest() -> Import:
    return Import.objects.latest("pk")


def halfway(page: Page, job: Import, expected: str) -> None:
    """Leave a job as it is in the middle of its run, and wait until the page says so by itself."""
    counts = {"read": 150, "created": 150, "bytes_read": job.size // 2}
    Import.objects.filter(pk=job.pk).update(state=ImportState.RUNNING, started_at=job.created_at, **counts)
    expect(page.locator("[data-told=title]")).to_have_text(expected)
    expect(page.locator("[data-told=read]")).to_have_text("150")
    assert 45 < float(page.locator("[data-told=percent]").evaluate("bar => bar.value")) < 55
    unstarted = dict.fromkeys(counts, 0)
    Import.objects.filter(pk=job.pk).update(state=ImportState.WAITING, started_at=None, **unstarted)


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_file_is_dropped_tried_confirmed_and_its_rejected_row_mended(
    desks: Desks,  # noqa: F811
    partner: Partner,
    size: str,
) -> None:
    page = desks.sit("maria", partner, role=Role.STAFF, size=size).open("/admin/tenants/import/")
    page.get_by_role("link", name="Import a file").click()
    page.get_by_label("Customers", exact=True).check()
    drop(page, FILE, "Kunden März.csv")
    expect(page.get_by_text("Kunden März.csv (")).to_be_visible()
    page.get_by_role("button", name="Upload").click()

    expect(page.get_by_text("as found: semicolon ;")).to_be_attached()
    settled(page).get_by_label("Field of Kd-Nr.").select_option("CustomerId")  # which shows it all again
    expect(page.get_by_text("One of them would be rejected.")).to_be_visible()
    expect(page.get_by_role("cell", name="person0@example.com", exact=True)).to_be_visible()
    assert fits(page)
    page.get_by_role("button", name="Try it").click()

    expect(page.get_by_text("Waiting for the background worker, which does not seem to run")).to_be_visible()
    halfway(page, newest(), "Being tried: nothing is stored")
    work(newest())
    expect(page.get_by_text("This file gives consent: 300 in all.")).to_be_visible()
    assert fits(page)
    page.get_by_label("Why").fill("From the old shop")
    page.get_by_role("button", name="Confirm: store it").click()

    expect(page.locator("[data-told=title]")).to_have_text("Waiting to be stored")
    halfway(page, newest(), "Being stored")
    work(newest())
    expect(page.locator(".import-title")).to_contain_text("Finished")
    expect(page.locator("[data-count=created]")).to_have_text("300")
    assert fits(page)
    page.get_by_role("link", name="Correct the rejected ones in the quarantine").click()
    page.locator("#result_list").get_by_role("link", name="C-X").first.click()
    page.get_by_label("Language", exact=True).fill("en")
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_text("Corrected", exact=True).first).to_be_visible()
    assert partner.read("customers", CustomerId="C-X")[0]["Language"] == "en"


@pytest.fixture
def uploading(desks: Desks, partner: Partner) -> Iterator[Any]:  # noqa: F811
    """A desk at the page of uploads, whose parts are 1,000 bytes."""
    desk = desks.sit("maria", partner, role=Role.STAFF)
    page = desk.open("/admin/tenants/import/add/")
    page.locator("form[data-upload]").evaluate("form => { form.dataset.partSize = 1000 }")
    page.get_by_label("Customers", exact=True).check()
    yield desk
    desk.faults[:] = [fault for fault in desk.faults if "ERR_" not in fault]  # which the browser tells of what is cut


def test_an_upload_goes_on_where_it_was_cut_off(uploading: Any) -> None:
    page, cuts = uploading.page, [True, False, True]

    def cut(route: Any) -> None:
        is_part = route.request.method == "POST"
        route.abort() if is_part and cuts and cuts.pop() else route.continue_()

    page.route("**/part/", cut)
    page.locator("#file").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": FILE[:5_500].encode()}
    )
    page.get_by_role("button", name="Upload").click()

    page.wait_for_url("**/preview/", wait_until="load")
    expect(page.get_by_role("button", name="Try it")).to_be_visible()
    assert (newest().size, cuts) == (5_500, [])


def test_an_upload_is_cancelled(uploading: Any) -> None:
    page = uploading.page
    page.route("**/part/", lambda route: route.abort())
    drop(page, FILE, "people.csv")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("The connection is broken.", exact=False).first).to_be_visible()

    page.get_by_role("button", name="Cancel the upload").click()

    expect(page.get_by_text("The upload was cancelled. Nothing was stored.")).to_be_visible()
    assert newest().state == "cancelled"


def test_a_refused_file_is_told_and_another_can_be_chosen(uploading: Any) -> None:
    page = uploading.page
    drop(page, "%PDF-1.7", "people.pdf")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert")).to_contain_text("This is a PDF.")
    uploading.faults.clear()  # the browser tells of the 400, too

    drop(page, FILE[:3_000], "people.csv")
    page.get_by_role("button", name="Upload").click()

    page.wait_for_url("**/preview/", wait_until="load")
    expect(page.get_by_role("button", name="Try it")).to_be_visible()
