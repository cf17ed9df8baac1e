"""What every native endpoint shares: the order of checks, the caller, the body, the parameters."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property, partial, wraps
from typing import Any, cast

from django.core.exceptions import DisallowedHost
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django_filters import FilterSet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from hub.api.body import read_body
from hub.api.errors import ApiError, answer_exception
from hub.api.etags import unless_known
from hub.api.openapi.operations import RATE, Answer, Operation
from hub.api.pagination import KeysetPagination
from hub.api.parameters import NOTHING, Parameters, documented_name, sent_with
from hub.api.preferences import prefers_lenient
from hub.api.responses import failure, in_changeset, now, success
from hub.api.selection import Selection
from hub.api.weights import Growing
from hub.middleware.paths import BadAddress, identifier_in_path
from hub.records.faults import Fault
from hub.records.mistakes import mistakes_of
from hub.records.schemas import Batch, Schema, parse
from hub.records.sifting import Sifted, sift
from tenants.api.authentication import TENANT_MISSING, Caller, KeyAuthentication, count_address
from tenants.api.lenient import APPLIED, said_of
from tenants.api.operations import REFUSALS, REFUSALS_OF_BODIES, REFUSALS_OF_WRITES, TENANT_ID
from tenants.api.outcomes import with_receipt
from tenants.api.permissions import KeyScope
from tenants.api.throttling import TenantThrottle
from tenants.api.turns import turn
from tenants.audit.looks import Looks, count_look
from tenants.changes.changesets import Origin, Receipt
from tenants.changes.trying import try_out
from tenants.models import Entity, Tenant, Way
from tenants.quarantine.sifted import Upsert, in_places, store_sifted
from tenants.reading import read_for
from tenants.scopes import Scope

SMALL = 16 * 1024  # bytes of a body that waits for no turn
SAID = {"reason": "reason", "legal_basis": "legalBasis", "reference": "reference"}  # of an Origin, by parameters
MOST_COUNTED = 10_000  # records that a list counts


class TenantViewSet(GenericViewSet[Any]):
    """An endpoint below /…/{tenantId}: GUID 400, key 401, tenant 404, enabled, scope 403, rate 429, then the request.

    A subclass is a few lines a method: it takes the body or the parameters, calls its app, and answers with `saved`,
    `removed`, `page` or `record`. Whatever it raises is answered by hub.api.errors. It says what identifiers its paths
    may hold, under their documented names, and by action what a query may hold and which scope a key needs, one of them
    where several are named: no action takes a parameter that is not there, and none is open that says no scope.
    `operations` say by action what else the OpenAPI document tells of it.
    """

    in_path = NOTHING
    in_query: Mapping[str, Parameters] = {}
    needs: Mapping[str, Scope] = {}
    ignores_unknown_parameters = False
    reads_also: Mapping[str, Parameters] = {}  # by action, what it reads from a query by itself
    named: Mapping[str, Any] = {"tenantId": TENANT_ID}  # what else a path holds, for the OpenAPI document
    operations: Mapping[str, Operation] = {}
    refusals: Mapping[int, Answer] = REFUSALS
    refusals_of_bodies: Mapping[int, Answer] = REFUSALS_OF_BODIES
    refusals_of_writes: Mapping[int, Answer] = REFUSALS_OF_WRITES
    tells = (*RATE, "[X-Sandbox]")
    filterset_class: type[FilterSet]
    growing: Growing
    keyset: str
    hash_sql = ""
    shows: Entity | None = None  # whose looks are counted, by the action that shows them
    ways: Mapping[str, Way] = {"list": Way.API_LIST, "retrieve": Way.API_RECORD, "reconcile": Way.API_LIST}
    shown = 0  # records that the answer holds
    has_turn = False

    authentication_classes = [KeyAuthentication]
    permission_classes = [KeyScope]
    throttle_classes = [TenantThrottle]
    http_method_names = ["get", "post", "delete", "head"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the caller in; then, where there is an action, read what it was sent, in the order of checks.

        Raises ApiError as `read_body` does, and ValidationFailed for the parameters, before a body is parsed.
        """
        super().initial(request, *args, **kwargs)
        if str(request.method).lower() in self.action_map:
            self.sent = self.read_sent(request)
            self.ids = self.in_path.read_path(_identifiers(kwargs))
            known = self.in_query.get(self.action, NOTHING)
            self.query = known.read(sent_with(request), strict=not self.ignores_unknown_parameters)

    def read_sent(self, request: Request) -> bytes:
        """Return the body of a POST, inflated; raises ApiError for what is none."""
        return read_body(request._request) if request.method == "POST" else b""

    def handle_exception(self, exc: Exception) -> Response:
        """Answer, a 401 with the challenge of the endpoint's authentication (RFC 9110, 11.6.1)."""
        response = super().handle_exception(exc)
        if response.status_code == 401:
            response["WWW-Authenticate"] = self.get_authenticate_header(self.request)
        return response

    @property
    def caller(self) -> Caller:
        """Who calls, as the endpoint's authentication found out."""
        return cast(Caller, self.request.auth)

    @property
    def tenant(self) -> Tenant:
        """The caller's tenant, the one that the path names."""
        return self.caller.tenant

    @property
    def wants_results(self) -> bool:
        """Whether an upsert is to say what each record became: in its answer, or for a dry run to show changes."""
        return bool(self.query.get("results") or self.query.get("dryRun"))

    @property
    def keeps_answer(self) -> bool:
        """Whether who sends the request again may be answered with its first answer; a dry run keeps nothing."""
        return not self.query.get("dryRun")

    @property
    def origin(self) -> Origin:
        """What the caller's writes are recorded under."""
        said = {name: self.query.get(parameter, "") for name, parameter in SAID.items()}
        return replace(self.caller.origin, **said)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a request; what `body` took, the tenant's turn, is given back when the answer is there."""
        with ExitStack() as self.held:
            return super().dispatch(request, *args, **kwargs)

    def body(self) -> bytes:
        """Return the request's body, inflated; one over SMALL only when it is the tenant's turn, held until the answer.

        Raises ApiError 503 for no turn in time.
        """
        self.take_turn()
        return self.sent

    def take_turn(self) -> None:
        """Take the tenant's turn where `body` asks for it and this request has none yet; raises as `body` does."""
        if len(self.sent) > SMALL and not self.has_turn:
            is_gone = self.request.META.get("hub.is_gone", bool)  # no other web server tells
            self.held.enter_context(turn(self.tenant.pk, is_gone=is_gone))
            self.has_turn = True

    def write(self, write: Callable[..., Receipt], *what: Any, **how: Any) -> Receipt:
        """Have an app write for the caller; only try it where the caller asks for a dry run.

        What a dry run would change shows what is stored: a key that may not read is told the counts alone.
        """
        if not self.query.get("dryRun"):
            return write(self.tenant, *what, origin=self.origin, **how)
        receipt = try_out(self.tenant, self.origin, lambda origin: write(self.tenant, *what, origin=origin, **how))
        return receipt if self.caller.scopes & self.needs["retrieve"] else replace(receipt, changes=[])

    def parsed(self, schema: Schema[Any]) -> Batch[Any]:
        """Read the body of an upsert: all of it, or where the caller prefers that (RFC 7240) its good records."""
        sifts = prefers_lenient(self.request.META.get("HTTP_PREFER", ""))
        return sift(schema, self.body()) if sifts else parse(schema, self.body())

    def stored(self, upsert: Upsert, batch: Batch[Any]) -> Receipt:
        """Store what was read, or only try it; raises what `upsert` does."""
        if isinstance(batch, Sifted):
            receipt = self.write(partial(store_sifted, upsert), batch, results=self.wants_results)
            return in_places(receipt, batch)
        return self.write(upsert, batch.records, results=self.wants_results)

    def saved(self, message: str, batch: Batch[Any], receipt: Receipt) -> HttpResponse:
        """Answer an upsert: records received, the receipt, the warnings of batch and receipt, where there are any.

        The receipt's results stand in it where they were asked for, and the records left out, where that was.
        """
        data: dict[str, object] = {"count": receipt.received, "processedAt": now(), **receipt.counts}
        if warnings := {**batch.warnings, **receipt.warnings}:
            data["warnings"] = warnings
        if self.query.get("results"):
            data["results"] = receipt.results
        headers = in_changeset(receipt.number)
        faults: list[Fault] = []
        if isinstance(batch, Sifted):
            data["rejected"] = said_of(batch)
            headers |= APPLIED
            faults = batch.faults
        answer = success(message, data, headers=headers)
        return with_receipt(answer, receipt, warnings, mistakes=mistakes_of(faults), faults=len(faults) + len(warnings))

    def removed(self, message: str, receipt: Receipt, **identifiers: str | None) -> HttpResponse:
        """Answer a delete by echoing the identifiers it took, in their normal form, with the receipt."""
        data = {**identifiers, "removed": receipt.removed, "deletedAt": now(), **receipt.counts}
        return with_receipt(success(message, data, headers=in_changeset(receipt.number)), receipt, receipt.warnings)

    def looked_at(self) -> Mapping[Entity, int]:
        """Return how many records of persons the answer holds, by entity."""
        return {self.shows: self.shown} if self.shows and self.shown else {}

    @cached_property
    def selection(self) -> Selection:
        """What is answered of records: all of each, or what `fields` says."""
        writes = cast(type[Serializer[Any]], self.serializer_class)
        return Selection(writes, self.query.get("fields"), self.hash_sql)

    def records(self) -> QuerySet[Any]:
        """Return the tenant's records, to be read with what is answered of them."""
        return self.selection.narrow(self.get_queryset(), self.keyset)

    def page(self, message: str) -> HttpResponse:
        """Answer with one keyset page of the tenant's records, filtered; with how many there are, if asked."""
        found = self.filterset_class(self.query, self.records()).qs
        is_descending = self.query.get("order", "").startswith("-")
        paginator = KeysetPagination(descending=is_descending, narrow=self.selection.narrow_growing)
        paginator.paginate_queryset(found, self.request, self)
        results = paginator.written(self.selection.serializer.to_representation)
        self.shown = len(results)
        data: dict[str, object] = {"results": results, "next": paginator.next_url()}
        if self.query.get("count"):
            data["count"] = self._count()
        return success(message, data)

    def _count(self) -> int | str:
        """Return how many records the filters leave, on all pages; more than are counted as `10000+`."""
        found = self.filterset_class(self.query, self.get_queryset()).qs
        number = found.order_by()[: MOST_COUNTED + 1].count()
        return number if number <= MOST_COUNTED else f"{MOST_COUNTED}+"

    def record(self, message: str, found: Model | None, missing: str) -> HttpResponse:
        """Answer with the record found, or that it is what the caller has; raises ApiError 404 with `missing` for None.

        A 304 shows nothing that the caller does not have.
        """
        if found is None:
            raise ApiError(404, missing)
        self.selection.narrow_growing(self.growing).complete([found])
        answer = success(message, self.selection.serializer.to_representation(found))
        response = unless_known(self.request, answer)
        self.shown = int(response is answer)
        return response


