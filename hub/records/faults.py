"""What can be wrong with a body or an address: each fault has a place, a kind, and the one text of that kind."""

from codecs import utf_8_decode
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from pydantic_core import ErrorDetails

from hub.records.types import LETTERS_DIGITS_DASHES, NOT_BLANK

Loc = tuple[int | str, ...]

# One text for each kind of error, sorted by kind. {field} is the documented name, {n} the limit.
TEXTS = {
    "ambiguous_date": "The field {field} may be day before month or month before day: say which with dates=dmy or"
    " dates=mdy.",
    "ambiguous_number": "The field {field} may be thousands or decimals: say which with decimal=. or decimal=,.",
    "apart": "The rows of one {field} must stand together.",
    "batch_too_large": "The request body must contain at most {n} {field}.",
    "choice": "The field {field} must be one of these: {n}.",
    "country": "The field {field} must be an ISO 3166 country code, for example SE.",
    "currency": "The field {field} must be an ISO 4217 currency code, for example EUR.",
    "cursor": "The field {field} must be the cursor of an address that this list gave out.",
    "date": "The field {field} must be an ISO 8601 date, for example 1991-06-14.",
    "dated": "The field {field} must be an ISO 8601 date, or date and time, for example 2015-08-28T14:10:00Z.",
    "datetime": "The field {field} must be an ISO 8601 date and time with Z or an offset,"
    " for example 2025-08-22T21:00:00Z.",
    "declared_date": "The field {field} must be a date as declared: dates={n}.",
    "declared_decimal": "The field {field} must be a number as declared: decimal={n}.",
    "differs_by_row": "The field {field} must be the same in all rows of one record.",
    "doubled_header": "The header must be given once, and its value must not have a comma.",
    "doubled_id": "The field {field} must name each record once.",
    "doubled_member": "The member must be given once.",
    "doubled_parameter": "The query parameter must be given once.",
    "email": "The field {field} must be a valid e-mail address.",
    "empty_body": "The request body is empty.",
    "empty_header": "The header must have a value.",
    "empty_parameter": "The query parameter must have a value.",
    "entity": "The field {field} must be customers, orders or products.",
    "fields": "The field {field} must name members of the records, with commas between them: {n}.",
    "forbidden_character": "The field {field} must not contain the character U+0000.",
    "from_after_to": "The field {field} must not come before the field from.",
    "hash": "The field {field} must be a content hash of 64 hexadecimal digits.",
    "https_url": "The field {field} must be an https:// URL.",
    "hub_ids": "The field {field} must consist of at most {n} whole numbers with commas between them.",
    "identifier_missing": "At least one of the following properties must have a value: {field}",
    "ids_or_hashes": "The request body must have one of the members ids and hashes.",
    "include": "The field {field} must be records, keys, or both with a comma between them.",
    "invalid_json": "The request body is not valid JSON{at}.",
    "json_array": 'The field {field} must be a JSON array of 1 to {n} texts, for example ["a","b"].',
    "language": "The field {field} must be a BCP 47 language tag, for example en-US.",
    "letters_digits_dashes": "The field {field} must consist of letters, digits and dashes.",
    "lone_surrogate": "The field {field} must not contain half of a character, a lone surrogate.",
    "no_dry_run": "There are no dry runs here. Nothing was read or stored.",
    "not_a_boolean": "The field {field} must be true or false.",
    "not_a_date": "The field {field} must be a date, or date and time, for example 2025-08-22T21:00:00Z.",
    "not_a_list": "The field {field} must be a list of texts with commas or semicolons between them, or a JSON array.",
    "not_a_number": "The field {field} must be a number.",
    "not_a_string": "The field {field} must be a string.",
    "not_an_array": "The field {field} must be an array.",
    "not_an_integer": "The field {field} must be an integer.",
    "not_an_object": "The element must be a JSON object.",
    "not_json_array": "The request body must be a JSON array.",
    "not_json_line": "The line must be a JSON object, in UTF-8.",
    "not_json_object": "The request body must be a JSON object.",
    "not_utf8": "The request body is not UTF-8. Send UTF-8.",
    "not_yes_or_no": "The field {field} must be yes or no, true or false, 1 or 0, or a word for it in another"
    " language.",
    "one_line": "The field {field} must be one line of text, without control characters.",
    "option": "The field {field} can't be used. {n}",
    "order": "The field {field} must be one of these: {n}.",
    "phone": "The field {field} must be a phone number with its country code, for example +358101234567,"
    " or a national one of the tenant's default country.",
    "record_full": "The field {field} must fit into what is stored of the record, which has room for {n}.",
    "required": "The {field} field is required.",
    "scope_missing": "The key may not {field}.",
    "spoilt_identifier": "The field {field} was rounded by a spreadsheet that took it for a number: its digits are"
    " lost.",
    "status": "The field {field} must be a status, for example 404, or a class of them, for example 4xx.",
    "too_deep": "The request body is nested deeper than 64 levels.",
    "too_few": "The field {field} must be an array with a minimum length of {n}.",
    "too_large": "The field {field} must be less than or equal to {n}.",
    "too_long": "The field {field} must be a string with a maximum length of {n}.",
    "too_many": "The field {field} must be an array with a maximum length of {n}.",
    "too_many_cells": "The row must have no more cells than the header, which has {n}.",
    "too_many_parameters": "The query must have at most 1,000 parameters.",
    "too_many_values": "The request body must contain at most {n} values.",
    "too_small": "The field {field} must be greater than or equal to {n}.",
    "undeclared_date": "The field {field} is a date that is not ISO 8601: say how dates are written, with dates=dmy or"
    " dates=mdy.",
    "unknown_member": "Unknown member.",
    "unknown_parameter": "Unknown query parameter.",
}
# How to mend a kind of error, where that can be said; of one field where it is named.
HINTS = {
    "Idempotency-Key.one_line": "Send printable characters: a UUID is best.",
    "Idempotency-Key.too_long": "Send a shorter key: a UUID has 36 characters.",
    "Phone.too_long": "Send one number, in digits with its country code, for example +358401234567:"
    " no extension, no second number.",
    "batch_too_large": "Send the rest in further requests.",
    "empty_body": "Send the records as a JSON array: [{…}].",
    "doubled_header": "Send one key with each request, for example a UUID.",
    "empty_header": "Leave out a header that has no value, or send a key, for example a UUID.",
    "empty_parameter": "Leave out a parameter that has no value.",
    "not_json_array": "Wrap the records in brackets, a single one too: [{…}].",
    "not_json_object": 'Send {"ids": ["…"]} or {"hashes": {"…": "…"}}.',
    "not_utf8": "Encode the JSON as UTF-8 before it is sent: no UTF-16, UTF-32 or Latin-1.",
}
NUMBERED = "Send a list, [{…}, {…}], not an object whose names are numbers: in PHP json_encode(array_values($records))."
WRAPPED = "Send the array in {name} by itself, [{{…}}], without the object around it."

