"""What probes, metrics, callers and the log say while a hub is hurt, one fault after the other, and when it is well.

    python -m benchmarks.faults [--only WORDS] [--partners N]     a row of a table a fault; seven minutes

A hub of two processes on a PostgreSQL of its own, both started here, is called at 127.0.0.1: partners post 20 customers
each, again and again, while every address for probes is asked four times a second and /metrics once. FILES and TMPDIR
lie on a disk of 64 MB, which needs root. What is stopped to show that it hangs is stopped by SIGSTOP.
"""

import json
import os
import signal
import subprocess
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event, Thread

from benchmarks.sightings import Seen, callers, changes, events, probe, values
from hub.postgres.server import EmbeddedServer
from tests.system.processes import connections_of, inhabitants, kill
from tests.system.running import KEYS, PLAIN, Answer, Hub, Shop, folder_for_hubs
from tests.waiting import wait_until

TOKEN = "the token of a trial, which is long enough"  # noqa: S105
LIVE, READY, ALL, METRICS = "/livez", "/readyz", "/readyz?all=1", "/metrics"
PAUSES = {LIVE: 0.25, READY: 0.25, ALL: 0.25, METRICS: 1.0}
SHORT, LONG = 10.0, 150.0  # seconds that a fault lasts; that one may take to be noticed
DISK = 64  # megabytes


