"""A tenant moved to another node of a Citus cluster while partners write: nothing lost, who is refused comes again."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError

from tenants import moves
from tests.system.cluster import Cluster, hub_on
from tests.system.processes import as_in_a_terminal, one_line
from tests.system.running import ROOT, Hub, Shop
from tests.system.writers import assert_batches_are_whole, assert_refusals_are_clear, progress, slowest, writing
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
PARTNERS = 8
REST = 0.05  # seconds between two batches of a partner
LONGEST = 10  # seconds a batch may wait for its shard; after those a lock is given up
SPLITTING = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%split_points%' AND pid <> pg_backend_pid()"
UNFINISHED = "SELECT count(*) FROM pg_prepared_xacts"


@pytest.fixture(scope="module")
def crowded(cluster: Cluster) -> Iterator[Hub]:
    """A hub whose tenants all live on one shard."""
    with cluster.database() as url, hub_on(url) as hub:
        hub.start("--migrate")
        assert hub.manage("distribute", "--shards", "1").returncode == 0
        yield hub


def said(hub: Hub, *arguments: str) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = hub.manage("shards", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(hub: Hub, *arguments: str, **settings: str) -> str:
    """Run a command that must fail with one line, and return that."""
    done = hub.manage("shards", *arguments, **settings)
    assert done.returncode == 1
    return one_line(done.stderr)


def home(hub: Hub, shop: Shop) -> dict[str, Any]:
    """Where a tenant lives, as the command says."""
    found = json.loads(said(hub, "--json"))["tenants"]
    return next(each for each in found if each["tenant_id"] == shop.id)


def other_node(cluster: Cluster, place: str) -> str:
    return next(f"{host}:{port}" for host, port in cluster.workers if f"{host}:{port}" != place)


def begun(hub: Hub, *arguments: str) -> subprocess.Popen[str]:
    """Begin a command that says what it does as it does it."""
    command = [sys.executable, "-u", "manage.py", "shards", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=ROOT, env=hub.environment, stdout=pipe, stderr=pipe, text=True, preexec_fn=as_in_a_terminal()
    )


def test_a_tenant_leaves_its_neighbours_and_comes_back_while_all_write(crowded: Hub, cluster: Cluster) -> None:
    shop, neighbour = crowded.shop("Mover"), crowded.shop("Neighbour")
    first = home(crowded, shop)
    assert (first["is_own"], first["neighbours"]) == (False, 1)

    with writing(shop, neighbour, number=PARTNERS // 2, rest=REST) as writers:
        assert wait_until(progress(writers))
        for place in (other_node(cluster, first["node"]), first["node"]):
            assert said(crowded, "--move", shop.id, "--to", place).endswith(f"on {place}.\n")
            assert wait_until(progress(writers))
            now = home(crowded, shop)
            assert (now["node"], now["is_own"], now["neighbours"]) == (place, True, 0)
            assert home(crowded, neighbour)["node"] == first["node"]

    assert [writer.broken for writer in writers] == [[]] * PARTNERS
    assert_refusals_are_clear(writers)
    assert slowest(writers) < LONGEST
    for each in (shop, neighbour):
        assert_batches_are_whole(crowded, each, [writer for writer in writers if writer.shop is each])
        assert_later_ids_are_greater(each)


def assert_later_ids_are_greater(shop: Shop) -> None:
    greatest = max(record["HubId"] for record in shop.read("customers"))
    assert shop.post("customers", [{"CustomerId": "later"}]).status == 200
    assert shop.send("GET", "/customers/{tenant}/later").json()["data"]["HubId"] > greatest


def test_who_has_a_shard_of_its_own_on_the_node_stays(crowded: Hub) -> None:
    shop = crowded.shop("Settled")
    place = home(crowded, shop)["node"]

    assert f"settled has moved from {place} to a shard of its own" in said(crowded, "--move", "settled", "--to", place)
    assert "already" in said(crowded, "--move", "settled", "--to", place)


def test_an_interrupt_breaks_a_move_off_and_leaves_the_tenant_where_it_was(crowded: Hub, cluster: Cluster) -> None:
    shop = crowded.shop("Interrupted")
    before = home(crowded, shop)

    with begun(crowded, "--move", shop.id, "--to", other_node(cluster, before["node"])) as command:
        assert wait_until(lambda: crowded.query(SPLITTING))
        command.send_signal(signal.SIGINT)
        _, error = command.communicate()

    assert (command.returncode, one_line(error)[:33]) == (130, "Broken off: nothing has moved. Wh")
    assert home(crowded, shop)["shard"] == before["shard"]
    assert shop.post("customers", [{"CustomerId": "after"}]).status == 200
    assert crowded.query(UNFINISHED) == [(0,)]


def test_nodes_too_busy_to_make_a_shard_in_time_leave_the_tenant_where_it_was(
    crowded: Hub, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = crowded.shop("Impatient")
    before = home(crowded, shop)
    monkeypatch.setattr(moves, "HELD_SECONDS", 0)

    with pytest.raises(CommandError, match=moves.SLOW):
        crowded.tell("shards", "--move", shop.id, "--to", other_node(cluster, before["node"]))

    assert home(crowded, shop)["shard"] == before["shard"]
    assert shop.post("customers", [{"CustomerId": "after"}]).status == 200


def test_what_is_not_possible_is_said_in_one_line(crowded: Hub, cluster: Cluster) -> None:
    crowded.shop("Known")
    nodes = ", ".join(f"{host}:{port}" for host, port in cluster.workers)

    assert refused(crowded, "--move", "nobody") == (
        "CommandError: There is no tenant 'nobody': name it by slug or id, as manage.py shards lists them."
    )
    unknown = "CommandError: There is no node '127.0.0.1:1': there are " + nodes + "."
    assert refused(crowded, "--move", "known", "--to", "127.0.0.1:1") == unknown
    worker = cluster.url(crowded.settings["DATABASE_URL"].rpartition("/")[2], cluster.workers[0])
    assert "is a worker" in refused(crowded, DATABASE_URL=worker)


def test_a_database_that_is_not_distributed_is_told_so(cluster: Cluster) -> None:
    with cluster.database() as url, hub_on(url) as hub:
        assert hub.manage("migrate").returncode == 0

        assert refused(hub) == (
            "CommandError: The tables of tenants are not distributed: manage.py distribute does it."
        )


def test_shards_are_moved_until_the_nodes_are_balanced(crowded: Hub, cluster: Cluster) -> None:
    shops = [crowded.shop(f"Balanced {n}") for n in range(4)]
    place = home(crowded, shops[0])["node"]
    for shop in shops:
        said(crowded, "--move", shop.id, "--to", place)

    assert said(crowded, "--rebalance").endswith("The nodes are balanced.\n")
    assert said(crowded, "--rebalance") == "The nodes are balanced already.\n"

    living = {each["node"] for each in json.loads(said(crowded, "--json"))["tenants"]}
    assert living == {f"{host}:{port}" for host, port in cluster.workers}
    assert all(shop.post("customers", [{"CustomerId": "after"}]).status == 200 for shop in shops)
