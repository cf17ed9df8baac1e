"""The Custobar dialect (document 003): POST /api/customers/upload/.

Without this file and its line in customers/urls.py the hub speaks it no more. docs/vendors.md shows call and answer.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Annotated, Any

import orjson
from django.http import HttpResponse
from pydantic import Field, with_config
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from typing_extensions import TypedDict

from customers.dialects.matching import Candidate, Candidates
from customers.dialects.views import DialectViewSet
from customers.ingest import CUSTOMERS, Row
from hub.api.body import read_json
from hub.api.errors import ApiError
from hub.api.responses import JsonResponse, utc
from hub.records.columns import Reader
from hub.records.records import Records
from hub.records.schemas import STRICT, Batch, Schema, parse_loaded
from hub.records.types import (
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
from hub.sql.files import read_sql
from tenants.api.authentication import UNAUTHORISED, Caller, Credentials, authorise, basic_credentials
from tenants.changes.changesets import Origin, Warnings
from tenants.changes.writing import Write, at_once_statement, open_write, store_at_once
from tenants.identity import IDENTIFIERS, key_sql
from tenants.models import Entity, Operation, Priority, Source, Tenant

MOST_CUSTOMERS = 1000
COMPANY = "COMPANY__field"  # under this name parse() finds all company-specific fields of a record, by their own names
DEEPEST = 61  # levels of the company-specific fields together

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
SOUGHT = ("external_id", "phone_number", "email")  # in this order
SENT_AS = {hub: ours for ours, hub in FIELDS.items()}
TEXTS = (
    "canonical_id", "shop_id", "city", "company", "gender", "house_number", "house_number_addition", "province",
    "street_address", "street_name", "vat_number", "zip_code",
)  # fmt: skip
MOMENTS = ("date_joined", "last_login")
FLAGS = ("can_email", "can_post", "can_profile", "can_push", "can_sms", "is_forgotten", "is_deleted")
TAGS = ("tags", "tags.add", "tags.remove")
MAILING_LISTS = ("mailing_lists", "mailing_lists.add", "mailing_lists.remove")
BLANK: dict[str, Any] = {**dict.fromkeys(FLAGS, False), **dict.fromkeys((*TAGS, *MAILING_LISTS), ())}
ATTRIBUTES = frozenset({*TEXTS, *MOMENTS, "birth_date", "country", "can_post"})
MORE = ATTRIBUTES | {COMPANY, *TAGS, *MAILING_LISTS}  # what a record adds to, or takes from, what is stored
NAMES = ATTRIBUTES | {*FIELDS, *FLAGS, *TAGS, *MAILING_LISTS}
COMPANY_FIELD = re.compile(r"(?!__).+?__.+", re.DOTALL)
KEPT = "Another customer is known by it; the stored value stays."
TOO_DEEP = "The request body is nested deeper than 64 levels."
STORE_AT_ONCE = at_once_statement(
    replace(
        CUSTOMERS,
        key={"match_key": key_sql("CustomerId", "s.external_id")},
        sent={},
        columns=[replace(column, field=SENT_AS.get(column.field, column.field)) for column in CUSTOMERS.columns],
    ),
    question=read_sql("customers", "custobar_question").format(key=key_sql("CustomerId", "external_id")),
)


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
    return Schema(with_config(STRICT)(record), "customers", MOST_CUSTOMERS, one_of=SOUGHT, blank_clears=True)


# What most records consist of: read by column. Whoever sends more than that has his read one by one.
PLAIN: Any = TypedDict("PlainCustomer", {name: KINDS[name] | None for name in FIELDS}, total=False)  # type: ignore[misc]
PLAIN_READER: Reader[Any] = Reader(PLAIN, MOST_CUSTOMERS, SOUGHT, wrapped_in="customers")


def read_upload(tenant: Tenant, body: bytes) -> Batch[Any]:
    """Return the clean records of {"customers": […]}, or of the array alone; raises ValidationFailed or ApiError."""
    if plain := PLAIN_READER.read(body):
        return Batch(plain, {})
    loaded = read_json(body)
    elements = loaded.get("customers") if isinstance(loaded, dict) else loaded
    if not isinstance(elements, list):
        raise ApiError(400, 'The request body must be a JSON object with an array: {"customers": […]}.')
    gathered = [_gathered(element) for element in elements]
    try:
        return parse_loaded(upload_schema(tenant.time_zone), gathered, body)
    except orjson.JSONEncodeError:
        raise ApiError(400, TOO_DEEP) from None


def _gathered(element: Any) -> Any:
    """Return a record with its company-specific fields under one name; raises ApiError where they are too deep.

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
    unknown = element.keys() - NAMES
    if company := {name: element.pop(name) for name in unknown if COMPANY_FIELD.fullmatch(name)}:
        _refuse_deep(company, DEEPEST)
        element[COMPANY] = company
    return element


def _refuse_deep(value: Any, levels: int) -> None:
    if isinstance(value, dict | list):
        if not levels:
            raise ApiError(400, TOO_DEEP)
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
    said = {name: value for name in ATTRIBUTES.intersection(record) if (value := record[name]) is not None}
    said.update((name, value) for name, value in (record.get(COMPANY) or {}).items() if value is not None)
    if not said:
        return None
    changed = {**stored, **said}
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


