"""What docs/changes.md shows does what it says: its client, run against a hub."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from tenants.models import Changeset
from tenants.tasks import purge
from tests.conftest import MakeTenant, Partner
from tests.hub.test_page_bytes import grow
from tests.orders.records import order
from tests.products.records import product
from tests.tenants.mirror import stored

PAGE = (Path(__file__).parents[2] / "docs/changes.md").read_text()
FOLLOWING = PAGE.partition("## Following the feed")[2].partition("\n## ")[0]

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def partner(live_server: LiveServer, make_tenant: MakeTenant) -> Partner:
    shop = make_tenant()
    shop.save("customers", {"CustomerId": "C-1", "GdprOptin": True}, {"CustomerId": "C-2"})
    shop.save("orders", order())
    shop.save("products", product())
    return shop


@pytest.fixture
def client(partner: Partner, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The page's program, told of the tenant."""
    for name, value in {"HUB": live_server.url, "TENANT": partner.id, "KEY": partner.key}.items():
        monkeypatch.setenv(name, value)
    (program,) = re.findall(r"```python\n(.*?)```", FOLLOWING, re.DOTALL)
    names: dict[str, Any] = {"__name__": "follower"}
    exec(compile(program, "docs/changes.md", "exec"), names)  # noqa: S102
    return SimpleNamespace(**names)


@pytest.fixture
def mirror(client: Any) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(client.TABLES)
        client.begin(made)
        yield made


def held(mirror: sqlite3.Connection) -> dict[str, dict[int, Any]]:
    found: dict[str, dict[int, Any]] = {"customers": {}, "orders": {}, "products": {}}
    for entity, hub_id, text in mirror.execute("SELECT entity, hub_id, record FROM record"):
        found[entity][hub_id] = json.loads(text)
    return found


def test_the_first_copy_is_whole_and_followed_from_where_it_began(
    partner: Partner, client: Any, mirror: sqlite3.Connection
) -> None:
    assert held(mirror) == stored(partner)
    assert not client.follow(mirror)

    partner.save("orders", order(Currency="USD"), order(OrderId="O-2"))
    partner.delete("/customers/{tenant}", customerId="C-1")
    assert client.follow(mirror)

    assert held(mirror) == stored(partner)
    assert not client.follow(mirror)


def test_it_says_who_may_be_processed(partner: Partner, mirror: sqlite3.Connection) -> None:
    found = mirror.execute("SELECT record, processable FROM record WHERE entity = 'customers'")

    assert {json.loads(text)["CustomerId"]: flag for text, flag in found} == {"C-1": 1, "C-2": 0}


def test_what_is_too_big_is_read_by_hub_id(partner: Partner, client: Any, mirror: sqlite3.Connection) -> None:
    grow(partner, {"a": 6, "b": 6})

    assert client.follow(mirror)

    assert held(mirror) == stored(partner)


def test_who_was_away_for_too_long_begins_anew(partner: Partner, client: Any, mirror: sqlite3.Connection) -> None:
    partner.delete("/orders/{tenant}/O-1")
    partner.save("products", product(ProductName="Hat"))
    Changeset.objects.update(created_at=timezone.now() - timedelta(days=401))
    purge(0)
    partner.save("customers", {"CustomerId": "C-3"})

    assert client.follow(mirror)

    assert held(mirror) == stored(partner)
    assert not client.follow(mirror)


def test_what_a_crash_left_half_applied_is_applied_again(
    partner: Partner, client: Any, mirror: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner.save("orders", order(OrderId="O-2"))
    with monkeypatch.context() as patch:
        patch.setitem(client.follow.__globals__, "go_on_after", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            client.follow(mirror)
    assert len(held(mirror)["orders"]) == 1

    assert client.follow(mirror)

    assert held(mirror) == stored(partner)
