"""What was promised holds on a Citus cluster too: hub ids are used once, refusals say that they can be tried again."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from tests.system.cluster import Cluster, hub_on
from tests.system.running import Hub, Shop
from tests.system.writers import assert_refusals_are_clear, progress, writing
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
TEN_THOUSAND_WERE_THERE = "SELECT setval(pg_get_serial_sequence('customers_customer', 'id'), 10000)"
CUT = """
SELECT pg_terminate_backend(pid)
  FROM pg_stat_activity
 WHERE datname = %s AND application_name LIKE 'citus_internal%%' AND state = 'idle in transaction'
 LIMIT 1
"""


@pytest.fixture
def plain(cluster: Cluster) -> Iterator[Hub]:
    """A hub that runs on a database of the cluster that is not distributed."""
    with cluster.database() as url, hub_on(url) as hub:
        hub.start("--migrate")
        yield hub


def stored(shop: Shop, customer: str) -> int:
    """Store a customer and return the hub id that the change feed names it by."""
    assert shop.post("customers", [{"CustomerId": customer}]).status == 200
    ((hub_id,),) = shop.hub.query(f"SELECT id FROM customers_customer WHERE customer_id = '{customer}'")
    return int(hub_id)


def erase(shop: Shop, customer: str) -> None:
    assert shop.send("DELETE", f"/customers/{{tenant}}?customerId={customer}").status == 200


def test_distributed_customers_never_get_the_hub_id_of_one_who_was_erased(plain: Hub) -> None:
    shop = plain.shop("Ids")
    plain.query(TEN_THOUSAND_WERE_THERE)
    erased = stored(shop, "erased")
    erase(shop, "erased")

    assert plain.manage("distribute").returncode == 0

    assert stored(shop, "next") > erased


def test_customers_brought_back_never_get_the_hub_id_of_one_who_was_erased(plain: Hub) -> None:
    shop = plain.shop("Ids")
    assert plain.manage("distribute").returncode == 0
    erased = stored(shop, "erased")
    erase(shop, "erased")

    assert plain.manage("distribute", "--undo").returncode == 0

    assert stored(shop, "next") > erased


COUNT = """
from time import monotonic
from tenants.health import count_changesets
from tenants.models import Tenant
end, tenants = monotonic() + 10, list(Tenant.objects.values_list("pk", flat=True))
while monotonic() < end:
    count_changesets(tenants)
"""
COUNTED = """
SELECT tenant_id, (SELECT sum(changesets) FROM tenants_dailycount d WHERE d.tenant_id = c.tenant_id), count(*)
  FROM tenants_changeset c
 GROUP BY tenant_id
"""


def test_changesets_are_counted_once_whoever_counts_tenants_of_several_nodes(distributed: Hub) -> None:
    shops = [distributed.shop(f"Counted {n}") for n in range(6)]  # on both nodes, but for once in 32
    with ThreadPoolExecutor() as pool, writing(*shops, number=1):
        counters = [pool.submit(distributed.manage, "shell", "-c", COUNT) for _ in range(4)]
        assert [counter.result().returncode for counter in counters] == [0] * 4

    distributed.manage("shell", "-c", COUNT.replace("10", "0.5"))
    found = {str(tenant): (counted, changesets) for tenant, counted, changesets in distributed.query(COUNTED)}
    for shop in shops:
        counted, changesets = found[shop.id]
        assert counted == changesets


def test_machines_that_are_started_at_once_share_their_functions_one_after_the_other(distributed: Hub) -> None:
    with ThreadPoolExecutor() as pool:
        for _ in range(3):
            done = list(pool.map(lambda _: distributed.manage("distribute"), range(3)))

            assert [one.returncode for one in done] == [0] * 3, done


@contextmanager
def cutting_sessions(cluster: Cluster, database: str) -> Iterator[None]:
    """End the workers' sessions in the middle of a write, again and again, as a worker does that restarts."""
    until = threading.Event()

    def cut() -> None:
        urls = [cluster.url(database, node) for node in cluster.workers]
        with ExitStack() as open_connections:
            nodes = [open_connections.enter_context(psycopg.connect(url, autocommit=True)) for url in urls]
            while not until.wait(0.02):
                for node in nodes:
                    node.execute(CUT, [database])

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield
    finally:
        until.set()
        thread.join()


def test_a_worker_that_is_lost_at_the_commit_is_an_outage(cluster: Cluster, distributed: Hub) -> None:
    ((database,),) = distributed.query("SELECT current_database()")
    with writing(distributed.shop("Commit"), number=4) as writers:
        assert wait_until(progress(writers))
        with cutting_sessions(cluster, database):
            assert wait_until(lambda: sum(len(w.answers) - len(w.acknowledged) for w in writers) > 100)

    assert_refusals_are_clear(writers)
