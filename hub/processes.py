"""The hub's processes: the web server and the background worker, children that end with the one who started them."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import structlog

from hub.postgres_programs import tied_to_us

log = structlog.get_logger("hub.processes")
ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 15  # seconds for running requests and jobs to end
PAUSE = 2  # seconds before a process that died is started again


@dataclass
class Child:
    """A process by name and command line. It gets a process group of its own, so that Ctrl-C reaches it through us."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *self.command], cwd=ROOT, process_group=0, preexec_fn=tied_to_us(signal.SIGTERM)
        )

    def died(self) -> bool:
        return self.process.poll() is not None


class Supervisor:
    """Starts the children, starts again those that die, and stops all of them on SIGINT or SIGTERM."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children
        self.stopping = False

    def start(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        for child in self.children:
            child.start()

    def watch(self) -> None:
        """Return when asked to stop."""
        while not self.stopping:
            time.sleep(0.2)
            for child in self.children:
                if not self.stopping and child.died():
                    log.error("process died, starting it again", process=child.name, code=child.process.returncode)
                    time.sleep(PAUSE)
                    child.start()

    def stop(self) -> None:
        """Ask the children to end, and end those that don't in time."""
        for child in self.children:
            child.process.terminate()
        deadline = time.monotonic() + PATIENCE
        for child in self.children:
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True
