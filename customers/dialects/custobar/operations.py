"""What the OpenAPI document says of the Custobar endpoints."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from customers.dialects.custobar.events import MOST_EVENTS
from customers.dialects.custobar.fields import (
    ATTRIBUTES,
    COMPANY,
    FIELDS,
    FLAGS,
    KINDS,
    LISTS,
    MOST_CUSTOMERS,
    rules,
)
from customers.schemas import Strings
from hub.api.openapi.answers import Body, Errors, made
from hub.api.openapi.operations import Answer, Operation
from hub.api.pagination import PAGE
from hub.api.parameters import Parameters, meaning
from hub.records.schemas import STRICT
from tenants.api.answers import Count
from tenants.api.operations import refusals, refusals_of_bodies, refusals_of_writes

TAG = "Custobar"
OPEN = ConfigDict(extra="allow", use_attribute_docstrings=True)
# What a plugin sends for these is read more widely than as the type that it becomes.
AS_SENT: Mapping[str, Any] = {
    "country": meaning(str, "ISO 3166 code of two letters, in any case."),
    **{name: meaning(Strings | str, "Texts, or one by itself.") for name in LISTS},
}
COMPANY_FIELDS = {"patternProperties": {"^(?!__).+__": {"description": "A field of the company's own, kept as sent."}}}


def _sent() -> Any:
    """Return the type of customers in an upload."""
    kinds = {name: kind | None for name, kind in {**rules("UTC", "").kinds, **AS_SENT}.items() if name != COMPANY}
    config: Any = {**STRICT, "use_attribute_docstrings": False, "json_schema_extra": COMPANY_FIELDS}
    customer: Any = made("CustobarCustomer", {name: NotRequired[kind] for name, kind in kinds.items()}, config)
    return Annotated[list[customer], Field(max_length=MOST_CUSTOMERS)]


def _read() -> Any:
    """Return the type of customers that are read: all that names one is there, the rest where it was stored."""
    names = {name: bool if name in FLAGS else str | None for name in FIELDS}
    lists = {"can_post": bool, "tags": list[str], "mailing_lists": list[str]}
    kinds = {name: KINDS.get(name, str) for name in sorted(ATTRIBUTES - {"can_post"})}
    stored = {name: NotRequired[kind] for name, kind in kinds.items()}
    customer: Any = made("ReadCustobarCustomer", {**names, **lists, **stored}, OPEN)
    return list[customer]


@with_config(OPEN)
class Event(TypedDict):
    """Something that a customer did."""

    type: Annotated[str, Field(pattern=r"\S", examples=["MAIL_UNSUBSCRIBE", "SMS_UNSUBSCRIBE"])]
    """MAIL_UNSUBSCRIBE and SMS_UNSUBSCRIBE withdraw a permission; any other is taken, and nothing of it is kept."""
    email: NotRequired[str | None]
    phone_number: NotRequired[str | None]
    external_id: NotRequired[str | None]
    customer_id: NotRequired[str | None]
    """An external_id, too; 0 is nobody."""


class Events(Body):
    """Events; the array by itself is taken, too."""

    events: Annotated[list[Event], Field(max_length=MOST_EVENTS)]


class Taken(Body):
    """What became of an upload."""

    response: Literal["ok"]
    count: Count
    """Records received."""
    warnings: NotRequired[Errors]
    """By place what is left out, and what is odd."""
    rejected: NotRequired[Errors]
    """By place which records are not stored, and why."""
    skipped: NotRequired[list[Count]]
    """Which records are not stored because their person is forgotten."""


class Reason(Body):
    """What is wrong."""

    reason: str
    """In a sentence."""
    errors: Errors
    """By place."""


class CustobarFailure(Body):
    """What failed, in Custobar's shape."""

    response: Literal["error"]
    error: Reason


Upload = made("Upload", {"customers": _sent()})
CustobarPage = made("CustobarPage", {"customers": _read(), "next_url": str | None})
TAKEN = {200: Answer(Taken, "What can be stored is stored.", ("[X-Changeset]",), {"response": "ok", "count": 1})}
OPERATIONS = {
    "create": Operation(
        TAG,
        "Upload customers",
        "Stores up to 1,000 customers; an array without the object around it is taken, too. What has one plain meaning "
        "is converted; a value that cannot be used is left out and warned of; a record without a usable identifier is "
        "rejected. It is a 400 only where none can be stored.",
        TAKEN,
        body=Upload,
        examples={
            "a customer": {"customers": [{"external_id": "36", "email": "james@example.org", "tags.add": ["vip"]}]}
        },
    ),
    "withdraw": Operation(
        TAG,
        "Upload events",
        "Withdraws the permission that an unsubscribe is about, from everyone whom it names. Nobody is created.",
        TAKEN,
        body=Events,
        examples={"an unsubscribe": {"events": [{"type": "MAIL_UNSUBSCRIBE", "email": "james@example.org"}]}},
    ),
    "list": Operation(
        TAG,
        "Look customers up",
        "Customers that have all identifiers that are named, page by page. Unknown parameters are ignored.",
        {200: Answer(CustobarPage, "A page of customers.")},
    ),
}
# What the list reads beside `in_query`: identifiers are held to what the tenant's uploads are held to.
SOUGHT_BY = Parameters(
    {
        "external_id": meaning(str, "The external_id, exact."),
        "email": meaning(str, "The e-mail, in any of its forms."),
        "phone_number": meaning(str, "The phone number, as an upload may have it."),
        **PAGE.types,
    }
)
REFUSALS = {status: answer for status, answer in refusals({}, otherwise=CustobarFailure).items() if status != 404}
REFUSALS_OF_BODIES = refusals_of_bodies(CustobarFailure)
REFUSALS_OF_WRITES = refusals_of_writes(CustobarFailure)
SCHEMES = {
    "basic": {"type": "http", "scheme": "basic", "description": "The tenant's slug as user, a key as password."},
    "token": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Token` or `Bearer`, a blank, and a key.",
    },
}
