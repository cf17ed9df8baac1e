"""What the OpenAPI document says of the Jericommerce endpoints."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field

from hub.api.openapi.answers import Body, Errors, made
from hub.api.openapi.operations import Answer, Operation
from hub.records.schemas import STRICT
from hub.records.types import RequiredEmail
from tenants.api.answers import Count
from tenants.api.operations import refusals, refusals_of_bodies, refusals_of_writes

PROGRAM_ID = Annotated[str, Field(description="The tenant's GUID or slug.")]
TAG = "Jericommerce"


class UpdateResult(Body):
    """What became of one update."""

    index: Count
    """Which update, in the order sent."""
    email: Any
    """The e-mail as it was sent."""
    status: Literal["created", "updated", "skipped", "failed"]
    """Skipped: it is a forgotten person's, and nothing of it is stored."""
    error: NotRequired[str]
    """Why it was skipped, or failed."""


class UpdateResults(Body):
    """What became of the updates of a call."""

    results: list[UpdateResult]


class NoResults(Body):
    """A call of which nothing was done."""

    results: Annotated[list[UpdateResult], Field(max_length=0)]
    error: str
    """What is wrong, in a sentence."""
    errors: NotRequired[Errors]
    """By parameter what is wrong with it."""


class DeletedCustomer(Body):
    """What a delete did."""

    email: str
    """The e-mail in its one form."""
    status: Literal["deleted"]
    removed: Count
    """Customers that are gone."""


def operations(payload: type, most: int) -> Mapping[str, Operation]:
    """Return what the endpoints say of themselves, whose updates have a `payload`, `most` in a call."""
    members = {"email": RequiredEmail, "feature": Literal["users"], "payload": payload}
    update: Any = made("Update", members, STRICT)
    results = {"results": [{"index": 0, "email": "jane@example.com", "status": "created"}]}
    return {
        "create": Operation(
            TAG,
            "Create and update customers",
            "Stores up to 100 customers, in order. They are named by their e-mail; `payload.email` gives one another. "
            "An update that has a fault fails, and the others are stored.",
            {
                201: Answer(
                    UpdateResults, "At least one did not fail, or there was none.", ("[X-Changeset]",), results
                ),
                404: Answer(UpdateResults, "All failed."),
            },
            body=Annotated[list[update], Field(max_length=most)],
            examples={
                "a customer": [
                    {
                        "email": "jane@example.com",
                        "feature": "users",
                        "payload": {"externalCustomerId": "USER-1", "name": "Jane Doe", "emailVerified": True},
                    }
                ]
            },
        ),
        "remove": Operation(
            TAG,
            "Delete a customer",
            "Erases whoever has the e-mail.",
            {201: Answer(DeletedCustomer, "Gone, or not there in the first place.", ("[X-Changeset]",))},
        ),
    }


REFUSALS = {status: answer for status, answer in refusals({}, otherwise=NoResults).items() if status != 404}
REFUSALS_OF_BODIES = refusals_of_bodies(NoResults)
REFUSALS_OF_WRITES = refusals_of_writes(NoResults)
SCHEMES = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "api-key", "description": "A key of the tenant."},
    "authorization": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "A key of the tenant by itself, or behind `Bearer`.",
    },
}
