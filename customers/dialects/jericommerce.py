"""The Jericommerce dialect (document 002): /v1/programs/{programId}/integrations/api.

Without this file and its line in customers/urls.py the hub speaks it no more. docs/vendors.md shows call and answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Required

import orjson
from django.http import HttpResponse
from pydantic import with_config
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from typing_extensions import TypedDict

from customers.dialects.bounds import ATTRIBUTES
from customers.dialects.jericommerce_operations import (
    PROGRAM_ID,
    REFUSALS,
    REFUSALS_OF_BODIES,
    REFUSALS_OF_WRITES,
    SCHEMES,
    operations,
)
from customers.dialects.matching import Candidate, Candidates
from customers.dialects.views import DialectViewSet
from customers.erasure import erase_customers
from customers.folding import Row
from hub.api.body import read_json
from hub.api.errors import ApiError
from hub.api.parameters import EMAIL, Parameters, meaning
from hub.api.responses import JsonResponse, in_changeset
from hub.middleware.paths import identifier_in_path
from hub.records.faults import Fault, ValidationFailed
from hub.records.mistakes import REFUSED, Mistake, mistakes_of, of_record
from hub.records.schemas import STRICT, Schema, parse, refuse_too_many_values
from hub.records.types import Email, Flag, RequiredEmail, identifier, text
from tenants.api.authentication import Caller, Credentials, authorise
from tenants.api.idempotency import writes
from tenants.api.outcomes import with_receipt
from tenants.changes.changesets import Origin, Receipt
from tenants.changes.erasure import NOT_STORED
from tenants.changes.writing import open_write
from tenants.models import Entity, Operation, Priority, Source, Tenant
from tenants.scopes import Scope

MOST_RECORDS = 100
MOST_VALUES = 100_000  # a record has eight; each is read by itself, and what is odd in it twice
FEATURE = "users"
WHOSE_EMAIL = meaning(EMAIL, "The customer's e-mail.")

TOO_MANY = f"The request body must contain at most {MOST_RECORDS} customers."
NO_ARRAY = "The request body must be a JSON array."
OTHER_FEATURE = f"The field feature must be {FEATURE}."
TOO_DEEP = "The element is nested too deep."
EMAIL_TAKEN = "Another customer has the e-mail that payload.email names."
ID_TAKEN = "Another customer has this externalCustomerId."
FULL = Fault((), "record_full", name="payload.emailVerified", limit=ATTRIBUTES).text
SHARED_EMAIL = "Several customers have this e-mail, and none of them this externalCustomerId."


@with_config(STRICT)
class UpdateRecord(TypedDict, total=False):
    """One update: whom it is about, and what about them."""

    email: Required[RequiredEmail]
    feature: Required[str]
    payload: Required[dict[str, Any]]


@with_config(STRICT)
class PayloadRecord(TypedDict, total=False):
    """The payload of the feature `users`. A null name is a name removed; any other null is a field left out."""

    externalCustomerId: Required[Annotated[str, identifier(100)]]
    name: Annotated[str, text(100)] | None
    phone: Annotated[str, text(20)] | None
    emailVerified: Flag | None
    email: Email | None


UPDATES = Schema(UpdateRecord, "customers", 1)
PAYLOADS = Schema(PayloadRecord, "customers", 1)

Status = Literal["created", "updated", "skipped", "failed"]


class Result(TypedDict, total=False):
    """What became of one record."""

    index: int
    email: Any
    status: Status
    error: str


class Refused(Exception):
    """A record that fails, and why; `mistakes` say it in words that may be kept."""

    def __init__(self, text: str, mistakes: Sequence[Mistake] = ()) -> None:
        super().__init__(text)
        self.mistakes = mistakes or [Mistake(REFUSED, text)]


@dataclass(frozen=True)
class Applied:
    """What became of each record of a call, the receipt, and what was wrong."""

    results: list[Result]
    receipt: Receipt
    mistakes: Sequence[Mistake]


def read_update(element: Any) -> tuple[str, PayloadRecord]:
    """Return the e-mail and the payload of one element of the body; raises Refused with everything wrong with it."""
    try:
        update = parse(UPDATES, orjson.dumps([element])).records[0]
        if update["feature"] != FEATURE:
            raise Refused(OTHER_FEATURE)
        return update["email"], parse(PAYLOADS, orjson.dumps([update["payload"]])).records[0]
    except ValidationFailed as error:
        said = " ".join(line for lines in error.errors.values() for line in lines)
        raise Refused(said, mistakes_of(error.faults)) from None
    except orjson.JSONEncodeError:
        raise Refused(TOO_DEEP) from None


def as_row(email: str, payload: PayloadRecord) -> Row:
    """Write an update in the hub's fields; the e-mail is the one the customer has from now on."""
    row: Row = {"CustomerId": payload["externalCustomerId"], "Email": payload.get("email") or email}
    if (phone := payload.get("phone")) is not None:
        row["Phone"] = phone
    if "name" in payload:
        row["Name"] = payload["name"] or ""
    return row


