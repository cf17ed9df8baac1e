"""Custobar's addresses, all below /api/: who calls, what they get, and how a failure is worded."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from customers.dialects.custobar.bodies import Findings
from customers.dialects.custobar.events import read_events, withdraw
from customers.dialects.custobar.fields import rules_of
from customers.dialects.custobar.lookup import OFFSET, as_sent, next_url, skipping, sought
from customers.dialects.custobar.operations import (
    OPERATIONS,
    REFUSALS,
    REFUSALS_OF_BODIES,
    REFUSALS_OF_WRITES,
    SCHEMES,
    SOUGHT_BY,
)
from customers.dialects.custobar.records import read_upload, rejected_in, without_erasures
from customers.dialects.custobar.upload import store_upload
from customers.dialects.views import DialectViewSet, reworded
from customers.models import Customer
from customers.serializers import GROWING
from hub.api.pagination import KeysetPagination
from hub.api.responses import JsonResponse, in_changeset
from tenants.api.authentication import Caller, Credentials, authorise, basic_credentials
from tenants.api.idempotency import writes
from tenants.api.outcomes import with_receipt
from tenants.api.views import reads, unknown_path
from tenants.changes.changesets import Receipt
from tenants.models import Entity, Source, Way
from tenants.quarantine.keeping import keeping
from tenants.scopes import Scope


class CustobarAuthentication(BaseAuthentication):
    """HTTP Basic with the tenant's slug and a key, or `Authorization: Token|Bearer` with a key alone."""

    schemes = SCHEMES

    def authenticate(self, request: Request) -> tuple[None, Caller]:
        scheme, _, rest = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        return None, authorise(request._request, _credentials(scheme.lower(), rest.strip()), Source.CUSTOBAR)

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="customers", charset="UTF-8"'


def _credentials(scheme: str, text: str) -> Credentials:
    if scheme in ("token", "bearer"):
        return Credentials(text, None)
    return basic_credentials(text) if scheme == "basic" else Credentials("", None)


class CustobarViewSet(DialectViewSet):
    """POST /api/customers/upload/, GET /api/data/customers/ and POST /api/events/upload/."""

    authentication_classes = [CustobarAuthentication]
    needs = {"create": Scope.WRITE_CUSTOMERS, "withdraw": Scope.WRITE_CUSTOMERS, "list": Scope.READ_CUSTOMERS}
    operations = OPERATIONS
    refusals, refusals_of_bodies, refusals_of_writes = REFUSALS, REFUSALS_OF_BODIES, REFUSALS_OF_WRITES
    in_query = {"list": OFFSET}
    reads_also = {"list": SOUGHT_BY}
    ignores_unknown_parameters = True
    shows = Entity.CUSTOMERS
    ways = {"list": Way.CUSTOBAR}
    keyset = "match_key"
    growing = GROWING

    @writes
    def create(self, request: Request, **_: Any) -> HttpResponse:
        sent = read_upload(self.tenant, self.body())
        if Scope.ERASE_CUSTOMERS not in self.caller.scopes:
            sent = without_erasures(sent)
        left_out = rejected_in(self.sent, sent.findings)
        origin = keeping(self.origin, self.tenant, Entity.CUSTOMERS, left_out)
        receipt, skipped = store_upload(self.tenant, sent, origin=origin)
        return taken(sent.received, sent.findings, receipt, skipped=skipped)

    @writes
    def withdraw(self, request: Request, **_: Any) -> HttpResponse:
        sent = read_events(self.tenant, self.body())
        receipt = withdraw(self.tenant, sent.withdrawals, origin=self.origin)
        return taken(sent.received, sent.findings, receipt)

    @reads
    def list(self, request: Request, **_: Any) -> HttpResponse:
        named = sought(rules_of(self.tenant), request.query_params)
        found = Customer.objects.filter(tenant_id=self.tenant.pk, **named)
        pages = KeysetPagination()
        pages.paginate_queryset(skipping(found, self.query.get("offset", 0)), request, self)
        customers = pages.written(as_sent)
        self.shown = len(customers)
        return JsonResponse({"customers": customers, "next_url": next_url(pages)})

    def failure_body(self, native: Mapping[str, Any]) -> dict[str, Any]:
        return failure_body(native)


def taken(received: int, findings: Findings, receipt: Receipt, **more: Any) -> HttpResponse:
    """Answer an upload: how many records or events came, and where there is something to say, what."""
    said = findings.said()
    odd = {**said, "warnings": {**said["warnings"], **receipt.warnings}, **more}
    content = {"response": "ok", "count": received} | {name: value for name, value in odd.items() if value}
    answer = JsonResponse(content, headers=in_changeset(receipt.number))
    return with_receipt(
        answer,
        receipt,
        {**findings.texts, **receipt.warnings},
        received=received,
        mistakes=findings.mistakes(),
        faults=findings.faults,
    )


@csrf_exempt
def no_such_endpoint(request: HttpRequest) -> HttpResponse:
    """Answer any other path below /api/."""
    return reworded(unknown_path(request), failure_body)


def failure_body(native: Mapping[str, Any]) -> dict[str, Any]:
    """Return Custobar's body of a failure from the native one."""
    return {"response": "error", "error": {"reason": native["message"], "errors": _errors(native)}}


def _errors(said: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the errors by place; who is nowhere named is named by place, too."""
    errors: dict[str, list[str]] = dict(said.get("errors", {}))
    nameless = [f"[{d['index']}]" for d in said.get("details", ()) if d["code"] == "identifier_missing"]
    return {**dict.fromkeys(nameless, errors.pop("")), **errors} if nameless else errors
