"""What is read and made of a file in a thread of its own, some of it ahead, while the database works.

The thread asks nobody but its caller for the file's bytes: who calls has the one connection.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any, Generic, Protocol, TypeVar

Made = TypeVar("Made")
Answer = TypeVar("Answer")
Given = TypeVar("Given")


class Ask(Protocol):
    """Has something done in the caller's thread, where the database may be asked, and returns what it returns."""

    def __call__(self, call: Callable[[], Answer]) -> Answer: ...


MADE_AHEAD = 2  # of what is made
PIECES_AHEAD = 1  # of the file, of a megabyte each, beside the one that is read
LOOK_SECONDS = 0.2  # between two looks whether anybody still waits
# After which the thread that works lets another go on, in a process that reads files: the one whose statement has been
# answered waited for the reader up to Python's 5 ms, several times a chunk; 1,000 customers took 47.8 ms, and 45.3 so.
SWITCH_SECONDS = 0.0005


class _Left(Exception):
    """Nobody waits any more."""


class _Ended(Exception):
    """All is made."""


class _Asked(Exception):
    """The next piece is needed."""


class _Called(Exception):
    """Something is to be done where the database may be asked."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self.call = call


class Ahead(Generic[Made]):
    """Makes things of a file's pieces in a thread. A context manager: at its end the thread has ended, too."""

    def __init__(self, pieces: Iterator[bytes], make: Callable[[Iterator[bytes], Ask], Iterator[Made]]) -> None:
        self.pieces, self.make = pieces, make
        self.given: Queue[bytes | None] = Queue()
        self.answers: Queue[Any] = Queue()
        self.made: Queue[Made | Exception] = Queue(MADE_AHEAD)
        self.is_left = Event()
        self.thread = Thread(target=self._run, name="import reader", daemon=True)

    def __enter__(self) -> "Ahead[Made]":
        sys.setswitchinterval(SWITCH_SECONDS)
        for _ in range(1 + PIECES_AHEAD):
            self._give()
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.is_left.set()
        self.thread.join()

    def next(self, seconds: float) -> Made | None:
        """Return what is made next, None where that takes longer; raises StopIteration at the end, or what ended it."""
        while True:
            try:
                found = self.made.get(timeout=seconds)
            except Empty:
                return None
            if isinstance(found, _Asked):
                self._give()
            elif isinstance(found, _Called):
                self.answers.put(found.call())
            elif isinstance(found, _Ended):
                raise StopIteration
            elif isinstance(found, Exception):
                raise found
            else:
                return found

    def _give(self) -> None:
        self.given.put(next(self.pieces, None))

    def _run(self) -> None:
        end: Exception = _Ended()
        with suppress(_Left):
            try:
                for each in self.make(self._taken(), self._ask):
                    self._put(each)
            except _Left:
                raise
            except Exception as error:
                end = error
            self._put(end)

    def _taken(self) -> Iterator[bytes]:
        while (piece := self._get(self.given)) is not None:
            self._put(_Asked())
            yield piece

    def _ask(self, call: Callable[[], Answer]) -> Answer:
        self._put(_Called(call))
        answer: Answer = self._get(self.answers)
        return answer

    def _get(self, queue: "Queue[Given]") -> Given:
        while not self.is_left.is_set():
            with suppress(Empty):
                return queue.get(timeout=LOOK_SECONDS)
        raise _Left

    def _put(self, what: Made | Exception) -> None:
        while not self.is_left.is_set():
            with suppress(Full):
                self.made.put(what, timeout=LOOK_SECONDS)
                return
        raise _Left