# What pydantic calls a fault → our kind, and where its context keeps the limit.
KINDS = {
    "bool_type": ("not_a_boolean", ""),
    "choice": ("choice", "known"),
    "dict_type": ("not_an_object", ""),
    "fields": ("fields", "known"),
    "finite_number": ("not_a_number", ""),
    "float_type": ("not_a_number", ""),
    "greater_than_equal": ("too_small", "ge"),
    "hub_ids": ("hub_ids", "most"),
    "int_from_float": ("not_an_integer", ""),
    "int_type": ("not_an_integer", ""),
    "json_array": ("json_array", "most"),
    "less_than_equal": ("too_large", "le"),
    "list_type": ("not_an_array", ""),
    "missing": ("required", ""),
    "order": ("order", "known"),
    "string_too_long": ("too_long", "max_length"),
    "string_too_short": ("required", ""),
    "string_type": ("not_a_string", ""),
    "too_long": ("too_many", "max_length"),
    "too_short": ("too_few", "min_length"),
}
PATTERN_KINDS = {LETTERS_DIGITS_DASHES: "letters_digits_dashes", NOT_BLANK: "required"}


class Detail(TypedDict, total=False):
    """One error for machines: which record, which field, a stable code, and sometimes how to mend it."""

    index: int | None
    field: str | None
    code: str
    hint: str


class ValidationFailed(Exception):
    """A request's faults, all at once: `errors` as {"[0].Language": [text, …]}, `details` one for each of `faults`."""

    def __init__(
        self,
        errors: Mapping[str, Sequence[str]],
        details: Sequence[Detail],
        faults: Sequence["Fault"],
        message: str = "Validation failed",
    ) -> None:
        super().__init__(f"{len(details)} validation errors")
        self.errors, self.details, self.faults, self.message = errors, details, faults, message


