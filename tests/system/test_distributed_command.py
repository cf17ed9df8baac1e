"""`manage.py distribute` on a Citus cluster while partners write: every acknowledged record is there, and once."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from psycopg.sql import SQL, Identifier

from tests.orders.records import order
from tests.system.cluster import Cluster, hub_on, run
from tests.system.processes import one_line
from tests.system.running import ROOT, Hub
from tests.system.writers import assert_batches_are_whole, assert_refusals_are_clear, progress, slowest, writing
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
PARTNERS = 8
LONGEST = 9  # seconds an answer may take: a refusal waits for no lock, which would last 10
REST = 0.1  # seconds between two batches of a partner, so that there is not more and more to move
TABLES = "SELECT count(*) FROM pg_dist_partition WHERE logicalrelid::text ~ '^(tenants|customers|orders|products)_'"
UNFINISHED = "SELECT count(*) FROM pg_prepared_xacts"


@pytest.fixture
def plain(cluster: Cluster) -> Iterator[Hub]:
    """A hub that runs on a database of the cluster that is not distributed."""
    with cluster.database() as url, hub_on(url) as hub:
        hub.start("--migrate")
        yield hub


def said(hub: Hub, *arguments: str) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = hub.manage(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def stored(hub: Hub) -> dict[str, list[tuple[int, str]]]:
    """Every row of every table of tenants."""
    tables = ["customers_customer", "orders_order", "orders_orderitem", "products_product", "products_variant"]
    tables += ["tenants_changeset", "tenants_consentchange", "tenants_dailycount", "tenants_healthsnapshot"]
    return {
        table: sorted((int(row), text) for row, text in hub.query(f"SELECT id, t::text FROM {table} t"))
        for table in tables
    }


def distributed_tables(hub: Hub) -> int:
    return int(hub.query(TABLES)[0][0])


def test_tenants_are_distributed_and_brought_back_while_partners_write(plain: Hub, cluster: Cluster) -> None:
    shop, other = plain.shop("One"), plain.shop("Other")
    with writing(shop, other, number=PARTNERS // 2, rest=REST) as writers:
        assert wait_until(progress(writers))
        nodes = ", ".join(f"{host}:{port}" for host, port in cluster.workers)
        plan = said(plain, "distribute", "--plan")
        planned = re.match(rf"(\d+) tables are to be distributed over {re.escape(nodes)}:", plan)
        assert planned
        assert distributed_tables(plain) == 0

        assert said(plain, "distribute").endswith("Tenants are distributed.\n")
        assert distributed_tables(plain) == int(planned[1])
        assert wait_until(progress(writers))

        assert said(plain, "distribute").startswith("Tenants are distributed already.")
        assert wait_until(progress(writers))

        assert said(plain, "distribute", "--undo").endswith("All tables are plain ones of this server.\n")
        assert distributed_tables(plain) == 0
        assert wait_until(progress(writers))

    assert [writer.broken for writer in writers] == [[]] * PARTNERS
    assert slowest(writers) < LONGEST
    assert_refusals_are_clear(writers)
    for each in (shop, other):
        assert_batches_are_whole(plain, each, [writer for writer in writers if writer.shop is each])
    assert shop.post("customers", [{"CustomerId": "after"}]).status == 200


def test_no_row_and_no_hub_id_is_another_for_having_been_distributed(plain: Hub) -> None:
    said(plain, "demo", "--percent", "2", "--into", plain.query("SELECT current_database()")[0][0])
    before = stored(plain)

    said(plain, "distribute")
    distributed = stored(plain)
    said(plain, "distribute", "--undo")

    assert distributed == before
    assert stored(plain) == before
    assert plain.shop().post("customers", [{"CustomerId": "next"}]).status == 200
    ((newest,),) = plain.query("SELECT max(id) FROM customers_customer")
    assert newest > max(row[0] for row in before["customers_customer"])


def test_a_killed_distribute_leaves_everything_as_it_was(plain: Hub) -> None:
    shop = plain.shop("Killed")
    with writing(shop, number=PARTNERS, rest=REST) as writers:
        assert wait_until(progress(writers))

        with begun(plain, "distribute") as command:
            assert command.stdout
            assert any(line.startswith("5/") for line in command.stdout)
            command.kill()

        assert wait_until(progress(writers))
        assert distributed_tables(plain) == 0
        assert plain.query(UNFINISHED) == [(0,)]
        said(plain, "distribute")
        assert wait_until(progress(writers))

    assert_refusals_are_clear(writers)
    assert_batches_are_whole(plain, shop, writers)


ON_THIS_NODE = SQL("SET citus.enable_ddl_propagation = off; ALTER DATABASE {} SET {} = {}")
SILENT = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}
KNOWN_TO_BE_EMPTY = """
SELECT sum(result::int)
  FROM run_command_on_all_nodes($$
       SELECT count(*) FROM pg_class WHERE relname ~ '^(products|orders|customers)_[a-z]+_[0-9]+$' AND reltuples = {}$$)
