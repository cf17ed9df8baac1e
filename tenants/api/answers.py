"""The bodies of what the hub's own endpoints answer, as the OpenAPI document has them."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field

from hub.api.openapi.answers import (
    Body,
    Errors,
    Failed,
    HubId,
    Written,
)
from tenants.models import Entity, LegalBasis, Source
from tenants.models import Operation as Done

Count = Annotated[int, Field(ge=0)]
Number = Annotated[int, Field(ge=1)]


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
