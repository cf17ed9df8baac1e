"""Which of the web server's processes a connection lands on, which decides how much of the machine a client gets."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.system.running import Hub, wait_until

pytestmark = pytest.mark.slow
ESTABLISHED = "01"  # in /proc/net/tcp


@contextmanager
def connections(hub: Hub, number: int) -> Iterator[None]:
    """Open connections one after the other, each used once and then kept."""
    with ExitStack() as opened:
        for _ in range(number):
            kept = hub.connect()
            opened.callback(kept.close)
            assert hub.send("GET", "/health", connection=kept).status == 200
        yield


def spread(hub: Hub) -> list[int]:
    """Return how many connections each web worker has."""
    inodes = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()
        if line.split()[1].endswith(f":{hub.port:04X}") and line.split()[3] == ESTABLISHED
    }
    held = Counter(dict.fromkeys(hub.web_workers(), 0))
    for pid in held:
        with suppress(FileNotFoundError):  # a process, or a descriptor, that has just gone
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                held[pid] += os.readlink(descriptor).removeprefix("socket:[").removesuffix("]") in inodes
    return sorted(held.values())


def assert_even(hub: Hub) -> None:
    """Connections end up evenly spread, again and again; a process that gets no processor for long may miss some."""
    assert wait_until(lambda: spread(hub) == [0, 0, 0])
    even = 0
    for _ in range(12):
        with connections(hub, 12):
            even += spread(hub) == [4, 4, 4]
        if even == 3:
            return
    pytest.fail(f"{even} of 12 times")


def test_connections_are_spread_evenly_over_the_processes(hub: Hub) -> None:
    assert_even(hub)


def test_they_are_spread_evenly_after_a_worker_was_killed(hub: Hub) -> None:
    victim = hub.web_workers()[0]

    os.kill(victim, signal.SIGKILL)

    assert wait_until(lambda: len(hub.web_workers()) == 3 and victim not in hub.web_workers())
    assert_even(hub)
