"""What a Custobar client sends (document 003): the fields of a record, its kinds of value, and what they become."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Annotated, Any

import orjson
from pydantic import Field, with_config
from typing_extensions import TypedDict

from customers.ingest import Row
from hub.columns import Reader
from hub.errors import ApiError
from hub.fields import (
    Country,
    Date,
    Email,
    InternationalPhone,
    Language,
    checked,
    letters_digits_dashes,
    normal_local_moment,
    required_text,
    text,
)
from hub.responses import utc
from hub.schemas import ESCAPED_NUL, MOST_VALUES, STRICT, Batch, Schema, parse
from tenants.models import Tenant

MOST_CUSTOMERS = 1000
COMPANY = "COMPANY__field"  # under this name parse() finds all company-specific fields of a record, by their own names
DEEPEST = 60

# Which hub field a field becomes. Those of ATTRIBUTES keep their own names, as do company-specific ones.
FIELDS = {
    "external_id": "CustomerId",
    "phone_number": "Phone",
    "email": "Email",
    "first_name": "Name",
    "last_name": "Surname",
    "language": "Language",
    "can_email": "EmailOptin",
    "can_sms": "SmsOptin",
    "can_push": "AppPushOptin",
    "can_profile": "GdprOptin",
}
TEXTS = (
    "canonical_id", "shop_id", "city", "company", "gender", "house_number", "house_number_addition", "province",
    "street_address", "street_name", "vat_number", "zip_code",
)  # fmt: skip
IDENTIFIERS = ("external_id", "phone_number", "email")
MOMENTS = ("date_joined", "last_login")
FLAGS = ("can_email", "can_post", "can_profile", "can_push", "can_sms", "is_forgotten", "is_deleted")
TAGS = ("tags", "tags.add", "tags.remove")
MAILING_LISTS = ("mailing_lists", "mailing_lists.add", "mailing_lists.remove")
BLANK: dict[str, Any] = {**dict.fromkeys(FLAGS, False), **dict.fromkeys((*TAGS, *MAILING_LISTS), ())}
ATTRIBUTES = frozenset({*TEXTS, *MOMENTS, "birth_date", "country", "can_post"})
MORE = ATTRIBUTES | {COMPANY, *TAGS, *MAILING_LISTS}  # what a record adds to, or takes from, what is stored
TOO_DEEP = "The request body is nested deeper than 64 levels."


def _moment(value: str, *, time_zone: str) -> str | None:
    found = normal_local_moment(value.strip(), time_zone=time_zone)
    return found and utc(datetime.fromisoformat(found))


Text = Annotated[str, text(500)]
Strings = Annotated[list[Annotated[str, required_text(200)]], Field(max_length=1000)]
KINDS: dict[str, Any] = {
    "external_id": Annotated[str, letters_digits_dashes(100)],
    "phone_number": InternationalPhone,
    "email": Email,
    **dict.fromkeys(TEXTS, Text),
    **dict.fromkeys(FLAGS, bool),
    "first_name": Annotated[str, text(100)],
    "last_name": Annotated[str, text(300)],
    "birth_date": Date,
    "country": Country,
    "language": Language,
    **dict.fromkeys((*TAGS, *MAILING_LISTS), Strings),
    COMPANY: dict[str, Any],
}


@lru_cache(maxsize=64)
def upload_schema(time_zone: str) -> Schema[Any]:
    """Return the schema of a tenant whose times without a zone are in `time_zone`."""
    kinds = {**KINDS, **dict.fromkeys(MOMENTS, Annotated[str, checked("dated", partial(_moment, time_zone=time_zone))])}
    record = TypedDict("Customer", {name: kind | None for name, kind in kinds.items()}, total=False)  # type: ignore[misc]
    return Schema(with_config(STRICT)(record), "customers", MOST_CUSTOMERS, one_of=IDENTIFIERS, blank_clears=True)


# What most records consist of: read by column. Whoever sends more than that has his read one by one.
PLAIN: Any = TypedDict("PlainCustomer", {name: KINDS[name] | None for name in FIELDS}, total=False)  # type: ignore[misc]
PLAIN_READER: Reader[Any] = Reader(PLAIN, MOST_CUSTOMERS, IDENTIFIERS, wrapped_in="customers")


def read_upload(tenant: Tenant, body: bytes) -> Batch[Any]:
    """Return the clean records of {"customers": […]}, or of the array alone; raises ValidationFailed or ApiError."""
    if plain := PLAIN_READER.read(body):
        return Batch(plain, {})
    loaded = _loaded(body)
    elements = loaded.get("customers") if isinstance(loaded, dict) else loaded
    if not isinstance(elements, list):
        raise ApiError(400, 'The request body must be a JSON object with an array: {"customers": […]}.')
    schema = upload_schema(tenant.time_zone)
    if ESCAPED_NUL not in body and body.count(b",") <= MOST_VALUES and (records := _usual(schema, elements)):
        return Batch(records, {})
    try:
        gathered = orjson.dumps([_gathered(element) for element in elements])
    except (ValueError, orjson.JSONEncodeError):
        raise ApiError(400, TOO_DEEP) from None
    return parse(schema, gathered)


def _loaded(body: bytes) -> Any:
    """Return what a body says; the words are those of hub.body.read_json."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ApiError(400, f"The request body is not valid JSON ({place}).") from None


