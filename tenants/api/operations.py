"""What the OpenAPI document says of every endpoint below /…/{tenantId}, and of the change feed."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired
from uuid import UUID

from pydantic import Field

from hub.api.openapi.answers import (
    Body,
    Errors,
    Failed,
    Failure,
    HubId,
    Problem,
    RateExceeded,
    Written,
    page,
    succeeded,
)
from hub.api.openapi.operations import Answer, Operation
from tenants.models import Entity, LegalBasis, Source
from tenants.models import Operation as Done

TENANT_ID = Annotated[UUID, Field(description="The tenant's GUID, in any case.")]
Count = Annotated[int, Field(ge=0)]
Number = Annotated[int, Field(ge=1)]
AT = "2026-01-31T12:00:00.000Z"


class Change(Body):
    """What a dry run would change of one record."""

    index: Count
    """Which record, in the order sent; 0 of a delete."""
    status: Literal["created", "updated", "deleted"]
    """What would become of it."""
    HubId: HubId | None
    """The stored record's; null of one that would be new."""
    before: dict[str, Any] | None
    """The fields that differ, as a read shows them now; null of one that would be new."""
    after: dict[str, Any] | None
    """The same fields as they would be; null of one that would be gone."""


class Receipt(Body):
    """What a write did."""

    changeset: Number | None
    """Number of the changeset in the feed; null where nothing changed."""
    created: Count
    """Stored records that were created."""
    updated: Count
    """Stored records that were changed."""
    unchanged: Count
    """Stored records that were so already."""
    dryRun: NotRequired[Literal[True]]
    """With `dryRun=true`: nothing was stored, and `changeset` is null."""
    changes: NotRequired[Annotated[list[Change], Field(max_length=50)]]
    """With `dryRun=true`: what would change, of the first records."""


class Result(Body):
    """What became of one record of a batch."""

    index: Count
    """Which record, in the order sent."""
    status: Literal["created", "updated", "unchanged", "skipped"]
    """Skipped: nothing of it was applied."""
    HubId: HubId | None
    """The stored record's; null where there is none, or several."""
    HubIds: NotRequired[list[Annotated[int, Field(ge=1)]]]
    """Where a record meant several, theirs, at most 1,000."""


class Rejected(Body):
    """A record of a lenient batch that was left out."""

    index: Count
    """Which record, in the order sent."""
    CustomerId: NotRequired[str]
    Email: NotRequired[str]
    OrderId: NotRequired[str]
    ProductId: NotRequired[str]
    errors: Errors
    """By place in the record what is wrong there, at most 20."""
    truncated: NotRequired[Literal[True]]
    """There are more places than 20."""
    withdrawal: NotRequired[Literal[True]]
    """It withdraws consent, and was not taken: send it again first of all."""


class Saved(Receipt):
    """What became of a batch."""

    count: Count
    """Records received."""
    processedAt: Written
    """When, in UTC."""
    warnings: NotRequired[Errors]
    """By place what is odd without being wrong, and fields that are not known."""
    results: NotRequired[list[Result]]
    """With `results=true`: what became of each record, in the order sent."""
    rejected: NotRequired[list[Rejected]]
    """With `Prefer: handling=lenient`: records left out, those that withdraw consent first."""


class Removed(Receipt):
    """What a delete did."""

    removed: Count
    """Records, lines or variants that are gone."""
    deletedAt: Written
    """When, in UTC."""


class Told(Body):
    """What is told of a record of a changeset."""

    HubId: HubId
    """Which record."""
    Operation: Literal["created", "updated", "deleted"]
    """What the changeset did to it."""
    Processable: NotRequired[bool]
    """Of a customer: whether the person may be processed."""
    Record: NotRequired[dict[str, Any] | None]
    """With `include=records`: the record as a read of it answers now; null where it is gone."""
    Keys: NotRequired[dict[str, str | None] | None]
    """With `include=keys`: its identifiers; null where it is gone."""


class Certificate(Body):
    """The proof that a person was erased."""

    HubId: HubId | None
    """The erased record's; null of somebody whom only orders named."""
    Number: Annotated[str, Field(pattern="^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$")]
    """What the certificate is known by."""


class Erasure(Body):
    """On what ground persons were erased, and what proves it."""

    LegalBasis: LegalBasis | None
    """The ground of Art. 17(1) GDPR, where somebody named one."""
    Reference: str | None
    """The request's number or ticket, where somebody named one."""
    Certificates: list[Certificate]
    """One for each person."""


class Changeset(Body):
    """What one write changed."""

    Number: Number
    """Place in the feed, of this tenant alone, without gaps."""
    Entity: Entity
    """Of what kind the records are."""
    Operation: Done
    """What was done."""
    Source: Source
    """Through what."""
    Created: list[HubId]
    """Hub ids of records that were created."""
    Updated: list[HubId]
    """Hub ids of records that were changed."""
    Deleted: list[HubId]
    """Hub ids of records that are gone."""
    TraceId: str
    """The trace of the request that did it."""
    At: Written
    """When, in UTC."""
    Erasure: NotRequired[Erasure]
    """Of a changeset that erased persons: its ground and its certificates."""
    Records: NotRequired[list[Told] | None]
    """With `include` alone: what is told of each record; null where that is over 10 MB or 10,000 records."""


class Changes(Body):
    """A page of the feed."""

    results: list[Changeset]
    """Changesets in commit order."""
    next: Count
    """The `after` of the next call."""


class Oldest(Body):
    """Where the feed begins by now."""

    oldest: Number | None
    """Number of the oldest changeset that is kept, null where none is."""
    last: Count
    """Number of the last changeset: go on from here once all records have been read anew."""


class Expired(Failed):
    """The envelope of changesets that are no longer kept."""

    data: Oldest


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
