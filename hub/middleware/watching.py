"""Answers that are sent as a stream, watched until they have ended: when that was, and whether they broke off."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TypeGuard

from django.http import HttpResponseBase, StreamingHttpResponse

Ended = Callable[[BaseException | None], None]


def is_stream(response: object) -> TypeGuard[StreamingHttpResponse]:
    """Tell whether an answer goes as a stream: its length is not known, as that of a static file is."""
    return bool(getattr(response, "streaming", False)) and not response.has_header("Content-Length")  # type: ignore[attr-defined]


class Watched:
    """The pieces of an answer, each made `within` a context.

    `ended` is called once: with None when all are sent or the client has gone, else with what broke the answer off.
    """

    def __init__(
        self, pieces: Iterator[bytes], ended: Ended, within: Callable[[], AbstractContextManager[object]]
    ) -> None:
        self.pieces, self.ended, self.within = pieces, ended, within
        self.has_ended = False
        self.bytes = 0  # that were sent

    def __iter__(self) -> "Watched":
        return self

    def __next__(self) -> bytes:
        with self.within():
            try:
                piece = next(self.pieces)
                self.bytes += len(piece)
                return piece
            except StopIteration:
                self._end(None)
                raise
            except BaseException as error:
                self._end(error)
                raise

    def close(self) -> None:
        """Stop watching: nobody wants more pieces."""
        with self.within():
            self._end(None)

    def _end(self, error: BaseException | None) -> None:
        if not self.has_ended:
            self.has_ended = True
            self.ended(error)


def watch(
    response: StreamingHttpResponse,
    ended: Ended,
    *,
    within: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> None:
    """Have an answer that goes as a stream watched."""
    pieces: Iterator[bytes] = response.streaming_content  # type: ignore[assignment]
    response.streaming_content = Watched(pieces, ended, within)


def sent(response: HttpResponseBase) -> int:
    """Return how many bytes an answer's body has; of one that goes as a stream and is watched, those that were sent."""
    if length := response.headers.get("Content-Length"):
        return int(length)
    if isinstance(response, StreamingHttpResponse):
        return int(getattr(response._iterator, "bytes", 0))  # type: ignore[attr-defined]
    return len(getattr(response, "content", b""))
