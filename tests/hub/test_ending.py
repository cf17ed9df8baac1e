"""A signal that ends a command is heard wherever it comes, and shows no traceback."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
# What comes where nobody can catch it: what is raised there Python prints and drops.
UNSEEN = {
    "a weak reference's callback": "kept = Thing()\nreference = weakref.ref(kept, lambda _: tell())\ndel kept",
    "__del__": "Thing.__del__ = lambda self: tell()\nThing()",
    "a sweep of the garbage": "Thing.__del__ = lambda self: tell()\nit = Thing()\nit.it = it\ndel it\ngc.collect()",
}
COMMAND = """
import gc, signal, sys, time, weakref
from hub.serving.signals import raised, raised_again

class Thing: pass
NUMBER = signal.Signals({number})
def tell():
    signal.raise_signal(NUMBER)
    for _ in range(1000): pass

with raised_again():
    signal.signal(NUMBER, signal.default_int_handler if NUMBER == signal.SIGINT else raised)
    try:
{unseen}
        time.sleep({patience})
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        print("let go")
print("went on")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name)
@pytest.mark.parametrize("unseen", UNSEEN)
def test_an_end_that_python_drops_is_asked_for_again(unseen: str, number: signal.Signals) -> None:
    indented = "\n".join(f"        {each}" for each in UNSEEN[unseen].splitlines())
    command = COMMAND.format(number=int(number), unseen=indented, patience=PATIENCE)

    ended = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (128 + number, "let go\n", "")


def test_whoever_listens_by_then_is_asked() -> None:
    """The alarm is held back until somebody else listens: on a busy machine that may take longer than its moment."""
    command = f"""
import signal, time, weakref
from hub.serving.signals import raised, raised_again

class Thing: pass
def tell(_):
    signal.raise_signal(signal.SIGTERM)
def ask(number, frame):
    asked.append(int(number))

asked = []
with raised_again():
    signal.signal(signal.SIGTERM, raised)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    kept = Thing()
    reference = weakref.ref(kept, tell)
    del kept
    signal.signal(signal.SIGTERM, ask)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    until = time.monotonic() + {PATIENCE} / 2
    while not asked and time.monotonic() < until:
        time.sleep(0.01)
print("asked", *asked)
"""
    ended = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "asked 15\n", "")


def test_other_exceptions_that_python_drops_are_shown() -> None:
    command = """
from hub.serving.signals import raised_again

class Thing:
    def __del__(self): raise ValueError("of its own")

with raised_again():
    Thing()
"""
    ended = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )

    assert ended.returncode == 0
    assert "ValueError: of its own" in ended.stderr