class Updates:
    """The updates of one call, applied one after the other."""

    def __init__(self, tenant: Tenant, customers: Candidates) -> None:
        self.tenant, self.customers = tenant, customers

    def apply(self, email: str, payload: PayloadRecord) -> Result:
        """Apply one update and say what became of it; raises Refused."""
        row = as_row(email, payload)
        if self.customers.is_suppressed(row) or self.customers.is_suppressed({"Email": email}):
            return {"status": "skipped", "error": NOT_STORED}
        found = self._match(email, row)
        self._refuse_taken(email, row, found)
        verified, customer = payload.get("emailVerified"), found or self.customers.create()
        if verified is not None or found is None:
            if customer.attributes.change({"emailVerified": bool(verified)}):
                raise Refused(FULL)
            row["Attributes"] = customer.attributes.values
        self.customers.update(customer, row)
        return {"status": "updated" if found else "created"}

    def _match(self, email: str, row: Row) -> Candidate | None:
        """Return the customer an e-mail names. Of several that share it, the externalCustomerId tells which."""
        carriers = self.customers.carrying("Email", email)
        if not carriers:  # a rename that is sent once more, its answer having been lost
            renamed = self.customers.carrying("Email", row["Email"])
            return next((one for one in renamed if one.identifiers["CustomerId"] == row["CustomerId"]), None)
        for wanted in (row["CustomerId"], None):
            if same := [one for one in carriers if one.identifiers["CustomerId"] == wanted]:
                return same[0]
        if len(carriers) > 1:
            raise Refused(SHARED_EMAIL)
        return carriers[0]

    def _refuse_taken(self, email: str, row: Row, found: Candidate | None) -> None:
        if row["Email"] != email and self._others("Email", row, found):
            raise Refused(EMAIL_TAKEN)
        if self.tenant.priority == Priority.CUSTOMER_ID and self._others("CustomerId", row, found):
            raise Refused(ID_TAKEN)

    def _others(self, name: str, row: Row, found: Candidate | None) -> bool:
        return any(one is not found for one in self.customers.carrying(name, row[name]))


def upsert(tenant: Tenant, elements: Sequence[Any], *, origin: Origin) -> Applied:
    """Store what can be stored of up to 100 updates, in order, in one transaction."""
    results: list[Result] = [{"index": i, "email": _email_of(element)} for i, element in enumerate(elements)]
    updates: dict[int, tuple[str, PayloadRecord]] = {}
    refused: dict[int, Refused] = {}
    for i, element in enumerate(elements):
        try:
            updates[i] = read_update(element)
        except Refused as refusal:
            refused[i] = refusal
    receipt = _store(tenant, updates, results, refused, origin) if updates else Receipt(received=len(results))
    for i, why in refused.items():
        results[i] |= {"status": "failed", "error": str(why)}
    mistakes = [mistake for i, why in refused.items() for mistake in of_record(why.mistakes, i)]
    return Applied(results, receipt, mistakes)


