"""The clients, started once and given task after task."""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from benchmarks.client import Report, Task, serve
from hub.serving.processes import tied_to_us

FORK = multiprocessing.get_context("fork")


class Clients:
    """Client processes; they end with the `with` block, or with this process."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._pipes: list[Connection] = []
        self._processes: list[multiprocessing.process.BaseProcess] = []
        self._busy: list[Connection] = []

    def __enter__(self) -> Self:
        tie = tied_to_us(signal.SIGKILL)
        for _ in range(self.number):
            ours, theirs = FORK.Pipe()
            process = FORK.Process(target=_serve_tied, args=(theirs, tie), daemon=True)
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            process.join()

    def prepare(self, tasks: Sequence[Task]) -> None:
        """Give a task to as many clients; return when all have connected and sent their warm-up."""
        self._busy = self._pipes[: len(tasks)]
        for pipe, task in zip(self._busy, tasks, strict=True):
            pipe.send(task)
        for pipe in self._busy:
            pipe.recv()

    def run(self) -> list[Report]:
        """Start all that are prepared at once, and return their reports when the last is done."""
        for pipe in self._busy:
            pipe.send("go")
        return [pipe.recv() for pipe in self._busy]


def _serve_tied(pipe: Connection, tie: Callable[[], None]) -> None:
    tie()
    serve(pipe)
