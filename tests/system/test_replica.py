"""Reads elsewhere: a real replica answers what reads, and never without what a tenant has written or erased before.

Who answered is told by a mark: written on the primary past the feed, while the replica does not replay.
"""

import secrets
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from hub.sql.replica import SECONDS
from tests.orders.records import order
from tests.products.records import product
from tests.system.conftest import copy
from tests.system.inside import session_of
from tests.system.processes import free_port
from tests.system.replicas import Replica, replica_of
from tests.system.running import Answer, Hub, Shop, folder_for_hubs
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow

ADA = {"CustomerId": "C-1", "Email": "ada@example.com", "Name": "Ada", "Surname": "Byron"}
MARK = """
UPDATE customers_customer SET surname = '{mark}';
UPDATE orders_order SET email = '{mark}@example.com' WHERE email IS NOT NULL;
UPDATE products_product SET product_name = '{mark}';
UPDATE tenants_changeset SET trace_id = '{mark}', actor = '{mark}';
UPDATE tenants_consentchange SET actor = '{mark}';
"""
READS = [
    "/customers/{tenant}",
    "/customers/{tenant}/C-1",
    "/customers/{tenant}?Email=ada@example.com",
    "/orders/{tenant}",
    "/orders/{tenant}/O-1",
    "/products/{tenant}",
    "/products/{tenant}/P-1",
    "/changes/{tenant}",
    "/changes/{tenant}?entity=orders",
    "/changes/{tenant}?include=records,keys",
    "/changes/{tenant}/1",
    "/api/data/customers/?email=ada@example.com",
]
LISTS = ["customers/customer", "orders/order", "products/product", "tenants/changeset", "tenants/consentchange"]
WRITES = """
from customers.models import Customer
from hub.sql.execute import execute
from tenants.reading import read_for
for write in (
    lambda: execute("DELETE FROM customers_customer"),
    lambda: Customer.objects.all().delete(),
    lambda: Customer.objects.select_for_update().first(),
):
    try:
        read_for(None, write)
    except Exception as error:
        print(type(error).__name__)
"""


@pytest.fixture(scope="module")
def hub(prepared: Path) -> Iterator[Hub]:
    """A hub that has been told of a replica which is not there yet."""
    with folder_for_hubs() as folder:
        copy(prepared, folder / "var")
        hub = Hub(folder / "var", {"WORKERS": "1", "THREADS": "4"})
        hub.settings["READ_DATABASE_URL"] = f"{Replica(hub, folder / 'replica').url}&connect_timeout=600"
        try:
            hub.start("--no-worker")
            yield hub
        finally:
            hub.stop()


@pytest.fixture(scope="module")
def shops(hub: Hub) -> list[Shop]:
    """Two tenants with the same records; each of Ada's consents has changed."""
    shops = [hub.shop("One"), hub.shop("Another")]
    for shop in shops:
        fill(shop)
    return shops


def fill(shop: Shop) -> None:
    for entity, record in (
        ("customers", {**ADA, "EmailOptin": True}),
        ("customers", {**ADA, "EmailOptin": False}),
        ("orders", order()),
        ("products", product()),
    ):
        assert shop.post(entity, [record]).status == 200


@pytest.fixture(scope="module")
def session(hub: Hub) -> dict[str, str]:
    """The header of a superuser who is logged in."""
    with hub.inside():
        return {"Cookie": f"sessionid={session_of('root')}"}


@pytest.fixture(scope="module")
def made(hub: Hub, shops: list[Shop], session: dict[str, str]) -> Iterator[Replica]:
    with replica_of(hub, hub.data.with_name("replica")) as replica:
        yield replica


@pytest.fixture
def replica(hub: Hub, shops: list[Shop], made: Replica) -> Iterator[Replica]:
    """The replica, which replays, and which the hub asks; it replays again when the test has ended."""
    made.resume()
    assert wait_until(lambda: reads_come_from_the_replica(hub, shops[1], made))
    yield made
    made.resume()


def reads_come_from_the_replica(hub: Hub, shop: Shop, replica: Replica) -> bool:
    with apart(hub, replica) as mark:
        return not shows(mark, read(shop, READS[0]))


