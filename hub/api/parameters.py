"""The parameters of an address, in its query and its path: known names, each once, each value held to a type.

The types are those of a body's fields (hub.records.types), so an identifier means in an address what it means in a
record, and a fault has the same text. What is known here beside them is how such a value is written in an address.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any, Required, get_args, get_origin

from django.core.exceptions import TooManyFieldsSent
from django.utils.datastructures import MultiValueDict
from orjson import JSONDecodeError, loads
from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError
from rest_framework.request import Request
from typing_extensions import get_type_hints

from hub.api.errors import ApiError
from hub.records.faults import Fault, failed, fault_of
from hub.records.types import BLANK, Email, Moment, required_text, text
from hub.sql.bigint import is_bigint

MOST_IDS = MOST_VALUES = 1000
MOST_NAME = 100  # characters of an unknown name that the answer repeats
MOST_REASON = 200  # characters
MOST_REFERENCE = 100
CONTROLS, UNSEEN = ("Cc", "Cs", "Zl", "Zp"), ("Cf", "Zs")  # categories of characters
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
WHOLE = re.compile("-?[0-9]+")
FLAGS = {"true": True, "false": False}
DRY_RUN = re.compile("dry[-_ ]?run", re.IGNORECASE)
PLUS_OF_A_PHONE = re.compile("^ (?=[1-9])")


def written(kind: str, read: Callable[[str], Any], **limits: object) -> BeforeValidator:
    """A validator that replaces text by the value it writes, or fails with `kind` where `read` returns None."""

    def validate(text: str) -> Any:
        if (value := read(text)) is None:
            raise PydanticCustomError(kind, "{kind}", {"kind": kind, **limits})
        return value

    return BeforeValidator(validate)


def with_plus(text: str) -> str:
    """Return a text with its pluses: one that was not percent-encoded arrives as a blank."""
    return text.strip().replace(" ", "+")


def whole_number(text: str) -> int | None:
    """Return the whole number that a text writes; one of hundreds of digits is out of every range, and so is this."""
    return int(text[:20]) if WHOLE.fullmatch(text) else None


def whole_numbers(text: str) -> list[int] | None:
    """Return up to 1,000 hub ids that a text lists with commas, None for any other text."""
    numbers = [part.strip() for part in text.split(",", MOST_IDS)]
    return list(map(int, numbers)) if len(numbers) <= MOST_IDS and all(map(is_bigint, numbers)) else None


def json_array(text: str) -> list[Any] | None:
    """Return the 1 to 1,000 elements of a JSON array, None for any other text."""
    try:
        value = loads(text)
    except JSONDecodeError:
        return None
    return value if isinstance(value, list) and 0 < len(value) <= MOST_VALUES else None


def said(value: Any) -> Any:
    """Return a value of an array; fails for null, a blank text, and NUL, which an address can only have in JSON."""
    kind = ""
    if value is None:
        kind = "required"
    elif isinstance(value, str):
        kind = "forbidden_character" if "\0" in value else "empty_parameter" if BLANK.fullmatch(value) else ""
    if kind:
        raise PydanticCustomError(kind, "{kind}", {"kind": kind})
    return value


def several(kind: Any) -> Any:
    """Return the type of several values of a kind, written as a JSON array: a value may hold commas."""
    return Annotated[list[Annotated[kind, BeforeValidator(said)]], written("json_array", json_array, most="1,000")]


def one_of(kind: str, names: Iterable[str]) -> Any:
    """Return the type of one of some names; `kind` is the fault of any other text."""
    known = tuple(names)
    read = written(kind, lambda text: text if text in known else None, known=", ".join(known))
    return Annotated[str, read, Field(json_schema_extra={"enum": list(known)})]


def some_of(kind: str, names: Iterable[str]) -> Any:
    """Return the type of some of some names, with commas between them; `kind` is the fault of any other text."""
    known = tuple(names)

    def read(text: str) -> list[str] | None:
        asked = [part.strip() for part in text.split(",")]
        return asked if set(asked) <= set(known) else None

    return Annotated[list[str], written(kind, read, known=", ".join(known))]


def one_line(text: str) -> str | None:
    """Return a text; None where it has control characters, those that turn the text's direction too, or shows nothing.

    Joiners stay: words in some scripts and many emoji have them.
    """
    kinds = [unicodedata.category(letter) for letter in text]
    is_plain = not any(kind in CONTROLS or letter in TURNING for kind, letter in zip(kinds, text, strict=True))
    return text if is_plain and any(kind not in UNSEEN for kind in kinds) else None


EMAIL = Annotated[Email, BeforeValidator(with_plus)]
PHONE = Annotated[str, text(20), BeforeValidator(lambda text: PLUS_OF_A_PHONE.sub("+", text))]
MOMENT = Annotated[Moment, BeforeValidator(with_plus)]
FLAG = Annotated[bool, written("not_a_boolean", lambda text: FLAGS.get(text.strip().lower()))]
HUB_IDS = Annotated[
    list[int],
    written("hub_ids", whole_numbers, most=f"{MOST_IDS:,}"),
    Field(description="Only the records with these hub ids.", json_schema_extra={"maxItems": MOST_IDS}),
]

REASON = Annotated[
    str,
    required_text(MOST_REASON),
    written("one_line", one_line),
    Field(description="Why this is written, in one line: it stands in the changeset and in the consent ledger."),
]
REFERENCE = Annotated[str, required_text(MOST_REFERENCE), written("one_line", one_line)]
IS_DRY_RUN = Annotated[FLAG, Field(description="Whether to do all of it but store it, and to tell what would change.")]
WRITES: Mapping[str, Any] = {"reason": REASON, "dryRun": IS_DRY_RUN}  # what every native write takes
WANTS_RESULTS = Annotated[FLAG, Field(description="Whether to tell what each record became.")]
UPSERTS: Mapping[str, Any] = {**WRITES, "results": WANTS_RESULTS}


def number(least: int, most: int) -> Any:
    """Return the type of a whole number from `least` to `most`."""
    return Annotated[int, Field(ge=least, le=most), written("not_an_integer", whole_number)]


def meaning(kind: Any, text: str) -> Any:
    """Return a type with what it means to the parameter that has it, for the OpenAPI document."""
    return Annotated[kind, Field(description=text)]


def field_type(record: type, name: str) -> Any:
    """Return the type that a schema gives a field of its records."""
    hint: Any = get_type_hints(record, include_extras=True)[name]
    return get_args(hint)[0] if get_origin(hint) is Required else hint


def documented_name(name: str) -> str:
    """Return the name that the documents give what a route calls `order_id`: `orderId`."""
    return name[:1] + name.title().replace("_", "")[1:]


def sent_with(request: Request) -> MultiValueDict[str, str]:
    """Return the parameters of a request's query; raises ValidationFailed for more than Django reads."""
    try:
        return request.query_params
    except TooManyFieldsSent:
        raise failed([Fault((), "too_many_parameters")]) from None