def _usual(schema: Schema[Any], elements: list[Any]) -> list[dict[str, Any]] | None:
    """Return the clean records, None where there is something to say about them or to put right before.

    500 records in 2.1 ms against 3.6 by `parse`, which needs JSON with the company-specific fields gathered.
    """
    names = schema.shape.names
    try:
        records: list[dict[str, Any]] = schema.quick.validate_python(elements)
        for record in records:
            if COMPANY in record or not _is_identified(record):  # a client's own field may have the gathered ones' name
                return None
            if not names.issuperset(record):
                record[COMPANY] = _company(record, names)
    except ValueError:  # pydantic's ValidationError is one
        return None
    return records


def _is_identified(record: Mapping[str, Any]) -> bool:
    identifier: str = record.get("external_id") or record.get("email") or record.get("phone_number") or ""
    return not (identifier == "" or identifier.isspace())


def _company(record: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Take the company-specific fields out of a record; raises ValueError for too deep ones, and unknown fields."""
    company = {name: record.pop(name) for name in record.keys() - names}
    if not all(map(_is_company_field, company)):
        raise ValueError
    for value in company.values():
        _refuse_deep(value, DEEPEST)
    return company


def _gathered(element: Any) -> Any:
    """Return a record with its company-specific fields under one name; raises ValueError where they are too deep.

    Here, where it costs next to nothing, "" becomes what a flag or a list is without a value, and a string a list.
    """
    if not isinstance(element, dict):
        return element
    for name in BLANK.keys() & element.keys():
        if element[name] == "":
            element[name] = BLANK[name]
    for name in MAILING_LISTS:
        if isinstance(element.get(name), str):
            element[name] = [element[name]]
    company = {name: value for name, value in element.items() if "__" in name and _is_company_field(name)}
    if not company:
        return element
    for value in company.values():
        _refuse_deep(value, DEEPEST)
    return {**{name: value for name, value in element.items() if name not in company}, COMPANY: company}


def _is_company_field(name: str) -> bool:
    company, _, field = name.partition("__")
    return bool(company and field)


def _refuse_deep(value: Any, levels: int) -> None:
    if isinstance(value, dict | list):
        if not levels:
            raise ValueError
        for inner in value.values() if isinstance(value, dict) else value:
            _refuse_deep(inner, levels - 1)


def as_row(record: Mapping[str, Any]) -> Row:
    """Write a record in the hub's fields; "" gives a value up, but for external_id, where it is a missing one."""
    row = {name: value for ours, name in FIELDS.items() if (value := record.get(ours)) is not None}
    if "CustomerId" in row and not row["CustomerId"].strip():
        del row["CustomerId"]
    return row


def attributes_after(stored: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a customer's attributes after a record, None where it says nothing about them."""
    names, company = ATTRIBUTES.intersection(record), record.get(COMPANY)
    if not names and not company:
        return None
    changed = dict(stored)
    changed.update((name, value) for name in names if (value := record[name]) is not None)
    changed.update((name, value) for name, value in (company or {}).items() if value is not None)
    return {name: value for name, value in changed.items() if value != ""} if "" in changed.values() else changed


def strings_after(stored: Sequence[str], record: Mapping[str, Any], names: Sequence[str]) -> list[str] | None:
    """Return a set of strings after a record, in order of arrival: set, then added to, then removed from."""
    plain, added, removed = map(record.get, names)
    if plain is None and added is None and removed is None:
        return None
    strings = dict.fromkeys([*(stored if plain is None else plain), *(added or ())])
    return [string for string in strings if string not in (removed or ())]


def gives_up(record: Mapping[str, Any]) -> bool:
    """Tell whether a record takes an identifier away, or a whole customer."""
    erases = record.get("is_forgotten") or record.get("is_deleted")
    return bool(erases or record.get("email") == "" or record.get("phone_number") == "")