def _email_of(element: Any) -> Any:
    return element.get("email") if isinstance(element, Mapping) else None


def _store(
    tenant: Tenant,
    updates: Mapping[int, tuple[str, PayloadRecord]],
    results: list[Result],
    refused: dict[int, Refused],
    origin: Origin,
) -> Receipt:
    """Store updates; note in `results` and `refused` what became of each."""
    with open_write(tenant, Entity.CUSTOMERS, Operation.UPSERT, origin) as write:
        write.changes.received = len(results)
        rows = [row for email, payload in updates.values() for row in ({"Email": email}, as_row(email, payload))]
        customers = Candidates(write, tenant, rows, origin, relatives=True)
        applied = Updates(tenant, customers)
        for i, update in updates.items():
            try:
                results[i] |= applied.apply(*update)
            except Refused as refusal:
                refused[i] = refusal
        customers.save()
    return write.receipt


class JericommerceAuthentication(BaseAuthentication):
    """A key in `api-key`, or in `Authorization` with or without `Bearer`; the program is the tenant's GUID or slug."""

    schemes = SCHEMES

    def authenticate(self, request: Request) -> tuple[None, Caller]:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        bearer = token.strip() if scheme.lower() == "bearer" else scheme
        program = identifier_in_path(request.parser_context["kwargs"]["program_id"])
        credentials = Credentials(request.META.get("HTTP_API_KEY", "").strip() or bearer, program)
        return None, authorise(request._request, credentials, Source.JERICOMMERCE)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class JericommerceViewSet(DialectViewSet):
    """POST and DELETE /v1/programs/{programId}/integrations/api."""

    authentication_classes = [JericommerceAuthentication]
    needs = {"create": Scope.WRITE_CUSTOMERS, "remove": Scope.ERASE_CUSTOMERS}
    named = {"programId": PROGRAM_ID}
    operations = operations(PayloadRecord, MOST_RECORDS)
    refusals, refusals_of_bodies, refusals_of_writes = REFUSALS, REFUSALS_OF_BODIES, REFUSALS_OF_WRITES
    in_query = {
        "remove": Parameters({"email": WHOSE_EMAIL}, needs=all, otherwise="The query parameter email is required."),
    }

    @writes
    def create(self, request: Request, **_: Any) -> HttpResponse:
        body = self.body()
        refuse_too_many_values(body, MOST_VALUES)
        elements = read_json(body)
        if not isinstance(elements, list):
            raise ApiError(400, NO_ARRAY)
        if len(elements) > MOST_RECORDS:
            raise ApiError(400, TOO_MANY)
        applied = upsert(self.tenant, elements, origin=self.origin)
        worked = not applied.results or any(result["status"] != "failed" for result in applied.results)
        changeset = in_changeset(applied.receipt.number)
        answer = JsonResponse({"results": applied.results}, status=201 if worked else 404, headers=changeset)
        return with_receipt(answer, applied.receipt, applied.receipt.warnings, mistakes=applied.mistakes)

    @writes
    def remove(self, request: Request, **_: Any) -> HttpResponse:
        email = self.query["email"]
        receipt = erase_customers(self.tenant, customer_id=None, email=email, origin=self.origin)
        said = {"email": email, "status": "deleted", "removed": receipt.removed}
        answer = JsonResponse(said, status=201, headers=in_changeset(receipt.number))
        return with_receipt(answer, receipt, receipt.warnings)

    def failure_body(self, native: Mapping[str, Any]) -> dict[str, Any]:
        if not (errors := native.get("errors")):
            return {"results": [], "error": native["message"]}
        said = " ".join(f"{name}: {text}" for name, texts in errors.items() for text in texts)
        return {"results": [], "error": said, "errors": errors}
