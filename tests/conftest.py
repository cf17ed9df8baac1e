"""What every test stands on: the embedded server (or DATABASE_URL), and tenants that call the API as a partner does."""

import json
import logging
import math
import os
import secrets
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from io import StringIO
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.db import connections
from django.test import Client
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker

from hub.admin import changelist
from hub.environment import read_environment
from hub.postgres.server import EmbeddedServer
from hub.serving.loading import load_all
from hub.sql import execute
from tenants.keys import create_key
from tenants.models import Tenant
from tenants.requests.writer import WRITER
from tests.distribution import distribute_tenants, drop_database
from tests.sharing import beside, close_share, open_share
from tests.statements.find import statements
from tests.waiting import PATIENCE, wait_until

pytest_plugins = ["tests.thrift"]

CLIENT = Client(raise_request_exception=False)
SERVER = pytest.StashKey[EmbeddedServer]()
WITHIN = {"an hour": 3600, "a day": 24 * 3600}  # seconds of the marker `within`, by UTC: zones' days begin with an hour


# How long an example takes says how busy the machine is. On top of Hypothesis's own profile for CI where that applies.
EXAMPLES = 100
settings.register_profile(
    "hub",
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("fast", settings.get_profile("hub"), max_examples=EXAMPLES // 10)
settings.load_profile("hub")


def examples(number: int) -> settings:
    """Try so many examples; a tenth of them where the profile "fast" is chosen, as `make test-fast` does."""
    return settings(max_examples=math.ceil(number * settings().max_examples / EXAMPLES))


def pytest_configure(config: pytest.Config) -> None:
    """Import what the hub's processes have, and start the embedded server before anything connects."""
    load_all()
    # The hub's ten seconds (tests/system/test_idempotency.py) would say how busy the machine is. The last counts.
    connections.settings["default"]["OPTIONS"]["options"] += f" -c lock_timeout={PATIENCE}s"
    if not is_worker(config):
        open_share()
    environment = read_environment()
    if not environment.DATABASE_URL:
        config.stash[SERVER] = EmbeddedServer(environment.HUB_DATA)
        config.stash[SERVER].start()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the embedded server, which goes on where another process that runs tests, or a hub, still uses it."""
    if SERVER in config.stash:
        config.stash[SERVER].stop()
    if not is_worker(config):
        close_share()


def is_worker(config: pytest.Config) -> bool:
    """Say whether this is one of several processes that run tests, not the one that started them."""
    return hasattr(config, "workerinput")


def pytest_xdist_auto_num_workers() -> int:
    """Use half as many processes again as there are cores: the tests of servers and browsers wait for these."""
    return math.ceil(len(os.sched_getaffinity(0)) * 1.5)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow files, in their order: one that began as the last would keep all others waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin no test of one hour's or day's figures in its last minute: before its transaction, whose now() stands."""
    for marker in item.iter_markers("within"):
        assert wait_until(partial(_has_a_minute_left, WITHIN[marker.args[0]]))


def _has_a_minute_left(period: int) -> bool:
    return time.time() % period < period - 60


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Where nodes of a cluster may be stopped, a test that stops one runs beside no other: they all use the nodes."""
    if not os.environ.get("HUB_TEST_NODES"):
        return (yield)
    with beside("nodes", nobody="stoppable_node" in getattr(item, "fixturenames", ())):
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def _a_busy_machine_changes_no_answer() -> Iterator[None]:
    """A list's key is walked for 30 ms and else sorted, with more queries; what else takes long is left out of a page.

    And a batch that waits for 20 s is refused. Time must not decide what a test sees and counts.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changelist, "PATIENCE_MS", 30_000)
        patch.setattr(changelist, "COUNTING_MS", 60_000)
        # By name: the admin is imported by `load_all`, in an order that decides what is registered there.
        patch.setattr("tenants.admin.export_rows.WAITS_MS", 60_000)
        patch.setattr("tenants.admin.figures.PATIENCE", 60)
        patch.setattr("tenants.api.turns.SECONDS", PATIENCE)
        patch.setattr("tenants.system.figures.PATIENCE_MS", 60_000)
        patch.setattr("tenants.system.readiness.MILLISECONDS", 60_000)
        patch.setattr("tenants.measures.MILLISECONDS", 60_000)
        yield


@pytest.fixture(scope="session", autouse=True)
def _what_is_sent_stands_in_a_file() -> Iterator[None]:
    """A statement that the hub composes where tests.statements can't find it would be in no file of theirs."""
    known, sent = set(statements().values()), set()

    def numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
        sent.add(statement)
        return original(statement)

    original = execute._numbered
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "_numbered", numbered)
        yield
    unknown = "\n".join(sent - known)
    assert not unknown, (
        f"compose it when its module is imported, so that tests/statements/find.py can see it: {unknown}"
    )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Where DATABASE_URL names a database of a Citus cluster, distribute the test database's tenants over its nodes."""
    with django_db_blocker.unblock():
        workers = distribute_tenants()
    yield
    with django_db_blocker.unblock():
        drop_database(workers)


