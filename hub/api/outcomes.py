"""What the request log says of an answer beside its status: counts, the changeset, what was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.records.mistakes import Mistake, masked

# The code of a failure that has none of its own.
CODES = {
    400: "bad_request",
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    409: "conflict",
    410: "expired",
    413: "body_too_large",
    415: "media_type",
    422: "unusable",
    429: "rate_limited",
    500: "unexpected",
    503: "unavailable",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: None where a count says nothing. `faults` is how many `mistakes` there were in all."""

    received: int | None = None
    created: int | None = None
    updated: int | None = None
    unchanged: int | None = None
    removed: int | None = None
    changeset: int | None = None
    mistakes: Sequence[Mistake] = ()
    faults: int = 0


NOTHING = Outcome()


def code_of(status: int) -> str:
    """Return the code of a failure of which nothing but its status is known."""
    return CODES.get(status, f"status_{status}")


def message_as_mistake(status: int, message: str) -> Mistake:
    """Return the message of a failure's envelope as what was wrong."""
    return Mistake(code_of(status), masked(message))
