"""The hub's processes: the web server and the background worker, children that end with the one who started them."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from types import FrameType

import structlog

from hub.serving.memory import MemoryBound, resident_bytes
from hub.serving.pulse import NAME as PULSE
from hub.serving.pulse import Pulse
from hub.serving.spread import NOBODY, Spread

log = structlog.get_logger("hub.processes")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 15  # seconds for running requests and jobs to end
PAUSE, MOST_PAUSE = 2, 60  # seconds before a process that died is started again, twice as many each time
STEADY_SECONDS = 60  # that a process lives whose death is the first again
STUCK_SECONDS = 120  # without a sign of one that gives signs: its jobs count as stalled then (tenants.system.jobs)
RESTED_SECONDS = 10  # between two looks: the supervisor itself was stopped, and with it everybody, as with its machine
START_SECONDS = 60  # that a process may take until it is ready
BEAT = 1  # seconds between two looks at the children and at what they stand on
PR_SET_PDEATHSIG = 1
NUMBERS = count()


def tied_to_us(number: signal.Signals) -> Callable[[], None]:
    """Make what a child does before exec so that the kernel sends it a signal when we die; only Linux has it."""
    parent = os.getpid()
    prctl = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None

    def ask_the_kernel() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, int(number))
            if os.getppid() != parent:
                os._exit(1)

    return ask_the_kernel


@dataclass
class Child:
    """A process by name and command line; `inherits` are descriptors it gets from us.

    It gets a process group of its own, so that Ctrl-C reaches it through us. One of the web server has a number of its
    own, its last argument, under which it says in `spread` that it serves.
    """

    name: str
    command: Sequence[str]
    inherits: Sequence[int] = ()
    spread: Spread | None = None
    pulse: Pulse | None = None
    number: int = 0
    process: subprocess.Popen[bytes] | None = None
    first_memory: int = 0  # bytes, when it began to serve
    started_at: float = 0  # time.monotonic
    deaths: int = 0  # in a row, each soon after a start
    again_at: float = 0  # time.monotonic, when one that died is started again; 0 while it lives

    def start(self) -> None:
        self.number, self.first_memory = next(NUMBERS), 0
        self.started_at, self.again_at = time.monotonic(), 0
        numbered = [str(self.number)] if self.spread else []
        watched = {PULSE: str(self.pulse.descriptor)} if self.pulse else {}
        if self.pulse:
            self.pulse.beat()
        self.process = subprocess.Popen(
            [sys.executable, *self.command, *numbered],
            cwd=ROOT,
            env={**os.environ, **watched},
            pass_fds=[*self.inherits, *([self.pulse.descriptor] if self.pulse else [])],
            process_group=0,
            preexec_fn=tied_to_us(signal.SIGTERM),
        )

    def exit_code(self) -> int | None:
        """Return how the process ended, None while it runs. Its connections are counted no more."""
        code = self.process.poll() if self.process else None
        if self.spread and code is not None:
            self.spread.publish(self.number, NOBODY)
        return code

    def note_death(self) -> int:
        """Return after how many seconds it is to be started again: longer each time that it dies soon."""
        lived = time.monotonic() - self.started_at
        self.deaths = self.deaths + 1 if lived < STEADY_SECONDS else 1
        pause: int = min(MOST_PAUSE, PAUSE << min(self.deaths - 1, 10))
        self.again_at = time.monotonic() + pause
        return pause

    def is_stuck(self) -> bool:
        """Tell whether the process is there and has given no sign for too long."""
        return bool(self.pulse and not self.again_at and self.pulse.age() > STUCK_SECONDS)

    def is_ready(self) -> bool:
        """Tell whether the process says that it serves."""
        return bool(self.spread and self.spread.accepts(self.number))

    def memory(self) -> int:
        """Return how many bytes of memory the process has."""
        return resident_bytes(self.process.pid) if self.process else 0

    def ask_to_end(self) -> None:
        """Let the process end soon."""
        if self.process:
            self.process.terminate()

    def ask_to_make_room(self) -> None:
        """Let a process of the web server end with what it is doing, which may take it two minutes."""
        if self.process:
            self.process.send_signal(signal.SIGHUP)

    def end(self, seconds: float) -> None:
        """Wait for the process to end, and end it by force when it doesn't in time."""
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            if seconds:
                log.error("process did not stop in time, killing it", process=self.name)
            self.process.kill()
            self.process.wait()


