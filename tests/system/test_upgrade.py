"""The data of former releases are restored, migrated and served by this version: the API, pages, feed, ledger, jobs."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.postgres.server import EmbeddedServer
from tests.system.backups import hub_on_empty_database, succeeds
from tests.system.browsing import Browser
from tests.system.releases.write import RELEASES
from tests.system.running import KEYS, Hub, Shop
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
LISTS = ("customers/customer", "orders/order", "products/product", "tenants/changeset", "tenants/consentchange")
RECORD = re.compile(r'href="(/admin/\w+/\w+/\d+/change/)')
PASSWORD = "a password of upgrades"
CONSENTS = "SELECT count(*) FROM tenants_consentchange WHERE tenant_id = '{}'"


@pytest.fixture
def later(server: EmbeddedServer, tmp_path: Path) -> Iterator[Hub]:
    """A hub to be started on an empty database, with the keys of the releases."""
    with hub_on_empty_database(server, tmp_path / "var", KEYS) as later:
        yield later


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.stem)
def test_the_data_of_a_release_are_migrated_and_served(later: Hub, release: Path) -> None:
    succeeds(later, "restore", str(release), "--as-copy")
    later.start()
    [(tenant,)] = later.query("SELECT id FROM tenants_tenant WHERE slug = 'mokkafjord'")
    shop = Shop(later, str(tenant), json.loads(later.tell("create_key", str(tenant), "--json"))["key"])

    assert_is_read(shop)
    assert_is_written(shop)
    assert_has_pages(later)
    assert_works(shop)
    assert {reason for (reason,) in later.query("SELECT pause_reason FROM tenants_webhook")} <= {"hand"}


def assert_is_read(shop: Shop) -> None:
    for table in ("customers_customer", "orders_order", "products_product"):
        [(rows,)] = shop.hub.query(f"SELECT count(*) FROM {table} WHERE tenant_id = '{shop.id}'")
        assert len(shop.read(f"{table.partition('_')[0]}")) == rows > 0


def assert_is_written(shop: Shop) -> None:
    """A customer whom the release had is changed: the feed and the ledger go on where they were."""
    (known, *_) = [one for one in shop.read("customers") if one["EmailOptin"] and one["CustomerId"] and one["Email"]]
    before, [(consents,)] = shop.change_numbers(), shop.hub.query(CONSENTS.format(shop.id))
    same = {name: known[name] for name in ("CustomerId", "Email", "Language", "GdprOptin")}
    answer = shop.post("customers", [{**same, "Name": "Other", "EmailOptin": False}])
    assert (answer.status, answer.json()["data"].get("updated")) == (200, 1), answer.body
    assert shop.change_numbers() == [*before, before[-1] + 1]
    assert shop.hub.query(CONSENTS.format(shop.id)) == [(consents + 1,)]


def assert_has_pages(hub: Hub) -> None:
    named = {"DJANGO_SUPERUSER_USERNAME": "later", "DJANGO_SUPERUSER_EMAIL": "", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    succeeds(hub, "createsuperuser", "--noinput", **named)
    browser = Browser()
    browser.log_in(hub, "later", PASSWORD)
    for name in LISTS:
        address, page = browser.open(hub, f"/admin/{name}/")
        records = RECORD.findall(page)
        assert records, address
        assert browser.open(hub, records[0])[0] == records[0]


def assert_works(shop: Shop) -> None:
    """The background's worker takes a file."""
    file, kind = b'{"CustomerId":"C-new","Language":"en","GdprOptin":true}\n', {"Content-Type": "application/x-ndjson"}
    job = shop.send("POST", "/imports/{tenant}?entity=customers", file, headers=kind).json()["data"]["id"]
    told = f"SELECT state, created FROM tenants_import WHERE id = {job}"
    assert wait_until(lambda: shop.hub.query(told) == [("finished", 1)])


def test_there_is_a_release() -> None:
    assert RELEASES