def reads(action: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate an action of a TenantViewSet that only reads records or the feed: the replica may answer it.

    What it shows of persons is counted before the answer goes, on the primary.
    """

    @wraps(action)
    def answer(self: TenantViewSet, request: Request, **kwargs: Any) -> HttpResponse:
        response = read_for([self.tenant.pk], lambda: action(self, request, **kwargs))
        for entity, records in self.looked_at().items():
            key_id, way = self.origin.api_key_id, self.ways[self.action]
            count_look(Looks(self.tenant.pk, entity, way, api_key_id=key_id, records=records))
        return response

    return answer


def _identifiers(kwargs: Mapping[str, str]) -> dict[str, str]:
    """Return what a route took from a path, slashes included, by its documented name: `order_id` is `orderId`."""
    return {documented_name(name): identifier_in_path(text) for name, text in kwargs.items()}


@csrf_exempt
def tenant_missing(request: HttpRequest) -> HttpResponse:
    """Answer a native path without a tenant: `/customers` and `/customers/`."""
    return _refused(request, 400, TENANT_MISSING)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that reached no endpoint: its address or its host is unusable (Django's handler400)."""
    known = {BadAddress: str(exception), DisallowedHost: "The Host header names no host of this hub."}
    return _refused(request, 400, known.get(type(exception), "Bad request."))


def unknown_path(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a path without an endpoint (Django's handler404)."""
    return _refused(request, 404, "No such endpoint.")


def _refused(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """Answer a request that no endpoint takes, and count it for its address; over the limit the answer is the 429."""
    try:
        count_address(request)
    except Exception as error:  # outside of DRF nothing else turns it into an answer
        return answer_exception(error, {"request": request, "view": None})
    return failure(status, message)
