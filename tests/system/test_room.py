"""The connections of a hub and of those beside it add up to what PostgreSQL has, or the hub does not start."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.system.processes import free_port, one_line
from tests.system.running import KEYS, Hub
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
TOO_MANY = {"WORKERS": "16", "THREADS": "12"}
STRANGERS = "SELECT 1 FROM pg_stat_activity WHERE application_name NOT LIKE 'hub %' AND pid <> pg_backend_pid()"
STRANGERS += " AND backend_type = 'client backend'"
NEEDED = "16) and for a process that is renewed, and 15 for the background worker. Set WORKERS or THREADS lower, or "


def test_a_hub_with_more_threads_than_postgresql_usually_has_connections_works_under_full_load(own: Hub) -> None:
    own.settings |= {"WORKERS": "2", "THREADS": "64"}
    own.start()
    shops = [own.shop(f"Full {number}") for number in range(4)]
    number = 2 * 64
    with own.connections(number) as connections, ThreadPoolExecutor(number) as pool:
        for _ in range(2):
            sent = [
                pool.submit(shops[i % 4].post, "customers", [{"CustomerId": f"C-{i}"}], connection=connection)
                for i, connection in enumerate(connections)
            ]
            assert {future.result().status for future in sent} == {200}

        assert own.manage("showmigrations").returncode == 0


def test_a_hub_for_which_there_is_no_room_beside_another_says_what_to_set(hub: Hub) -> None:
    refused = hub.manage("serve", **TOO_MANY, PORT=str(free_port()))

    assert refused.returncode == 1
    said = one_line(refused.stderr)
    assert said.startswith("HUB_DATA: PostgreSQL has ")
    assert "this hub may need 270: THREADS (12) and 3 more for each of WORKERS (" in said
    assert NEEDED + "stop what else uses HUB_DATA" in said
    assert hub.send("GET", "/health").status == 200


def test_what_a_running_hub_may_come_to_hold_is_counted_and_not_what_it_holds(hub: Hub) -> None:
    own = (3 + 1) * (4 + 3) + 15
    most = 200 - 3 - 5 - own

    assert hub.send("GET", "/health").status == 200
    assert wait_until(lambda: hub.query(STRANGERS) == []), "the server ends a connection in its own time"
    too_many = hub.manage("serve", "--workers=2", THREADS="58", PORT=str(free_port()))

    assert f"PostgreSQL has {most} connections to give, and this hub may need 198" in one_line(too_many.stderr)


def test_a_database_of_ones_own_is_asked_for_its_room(hub: Hub) -> None:
    refused = hub.manage("serve", **TOO_MANY, **KEYS, DATABASE_URL=hub.database.url(), PORT=str(free_port()))

    assert refused.returncode == 1
    assert one_line(refused.stderr).startswith("DATABASE_URL: PostgreSQL has ")
    assert NEEDED + "max_connections of PostgreSQL to 321 or more" in refused.stderr


def test_a_replica_is_asked_for_its_room(hub: Hub, own: Hub) -> None:
    """The embedded server of the hub itself is started with as many as it needs."""
    refused = own.manage("serve", **TOO_MANY, READ_DATABASE_URL=hub.database.url())

    assert refused.returncode == 1
    assert one_line(refused.stderr).startswith("READ_DATABASE_URL: PostgreSQL has ")