@pytest.fixture
def plain_postgres(db: None) -> None:
    """Skip a test where tenants are distributed: see `needs_plain_postgres`."""
    if execute.is_distributed():
        pytest.skip("it asks one server's catalog or planner about rows that are on other nodes")


@pytest.fixture(autouse=True)
def _the_request_log_begins_empty() -> None:
    """What the requests of another test left to be written is about tenants that are gone."""
    WRITER.forget()


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the hub writes to its log during a test."""
    (handler,) = (handler for handler in logging.getLogger().handlers if handler.name == "stderr")
    assert isinstance(handler, logging.StreamHandler)
    written = StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


def lines(log: StringIO) -> list[dict[str, Any]]:
    return [json.loads(text) for text in log.getvalue().splitlines()]


@dataclass
class Partner:
    """A tenant and its key, calling the native API."""

    tenant: Tenant
    key: str

    @property
    def id(self) -> str:
        return str(self.tenant.pk)

    @property
    def slug(self) -> str:
        return self.tenant.slug

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request; `path` may say {tenant}, `body` is JSON or raw bytes. Server errors come back as answers."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return CLIENT.generic(
            method,
            path.format(tenant=self.id),
            data,
            content_type=headers.pop("content_type", "application/json"),
            headers={"x-replenit-auth-key": self.key, **headers},
        )

    def post(self, entity: str, body: Any, **headers: str) -> Any:
        return self.send("POST", f"/{entity}/{{tenant}}", body, **headers)

    def get(self, path: str, **filters: str) -> Any:
        return self.send("GET", f"{path}?{urlencode(filters)}")

    def delete(self, path: str, **query: str) -> Any:
        return self.send("DELETE", f"{path}?{urlencode(query)}")

    def save(self, entity: str, *records: dict[str, Any]) -> Any:
        """Post records that must be accepted, and return the answer's data."""
        response = self.post(entity, list(records))
        assert response.status_code == 200, response.content
        return response.json()["data"]

    def read(self, entity: str, **filters: str) -> list[dict[str, Any]]:
        """Read all records back, page by page."""
        records: list[dict[str, Any]] = []
        url = f"/{entity}/{self.id}?{urlencode({'limit': '1000', **filters})}"
        while url:
            response = self.send("GET", url.replace("http://testserver", ""))
            assert response.status_code == 200, response.content
            data = response.json()["data"]
            records += data["results"]
            url = data["next"]
        return records

    def changes(self) -> list[dict[str, Any]]:
        """Read the change feed from its beginning."""
        response = self.get("/changes/{tenant}")
        assert response.status_code == 200, response.content
        return list(response.json()["data"]["results"])


MakeTenant = Callable[..., Partner]


@pytest.fixture
def make_tenant(db: None) -> MakeTenant:
    """Make tenants: `make_tenant(priority="email", required=["Language"], per_minute=10)`."""

    def make(*, required: list[str] | None = None, **fields: Any) -> Partner:
        slug = fields.pop("slug", f"shop-{secrets.token_hex(4)}")
        limits = {"per_minute": 1_000_000, "per_hour": 1_000_000}
        tenant = Tenant.objects.create(name=slug, slug=slug, required_fields=required or [], **{**limits, **fields})
        return Partner(tenant, create_key(tenant, label="test")[1])

    return make


@pytest.fixture
def partner(make_tenant: MakeTenant) -> Partner:
    """A tenant whose customers are named by CustomerId."""
    return make_tenant()


@pytest.fixture
def by_email(make_tenant: MakeTenant) -> Partner:
    """A tenant whose customers are named by e-mail."""
    return make_tenant(priority="email")


def quoted(identifier: str) -> str:
    """Percent-encode an identifier for a path."""
    return quote(identifier, safe="")