@dataclass
class Trial:
    """A hub that is called and watched."""

    hub: Hub
    database: EmbeddedServer
    data: Path  # of the database
    disk: Path
    ending: Event = field(default_factory=Event)
    seen: dict[str, list[Seen]] = field(default_factory=lambda: {name: [] for name in (*PAUSES, "write")})

    def note(self, name: str, ask: Callable[[], Answer], pause: float) -> None:
        """Ask until the end, and keep what was said."""
        while not self.ending.wait(pause):
            began = time.monotonic()
            try:
                answer = ask()
                found = Seen(began, answer.status, time.monotonic() - began, answer.body)
            except OSError:
                found = Seen(began, 0, time.monotonic() - began)
            self.seen[name].append(found)

    def ask(self, path: str) -> Answer:
        return self.hub.send("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})

    def is_well(self) -> bool:
        """Tell whether all that is said now is good, by every process that there is to be."""
        whole = len(self.hub.web_workers()) == 2 and len(self.hub.processes("procrastinate")) == 1
        return whole and all(seen and seen[-1].status == 200 for seen in self.seen.values())


def shop_of(hub: Hub) -> Shop:
    """Make a tenant on the command line, for nothing here is Django's."""
    done = hub.manage("create_tenant", "Trial", "--json", "--per-minute", "1000000", "--per-hour", "1000000")
    made = json.loads(done.stdout)
    return Shop(hub, made["tenant_id"], made["key"])


@contextmanager
def partners(trial: Trial, number: int) -> Iterator[None]:
    """Have so many partners write, and every address watched, until the end of the block."""
    shop = shop_of(trial.hub)
    asked = [Thread(target=trial.note, args=(path, partial(trial.ask, path), pause)) for path, pause in PAUSES.items()]

    def write(partner: int) -> None:
        batch = [{"CustomerId": f"P{partner}-{n}", "Name": "Ada", "EmailOptin": True} for n in range(20)]
        connection = trial.hub.connect()

        def send() -> Answer:
            try:
                return shop.post("customers", batch, connection=connection)
            except Exception as error:  # whatever broke, the next request has a connection of its own
                connection.close()
                raise OSError from error

        trial.note("write", send, 0.01)

    threads = [*asked, *(Thread(target=write, args=(n,)) for n in range(number))]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        trial.ending.set()
        for thread in threads:
            thread.join()


# The faults: each hurts, and returns when nothing hurts any more


def nothing(_: Trial) -> None:
    time.sleep(SHORT)


def database_stopped(trial: Trial) -> None:
    trial.database.stop()
    time.sleep(SHORT)
    trial.database.start()


def database_killed(trial: Trial) -> None:
    kill(*inhabitants(trial.data))
    time.sleep(SHORT)
    trial.database.start()


def database_hangs(trial: Trial) -> None:
    _hang(inhabitants(trial.data))


def worker_killed(trial: Trial) -> None:
    kill(trial.hub.background_worker())


def worker_hangs(trial: Trial) -> None:
    """Until its supervisor has killed it."""
    worker = trial.hub.background_worker()
    os.kill(worker, signal.SIGSTOP)
    wait_until(lambda: worker not in trial.hub.processes("procrastinate"), LONG)


def web_killed(trial: Trial) -> None:
    kill(min(trial.hub.web_workers()))


def web_hangs(trial: Trial) -> None:
    """That of the two which has more of the partners."""
    port = trial.hub.port
    _hang([max(trial.hub.web_workers(), key=lambda pid: connections_of(pid, port))])


def reloaded(trial: Trial) -> None:
    for _ in range(3):
        old = {*trial.hub.processes("procrastinate"), *trial.hub.web_workers()}
        os.kill(trial.hub.pid, signal.SIGHUP)
        wait_until(partial(_are_gone, trial, old), LONG)


def _are_gone(trial: Trial, old: set[int]) -> bool:
    return trial.is_well() and not old & {*trial.hub.processes()}


def disk_full(trial: Trial) -> None:
    filled = trial.disk / "filled"
    with suppress(OSError), filled.open("wb", buffering=0) as file:
        while file.write(b"\1" * (1 << 16)):
            pass
    time.sleep(SHORT)
    filled.unlink()


def migration_missing(trial: Trial) -> None:
    """Until every process has noticed."""
    newest = "(SELECT max(id) FROM django_migrations WHERE app = 'orders')"
    kept = trial.hub.query(f"DELETE FROM django_migrations WHERE id = {newest} RETURNING app, name, applied::text")[0]
    wait_until(lambda: all(seen.status == 503 for seen in trial.seen[READY][-12:]), LONG)
    trial.hub.query(f"INSERT INTO django_migrations (app, name, applied) VALUES {kept!r}")


def table_locked(trial: Trial) -> None:
    wait = f"SELECT pg_sleep({1.5 * SHORT})"
    trial.hub.query(f"DO $$ BEGIN LOCK customers_customer; PERFORM {wait.removeprefix('SELECT ')}; END $$")


def _hang(pids: list[int]) -> None:
    kill(*pids, by=signal.SIGSTOP)
    time.sleep(SHORT)
    kill(*pids, by=signal.SIGCONT)


FAULTS = [
    nothing, database_stopped, database_killed, database_hangs, table_locked, migration_missing, worker_killed,
    worker_hangs, web_killed, web_hangs, reloaded, disk_full,
]  # fmt: skip


# What was seen


def row(trial: Trial, fault: Callable[[Trial], None]) -> str:
    """Hurt the hub, wait until it is well, and return what was seen meanwhile as a row of the table."""
    assert wait_until(trial.is_well)
    logged, began = trial.hub.errors.stat().st_size, time.monotonic()
    before = values(trial.seen[METRICS][-1])
    fault(trial)
    ended = time.monotonic()
    assert wait_until(trial.is_well, LONG), "it does not get well"
    well = time.monotonic()
    time.sleep(2)
    seen = {name: [one for one in found if one.at >= began] for name, found in trial.seen.items()}
    cells = [
        f"{fault.__name__.replace('_', ' ')}, {ended - began:.0f} s",
        *(probe(seen[path], began, ended) for path in (LIVE, READY, ALL)),
        changes(before, [*map(values, seen[METRICS])]),
        callers(seen["write"]),
        events(trial.hub.errors.read_bytes()[logged:]),
        f"{max(0.0, well - ended):.1f} s",
    ]
    return f"| {' | '.join(cells)} |"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk that is soon full."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}m,mode=1777", "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def main() -> None:
    """Print the table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="the faults whose names have this, or one of these, by commas")
    parser.add_argument("--partners", type=int, default=4)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(folder_for_hubs())
        disk = stack.enter_context(small_disk(folder / "disk"))
        data = folder / "database"
        database = EmbeddedServer(data, connections=100)
        database.start()
        stack.callback(database.stop)
        own = {"METRICS_TOKEN": TOKEN, "FILES": str(disk), "TMPDIR": str(disk), "THREADS": "6"}
        hub = Hub(folder / "var", {**KEYS, **PLAIN, "DATABASE_URL": database.url(), **own})
        stack.callback(hub.stop)
        hub.start("--migrate")
        trial = Trial(hub, database, data, disk)
        print("| Fault | /livez | /readyz | ?all=1 | metrics | writes that failed | log | well again after |")
        print("|---|---|---|---|---|---|---|---|", flush=True)
        with partners(trial, given.partners):
            for fault in FAULTS:
                if any(words in fault.__name__.replace("_", " ") for words in given.only.split(",")):
                    print(row(trial, fault), flush=True)


if __name__ == "__main__":
    main()
