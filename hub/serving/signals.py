"""Signals that end a command: raised as exceptions, so that it lets go of what it holds, and again where they are lost.

What a handler raises in a callback of a weak reference, a `__del__` or a sweep of the garbage, Python prints and drops:
nobody has called those. Importing a module has such callbacks: a process that was told to end in one would go on.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

MOMENT = 0.01  # seconds until it is asked again: the callback is over by then


class Ended(SystemExit):
    """A signal said that the process is to end, with the exit code that shells know."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number


def raised(number: int, frame: FrameType | None) -> NoReturn:
    """End the process by an exception: a handler of signals."""
    raise Ended(number)


@contextmanager
def raised_again() -> Iterator[None]:
    """Send us a signal again whose exception was dropped, a moment later, to whoever listens to it by then.

    Any other dropped exception is shown as ever.
    """
    show, lost = sys.unraisablehook, set[int]()

    def note(dropped: "sys.UnraisableHookArgs") -> None:
        if number := _number(dropped.exc_value):
            lost.add(number)
            signal.setitimer(signal.ITIMER_REAL, MOMENT)
        else:
            show(dropped)

    def send_again(number: int, frame: FrameType | None) -> None:
        while lost:
            signal.raise_signal(lost.pop())

    before = signal.signal(signal.SIGALRM, send_again)
    sys.unraisablehook = note
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.unraisablehook = show


def _number(exception: BaseException | None) -> int:
    """Return of which signal an exception tells, 0 of none."""
    if isinstance(exception, KeyboardInterrupt):
        return signal.SIGINT
    return exception.number if isinstance(exception, Ended) else 0