def web_server(application: str, listener: socket.socket, number: int) -> list[Child]:
    """Return so many processes of a web server (hub.serving.web) for an application."""
    spread = Spread.make()
    shared = [listener.fileno(), spread.descriptor]
    command = ["-m", "hub.serving.web", application, *map(str, shared)]
    return [Child("web server", command, shared, spread, Pulse.make()) for _ in range(number)]


class Supervisor:
    """Starts the children, starts again those that die, and stops all of them on SIGINT or SIGTERM.

    On SIGHUP others take their places, one after the other: a child that tells when it is ready is asked to end only
    then, and stays where its successor does not come. A child of the web server that has outgrown `most_memory` bytes
    is renewed in the same way, one at a time. `tend` is called with every look at them, for what the children stand on
    and cannot mend themselves.
    """

    def __init__(self, children: Sequence[Child], *, tend: Callable[[], None], most_memory: int = 0) -> None:
        self.children = list(children)
        self.leaving: list[Child] = []
        self.bound = MemoryBound(most_memory)
        self.tend = tend
        self.stopping = self.renewing = False
        self.looked_at = time.monotonic()

    def start(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        # A terminal that is closed sends it, too, and means the end.
        signal.signal(signal.SIGHUP, self._on_signal if sys.stdin.isatty() else self._on_hangup)
        for child in self.children:
            child.start()

    def watch(self) -> None:
        """Return when asked to stop."""
        while not self.stopping:
            self.tend()
            self._look()
            self.leaving = [child for child in self.leaving if child.exit_code() is None]
            if self.renewing:
                self._renew()
            elif not self.leaving:
                self._bound_memory()
            self.rest(BEAT)

    def stop(self) -> None:
        """Ask the children to end, and end those that don't in time."""
        everybody = [*self.children, *self.leaving]
        for child in everybody:
            child.ask_to_end()
        deadline = time.monotonic() + PATIENCE
        for child in everybody:
            child.end(max(0.1, deadline - time.monotonic()))

    def rest(self, seconds: float) -> None:
        """Sleep, but no longer than until asked to stop."""
        until = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < until:
            time.sleep(0.05)

    def _look(self) -> None:
        """Look at each child. One that could give no sign while this process rested has time for it now."""
        has_rested = time.monotonic() > self.looked_at + RESTED_SECONDS
        self.looked_at = time.monotonic()
        for child in self.children:
            if has_rested and child.pulse:
                child.pulse.beat()
            self._revive(child)

    def _revive(self, child: Child) -> None:
        """Start a child again some time after it died; end one that is stuck, which is started again like any other."""
        code = child.exit_code()
        if code is None:
            if child.is_stuck():
                log.error("process gives no sign of life, killing it", process=child.name, seconds=STUCK_SECONDS)
                child.end(0)
        elif not child.again_at:
            seconds = child.note_death()
            said = {"process": child.name, "code": code, "seconds": seconds, "times": child.deaths}
            log.error("process died, starting it again", **said)
        elif time.monotonic() >= child.again_at:
            child.start()

    def _renew(self) -> None:
        """Let each child's place be taken by a new process, as the code and the settings are now."""
        self.renewing = False
        for child in list(self.children):
            if not self._replace(child):
                return
        log.info("all processes are new ones")

    def _bound_memory(self) -> None:
        """Let the place of a process that has outgrown the bound be taken by a new one."""
        serving = [child for child in self.children if child.is_ready()]
        for child in serving:
            child.first_memory = child.first_memory or child.memory()
        if grown := self.bound.outgrown_by(serving):
            log.info("a process has grown and is renewed", process=grown.name, megabytes=grown.memory() >> 20)
            self._replace(grown)

    def _replace(self, child: Child) -> bool:
        """Let a child's place be taken by a new process; tell whether that came."""
        successor = replace(child, deaths=0)
        if not child.spread:
            child.ask_to_end()
            child.end(PATIENCE)
            successor.start()
        elif not self._comes(successor):
            return False
        else:
            child.ask_to_make_room()
            self.leaving.append(child)
        self.children[self.children.index(child)] = successor
        return True

    def _comes(self, successor: Child) -> bool:
        """Start a successor and wait until it is ready; where it does not come, say so and end it."""
        successor.start()
        deadline = time.monotonic() + START_SECONDS
        while successor.exit_code() is None and time.monotonic() < deadline and not self.stopping:
            if successor.is_ready():
                return True
            time.sleep(0.05)
        if not self.stopping:
            log.error("the new process does not start: the old ones go on", process=successor.name)
        successor.ask_to_end()
        successor.end(PATIENCE)
        return False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _on_hangup(self, _number: int, _frame: FrameType | None) -> None:
        self.renewing = True