@dataclass(frozen=True)
class Parameters:
    """The parameters that an endpoint knows: each name with the type of its value.

    Of a delete, `needs` says whether `any` or `all` of its identifiers must be there, and `otherwise` the message where
    they are not; a blank one is a missing one. Elsewhere a blank value is a fault: an empty filter finds everything.
    `also` are parameters that name nothing, which a delete may have beside its identifiers.
    """

    types: Mapping[str, Any] = field(default_factory=dict)
    needs: Callable[[Iterable[object]], bool] | None = None
    otherwise: str = ""
    also: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def known(self) -> Mapping[str, Any]:
        """Every parameter by name, with its type."""
        return {**self.types, **self.also}

    @cached_property
    def adapters(self) -> Mapping[str, TypeAdapter[Any]]:
        return {name: TypeAdapter(kind) for name, kind in self.known.items()}

    def read(self, sent: MultiValueDict[str, str], *, strict: bool = True) -> dict[str, Any]:
        """Return the values of a query's parameters by name.

        Raises ValidationFailed with every fault, names that are unknown included where it is `strict`, and anyway that
        of a dry run: whoever wrote it wants nothing to be stored. With the message `otherwise` where what the endpoint
        needs is not there, which is an ApiError 400 where nothing else is wrong.
        """
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for name, texts in sent.lists():
            if name in self.known:
                is_identifier = self.needs and name in self.types
                faults += self._take(name, texts, values, blank="" if is_identifier else "empty_parameter")
            elif strict:
                faults.append(self._unknown(name))
            elif DRY_RUN.fullmatch(name):
                faults.append(Fault((name,), "no_dry_run"))
        self._refuse(values, faults)
        return values

    def read_path(self, sent: Mapping[str, str]) -> dict[str, Any]:
        """Return the values of those of a path's identifiers that there are; raises ValidationFailed."""
        values: dict[str, Any] = {}
        known = [name for name in self.types if name in sent]
        faults = [fault for name in known for fault in self._take(name, [sent[name]], values, blank="required")]
        self._refuse(values, faults)
        return values

    def _take(self, name: str, texts: list[str], values: dict[str, Any], *, blank: str) -> list[Fault]:
        """Add a parameter's value to `values`, or return what is wrong with it; `blank` is the fault of a blank one."""
        if len(texts) > 1:
            return [Fault((name,), "doubled_parameter")]
        try:
            value = "" if BLANK.fullmatch(texts[0]) else self.adapters[name].validate_python(texts[0])
        except ValidationError as error:
            return [replace(fault_of(each), loc=(name, *each["loc"])) for each in error.errors(include_url=False)]
        if value == "":
            return [Fault((name,), blank)] if blank else []
        values[name] = value
        return []

    def _unknown(self, name: str) -> Fault:
        same = [known for known in self.known if known.lower() == name.lower()]
        known = ", ".join(same or sorted(self.known)) or "no parameters"
        hint = f"Names are case-sensitive: {known}." if same else f"Known here: {known}."
        return Fault((name[:MOST_NAME],), "unknown_parameter", hint=hint, coined=True)

    def _refuse(self, values: Mapping[str, Any], faults: list[Fault]) -> None:
        if self.needs and not self.needs(name in values for name in self.types):
            raise failed(faults, message=self.otherwise) if faults else ApiError(400, self.otherwise)
        if faults:
            raise failed(faults)


NOTHING = Parameters()
