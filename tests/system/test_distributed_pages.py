"""Pages, the feed and erasure on a Citus cluster whose nodes both have tenants."""

import json
import re

import pytest

from tests.system.browsing import Browser
from tests.system.cluster import Cluster
from tests.system.running import Hub, Shop

pytestmark = pytest.mark.slow
LISTS = [
    "customers/customer",
    "orders/order",
    "products/product",
    "tenants/tenant",
    "tenants/changeset",
    "tenants/consentchange",
    "tenants/loggedrequest",
]
RECORD = re.compile(r'href="(/admin/(?:customers/customer|orders/order|products/product)/\d+/change/)')


@pytest.fixture(scope="module")
def shops(distributed: Hub, cluster: Cluster) -> list[Shop]:
    """Tenants on every node, each with a customer who has an order."""
    shops: list[Shop] = []
    while len(nodes(distributed, shops)) < len(cluster.workers):
        shops.append(distributed.shop(f"Paged {len(shops)}"))
    for shop in shops:
        jane = {"CustomerId": "C-1", "Email": "jane@example.com", "Phone": "+358401234567", "Name": "Jane"}
        line = {"ProductId": "P-1", "Sku": "S-1", "Quantity": 1, "Price": 9.9}
        sale = {"OrderId": "O-1", "CustomerId": "C-1", "Email": "jane@example.com", "OrderDate": "2026-01-31T12:00:00Z"}
        assert shop.post("customers", [jane, {"CustomerId": "C-2", "Name": "John"}]).status == 200
        sales = [{**sale, "TotalRevenue": 9.9, "Currency": "EUR", "OrderItems": [line]}]
        assert shop.post("orders", sales).status == 200
    return shops


def nodes(hub: Hub, shops: list[Shop]) -> set[str]:
    """The nodes that tenants live on."""
    ids = {shop.id for shop in shops}
    homes = json.loads(hub.manage("shards", "--json").stdout)["tenants"]
    return {home["node"] for home in homes if home["tenant_id"] in ids}


@pytest.fixture(scope="module")
def browser(distributed: Hub) -> Browser:
    """A superuser who has logged in."""
    named = {"DJANGO_SUPERUSER_USERNAME": "pages", "DJANGO_SUPERUSER_EMAIL": "", "DJANGO_SUPERUSER_PASSWORD": "p" * 12}
    assert distributed.manage("createsuperuser", "--noinput", **named).returncode == 0
    browser = Browser()
    browser.log_in(distributed, "pages", "p" * 12)
    return browser


def page(browser: Browser, hub: Hub, path: str) -> str:
    where, text = browser.open(hub, path)
    assert "/login/" not in where
    return text


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_tenants_of_every_node(distributed: Hub, shops: list[Shop], browser: Browser, name: str) -> None:
    shown = page(browser, distributed, f"/admin/{name}/")

    for record in RECORD.findall(shown)[:3]:
        assert page(browser, distributed, record)


def test_the_home_page_and_a_search_reach_every_node(distributed: Hub, shops: list[Shop], browser: Browser) -> None:
    assert page(browser, distributed, "/admin/")
    found = page(browser, distributed, "/admin/customers/customer/?q=jane@example.com")

    assert len(set(RECORD.findall(found))) >= len(shops)


def test_an_erased_person_leaves_anonymous_orders(shops: list[Shop]) -> None:
    for shop in shops:
        assert shop.send("DELETE", "/customers/{tenant}?customerId=C-1").json()["data"]["removed"] == 1

        assert {customer["CustomerId"] for customer in shop.read("customers")} == {"C-2"}
        (sale,) = shop.read("orders")
        assert (sale["CustomerId"][:7], sale["Email"]) == ("erased-", None)


def test_each_tenant_has_a_feed_of_its_own_without_gaps(shops: list[Shop]) -> None:
    for shop in shops:
        numbers = shop.change_numbers()
        assert numbers
        assert numbers == list(range(1, len(numbers) + 1))


def test_the_demo_is_loaded_on_a_cluster(distributed: Hub) -> None:
    name = distributed.query("SELECT current_database()")[0][0]

    done = distributed.manage("demo", "--percent", "2", "--into", name)

    assert done.returncode == 0, done.stderr
    assert "Try it:" in done.stdout
