"""A process that gives no sign of life is ended and started again; one that dies soon, ever later."""

import signal
import socket
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hub.serving import processes
from hub.serving.processes import MOST_PAUSE, Child, Supervisor, web_server
from hub.serving.pulse import Pulse
from tests.waiting import PATIENCE, wait_until

SLEEPS = "import time; time.sleep(600)"
BEATS = """
import asyncio, sys
sys.path.insert(0, {root!r})
from hub.serving.pulse import Pulse, beating
asyncio.run(beating(Pulse.inherited()))
"""
ROOT = str(Path(__file__).resolve().parents[2])


def supervised(program: str) -> tuple[Supervisor, Child]:
    child = Child("worker", ["-c", program], pulse=Pulse.make())
    return Supervisor([child], tend=lambda: None), child


def test_one_that_gives_no_sign_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STUCK_SECONDS", 0.2)
    supervisor, child = supervised(SLEEPS)
    child.start()

    assert wait_until(child.is_stuck)
    supervisor._revive(child)

    assert child.exit_code() == -9
    supervisor._revive(child)
    assert (child.deaths, child.is_stuck()) == (1, False)


def test_one_that_gives_signs_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor, child = supervised(BEATS.format(root=ROOT))
    child.start()
    try:
        assert child.pulse
        pulse, began = child.pulse, child.started_at
        assert wait_until(lambda: pulse.age() < 0.5 and time.monotonic() - began > 2)
        supervisor._revive(child)

        assert child.exit_code() is None
    finally:
        child.ask_to_end()
        child.end(5)


def test_a_web_server_gives_signs_and_one_that_is_stopped_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        (child,) = web_server("wsgiref.simple_server:demo_app", listener, 1)
        supervisor = Supervisor([child], tend=lambda: None)
        child.start()
        try:
            assert child.pulse
            assert child.process
            assert wait_until(child.is_ready)
            pulse, served_from = child.pulse, time.monotonic()
            assert wait_until(lambda: pulse.age() < time.monotonic() - served_from)
            supervisor._revive(child)
            assert child.exit_code() is None

            child.process.send_signal(signal.SIGSTOP)
            monkeypatch.setattr(processes, "STUCK_SECONDS", 2)
            assert wait_until(child.is_stuck)
            with capture_logs() as logs:
                supervisor._revive(child)

            assert child.exit_code() == -signal.SIGKILL
            assert [line["event"] for line in logs] == ["process gives no sign of life, killing it"]
        finally:
            child.end(0.1)


def test_one_that_dies_at_once_is_started_later_each_time() -> None:
    child = Child("worker", ["-c", "raise SystemExit(3)"])

    pauses = []
    for _ in range(8):
        child.started_at = time.monotonic()
        pauses.append(child.note_death())

    assert pauses == [2, 4, 8, 16, 32, MOST_PAUSE, MOST_PAUSE, MOST_PAUSE]


def test_one_that_has_lived_for_a_while_is_started_soon_again() -> None:
    child = Child("worker", [], deaths=5)
    child.started_at = time.monotonic() - 3600

    assert (child.note_death(), child.deaths) == (2, 1)


def test_one_that_was_stopped_together_with_its_supervisor_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STUCK_SECONDS", 0.2)
    monkeypatch.setattr(processes, "RESTED_SECONDS", 0.2)
    supervisor, child = supervised(SLEEPS)
    child.start()
    try:
        assert wait_until(child.is_stuck)

        supervisor._look()

        assert child.exit_code() is None
        assert wait_until(child.is_stuck)
        supervisor.looked_at = time.monotonic() + PATIENCE  # it has not rested since, however busy the machine is
        supervisor._look()
        assert child.exit_code() == -signal.SIGKILL
    finally:
        child.end(0.1)