@dataclass(frozen=True)
class Fault:
    """One thing wrong: where (pydantic's loc, of a parameter its name alone), its kind, and what its text needs.

    `coined`: the last name of the place is the client's own and in no document, so it may be anything, a person's too.
    """

    loc: Loc
    kind: str
    limit: object = ""
    name: str = ""
    at: str = ""
    hint: str = ""
    coined: bool = False

    @property
    def field(self) -> str:
        return self.name or next((part for part in reversed(self.loc) if isinstance(part, str)), "")

    @property
    def key(self) -> str:
        return "" if self.kind == "identifier_missing" else path(self.loc)

    @property
    def text(self) -> str:
        return TEXTS[self.kind].format(field=self.field, n=self.limit, at=self.at)

    @property
    def detail(self) -> Detail:
        index = self.loc[0] if self.loc and isinstance(self.loc[0], int) else None
        place = self.loc if index is None else self.loc[1:]
        found: Detail = {"index": index, "field": path(place) or None, "code": self.kind}
        hint = self.hint or HINTS.get(f"{self.field}.{self.kind}") or HINTS.get(self.kind)
        return {**found, "hint": hint} if hint else found

    @property
    def code(self) -> str:
        """The kind, behind the documented name where there is one: `OrderItems.Sku: required`."""
        name = "" if self.coined else ".".join(part for part in self.loc if isinstance(part, str))
        return f"{name}: {self.kind}" if name else self.kind


def path(loc: Loc) -> str:
    """Write a place as the documents do: (0, "OrderItems", 2, "Sku") → `[0].OrderItems[2].Sku`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")


def unreadable(body: bytes, *, at: str) -> Fault:
    """Say why a body is no JSON: there is none, its encoding is another, or `at` a place."""
    if not body.strip():
        return Fault((), "empty_body")
    return Fault((), "invalid_json", at=at) if _is_utf8(body) else Fault((), "not_utf8")


def _is_utf8(body: bytes) -> bool:
    """Tell whether a body is UTF-8, if cut short; JSON in UTF-16 or UTF-32 has a NUL in its first two characters."""
    try:
        utf_8_decode(body, "strict", False)
    except UnicodeDecodeError:
        return False
    return b"\0" not in body[:4]


def no_array(body: object, known: Container[str]) -> Fault:
    """Say how a body that is no array becomes one; `known` are a record's names in lower case."""
    members = body.items() if isinstance(body, Mapping) else ()
    arrays = [name for name, value in members if isinstance(value, list) and name.lower() not in known]
    if _is_numbered(body):
        return Fault((), "not_json_array", hint=NUMBERED)
    return Fault((), "not_json_array", hint=WRAPPED.format(name=arrays[0][:100]) if len(arrays) == 1 else "")


def _is_numbered(value: object) -> bool:
    """Tell a list that was written as an object, as PHP writes one with gaps: {"0": …, "2": …}."""
    return isinstance(value, Mapping) and bool(value) and all(name.isascii() and name.isdigit() for name in value)


def failed(faults: Sequence[Fault], *, message: str = "Validation failed") -> ValidationFailed:
    """Return the error that says all faults."""
    errors: dict[str, list[str]] = {}
    for fault in faults:
        texts = errors.setdefault(fault.key, [])
        if fault.text not in texts:
            texts.append(fault.text)
    return ValidationFailed(errors, [fault.detail for fault in faults], faults, message)


def fault_of(error: ErrorDetails) -> Fault:
    """Translate pydantic's fault; null in place of a required value is a missing one."""
    kind, name = KINDS.get(error["type"], (error["type"], ""))
    if error["type"] == "string_pattern_mismatch":
        kind = PATTERN_KINDS[error["ctx"]["pattern"]]
    if error["input"] is None and kind != "not_an_object":
        kind = "required"
    limit = error.get("ctx", {}).get(name, "")
    hint = NUMBERED if kind == "not_an_array" and _is_numbered(error["input"]) else ""
    return Fault(error["loc"], kind, int(limit) if limit == 0 else limit, hint=hint)  # money has the limit 0.0
