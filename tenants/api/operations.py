"""What the OpenAPI document says of every endpoint below /…/{tenantId}, and of the change feed."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from hub.api.openapi.answers import (
    Failure,
    Problem,
    RateExceeded,
    page,
    succeeded,
)
from hub.api.openapi.operations import Answer, Operation
from tenants.api.answers import Changes, Changeset, Expired, Removed, Saved

TENANT_ID = Annotated[UUID, Field(description="The tenant's GUID, in any case.")]
AT = "2026-01-31T12:00:00.000Z"


def failed(message: str, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the envelope of a failure, as an example."""
    return {"success": False, "message": message, "data": data or {}}


def saved(noun: str) -> Mapping[int, Answer]:
    """Return how an upsert answers."""
    data = {"count": 1, "processedAt": AT, "changeset": 17, "created": 1, "updated": 0, "unchanged": 0}
    example = {"success": True, "message": f"{noun} saved.", "data": data}
    return {
        200: Answer(succeeded(Saved), "All of the batch is stored.", ("[X-Changeset]", "[Preference-Applied]"), example)
    }


def removed(message: str, data: type[Removed]) -> Mapping[int, Answer]:
    """Return how a delete answers, with the identifiers it took."""
    own = data.__annotations__.keys() - Removed.__annotations__.keys()
    ids = {name: None if name == "email" else f"{name[0].upper()}-1" for name in sorted(own)}
    receipt = {"removed": 1, "deletedAt": AT, "changeset": 18, "created": 0, "updated": 0, "unchanged": 0}
    example = {"success": True, "message": message, "data": {**ids, **receipt}}
    answer = Answer(succeeded(data), "Gone, or not there in the first place.", ("[X-Changeset]",), example)
    return {200: answer}


def paged(record: Any, description: str) -> Mapping[int, Answer]:
    """Return how a list answers with records of a type."""
    return found(page(record), description)


def found(data: Any, description: str) -> Mapping[int, Answer]:
    """Return how a read answers."""
    return {200: Answer(succeeded(data), description)}


def read(record: Any, description: str) -> Mapping[int, Answer]:
    """Return how a read of one record answers, which may be known already."""
    return {
        200: Answer(succeeded(record), description, ("ETag", "Vary")),
        304: Answer(None, "It is what If-None-Match names.", ("ETag", "Vary")),
    }


NATIVE: Mapping[int, Any] = {400: Problem | Failure, 429: RateExceeded}  # all others are a Failure


def refusals(bodies: Mapping[int, Any], *, otherwise: Any, examples: bool = False) -> Mapping[int, Answer]:
    """Return what any endpoint of a tenant may answer, in the bodies of a dialect."""
    said = {
        400: ("What the address or the body holds is wrong; nothing is done.", ()),
        401: ("No key, or none that is live and of this tenant.", ("WWW-Authenticate",)),
        403: (
            "The tenant is disabled, the key may not do this, or the request came in clear where the hub has HTTPS.",
            (),
        ),
        404: ("There is no such tenant, or nothing of that name.", ()),
        429: ("The rate limit is exceeded.", ("Retry-After",)),
        500: ("Something unforeseen; nothing is half done.", ()),
        503: ("Away, busy or full for now; nothing is half done.", ("Retry-After",)),
    }
    shown = {401: "Unauthorized.", 404: "Tenant not found."} if examples else {}
    return {
        status: Answer(bodies.get(status, otherwise), text, headers, shown.get(status) and failed(shown[status]))
        for status, (text, headers) in said.items()
    }


def refusals_of_bodies(body: Any) -> Mapping[int, Answer]:
    """Return what an endpoint may answer besides that takes a body."""
    return {
        413: Answer(body, "The body has more than 10 MB, inflated."),
        415: Answer(body, "The body is no JSON by its Content-Type, or compressed in a way that is not known."),
    }


def refusals_of_writes(body: Any) -> Mapping[int, Answer]:
    """Return what an endpoint may answer besides that takes an Idempotency-Key."""
    return {
        409: Answer(body, "The first request under this Idempotency-Key is still running.", ("Retry-After",)),
        422: Answer(body, "Another request was sent under this Idempotency-Key."),
    }


REFUSALS = refusals(NATIVE, otherwise=Failure, examples=True)
REFUSALS_OF_BODIES = refusals_of_bodies(Failure)
REFUSALS_OF_WRITES = refusals_of_writes(Failure)

FEED = {
    "list": Operation(
        "Changes",
        "Follow the changes",
        "Changesets after a number, in commit order; `next` is the `after` of the next call. An answer names at most "
        "10,000 records, so it may have fewer changesets than `limit` says, but has one where there is one.",
        {
            **found(Changes, "Changesets, none where nothing came."),
            410: Answer(Expired, "A changeset after that number is no longer kept: read all records anew."),
        },
    ),
    "retrieve": Operation(
        "Changes",
        "Read one changeset",
        "The changeset that `X-Changeset` of a write names, with its records as they are now.",
        {
            **found(Changeset, "The changeset."),
            410: Answer(Expired, "It is no longer kept."),
        },
    ),
}
