"""The Custobar dialect (document 003): POST /api/customers/upload/.

Without this file and its line in customers/urls.py the hub speaks it no more. docs/vendors.md shows call and answer.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import Annotated, Any, cast

import orjson
from django.http import HttpResponse
from pydantic import Field, with_config
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from typing_extensions import TypedDict

from customers.dialects.known import Known, KnownCustomers
from customers.dialects.named import look_up_named, named_statement, store_named
from customers.ingest import IDENTIFIERS, Carriers, Row, fold, priority_field, store_last
from hub.api.body import read_json
from hub.api.errors import ApiError
from hub.api.responses import JsonResponse, utc
from hub.records.columns import Reader, Records
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
from tenants.api.authentication import UNAUTHORISED, Caller, Credentials, authorise, basic_credentials
from tenants.api.views import TenantViewSet
from tenants.changes.changesets import Changes, Origin, Write, write
from tenants.models import Entity, Operation, Source, Tenant

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
STORE_AT_ONCE = named_statement(SENT_AS)


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

    def __init__(
        self,
        opened: Write,
        tenant: Tenant,
        records: Sequence[Mapping[str, Any]],
        rows: Sequence[Row],
        *,
        thorough: bool,
    ) -> None:
        self.changes, self.records, self.rows = opened.changes, records, rows
        self.customers = KnownCustomers(opened, tenant, rows, thorough=thorough)
        self.skipped: list[int] = []

    def take(self, i: int) -> None:
        """Forget, delete, skip or store what record `i` means."""
        record, row = self.records[i], self.rows[i]
        if record.get("is_forgotten"):
            self.customers.erase(self._meant(row), row, None)
        elif record.get("is_deleted"):
            self.customers.erase(self._meant(row), row, Source.CUSTOBAR)
        elif self.customers.is_gone(row):
            self.skipped.append(i)
        else:
            meant = self._meant(row)
            for known in meant or [self.customers.make()]:
                self._store(i, known, alone=len(meant) < 2)

    def _meant(self, row: Row) -> list[Known]:
        """Return whom a row means: by the first identifier that anyone has; of several, those the next ones name."""
        found: list[Known] = []
        for name in map(FIELDS.__getitem__, SOUGHT):
            carriers = [known for known in self.customers.carrying(name, row.get(name)) if self._fits(known, name, row)]
            found = [known for known in found if known in carriers] or found or carriers
            if len(found) == 1:
                break
        return found

    def _fits(self, known: Known, name: str, row: Row) -> bool:
        """Tell whether a carrier may be meant: none with another external_id, but by the tenant's priority one."""
        ours, theirs = row.get("CustomerId"), known.carries["CustomerId"]
        return ours is None or theirs in (None, ours) or name == self.customers.first

    def _store(self, i: int, known: Known, *, alone: bool) -> None:
        """Note what record `i` sends for a customer; several that it means keep the identifiers each of them has."""
        record, row = self.records[i], dict(self.rows[i])
        for name in self.customers.refused(known, row) if alone else IDENTIFIERS:
            if alone:
                self.changes.warnings.setdefault(f"[{i}].{SENT_AS[name]}", [KEPT])
            row.pop(name, None)
        self.customers.change(known, row | more_after(known, record))


def more_after(known: Known, record: Mapping[str, Any]) -> Row:
    """Return what a record makes of a customer's attributes, tags and mailing lists, and note it for the next one."""
    row: Row = {}
    if MORE.isdisjoint(record):
        return row
    if (attributes := attributes_after(known.attributes, record)) is not None:
        row["Attributes"] = known.attributes = attributes
    if (tags := strings_after(known.tags, record, TAGS)) is not None:
        row["Tags"] = known.tags = tags
    if (lists := strings_after(known.mailing_lists, record, MAILING_LISTS)) is not None:
        row["MailingLists"] = known.mailing_lists = lists
    return row


def store_upload(tenant: Tenant, records: Sequence[Mapping[str, Any]], *, origin: Origin) -> tuple[Changes, list[int]]:
    """Store records as if one after the other, in one transaction; return what changed, and whose were skipped."""
    if _store_at_once(tenant, records, origin):
        return Changes(), []
    rows = [as_row(record) for record in records]
    thorough = any(map(gives_up, records))
    with write(tenant, Entity.CUSTOMERS, Operation.UPSERT, origin, exclusive=True) as opened:
        opened.changes.received = len(records)
        if not (opened.recalls or thorough) and _store_named(opened, tenant, records, rows):
            return opened.changes, []
        upload = Upload(opened, tenant, records, rows, thorough=thorough)
        for i in range(len(records)):
            upload.take(i)
        upload.customers.write()
    return opened.changes, upload.skipped


def _store_at_once(tenant: Tenant, records: Sequence[Mapping[str, Any]], origin: Origin) -> bool:
    """Store records read by column in one statement, if all of them have an external_id of their own."""
    plain = (
        isinstance(records, Records) and priority_field(tenant) == "CustomerId" and records.all_differ("external_id")
    )
    return plain and store_named(STORE_AT_ONCE, tenant, cast(Records[Row], records), origin=origin)


def _store_named(opened: Write, tenant: Tenant, records: Sequence[Mapping[str, Any]], rows: Sequence[Row]) -> bool:
    """Store records that all have the CustomerId by which the tenant names customers; False where one may mean others.

    It is what `Upload` would come to: a customer who has it is meant, one who has not is new, and no key changes.
    """
    first = priority_field(tenant)
    if first != "CustomerId" or not all(first in row for row in rows):
        return False
    telling = [i for i, record in enumerate(records) if not MORE.isdisjoint(record)]
    known = look_up_named(tenant, rows, {rows[i][first]: None for i in telling})
    if known is None:
        return False
    for i in telling:
        rows[i] |= more_after(known.setdefault(rows[i][first], Known()), records[i])
    if folded := fold(rows, first, Carriers((), ())):
        store_last(opened, folded)
    return True


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


class CustobarViewSet(TenantViewSet):
    """POST /api/customers/upload/."""

    authentication_classes = [CustobarAuthentication]

    def create(self, request: Request, **_: Any) -> HttpResponse:
        batch = read_upload(self.tenant, self.body())
        changes, skipped = store_upload(self.tenant, batch.records, origin=self.origin)
        odd = {"warnings": {**batch.warnings, **changes.warnings}, "skipped": skipped}
        said = {"response": "ok", "count": len(batch.records)}
        return JsonResponse(said | {name: value for name, value in odd.items() if value})

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """Answer any failure as the native API does, status and headers, in this vendor's body."""
        native = super().handle_exception(exc)
        said = orjson.loads(native.content)
        headers = {name: value for name, value in native.items() if name != "Content-Type"}
        error = {"reason": said["message"], "errors": _errors(said)}
        return JsonResponse({"response": "error", "error": error}, status=native.status_code, headers=headers)


def _errors(said: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the errors by place; who is nowhere named is named by place, too."""
    errors: dict[str, list[str]] = dict(said.get("errors", {}))
    nameless = [f"[{d['index']}]" for d in said.get("details", ()) if d["code"] == "identifier_missing"]
    return {**dict.fromkeys(nameless, errors.pop("")), **errors} if nameless else errors
