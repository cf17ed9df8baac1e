"""What an endpoint says of itself for the OpenAPI document, beside what its view, schemas and parameters say anyway."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Answer:
    """An answer of one status: the type of its body, None for none, what it means, and its headers, of HEADERS.

    Those that every answer of its endpoint has need not be said; one in brackets may be missing.
    """

    body: Any
    description: str
    headers: tuple[str, ...] = ()
    example: Any = None
    media_type: str = "application/json"
    also: tuple[str, ...] = ()  # other types of media, for who prefers them


@dataclass(frozen=True)
class Operation:
    """One action: under which heading, what it does in a line and in more, how it answers, and what it is sent.

    `body` is the type of what is sent, `examples` bodies to try, by name; `files` are bodies that are no JSON, by their
    type of media, each with one to try. `takes` are headers of a request, of HEADERS.
    What any endpoint of its kind may answer besides, `refusals` of its view say.
    """

    tag: str
    summary: str
    description: str
    answers: Mapping[int, Answer]
    body: Any = None
    examples: Mapping[str, Any] = field(default_factory=dict)
    takes: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


def says(**operations: Operation) -> Callable[[View], View]:
    """Decorate a view function with what each of its methods does: `@says(get=Operation(…))`."""

    def decorate(view: View) -> View:
        view.operations = operations  # type: ignore[attr-defined]
        return view

    return decorate


def header(description: str, kind: Any = str, **schema: Any) -> Any:
    """Return the type of a header's value."""
    return Annotated[kind, Field(description=description, json_schema_extra=schema)]


# Every header that a request or an answer has a meaning for, by the name that `takes` and `headers` say.
HEADERS: Mapping[str, Any] = {
    "Allow": header("The methods that the address takes."),
    "Cache-Control": header("Caches may keep it, and ask each time whether it is still so."),
    "Content-Disposition": header("Under which name to keep it."),
    "Content-Encoding": header("How the file is packed.", Literal["gzip", "zstd"]),
    "ETag": header("Names this version; sent back in If-None-Match it asks whether there is another."),
    "Idempotency-Key": header(
        "Names this request for 24 hours: sent again under it, it is answered as the first time, and done once. At "
        "most 255 characters, without a comma.",
        examples=["5f0c3a52-8d4e-4c8b-9f0e-0f6f3f1f6c1b"],
        maxLength=255,
    ),
    "Idempotent-Replayed": header("This is the answer of the first time; nothing was done now.", Literal["true"]),
    "If-None-Match": header("An ETag: where the answer would still be the same it is a 304 without a body."),
    "Prefer": header(
        "`handling=lenient` (RFC 7240): the good records are stored, and the others named.",
        examples=["handling=lenient"],
    ),
    "Preference-Applied": header("The batch was taken leniently.", Literal["handling=lenient"]),
    "Retry-After": header("Seconds after which it is worth trying again.", int, minimum=1),
    "Upload-Length": header("How many bytes the file will have, where that is known.", int, minimum=1),
    "Upload-Offset": header("How many bytes of the file have come: the next one's place, from 0.", int, minimum=0),
    "Vary": header("By which headers of a request the answer differs."),
    "WWW-Authenticate": header("How a key is sent here (RFC 9110, 11.6.1)."),
    "X-Changeset": header(
        "Number of the changeset in the feed; missing where nothing changed. Of an export that of the last one it has, "
        "0 for none.",
        int,
        minimum=0,
    ),
    "X-RateLimit-Limit": header("Requests allowed in the window that is nearer to its end.", int, minimum=0),
    "X-RateLimit-Remaining": header("Requests left in it.", int, minimum=0),
    "X-RateLimit-Reset": header("When it ends, in seconds since 1970.", int, minimum=0),
    "X-Sandbox": header("The tenant is a sandbox; missing of others.", Literal["true"]),
    "X-Request-Id": header("The trace id, as the log and the changeset have it.", pattern="^[0-9a-f]{32}$"),
    "traceparent": header(
        "W3C trace context. The trace of one that is sent goes on; what is none is ignored.",
        examples=["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
    ),
}
ALWAYS = ("X-Request-Id", "traceparent")  # on every answer
TAKEN = ("traceparent",)  # of every request
TAKEN_BY_WRITES, TOLD_OF_WRITES = ("Idempotency-Key",), ("[Idempotent-Replayed]",)
RATE = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
