"""Threads that work through what is given them; the one that rested last goes first.

Its caches and its database connection, with the statements prepared there, are warm: so one client's calls are all
answered by one thread, and not by each in turn.
"""

from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Generic, TypeVar

Task = TypeVar("Task")


class Threads(Generic[Task]):
    """So many threads, which call `work` with each task."""

    def __init__(self, number: int, work: Callable[[Task], None]) -> None:
        self.work = work
        self.lock = Lock()
        self.resting: list[SimpleQueue[Task]] = []
        self.waiting: deque[Task] = deque()
        for _ in range(number):
            Thread(target=self._run, daemon=True).start()

    def give(self, task: Task) -> None:
        """Have a task done as soon as a thread is free."""
        with self.lock:
            if self.resting:
                self.resting.pop().put(task)
            else:
                self.waiting.append(task)

    def _run(self) -> None:
        own: SimpleQueue[Task] = SimpleQueue()
        while True:
            self.work(self._next(own))

    def _next(self, own: "SimpleQueue[Task]") -> Task:
        with self.lock:
            if self.waiting:
                return self.waiting.popleft()
            self.resting.append(own)
        return own.get()
