"""Which of the web server's processes a connection lands on, which decides how much of the machine a client gets."""

import os
import signal

import pytest

from tests.system.processes import kill
from tests.system.running import Hub
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
ROUNDS = 3


def assert_even(hub: Hub) -> None:
    """Connections end up evenly spread, every time, once every process takes some."""
    assert wait_until(hub.all_serve)
    for _ in range(ROUNDS):
        assert wait_until(lambda: hub.spread() == [0, 0, 0])
        with hub.connections(12):
            assert hub.spread() == [4, 4, 4]


def test_connections_are_spread_evenly_over_the_processes(patient_hub: Hub) -> None:
    assert_even(patient_hub)


def test_they_are_spread_evenly_after_a_worker_was_killed(patient_hub: Hub) -> None:
    victim = patient_hub.web_workers()[0]

    os.kill(victim, signal.SIGKILL)

    assert wait_until(lambda: len(patient_hub.web_workers()) == 3 and victim not in patient_hub.web_workers())
    assert_even(patient_hub)


def test_stuck_processes_leave_their_connections_to_the_one_that_is_not(hub: Hub) -> None:
    stuck = sorted(hub.all_web_workers())[1:]
    kill(*stuck, by=signal.SIGSTOP)
    try:
        with hub.connections(3):
            assert max(hub.spread()) >= 3
    finally:
        kill(*stuck, by=signal.SIGCONT)
