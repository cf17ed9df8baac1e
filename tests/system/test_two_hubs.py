"""Two hubs on one database, each with a port and a folder of its own, behave as one: the API, probes and metrics.

On a Citus cluster, where DATABASE_URL names one, on tenants that are distributed.
"""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from uuid import UUID

import psycopg
import pytest

from tests.system.cluster import given_cluster, hub_on
from tests.system.metrics import metric
from tests.system.pairs import Pair, data_of
from tests.system.processes import one_line
from tests.system.running import KEYS, Answer, Shop
from tests.system.test_concurrency import assert_limit_is_exact, taken
from tests.waiting import HERE, ON_ANY_NODE, PATIENCE, wait_until

pytestmark = pytest.mark.slow
PARTNERS = 8
STRANGERS = [f"stranger{n}@example.com" for n in range(40)]
LONG = 600  # seconds that the hubs let a request wait: who is answered in a test's patience has been woken
TWICE = "SELECT app, name FROM django_migrations GROUP BY 1, 2 HAVING count(*) > 1"
WAITED = "another hub changes the database: waiting until it is done"
LOCK = "SELECT pg_advisory_xact_lock({})::text AS locked"
CREATED = {"entity": "customers", "source": "api", "outcome": "created"}
SESSION = "INSERT INTO django_session VALUES ('another', 'signed:otherwise', now() + interval '1 year')"
OTHER_SECRET = "newest session was signed with another SECRET_KEY"
OTHER_ERASURE = "ERASURE_KEY is not the one this database was used with"


def save(shop: Shop, name: str = "", **headers: str) -> Answer:
    """Write a customer, a new one where none is named."""
    return shop.post("customers", [{"CustomerId": name or token_hex(8)}], headers=headers)


def asked(shop: Shop) -> int:
    """Return how often a hub's application was asked for the feed of a tenant, as its log says."""
    return sum(shop.id in line and "changes/" in line for line in shop.hub.errors.read_text().splitlines())


@pytest.fixture(scope="module")
def doors(pair: Pair) -> tuple[Shop, Shop]:
    """A tenant, as it is reached at each hub."""
    return pair.shops("Twice")


# Starting


def test_both_were_started_at_once_on_an_empty_database_and_one_migrated_it(pair: Pair) -> None:
    assert pair.one.query(TWICE) == []
    assert any(WAITED in hub.errors.read_text() for hub in pair)
    assert wait_until(lambda: [hub.send("GET", "/readyz").status for hub in pair] == [200, 200])


def test_with_another_erasure_key_a_hub_does_not_start_and_says_why(pair: Pair) -> None:
    other = {**KEYS, "ERASURE_KEY": "another erasure key of a hub in tests"}
    with hub_on(pair.url, **other) as third:
        refused = third.manage("serve")

    assert refused.returncode == 1
    assert one_line(refused.stderr).startswith(OTHER_ERASURE)


def test_with_another_secret_key_a_hub_warns_that_sessions_do_not_hold(pair: Pair) -> None:
    pair.one.query(SESSION)
    other = {"WORKERS": "1", "THREADS": "1", "SECRET_KEY": "another secret key of a hub in tests"}
    with hub_on(pair.url, **other) as third:
        third.start("--no-worker")
        said = third.errors.read_text()
    pair.one.query("DELETE FROM django_session WHERE session_key = 'another'")

    assert OTHER_SECRET in said


# Idempotency


def told(answer: Answer) -> tuple[int, bytes, str | None]:
    return answer.status, answer.body, answer.headers["X-Changeset"]


def test_what_was_answered_at_one_is_answered_at_the_other_and_done_once(doors: tuple[Shop, Shop]) -> None:
    here, there = doors
    named = {"Idempotency-Key": "a key"}

    first, again = save(here, "C-1", **named), save(there, "C-1", **named)

    assert first.status == 200
    assert told(again) == told(first)
    assert (first.headers["Idempotent-Replayed"], again.headers["Idempotent-Replayed"]) == (None, "true")
    assert save(there, "C-2", **named).status == 422
    assert there.change_numbers()[-1] == int(first.headers["X-Changeset"])


def test_of_the_same_request_at_both_at_once_one_writes(doors: tuple[Shop, Shop]) -> None:
    with ThreadPoolExecutor(PARTNERS) as pool:
        for number in range(5):
            named = {"Idempotency-Key": f"key {number}"}
            futures = [pool.submit(taken, save, doors[n % 2], "C-1", **named) for n in range(PARTNERS)]
            answers = [future.result() for future in futures]

            firsts = [each for each in answers if each.status == 200 and not each.headers["Idempotent-Replayed"]]
            assert len(firsts) == 1
            for answer in answers:
                refused = (answer.status, answer.headers["Retry-After"]) == (409, "1")
                assert refused or told(answer) == told(firsts[0])

    assert all(save(door, "C-1", **named).headers["Idempotent-Replayed"] for door in doors)