"""
A_LATER_VERSION = """
from django.db import connection
from django.db.migrations.state import ProjectState
from hub.sql.tenancy import tenant_reference, tenant_table
with connection.schema_editor() as editor:
    editor.execute("CREATE TABLE later (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,"
                   " tenant_id uuid NOT NULL, order_id bigint NOT NULL)")
    for step in [*tenant_table("later", fillfactor=90), tenant_reference("later", "order_id", "orders_order")]:
        step.database_forwards("tenants", editor, ProjectState(), ProjectState())
"""


def test_a_table_that_a_later_version_adds_lies_with_the_others(plain: Hub) -> None:
    shop = plain.shop("Later")
    assert shop.post("orders", [order()]).status == 200
    said(plain, "distribute")

    said(plain, "shell", "-c", A_LATER_VERSION)

    plain.query("INSERT INTO later SELECT id, tenant_id, id FROM orders_order")
    assert plain.query("SELECT count(*) FROM later") == [(1,)]
    assert shop.send("DELETE", "/orders/{tenant}/O-1").status == 200
    assert plain.query("SELECT count(*) FROM later") == [(0,)]


def test_of_an_empty_shard_the_planner_does_not_know_that_it_is_empty(plain: Hub) -> None:
    assert plain.shop("Only").post("customers", [{"CustomerId": "one"}]).status == 200

    said(plain, "distribute")

    assert plain.query(KNOWN_TO_BE_EMPTY.format(0)) == [(0,)]
    [(of_one_row,)] = plain.query(KNOWN_TO_BE_EMPTY.format(1))
    assert of_one_row >= 1


def test_tenants_are_brought_back_at_once_after_a_move(plain: Hub, cluster: Cluster) -> None:
    shop = plain.shop("Moved")
    assert shop.post("customers", [{"CustomerId": "one"}]).status == 200
    said(plain, "distribute")
    for host, port in cluster.workers:  # to one of them it moves
        said(plain, "shards", "--move", "moved", "--to", f"{host}:{port}")

    assert said(plain, "distribute", "--undo").endswith("All tables are plain ones of this server.\n")

    assert [customer["CustomerId"] for customer in shop.read("customers")] == ["one"]


@pytest.mark.parametrize("number", ["0", "64001"])
def test_a_number_of_shards_that_can_not_be_is_told_so(plain: Hub, number: str) -> None:
    done = plain.manage("distribute", "--shards", number)

    assert one_line(done.stderr) == "CommandError: --shards must be a whole number from 1 to 64000."


def test_nodes_whose_logs_would_have_personal_values_are_named(plain: Hub, cluster: Cluster) -> None:
    url = plain.settings["DATABASE_URL"]
    name = url.rpartition("/")[2]
    telling = cluster.workers[0]
    for node in (None, *cluster.workers):
        for setting, value in SILENT.items():
            set_to = "verbose" if (node, value) == (telling, "terse") else value
            statement = ON_THIS_NODE.format(Identifier(name), Identifier(setting), set_to)
            run(cluster.url(name, node), statement)

    for command in (["distribute", "--plan"], ["distribute"]):
        assert f"in the log of {telling[0]}:{telling[1]}: set" in plain.manage(*command).stderr


def begun(hub: Hub, *arguments: str) -> subprocess.Popen[str]:
    """Begin a command, which says what it does as it does it."""
    command = [sys.executable, "-u", "manage.py", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=hub.environment, stdout=subprocess.PIPE, text=True)
