"""POST /customers|orders|products/{tenantId}/reconcile: a partner's ids, with content hashes or without, compared."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any, NotRequired

from django.http import HttpResponse
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from hub.api.openapi.answers import Body, made, succeeded
from hub.api.openapi.operations import Answer, Operation
from hub.api.responses import success
from hub.records.faults import Fault, failed, fault_of, unreadable
from hub.records.reading import MOST_FAULTS, UNPRINTABLE, Pairs
from hub.records.schemas import refuse_too_many_values
from hub.records.types import identifier
from tenants.api.views import TenantViewSet
from tenants.reconciling import Question, Reconciliation, reconcile

MOST_IDS = 10_000
MOST_END = 255  # characters of an end of the range, as many as an e-mail may have
NAMED_BY = ("ids", "hashes")
MEMBERS = ("from", *reversed(NAMED_BY), "to")
HASH = re.compile("[0-9a-fA-F]{64}")
KNOWN = f"Known here: {', '.join(MEMBERS)}."
ContentHash = Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")]
Ids = Annotated[list[str], Field(max_length=MOST_IDS)]


class Compared(Body):
    """What is compared: `ids` or `hashes`, one of them."""

    ids: NotRequired[Ids]
    """Ids, each once."""
    hashes: NotRequired[
        Annotated[dict[str, Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")]], Field(max_length=MOST_IDS)]
    ]
    """The content hash of each record by its id."""


# `from` is a word of Python's, and no member of a class.
Comparison = made(
    "Comparison",
    {
        **Compared.__annotations__,
        "from": NotRequired[Annotated[str, Field(description="Where the range begins; the least id without it.")]],
        "to": NotRequired[Annotated[str, Field(description="Where it ends; the greatest id without it.")]],
    },
)


class Differences(Body):
    """What differs between what was sent and what is stored."""

    missing: list[str]
    """Sent, and not stored."""
    extra: list[str]
    """Stored in the range, and not sent."""
    different: list[str]
    """Stored with another content hash."""
    next: str | None
    """The `from` with which to ask for more of what is extra; null where this is all."""


def compared(tag: str, named_by: str) -> Operation:
    """Return what is said of the reconciliation of an entity."""
    answer = {"missing": ["2"], "extra": [], "different": [], "next": None}
    example = {"success": True, "message": f"{tag} compared.", "data": answer}
    return Operation(
        tag,
        f"Compare {tag.lower()} with yours",
        f"What is stored within the range and what was sent, compared by {named_by}: by the ids alone, or by content "
        "hashes, as docs/reconcile.md defines them. Reads, and writes nothing.",
        {200: Answer(succeeded(Differences), "What differs.", (), example)},
        body=Comparison,
        examples={"ids": {"ids": ["1", "2"]}, "hashes": {"hashes": {"1": "0" * 64}, "from": "0", "to": "9"}},
    )


Texts = TypeAdapter[list[str]]


def texts_of(kind: Any) -> Texts:
    """Return what reads a list of ids of a kind."""
    return TypeAdapter(list[kind], config=ConfigDict(strict=True))


ENDS = texts_of(Annotated[str, identifier(MOST_END)])


def read_question(body: bytes, texts: Texts) -> Question:
    """Return what a body asks; raises ValidationFailed with every fault. Each id is named by its place, from 0."""
    refuse_too_many_values(body)
    faults: list[Fault] = []
    members = _members(_read_object(body), faults)
    named = [name for name in NAMED_BY if name in members]
    if len(named) != 1:
        raise failed([*faults, Fault((), "ids_or_hashes")])
    sent, hashes = _sent(named[0], members[named[0]], faults)
    ids = _ids(sent, named[0], texts, faults)
    ends = {name: _end(name, members[name], texts, faults) for name in ("from", "to") if name in members}
    if not faults and len(ends) == 2 and ends["from"] > ends["to"]:
        faults.append(Fault(("to",), "from_after_to"))
    if faults:
        raise failed(faults)
    return Question(sent, ids, hashes, ends.get("from", min(ids, default=None)), ends.get("to", max(ids, default=None)))


def differences(
    view: TenantViewSet,
    *,
    message: str,
    how: Reconciliation,
    question: Question,
    prefix: str = "",
) -> HttpResponse:
    """Answer what differs. Ids that are told of, or told to differ, are looked at; what is missing is nobody."""
    found = reconcile(view.tenant.pk, how, question, prefix=prefix)
    view.shown = len(found.extra) + len(found.different)
    told = {"missing": found.missing, "extra": found.extra, "different": found.different, "next": found.next}
    return success(message, told)


def _read_object(body: bytes) -> Pairs:
    """Return the object that a body is, every name of it; raises ValidationFailed."""
    try:
        value = json.loads(body.decode(), object_pairs_hook=Pairs, parse_int=float)
    except json.JSONDecodeError as error:
        raise failed([unreadable(body, at=f" (line {error.lineno}, column {error.colno})")]) from None
    except UnicodeDecodeError:
        raise failed([Fault((), "not_utf8")]) from None
    except RecursionError:
        raise failed([Fault((), "too_deep")]) from None
    if not isinstance(value, Pairs):
        raise failed([Fault((), "not_json_object")])
    return value


def _members(pairs: Pairs, faults: list[Fault]) -> dict[str, Any]:
    """Return the members that have a value, noting those that are unknown or there twice."""
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name not in MEMBERS:
            shown = UNPRINTABLE.sub("\ufffd", name[:100])
            faults.append(Fault((shown,), "unknown_member", hint=KNOWN, coined=True))
        elif name in members:
            faults.append(Fault((name,), "doubled_member"))
        elif value is not None:
            members[name] = value
    return members


def _sent(name: str, value: Any, faults: list[Fault]) -> tuple[list[Any], list[str]]:
    """Return the ids that a member holds, as they were sent, with their hashes where it has these."""
    if isinstance(value, Pairs) != (name == "hashes") or not isinstance(value, list):
        raise failed([*faults, Fault((name,), "not_an_array" if name == "ids" else "not_an_object")])
    if len(value) > MOST_IDS:
        raise failed([*faults, Fault((), "batch_too_large", name=name, limit=MOST_IDS)])
    if name == "ids":
        return value, []
    is_hash = [isinstance(each, str) and HASH.fullmatch(each) is not None for _, each in value]
    faults += [Fault((name, i), "hash") for i, known in enumerate(is_hash) if not known][:MOST_FAULTS]
    return [each for each, _ in value], [str(each).lower() for _, each in value]


def _ids(sent: Sequence[Any], place: str, texts: Texts, faults: list[Fault]) -> list[str]:
    """Return ids in their normal form, noting what is none, and what names a record that another one names, too."""
    unprintable = [Fault((place, i), kind) for i, kind in _unprintable(sent)]
    try:
        ids = [] if unprintable else texts.validate_python(sent)
    except ValidationError as error:
        found = error.errors(include_url=False)[:MOST_FAULTS]
        faults += [replace(fault_of(each), loc=(place, *each["loc"])) for each in found]
        return []
    places = {each: i for i, each in reversed([*enumerate(ids)])}
    doubled = [Fault((place, i), "doubled_id") for i, each in enumerate(ids) if places[each] != i]
    faults += [*unprintable, *doubled][:MOST_FAULTS]
    return ids


def _unprintable(sent: Sequence[Any]) -> Iterator[tuple[int, str]]:
    """Find the ids that have NUL, or half of a character."""
    for i, text in enumerate(sent):
        if isinstance(text, str) and (found := UNPRINTABLE.search(text)):
            yield i, "forbidden_character" if found[0] == "\0" else "lone_surrogate"


def _end(name: str, value: Any, texts: Texts, faults: list[Fault]) -> str:
    """Return an end of the range, which need be no id: one that is has its normal form."""
    noted: list[Fault] = []
    ends = _ids([value], name, ENDS, noted)
    faults += [replace(fault, loc=(name,)) for fault in noted]
    try:
        return texts.validate_python(ends)[0] if ends else ""
    except ValidationError:
        return ends[0]
