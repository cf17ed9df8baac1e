"""The data of each former release is restored, migrated and served by this version."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.backups import succeeds
from tests.system.running import KEYS, Hub, Shop

pytestmark = pytest.mark.slow
RELEASES = sorted((Path(__file__).parent / "releases").glob("*.backup"))


@pytest.fixture
def later(hub: Hub, tmp_path: Path) -> Iterator[Hub]:
    """A hub to be started on an empty database, with the keys of the releases."""
    hub.query("CREATE DATABASE later TEMPLATE template0")
    later = Hub(tmp_path / "var", {**KEYS, "DATABASE_URL": hub.database.url("later"), "WORKERS": "1"})
    yield later
    later.stop()
    hub.query("DROP DATABASE later WITH (FORCE)")


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.stem)
def test_the_data_of_a_release_are_migrated_and_served(later: Hub, release: Path) -> None:
    succeeds(later, "restore", str(release), "--as-copy")
    succeeds(later, "migrate", "--check")
    later.start("--no-worker")
    [(tenant,)] = later.query("SELECT id FROM tenants_tenant ORDER BY created_at LIMIT 1")
    made = succeeds(later, "create_key", str(tenant), "--json")
    shop = Shop(later, str(tenant), json.loads(made.stdout)["key"])

    for entity in ("customers", "orders", "products"):
        [(rows,)] = later.query(
            f"SELECT count(*) FROM {entity}_{entity.removesuffix('s')} WHERE tenant_id = '{tenant}'"
        )
        assert len(shop.read(entity)) == rows > 0
    product = {"ProductId": "P-new", "ProductName": "New"}
    assert shop.post("products", [product]).json()["data"]["created"] == 1
    assert later.query("SELECT DISTINCT pause_reason FROM tenants_webhook") == [("hand",)]


def test_there_is_a_release() -> None:
    assert RELEASES
