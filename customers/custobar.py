"""The Custobar dialect (document 003): POST /api/customers/upload/.

Without this file and its line in customers/urls.py the hub speaks it no more. docs/vendors.md shows call and answer.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson
from django.http import HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from customers.custobar_records import (
    FIELDS,
    MAILING_LISTS,
    MORE,
    TAGS,
    as_row,
    attributes_after,
    gives_up,
    read_upload,
    strings_after,
)
from customers.ingest import IDENTIFIERS, Carriers, Row, fold, priority_field, store_last
from customers.known import Known, KnownCustomers
from customers.named import look_up_named, named_statement, store_named
from hub.columns import Records
from hub.errors import ApiError
from hub.responses import JsonResponse
from tenants.authentication import UNAUTHORISED, Caller, Credentials, authorise
from tenants.changesets import Changes, Origin, Write, write
from tenants.models import Entity, Operation, Source, Tenant
from tenants.views import TenantViewSet

SENT_AS = {hub: ours for ours, hub in FIELDS.items()}
STORE_AT_ONCE = named_statement(SENT_AS)
SOUGHT = ("CustomerId", "Phone", "Email")  # in this order
KEPT = "Another customer is known by it; the stored value stays."


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
        for name in SOUGHT:
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
    try:
        user, _, key = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        user = key = "\0"
    return Credentials("", None) if scheme != "basic" or "\0" in user else Credentials(key, user)


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