@contextmanager
def apart(hub: Hub, replica: Replica) -> Iterator[str]:
    """Stop the replay, and mark what the primary has. Return the mark."""
    replica.pause()
    mark = f"mark{secrets.token_hex(4)}"
    hub.query(MARK.format(mark=mark))
    try:
        yield mark
    finally:
        replica.resume()


def read(shop: Shop, path: str) -> Answer:
    answer = shop.send("GET", path, headers={"Authorization": f"Token {shop.key}"})
    assert answer.status == 200, answer.body
    return answer


def shows(mark: str, answer: Answer) -> bool:
    return mark.encode() in answer.body


def marked(mark: str, shop: Shop, paths: Sequence[str] = READS) -> list[str]:
    """Return which paths the primary answered."""
    return [path for path in paths if shows(mark, read(shop, path))]


def look(hub: Hub, session: dict[str, str], path: str) -> Answer:
    answer = hub.send("GET", f"/admin/{path}", headers=session)
    assert answer.status == 200, answer.body
    return answer


def marked_lists(mark: str, hub: Hub, session: dict[str, str], shop: Shop | None = None) -> list[str]:
    """Return which of the admin's lists, of all tenants or of one, the primary answered."""
    query = f"?tenant={shop.id}" if shop else ""
    return [name for name in LISTS if shows(mark, look(hub, session, f"{name}/{query}"))]


def test_a_hub_whose_replica_was_never_there_reads_from_the_primary(
    hub: Hub, shops: list[Shop], session: dict[str, str]
) -> None:
    hub.query(MARK.format(mark="mark-alone"))

    assert marked("mark-alone", shops[0]) == READS
    assert marked_lists("mark-alone", hub, session) == LISTS


def test_lists_and_reads_come_from_the_replica(hub: Hub, shops: list[Shop], replica: Replica) -> None:
    with apart(hub, replica) as mark:
        assert marked(mark, shops[0]) == []
        assert marked(mark, shops[1]) == []


def test_the_admins_lists_come_from_the_replica_and_its_pages_do_not(
    hub: Hub, session: dict[str, str], replica: Replica
) -> None:
    ((customer,),) = hub.query("SELECT min(id) FROM customers_customer")

    with apart(hub, replica) as mark:
        assert marked_lists(mark, hub, session) == []
        assert not shows(mark, look(hub, session, "customers/customer/?q=ada@example.com&created_at_from=2020-01-01"))
        assert shows(mark, look(hub, session, f"customers/customer/{customer}/change/"))


def test_who_waits_for_the_feed_is_woken_by_what_the_replica_has_not_replayed(
    hub: Hub, shops: list[Shop], replica: Replica
) -> None:
    last = shops[0].change_numbers()[-1]

    with apart(hub, replica), ThreadPoolExecutor(1) as pool:
        asked = pool.submit(read, shops[0], f"/changes/{{tenant}}?after={last}&wait=600")
        assert not wait([asked], 1).done
        assert shops[0].post("orders", [order(OrderId="O-woken")]).status == 200

        assert wait([asked], PATIENCE).done, "nobody was woken"
        assert [change["Number"] for change in asked.result().json()["data"]["results"]] == [last + 1]


def test_what_a_tenant_writes_is_read_at_once_and_the_others_still_from_the_replica(
    hub: Hub, shops: list[Shop], session: dict[str, str], replica: Replica
) -> None:
    writer, other = shops

    with apart(hub, replica) as mark:
        writer.post("customers", [{"CustomerId": "C-2", "Name": "Grace"}])

        assert writer.send("GET", "/customers/{tenant}/C-2").json()["data"]["Name"] == "Grace"
        assert len(writer.change_numbers()) == max(writer.change_numbers())
        assert marked(mark, writer) == READS
        assert marked(mark, other) == []
        assert b"Grace" in look(hub, session, "customers/customer/").body
        assert marked_lists(mark, hub, session) == LISTS
        assert marked_lists(mark, hub, session, writer) == LISTS
        assert marked_lists(mark, hub, session, other) == []

    with apart(hub, replica) as mark:
        assert marked(mark, writer) == []
        assert marked_lists(mark, hub, session) == []


