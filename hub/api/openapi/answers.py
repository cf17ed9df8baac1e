"""The bodies that answers have, as types: what the OpenAPI document says of them is what stands below their members.

Nothing is made with them; schemathesis holds what the hub answers to them (tests/hub/test_openapi_kept.py).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, get_args

from django.db.models import Model
from pydantic import ConfigDict, Field, with_config
from rest_framework import serializers
from typing_extensions import TypedDict, is_typeddict

from hub.api.parameters import field_type
from hub.api.selection import HASH
from hub.api.serializers import MomentField, MoneyField
from hub.records.faults import TEXTS
from hub.records.types import MOST_MONEY

Errors = dict[str, list[str]]
Written = Annotated[str, Field(json_schema_extra={"format": "date-time", "examples": ["2026-01-31T12:00:00.000Z"]})]
HubId = Annotated[int, Field(ge=1)]


@with_config(ConfigDict(use_attribute_docstrings=True))
class Body(TypedDict):
    """A body, or a part of one."""


def made(name: str, members: Mapping[str, Any], config: ConfigDict | None = None, *, total: bool = True) -> Any:
    """Return a TypedDict whose members are known only when it is made."""
    make: Any = TypedDict
    kind = make(name, dict(members), total=total)
    return with_config(config)(kind) if config else kind


def succeeded(data: Any) -> Any:
    """Return the envelope of what went well, with its data."""
    said = {"success": Literal[True], "message": Annotated[str, Field(description="What was done.")], "data": data}
    return made(f"{data.__name__}Answer", said)


def page(record: Any) -> Any:
    """Return a page of records."""
    results = Annotated[list[record], Field(description="The records, in the order of their identifiers.")]
    following = Annotated[str | None, Field(description="Address of the next page; null on the last, and only there.")]
    count = Annotated[
        int | Literal["10000+"],
        Field(description="With `count=true`: how many there are on all pages; exact up to 10,000."),
    ]
    return made(f"{record.__name__}Page", {"results": results, "next": following, "count": NotRequired[count]})


class Nothing(Body):
    """No data."""


class Failed(Body):
    """The envelope of what failed."""

    success: Literal[False]
    message: str
    """What is wrong, in a sentence."""


class Failure(Failed):
    """The envelope of what failed."""

    data: Nothing


class Wait(Body):
    """When to come back."""

    retryAfter: Annotated[int, Field(ge=1)]
    """Seconds, as the header Retry-After says them."""


class RateExceeded(Failed):
    """The envelope of a request too many."""

    data: Wait


class Problem(Failure):
    """The envelope of a request with faults, all of them at once, which readers of RFC 7807 understand, too."""

    type: str
    """Address that names the kind of problem."""
    title: str
    """The kind of problem in words."""
    status: Literal[400]
    traceId: str
    """The trace of the request, in the form of a traceparent."""
    errors: Errors
    """By place the texts of what is wrong there: `[0].Language`, `[0].OrderItems[2].Sku`, a parameter's name; an empty
    name is the body as a whole. At most 100 places."""
    details: list["Fault"]
    """The same for programs, at most 100."""
    truncated: NotRequired[Literal[True]]
    """There are more places than 100."""


class Fault(Body):
    """One thing that is wrong."""

    index: int | None
    """Which record of the body, from 0; null where none is meant."""
    field: str | None
    """Which field or parameter; null for the record, or the body, as a whole."""
    code: Annotated[str, Field(json_schema_extra={"enum": sorted(TEXTS)})]
    """Stable name of the kind of fault; docs/api.md has the text of each."""
    hint: NotRequired[str]
    """How to mend it, where that can be said."""


# How a serializer's fields are written.
WRITTEN_AS: Mapping[type[serializers.Field[Any, Any, Any, Any]], Any] = {
    serializers.BooleanField: bool,
    serializers.CharField: str,
    serializers.DictField: dict[str, Any],
    serializers.IntegerField: int,
    serializers.ListField: list[str],
    MomentField: Written,
    MoneyField: Annotated[float, Field(ge=0, le=MOST_MONEY)],
}
HASH_FIELD = Field(
    pattern="^[0-9a-f]{64}$",
    description="With `fields=Hash`: the content hash, as docs/reconcile.md defines it.",
)
ADDED = {
    "HubId": "The id by which changes and downstream systems name the record.",
    "Attributes": "What else the vendors' dialects stored, under their names.",
    "Tags": "Tags that the vendors' dialects stored.",
    "MailingLists": "Mailing lists that the vendors' dialects stored.",
    "CreatedAt": "When the record came, in UTC.",
    "UpdatedAt": "When it was changed last, in UTC.",
}


def stored(name: str, serializer: Any, model: type[Model], record: type) -> Any:
    """Return the type of a record as it is read back, by its serializer.

    What may be null the model says; what a field means, the schema `record` that fills it. A read has all members but
    the hash, unless `fields` says which.
    """
    kind = made(name, _members(serializer, model, record) | {HASH: Annotated[str, HASH_FIELD]}, total=False)
    kind.meanings = record
    return kind


def _part(name: str, serializer: Any, model: type[Model], record: type) -> Any:
    """Return the type of a part of a record, which is read whole."""
    kind = made(name, _members(serializer, model, record))
    kind.meanings = record
    return kind


def _members(serializer: Any, model: type[Model], record: type) -> dict[str, Any]:
    return {field: _type_of(field, each, model, record) for field, each in serializer().fields.items()}


def _type_of(field: str, each: Any, model: type[Model], record: type) -> Any:
    """Return the type of a member that a serializer's field writes."""
    column: Any = model._meta.get_field(each.source)
    if isinstance(each, serializers.ListSerializer):
        (part,) = get_args(field_type(record, field))[:1]
        inner = part if is_typeddict(part) else get_args(part)[0]
        name = f"Stored{inner.__name__.removesuffix('Record')}"
        nested: Any = _part(name, type(each.child), column.related_model, inner)
        return list[nested]
    kind = WRITTEN_AS[type(each)] | None if column.null else WRITTEN_AS[type(each)]
    return Annotated[kind, Field(description=ADDED[field])] if field in ADDED else kind
