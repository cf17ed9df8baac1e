"""A request that waits for news: what a view and the web server tell each other in the environ, where no client writes.

A view that has nothing yet answers so, and leaves a Wait. The hub's web server keeps that answer back, and has the
request answered anew when there is news or its time is over (hub.serving.parking). Any other server sends it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

SECONDS, WAIT, RESUMED = "hub.seconds", "hub.wait", "hub.is_resumed"
News = Iterable[tuple[UUID, str, int]]  # of each stream and kind that has any, the last number


@dataclass(eq=False, slots=True)
class Wait:
    """What a request waits for, `seconds` at most: a number in a stream above the last one it has seen.

    Of some `kinds`, where they are named. `ask` returns what came in some streams after a number of each: it is called
    in a thread, for all who wait with it at once, and raises what it likes where it does not know.
    """

    stream: UUID
    kinds: Collection[str] | None
    number: int
    seconds: float
    ask: Callable[[Mapping[UUID, int]], News]


def seconds_to_wait(request: HttpRequest) -> float:
    """Return how long a request may wait: what is left, where it has waited, and nothing where the server can't."""
    left: float = request.META.get(SECONDS, 0)
    return left


def wait_for(request: HttpRequest, wait: Wait) -> None:
    """Have the answer to a request kept back, where its server can."""
    request.META[WAIT] = wait


def is_resumed(request: HttpRequest) -> bool:
    """Tell whether a request was let in before, has waited, and is answered anew."""
    return bool(request.META.get(RESUMED))


def resumed(environ: dict[str, Any], *, seconds: float, traceparent: str) -> dict[str, Any]:
    """Return the environ of a request that has waited, in the trace of its first answer."""
    return {**environ, RESUMED: True, SECONDS: seconds, "HTTP_TRACEPARENT": traceparent}