def test_an_erased_person_is_never_shown_again(
    hub: Hub, shops: list[Shop], session: dict[str, str], replica: Replica
) -> None:
    shop = hub.shop("Forgetful")
    fill(shop)

    with apart(hub, replica):
        erased = shop.send("DELETE", "/customers/{tenant}?customerId=C-1")
        assert erased.json()["data"]["removed"] == 1

        assert shop.send("GET", "/customers/{tenant}/C-1").status == 404
        assert shop.read("customers") == []
        assert b"ada@example.com" not in read(shop, "/orders/{tenant}").body
        for path in ("customers/customer", "orders/order"):
            assert b"ada@example.com" not in look(hub, session, f"{path}/?tenant={shop.id}").body


def test_a_query_cancelled_by_the_replay_is_asked_of_the_primary(hub: Hub, shops: list[Shop], replica: Replica) -> None:
    answers: list[Answer] = []
    reader = threading.Thread(target=lambda: answers.append(read(shops[0], READS[0])))
    with psycopg.connect(hub.database.url()) as locking:
        locking.execute("LOCK TABLE customers_customer IN ACCESS EXCLUSIVE MODE")
        hub.query("UPDATE tenants_tenant SET name = name")  # a commit takes the lock along
        replica.pause()  # which is kept there

    reader.start()
    assert wait_until(lambda: replica.query("SELECT pg_cancel_backend(pid) FROM pg_locks WHERE NOT granted"))
    reader.join()
    replica.resume()

    assert len(answers) == 1
    with apart(hub, replica) as mark:  # without a rest
        assert marked(mark, shops[0]) == []


def test_connections_that_the_replica_cuts_cost_nobody_an_answer(
    hub: Hub, shops: list[Shop], session: dict[str, str], replica: Replica
) -> None:
    cut = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'hub'"

    for ask in (lambda: read(shops[0], READS[0]), lambda: look(hub, session, "customers/customer/")):
        assert wait_until(lambda: reads_come_from_the_replica(hub, shops[0], replica))
        assert replica.query(cut)
        assert b"ada@example.com" in ask().body


def test_while_the_replica_is_away_the_primary_answers_and_when_it_is_back_the_replica_does(
    hub: Hub, shops: list[Shop], session: dict[str, str], replica: Replica
) -> None:
    replica.kill()
    try:
        hub.query(MARK.format(mark="mark-away"))

        assert marked("mark-away", shops[0]) == READS
        assert marked_lists("mark-away", hub, session) == LISTS
        assert hub.send("GET", "/health").status == 200
    finally:
        replica.server.start()
    assert wait_until(lambda: reads_come_from_the_replica(hub, shops[0], replica))


def test_nothing_is_written_where_the_replica_reads(hub: Hub, replica: Replica) -> None:
    told = hub.manage("shell", "--no-imports", "-c", WRITES)

    assert told.stdout.split() == ["ReadOnlySqlTransaction", "RuntimeError", "RuntimeError"], told.stderr


@pytest.mark.parametrize("command", [["migrate"], ["makemigrations", "--check"]], ids=lambda words: words[0])
def test_commands_that_make_tables_do_not_ask_for_the_replica(hub: Hub, command: list[str]) -> None:
    done = hub.manage(*command, READ_DATABASE_URL=f"postgresql://hub@127.0.0.1:{free_port()}/hub")

    assert (done.returncode, done.stderr) == (0, "")


def test_a_replica_that_was_promoted_answers_nothing_more(hub: Hub, shops: list[Shop], made: Replica) -> None:
    assert wait_until(lambda: reads_come_from_the_replica(hub, shops[0], made))

    made.query("SELECT pg_promote()")
    hub.query(MARK.format(mark="mark-promoted"))

    assert marked("mark-promoted", shops[0]) == READS


def test_a_replica_that_does_not_answer_is_waited_for_by_one_request_at_a_time(own: Hub) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        own.settings |= {"READ_DATABASE_URL": f"postgresql://hub@{place}/hub"}
        own.start("--no-worker")
        shop = own.shop("Patient")
        list(waiting(silent))  # the start asks how many connections there may be
        begin = time.monotonic()

        for _ in range(20):
            read(shop, READS[0])

        most = 1 + (time.monotonic() - begin) / SECONDS
        assert 1 <= len(list(waiting(silent))) <= most


def waiting(server: socket.socket) -> Iterator[None]:
    """Take the connections that wait to be accepted, one by one."""
    with suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            yield