class Upload:
    """One call's records, taken one after the other, written at once."""

    def __init__(self, write: Write, tenant: Tenant, records: Records[Any], origin: Origin) -> None:
        self.changes, self.records, self.rows = write.changes, records, [as_row(record) for record in records]
        self.customers = Candidates(write, tenant, self.rows, origin, relatives=any(map(gives_up, records)))
        self.skipped: list[int] = []

    def take(self, i: int) -> None:
        """Forget, delete, skip or store what record `i` matches."""
        record, row = self.records[i], self.rows[i]
        if record.get("is_forgotten"):
            self.customers.erase(self._matches(row), row, None)
        elif record.get("is_deleted"):
            self.customers.erase(self._matches(row), row, Source.CUSTOBAR)
        elif self.customers.is_suppressed(row):
            self.skipped.append(i)
        else:
            matches = self._matches(row)
            for candidate in matches or [self.customers.create()]:
                self._store(i, candidate, alone=len(matches) < 2)

    def _matches(self, row: Row) -> list[Candidate]:
        """Return whom a row matches: by the first identifier that anyone has; of several, those the next ones name."""
        found: list[Candidate] = []
        for name in map(FIELDS.__getitem__, SOUGHT):
            carriers = [one for one in self.customers.carrying(name, row.get(name)) if self._fits(one, name, row)]
            found = [one for one in found if one in carriers] or found or carriers
            if len(found) == 1:
                break
        return found

    def _fits(self, candidate: Candidate, name: str, row: Row) -> bool:
        """Tell whether a carrier may match: none with another external_id, but by the tenant's priority identifier."""
        ours, theirs = row.get("CustomerId"), candidate.identifiers["CustomerId"]
        return ours is None or theirs in (None, ours) or name == self.customers.order[0]

    def _store(self, i: int, candidate: Candidate, *, alone: bool) -> None:
        """Note what record `i` sends for a customer; several that it matches keep the identifiers each of them has."""
        record, row = self.records[i], dict(self.rows[i])
        for name in self.customers.taken(candidate, row) if alone else IDENTIFIERS:
            if alone:
                self.changes.warnings.setdefault(f"[{i}].{SENT_AS[name]}", [KEPT])
            row.pop(name, None)
        self.customers.update(candidate, row | more_after(candidate, record))


def more_after(candidate: Candidate, record: Mapping[str, Any]) -> Row:
    """Return what a record makes of a customer's attributes, tags and mailing lists, and note it for the next one."""
    row: Row = {}
    if MORE.isdisjoint(record):
        return row
    if (attributes := attributes_after(candidate.attributes, record)) is not None:
        row["Attributes"] = candidate.attributes = attributes
    if (tags := strings_after(candidate.tags, record, TAGS)) is not None:
        row["Tags"] = candidate.tags = tags
    if (lists := strings_after(candidate.mailing_lists, record, MAILING_LISTS)) is not None:
        row["MailingLists"] = candidate.mailing_lists = lists
    return row


def store_upload(tenant: Tenant, records: Records[Any], *, origin: Origin) -> tuple[Warnings, list[int]]:
    """Store records as if one after the other, in one transaction; return warnings, and whose records were skipped.

    At once where the external_id alone says who is meant, else by looking first.
    """
    if _names_alone(tenant, records) and store_at_once(
        STORE_AT_ONCE, tenant, Entity.CUSTOMERS, records, received=len(records), origin=origin
    ):
        return {}, []
    with open_write(tenant, Entity.CUSTOMERS, Operation.UPSERT, origin) as write:
        write.changes.received = len(records)
        upload = Upload(write, tenant, records, origin)
        for i in range(len(records)):
            upload.take(i)
        upload.customers.save()
    return write.receipt.warnings, upload.skipped


def _names_alone(tenant: Tenant, records: Records[Any]) -> bool:
    """Tell whether each record has an external_id of its own, by which the tenant names customers, and says no more.

    That is: nothing that needs the stored value first (attributes, tags, lists), and no identifier given up.
    """
    return (
        tenant.priority == Priority.CUSTOMER_ID
        and records.names <= FIELDS.keys()
        and records.all_differ("external_id")
        and not any(value is not None and not value.strip() for name in SOUGHT for value in records.column(name))
    )


class CustobarAuthentication(BaseAuthentication):
    """HTTP Basic with the tenant's slug and a key, or `Authorization: Token|Bearer` with a key alone."""

    def authenticate(self, request: Request) -> tuple[None, Caller]:
        scheme, _, rest = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        try:
            return None, authorise(request._request, _credentials(scheme.lower(), rest.strip()), Source.CUSTOBAR)
        except ApiError as error:  # a user that is no tenant's is no more than a wrong user
            raise ApiError(401, UNAUTHORISED) if error.status == 404 else error from None

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="customers", charset="UTF-8"'


def _credentials(scheme: str, text: str) -> Credentials:
    if scheme in ("token", "bearer"):
        return Credentials(text, None)
    return basic_credentials(text) if scheme == "basic" else Credentials("", None)


class CustobarViewSet(DialectViewSet):
    """POST /api/customers/upload/."""

    authentication_classes = [CustobarAuthentication]
    ignores_unknown_parameters = True

    def create(self, request: Request, **_: Any) -> HttpResponse:
        batch = read_upload(self.tenant, self.body())
        warnings, skipped = store_upload(self.tenant, batch.records, origin=self.origin)
        odd = {"warnings": {**batch.warnings, **warnings}, "skipped": skipped}
        said = {"response": "ok", "count": len(batch.records)}
        return JsonResponse(said | {name: value for name, value in odd.items() if value})

    def failure_body(self, native: Mapping[str, Any]) -> dict[str, Any]:
        return {"response": "error", "error": {"reason": native["message"], "errors": _errors(native)}}


def _errors(said: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the errors by place; who is nowhere named is named by place, too."""
    errors: dict[str, list[str]] = dict(said.get("errors", {}))
    nameless = [f"[{d['index']}]" for d in said.get("details", ()) if d["code"] == "identifier_missing"]
    return {**dict.fromkeys(nameless, errors.pop("")), **errors} if nameless else errors
