"""Rights of persons in a browser: an erasure with its certificate on paper, who was erased, everything that is held."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from customers.models import Customer
from tenants.models import ErasureCertificate, Role
from tests.browser.pages import fits, settled
from tests.browser.profiles import Chromium
from tests.conftest import MakeTenant, Partner
from tests.customers.test_erasure import PERSON, an_order
from tests.members import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/admin/customers/customer/"
FRAME = "header, #nav-sidebar, nav, .paper-aside"


@pytest.fixture
def shop(transactional_db: None, make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop")
    partner.save("customers", {**PERSON, "Email": "before@person.example"})
    partner.save("customers", PERSON)
    partner.save("orders", an_order("O-1"), an_order("O-2"))
    return partner


@pytest.fixture
def page(chromium: Chromium, shop: Partner) -> Iterator[Page]:
    """A page of a member of the staff, which logs no error but that a form was sent back."""
    complaints: list[str] = []
    user = make_user("staff")
    shop.tenant.memberships.create(user=user, role=Role.STAFF)
    opened = chromium.open(user, size=(1366, 768))
    opened.on("console", lambda said: complaints.append(said.text) if _is_error(said) else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    chromium.leave(opened)
    assert complaints == []


def _is_error(said: ConsoleMessage) -> bool:
    return said.type == "error" and "status of 400" not in said.text


def sheets(page: Page) -> int:
    """Return how many sheets of A4 a page is printed on."""
    return len(re.findall(rb"/Type\s*/Page\b", settled(page).pdf(prefer_css_page_size=True)))


def ask(page: Page, who: str) -> None:
    page.get_by_label("E-mail, CustomerId or phone").fill(who)
    page.get_by_role("button", name="Ask").click()


def test_a_person_is_erased_with_a_certificate_on_one_sheet_and_found_by_what_they_had(
    page: Page, shop: Partner
) -> None:
    person = Customer.objects.get()
    page.goto(f"{LIST}{person.pk}/delete/")
    page.get_by_label("Legal basis").select_option("objection")
    page.get_by_label("Reference").fill("Zenobia's letter")
    page.get_by_role("button", name="Yes, erase 1 customer").click()
    expect(page.get_by_role("alert")).to_contain_text("This names somebody")
    page.get_by_label("Reference").fill("GDPR-2026-4")
    page.get_by_label("Why").fill("letter of 3 May")
    page.get_by_role("button", name="Yes, erase 1 customer").click()
    expect(page.locator("body")).to_contain_text("1 customer erased.")
    number = ErasureCertificate.objects.get().number

    page.get_by_role("link", name=number).click()
    paper = page.locator("#certificate")
    for said in (number, "Art. 17(1)(c): objection", "GDPR-2026-4", "Orders made anonymous: 2", "Valid: this hub"):
        expect(paper).to_contain_text(said)
    page.emulate_media(media="print")
    expect(page.locator(FRAME).locator("visible=true")).to_have_count(0)
    expect(paper).to_be_visible()
    assert sheets(page) == 1
    page.emulate_media(media="screen")

    page.goto(LIST)
    page.get_by_role("link", name="Was this person erased?").first.click()
    ask(page, "before@person.example")
    expect(page.locator("#answer")).to_contain_text("Yes.")
    expect(page.locator("#answer")).to_contain_text("No customer has this identifier now.")
    assert "before" not in page.url
    shop.save("customers", {"CustomerId": "new", "Email": "before@person.example"})
    ask(page, "before@person.example")
    expect(page.locator("#answer")).to_contain_text("Came back on")
    ask(page, "else@person.example")
    expect(page.locator("#answer")).to_contain_text("No.")


def test_a_certificate_that_was_downloaded_is_verified(page: Page, shop: Partner, tmp_path: Path) -> None:
    shop.delete("/customers/{tenant}", email=PERSON["Email"])
    page.goto(f"/admin/tenants/erasurecertificate/{ErasureCertificate.objects.get().pk}/change/")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Download as JSON").click()
    downloaded.value.save_as(tmp_path / "certificate.json")
    text = (tmp_path / "certificate.json").read_text()

    page.get_by_role("link", name="All erasures").click()
    page.get_by_role("link", name="Verify a certificate").first.click()
    for said, pasted in (("Valid", text), ("Not valid", text.replace('"api"', '"admin"'))):
        page.get_by_label("The certificate's JSON").fill(pasted)
        page.get_by_role("button", name="Verify").click()
        expect(page.locator("#verdict strong")).to_have_text(re.compile(f"^{said}"))


def test_everything_held_about_a_person_is_a_page_to_print_and_a_file(page: Page, tmp_path: Path) -> None:
    page.goto(f"{LIST}{Customer.objects.get().pk}/change/")
    page.click(".record-menu summary")
    page.get_by_role("link", name="Everything we hold about this person").first.click()
    paper = page.locator("#everything")
    for said in ("Zenobia", "before@person.example", "O-2", "Kept until the person is erased", "supervisory authority"):
        expect(paper).to_contain_text(said)

    page.emulate_media(media="print")
    expect(page.locator(FRAME).locator("visible=true")).to_have_count(0)
    assert sheets(page) >= 1
    page.emulate_media(media="screen")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Download as JSON").click()
    downloaded.value.save_as(tmp_path / "everything.json")
    found = json.loads((tmp_path / "everything.json").read_text())

    assert {order["OrderId"] for order in found["Orders"]["Rows"]} == {"O-1", "O-2"}
    assert "Zenobia" not in downloaded.value.suggested_filename


@pytest.mark.parametrize("width", [390, 1366])
def test_the_papers_are_no_wider_than_the_window(page: Page, shop: Partner, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    person = Customer.objects.get().pk
    addresses = [f"{LIST}{person}/delete/", f"{LIST}{person}/everything/"]
    for address in addresses:
        page.goto(address)
        assert fits(page), address
    shop.delete("/customers/{tenant}", email=PERSON["Email"])
    page.goto(f"/admin/tenants/erasurecertificate/{ErasureCertificate.objects.get().pk}/change/")
    assert fits(page)
