"""The envelope of every native answer, and the JSON it is written in (document 001, "Response format")."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson
from django.http import HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from hub.api.outcomes import NOTHING, Outcome, message_as_mistake
from hub.records.records import exact


def utc(moment: datetime) -> str:
    """Write a moment as the API does everywhere: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """Return this moment as the API writes it."""
    return utc(datetime.now(UTC))


def to_json(content: object) -> bytes:
    """Write strict UTF-8 JSON, a Decimal to its last digit. msgspec writes what orjson refuses: huge integers."""
    try:
        return orjson.dumps(content, default=exact)
    except orjson.JSONEncodeError:
        return msgspec.json.Encoder(decimal_format="number").encode(content)


class JsonResponse(HttpResponse):
    """A strict UTF-8 JSON answer, which no cache on the way keeps: keys come in headers that caches know nothing of."""

    outcome: Outcome = NOTHING

    def __init__(self, content: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        said = {"Cache-Control": "no-store", **(headers or {})}
        super().__init__(to_json(content), content_type="application/json", status=status, headers=said)


def success(
    message: str, data: Mapping[str, object], headers: Mapping[str, str] | None = None, *, status: int = 200
) -> JsonResponse:
    """Answer 200, or 202 for what is yet to be done, with the envelope."""
    return JsonResponse({"success": True, "message": message, "data": data}, status=status, headers=headers)


def in_changeset(number: int | None) -> dict[str, str]:
    """Return the header that names a write's changeset, in every dialect; of a write that changed nothing, none."""
    return {} if number is None else {"X-Changeset": str(number)}


def failure(
    status: int, message: str, data: Mapping[str, object] | None = None, headers: Mapping[str, str] | None = None
) -> JsonResponse:
    """Answer with the failure envelope."""
    response = JsonResponse({"success": False, "message": message, "data": data or {}}, status=status, headers=headers)
    response.outcome = Outcome(mistakes=[message_as_mistake(status, message)])
    return response


class JsonRenderer(BaseRenderer):
    """Write JSON with orjson; DRF's browsable API is not for machines."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return to_json(data)


class AlwaysJson(BaseContentNegotiation):
    """Answer JSON whatever the Accept header says."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type
