"""What every native endpoint shares: the order of checks, the caller, the body."""

from contextlib import ExitStack
from typing import Any, cast

from django.core.exceptions import DisallowedHost
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from hub.api.body import read_body
from hub.api.errors import ApiError, answer_exception
from hub.api.filters import StrictFilterBackend
from hub.api.pagination import KeysetPagination
from hub.api.responses import failure, saved, success
from hub.middleware.paths import BadAddress, identifier_in_path
from hub.records.schemas import Batch
from tenants.api.authentication import TENANT_MISSING, Caller, KeyAuthentication, count_address
from tenants.api.throttling import TenantThrottle
from tenants.api.turns import turn
from tenants.changes.changesets import Origin, Receipt
from tenants.models import Tenant

SMALL = 16 * 1024  # bytes of a body that waits for no turn


class TenantViewSet(GenericViewSet[Any]):
    """An endpoint below /…/{tenantId}: GUID 400, key 401, tenant 404, enabled 403, rate 429, and only then the body.

    A subclass is a few lines a method: it reads the body or the path, calls its app, and answers with `saved`, `page`
    or `record`. Whatever it raises is answered by hub.api.errors.
    """

    authentication_classes = [KeyAuthentication]
    throttle_classes = [TenantThrottle]
    filter_backends = [StrictFilterBackend]
    http_method_names = ["get", "post", "delete", "head"]

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
    def origin(self) -> Origin:
        """What the caller's writes are recorded under."""
        return self.caller.origin

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a request; what `body` took, the tenant's turn, is given back when the answer is there."""
        with ExitStack() as self.held:
            return super().dispatch(request, *args, **kwargs)

    def body(self) -> bytes:
        """Return the request's body, inflated; one over SMALL only when it is the tenant's turn, held until the answer.

        Raises ApiError: 413 too large, 415 not JSON, 400 cut off or broken, 503 no turn in time.
        """
        body = read_body(self.request._request)
        if len(body) > SMALL:
            self.held.enter_context(turn(self.tenant.pk))
        return body

    def path_id(self, name: str) -> str:
        """Return the identifier that the route calls `name`, slashes included."""
        return identifier_in_path(self.kwargs[name])

    def query_ids(self, *names: str) -> list[str | None]:
        """Return query parameters in the order named; None for one that is blank or left out."""
        values = [self.request.query_params.get(name, "") for name in names]
        return [value if value.strip() else None for value in values]

    def saved(self, message: str, batch: Batch[Any], receipt: Receipt) -> HttpResponse:
        """Answer an upsert: records received, the warnings of batch and receipt, the number of the changeset."""
        warnings = {**batch.warnings, **receipt.warnings}
        return saved(message, receipt.received, warnings=warnings, changeset=receipt.number)

    def page(self, message: str) -> HttpResponse:
        """Answer with one keyset page of `get_queryset`, filtered.

        Raises ApiError 400 for an unknown filter, or one whose value is unusable, as is a cursor or limit.
        """
        paginator = KeysetPagination()
        records = paginator.paginate_queryset(self.filter_queryset(self.get_queryset()), self.request, self)
        results = self.get_serializer(records, many=True).data
        return success(message, {"results": results, "next": paginator.next_url()})

    def record(self, message: str, found: Model | None, missing: str) -> HttpResponse:
        """Answer with the record found; raises ApiError 404 with the text `missing` for None."""
        if found is None:
            raise ApiError(404, missing)
        return success(message, self.get_serializer(found).data)


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
