"""Questions about the hub itself, asked beside what answers requests: whoever asks waits so long and no longer.

A database that hangs (a host that went without a word, a server that is stopped) keeps whoever asks it for as long
as TCP does. So threads of their own ask, over connections of their
own; a question that one is still at is not asked twice.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from django.db import connection, transaction

Answer = TypeVar("Answer")


class Aside:
    """A thread that asks. Where it does not run (tests, commands), whoever asks does it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.asked: dict[str, Future[Any]] = {}
        self.thread: Thread | None = None
        self.is_serving = False

    def ask(self, name: str, question: Callable[[], Answer], seconds: float) -> Answer:
        """Return the answer to a question; raises TimeoutError for none in time, and what the question raises."""
        if not self.is_serving:
            return question()
        with self.lock:
            self._start()
            future = self.asked.get(name)
            if future is None or future.done():
                future = self.asked[name] = Future()
                self.tasks.put(partial(_answer, future, question))
        answer: Answer = future.result(seconds)
        return answer

    def end(self) -> None:
        """Have the thread end when it has nothing more to ask."""
        self.is_serving = False
        self.tasks.put(None)

    def _start(self) -> None:
        if self.thread is None:  # at the first question: a server may fork after it has loaded the hub
            self.thread = Thread(target=self._run, name="aside", daemon=True)
            self.thread.start()

    def _run(self) -> None:
        while task := self.tasks.get():
            task()
        connection.close()


def _answer(future: "Future[Any]", question: Callable[[], Any]) -> None:
    try:
        future.set_result(question())
    except BaseException as error:
        connection.close()  # a broken one serves nobody
        future.set_exception(error)


@contextmanager
def bounded(milliseconds: int) -> Iterator[None]:
    """Open a transaction in which a statement takes no longer than this."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
        yield


FOR_PROBES, FOR_METRICS = Aside(), Aside()  # a slow measure must not make the hub look unready


@contextmanager
def asking() -> Iterator[None]:
    """Have threads of this process ask, while it serves (BESIDE_ANSWERS)."""
    FOR_PROBES.is_serving = FOR_METRICS.is_serving = True
    try:
        yield
    finally:
        FOR_PROBES.end()
        FOR_METRICS.end()
