"""Webhooks' pages in a real chromium: made, looked at, stopped and resumed by mouse; on a phone, too."""

import re
from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tenants.models import ApiKey, Fault, Tenant, Webhook
from tenants.webhooks.endpoints import create_webhook
from tenants.webhooks.leases import note_tested
from tenants.webhooks.sealing import unseal
from tenants.webhooks.sending import Outcome
from tests.browser.pages import copied, fits, settled
from tests.browser.profiles import Chromium
from tests.browser.test_tenants import Desks
from tests.conftest import MakeTenant, Partner

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = f"https://integration.außerordentlich-lange-handelsgesellschaft.example/{'a-long-path/' * 12}?code={'x' * 200}"


@pytest.fixture
def desks(chromium: Chromium) -> Iterator[Desks]:
    found = Desks(chromium)
    yield found
    for desk in found.seated:
        chromium.leave(desk.page)
        assert desk.faults == []


@pytest.fixture
def shop(make_tenant: MakeTenant) -> Partner:
    partner = make_tenant(slug="shop")
    partner.save("customers", {"CustomerId": "1"})
    return partner


def test_an_admin_makes_a_webhook_and_keeps_its_secret(desks: Desks, shop: Partner) -> None:
    desk = desks.sit("maria", shop)
    page = desk.open("/admin/tenants/webhook/")
    expect(page.get_by_text("A webhook is an address of yours")).to_be_visible()
    page.goto(f"{desk.url}/admin/tenants/webhook/add/")
    page.get_by_label("Label").fill("ERP")
    page.get_by_label("URL").fill("https://10.0.0.1/")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The address must be one on the public internet.")).to_be_visible()

    page.get_by_label("URL").fill(LONG)
    page.get_by_label("Orders").check()
    page.get_by_role("button", name="Save", exact=True).dblclick()
    expect(page.locator("#secret")).to_be_visible()
    secret = copied(page.get_by_role("button", name="Copy"))

    webhook = Webhook.objects.get()
    assert secret == unseal(webhook.secret) == page.locator("#secret").inner_text()
    page.get_by_role("link", name="I have kept it").click()
    expect(page.get_by_text("Nothing was sent yet.")).to_be_visible()


def test_an_admin_who_clicks_twice_rotates_once(desks: Desks, shop: Partner) -> None:
    webhook, old = create_webhook(shop.tenant, label="ERP", url="https://erp.example/")
    page = desks.sit("maria", shop).open(f"/admin/tenants/webhook/{webhook.pk}/rotate/")

    page.get_by_role("button", name="Make the new secret").dblclick()

    expect(page.locator("#secret")).to_be_visible()
    shown = settled(page).locator("#secret").inner_text()
    webhook.refresh_from_db()
    assert (unseal(webhook.secret), unseal(webhook.former_secret)) == (shown, old)


CLICKS = "button => { button.click(); setTimeout(() => button.click(), 30); }"


@pytest.mark.parametrize("path", ["webhook/add", "apikey/add", "webhook/{}/rotate", "apikey/{}/roll"])
def test_who_clicks_again_while_the_answer_takes_its_time_sees_it(desks: Desks, shop: Partner, path: str) -> None:
    create_webhook(shop.tenant, label="ERP", url="https://erp.example/")
    kept = {"webhook": Webhook.objects.get(), "apikey": ApiKey.objects.get()}[path.partition("/")[0]]
    page = desks.sit("maria", shop).open(f"/admin/tenants/{path.format(kept.pk)}/")
    if path.endswith("add"):
        page.get_by_label("Label").fill("Shop")
    if path == "webhook/add":
        page.get_by_label("URL").fill("https://shop.example/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))

    page.get_by_role("button", name=re.compile("^(Save|Make the new .*)$")).evaluate(CLICKS)

    expect(page.locator("#secret, #key")).to_be_visible()
    assert sent.count("POST") == 1


def test_a_long_label_leaves_room_in_the_list(desks: Desks, shop: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant(slug="other")
    Tenant.objects.update(name="Außerordentlich lange Handelsgesellschaft für Kaffee, Kosmetik und Sport mbH")
    create_webhook(shop.tenant, label=("The nightly run " * 7)[:100], url=LONG)
    Webhook.objects.update(last_success_at=timezone.now(), paused_at=timezone.now(), pause_reason="failing")
    desks.sit("maria", other)

    page = desks.sit("maria", shop).open("/admin/tenants/webhook/")

    row = settled(page).locator("tr.data-row").bounding_box()
    last = page.locator("tr.data-row td").last.bounding_box()
    assert row
    assert last
    assert row["height"] < 60  # two lines
    assert last["x"] + last["width"] <= 1280


def test_a_phone_shows_all_of_a_delivery(desks: Desks, shop: Partner) -> None:
    webhook, _ = create_webhook(shop.tenant, label="ERP", url=LONG)
    note_tested(webhook.pk, None, Outcome(10_012, 500, Fault.STATUS))

    page = desks.sit("maria", shop, size="phone").open(f"/admin/tenants/webhook/{webhook.pk}/change/")

    for said in ("answered with an error", "500", "10,012"):
        box = settled(page).locator("section").get_by_text(said, exact=True).bounding_box()
        assert box
        assert box["x"] + box["width"] <= 390


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_an_admin_is_led_from_home_to_a_webhook_that_stopped_and_resumes_it(
    desks: Desks, shop: Partner, size: str
) -> None:
    webhook, _ = create_webhook(shop.tenant, label="ERP", url=LONG)
    note_tested(webhook.pk, None, Outcome(10_012, None, None))
    Webhook.objects.update(paused_at=timezone.now(), pause_reason="gone", failing_since=timezone.now())
    shop.save("customers", {"CustomerId": "2"})
    desk = desks.sit("maria", shop, size=size)
    page = desk.open("/admin/")

    page.get_by_role("link", name="Look at it").click()
    expect(page.get_by_text("the receiver answered 410").first).to_be_visible()
    expect(page.get_by_text("1, 1 behind")).to_be_visible()
    assert fits(page)
    page.goto(f"{desk.url}/admin/tenants/webhook/{webhook.pk}/resume/")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("“ERP” is active again.")).to_be_visible()
    desk.open("/admin/")
    expect(page.get_by_role("link", name="Look at it")).to_have_count(0)
