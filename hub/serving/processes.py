"""The hub's processes: the web server and the background worker, children that end with the one who started them."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import structlog

log = structlog.get_logger("hub.processes")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 15  # seconds for running requests and jobs to end
PAUSE = 2  # seconds before a process that died is started again
BEAT = 1  # seconds between two looks at the children and at what they stand on
PR_SET_PDEATHSIG = 1


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

    It gets a process group of its own, so that Ctrl-C reaches it through us.
    """

    name: str
    command: Sequence[str]
    inherits: Sequence[int] = ()
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *self.command],
            cwd=ROOT,
            pass_fds=self.inherits,
            process_group=0,
            preexec_fn=tied_to_us(signal.SIGTERM),
        )

    def exit_code(self) -> int | None:
        """Return how the process ended, None while it runs."""
        return self.process.poll() if self.process else None

    def end(self, seconds: float) -> None:
        """Wait for the process to end, and end it by force when it doesn't in time."""
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            log.error("process did not stop in time, killing it", process=self.name)
            self.process.kill()
            self.process.wait()


class Supervisor:
    """Starts the children, starts again those that die, and stops all of them on SIGINT or SIGTERM.

    `tend` is called with every look at them, for what the children stand on and cannot mend themselves.
    """

    def __init__(self, children: Sequence[Child], *, tend: Callable[[], None]) -> None:
        self.children = children
        self.tend = tend
        self.stopping = False

    def start(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        for child in self.children:
            child.start()

    def watch(self) -> None:
        """Return when asked to stop."""
        while not self.stopping:
            self.tend()
            for child in self.children:
                self._revive(child)
            self.rest(BEAT)

    def stop(self) -> None:
        """Ask the children to end, and end those that don't in time."""
        for child in self.children:
            if child.process:
                child.process.terminate()
        deadline = time.monotonic() + PATIENCE
        for child in self.children:
            child.end(max(0.1, deadline - time.monotonic()))

    def rest(self, seconds: float) -> None:
        """Sleep, but no longer than until asked to stop."""
        until = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < until:
            time.sleep(0.05)

    def _revive(self, child: Child) -> None:
        if child.exit_code() is not None and not self.stopping:
            log.error("process died, starting it again", process=child.name, code=child.exit_code())
            self.rest(PAUSE)
            if not self.stopping:
                child.start()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True