def hold(connection: psycopg.Connection, shop: Shop) -> None:
    """Take a tenant's lock, which is where the tenant is, until the transaction ends."""
    statement = LOCK.format(int.from_bytes(UUID(shop.id).bytes[:8], signed=True))
    if given_cluster():
        connection.execute("SELECT on_shard(%s, %s, '', '{}')", [shop.id, statement])
    else:
        connection.execute(statement.encode())


def test_while_the_first_waits_at_one_the_second_is_told_so_at_the_other(pair: Pair, doors: tuple[Shop, Shop]) -> None:
    here, there = doors
    waits = (ON_ANY_NODE if given_cluster() else HERE).encode()
    named = {"Idempotency-Key": "held"}
    with ThreadPoolExecutor(1) as pool, psycopg.connect(pair.url) as connection:
        hold(connection, here)
        first = pool.submit(save, here, "C-1", **named)
        assert wait_until(lambda: connection.execute(waits).fetchall() == [(True,)])
        second = save(there, "C-1", **named)
        connection.rollback()
        assert first.result(PATIENCE).status == 200

    assert (second.status, second.headers["Retry-After"]) == (409, "1")
    assert told(save(there, "C-1", **named)) == told(first.result())


# The feed, limits and keys


@pytest.mark.parametrize("waiter", [0, 1], ids=["at one", "at the other"])
def test_who_waits_for_the_feed_at_one_is_woken_by_a_write_at_the_other(doors: tuple[Shop, Shop], waiter: int) -> None:
    waits, writes = doors[waiter], doors[1 - waiter]
    last = int(save(writes).headers["X-Changeset"])
    before = asked(waits)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(waits.send, "GET", f"/changes/{{tenant}}?after={last}&wait={LONG}")
        assert wait_until(lambda: asked(waits) > before)
        time.sleep(0.5)  # the request is parked a moment after it was logged
        assert not waiting.done()
        assert save(writes).status == 200
        answer = waiting.result(PATIENCE)

    assert [change["Number"] for change in answer.json()["data"]["results"]] == [last + 1]


def test_a_limit_is_exact_over_both(pair: Pair) -> None:
    doors = pair.shops("Limited", "--per-minute", "50")
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: doors[n % 2].send("GET", "/changes/{tenant}"), range(120)))

    minutes: dict[str, list[Answer]] = {}
    for answer in answers:
        minutes.setdefault(answer.headers["X-RateLimit-Reset"], []).append(answer)
    for minute in minutes.values():
        assert_limit_is_exact(minute, 50)


def test_a_key_that_is_revoked_at_one_is_none_at_the_other_at_once(pair: Pair) -> None:
    here, there = pair.shops("Revoked")
    assert save(there).status == 200

    assert "Revoked" in pair.one.tell("revoke_key", here.key[:8])

    assert [save(door).status for door in (there, here)] == [401, 401]


def test_writers_who_must_look_first_take_turns_across_both(doors: tuple[Shop, Shop]) -> None:
    batch = [{"Email": stranger, "EmailOptin": True} for stranger in STRANGERS]
    with ThreadPoolExecutor(PARTNERS) as pool:
        answers = list(pool.map(lambda n: taken(doors[n % 2].post, "customers", batch), range(4 * PARTNERS)))

    assert Counter(answer.status for answer in answers) == {200: 4 * PARTNERS}
    stored = Counter(customer.get("Email") for customer in doors[0].read("customers"))
    assert {stranger: stored[stranger] for stranger in STRANGERS} == dict.fromkeys(STRANGERS, 1)
    numbers = doors[1].change_numbers()
    assert numbers == list(range(1, len(numbers) + 1))


# What is measured


def test_counters_are_a_hosts_own_and_add_up(pair: Pair, doors: tuple[Shop, Shop]) -> None:
    before = [metric(hub, "hub_records_total", **CREATED) for hub in pair]

    for door, number in zip(doors, (3, 2), strict=True):
        assert [save(door).status for _ in range(number)] == [200] * number

    def counted() -> list[float]:
        after = [metric(hub, "hub_records_total", **CREATED) for hub in pair]
        return [now - then for now, then in zip(after, before, strict=True)]

    assert wait_until(lambda: counted() == [3, 2])


def test_what_the_database_tells_is_the_same_at_both(pair: Pair, doors: tuple[Shop, Shop]) -> None:
    assert all(save(door).status == 200 for door in doors)
    rows = pair.one.query("SELECT sum(number) FROM tenants_feed")
    for name, value in (("hub_changesets", rows[0][0]), ("hub_workers_alive", 2)):
        assert wait_until(lambda: [metric(hub, name) >= value for hub in pair] == [True, True])  # noqa: B023

    assert metric(pair.one, "hub_changesets") == metric(pair.other, "hub_changesets") == rows[0][0]
    assert [data_of(hub, "/readyz?all=1")["worker"] for hub in pair] == ["alive", "alive"]
