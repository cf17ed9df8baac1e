"""Idempotency-Key: who sends a write again, for its answer was lost, gets that answer, and nothing is written twice."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from hub.api.errors import ApiError
from hub.api.parameters import one_line
from hub.records.faults import Fault, failed
from tenants.api.sealing import sealed
from tenants.api.views import TenantViewSet
from tenants.changes.once import OtherRequest, StillRunning, do_once

Answer = TypeVar("Answer", bound=HttpResponseBase)
HEADER, SENT_AS = "Idempotency-Key", "HTTP_IDEMPOTENCY_KEY"
REPLAYED = "Idempotent-Replayed"
MOST = 255  # characters
RUNNING = "A request with this Idempotency-Key is still running. Send it again in a second to get its answer."
OTHER = (
    "This Idempotency-Key was sent with another request before: method, path, query and body must be the same."
    " Send a new request with a new key."
)


def writes(action: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate an action of a TenantViewSet that writes: it takes an Idempotency-Key.

    With the header, all that the action writes is one transaction, in which its answer is kept where it is a 2xx and
    the view `keeps_answer`. The same request gets it again for 24 hours, and writes nothing. Raises ValidationFailed
    for a header that is none, ApiError 422 for another request under the key, 409 while the first is still running.
    """

    @wraps(action)
    def answer(self: TenantViewSet, request: Request, **kwargs: Any) -> HttpResponse:
        return answer_once(self, key_of(request), lambda: action(self, request, **kwargs))

    return is_write(answer)


def is_write(action: Callable[..., Answer]) -> Callable[..., Answer]:
    """Decorate an action that calls `answer_once` itself, once it has what it was sent."""
    action.is_write = True  # type: ignore[attr-defined]  # for the OpenAPI document
    return action


def answer_once(view: TenantViewSet, name: str | None, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer as an action that `writes` does, to what the view was `sent` under a key, if any."""
    return act() if name is None or not view.keeps_answer else _answer_once(view, name, act)


def _answer_once(view: TenantViewSet, name: str, act: Callable[[], HttpResponse]) -> HttpResponse:
    view.take_turn()  # before the transaction begins, which is to be short
    seal = sealed(view.tenant, view.origin, name, view.request._request, view.sent)
    answers: list[HttpResponse] = []

    def do() -> bytes | None:
        answers.append(act())
        return seal.seal(answers[0]) if 200 <= answers[0].status_code < 300 else None

    try:
        kept = do_once(seal.claim, do)
    except StillRunning:
        raise ApiError(409, RUNNING, headers={"Retry-After": "1"}) from None
    except OtherRequest:
        raise ApiError(422, OTHER) from None
    if kept is None:
        return answers[0]
    replayed = seal.unseal(kept)
    replayed[REPLAYED] = "true"
    return replayed


def key_of(request: Request) -> str | None:
    """Return the key that a request came with, None for none; raises ValidationFailed for one that cannot be used."""
    text = request.META.get(SENT_AS)
    if text is None:
        return None
    text = _as_utf8(text.strip())
    if kind := _fault(text):
        raise failed([Fault((HEADER,), kind, limit=MOST)])
    return text


def _fault(text: str) -> str | None:
    """Return what is wrong with a key: of a header that came twice servers make one, with a comma between."""
    if not text:
        return "empty_header"
    if "," in text:
        return "doubled_header"
    if len(text) > MOST:
        return "too_long"
    return None if one_line(text) else "one_line"


def _as_utf8(text: str) -> str:
    """Return a header's text, which servers hand over byte by byte, as UTF-8 where it is."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
