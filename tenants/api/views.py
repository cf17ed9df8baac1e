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
    """An endpoint below /…/{tenantId}: GUID 400, key 401, tenant 404, enabled 403, rate 429, and only then the body."""

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
        return cast(Caller, self.request.auth)

    @property
    def tenant(self) -> Tenant:
        return self.caller.tenant

    @property
    def origin(self) -> Origin:
        return self.caller.origin

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self.held:
            return super().dispatch(request, *args, **kwargs)

    def body(self) -> bytes:
        """Return the request's body; a big one when it is the tenant's turn. Raises ApiError 413, 415, 400 or 503."""
        body = read_body(self.request._request)
        if len(body) > SMALL:
            self.held.enter_context(turn(self.tenant.pk))
        return body

    def path_id(self, name: str) -> str:
        """Return an identifier that stands in the path."""
        return identifier_in_path(self.kwargs[name])

    def query_ids(self, *names: str) -> list[str | None]:
        """Return query parameters in the order named; a blank one is a missing one."""
        values = [self.request.query_params.get(name, "") for name in names]
        return [value if value.strip() else None for value in values]

    def saved(self, message: str, batch: Batch[Any], receipt: Receipt) -> HttpResponse:
        """Answer an upsert."""
        warnings = {**batch.warnings, **receipt.warnings}
        return saved(message, receipt.received, warnings=warnings, changeset=receipt.number)

    def page(self, message: str) -> HttpResponse:
        """Answer with one keyset page of what the filters leave."""
        paginator = KeysetPagination()
        records = paginator.paginate_queryset(self.filter_queryset(self.get_queryset()), self.request, self)
        results = self.get_serializer(records, many=True).data
        return success(message, {"results": results, "next": paginator.next_url()})

    def record(self, message: str, found: Model | None, missing: str) -> HttpResponse:
        """Answer with one record; raises ApiError 404 where there is none."""
        if found is None:
            raise ApiError(404, missing)
        return success(message, self.get_serializer(found).data)


@csrf_exempt
def tenant_missing(request: HttpRequest) -> HttpResponse:
    """Answer a native path without a tenant: `/customers` and `/customers/`."""
    return _refused(request, 400, TENANT_MISSING)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that never came to an endpoint: its address or its host is none (Django's handler400)."""
    known = {BadAddress: str(exception), DisallowedHost: "The Host header names no host of this hub."}
    return _refused(request, 400, known.get(type(exception), "Bad request."))


def unknown_path(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a path that is no endpoint (Django's handler404)."""
    return _refused(request, 404, "No such endpoint.")


def _refused(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """Count a request that no endpoint takes for its address, and answer it; over the limit the answer is the 429."""
    try:
        count_address(request)
    except Exception as error:  # outside of DRF nothing else turns it into an answer
        return answer_exception(error, {"request": request, "view": None})
    return failure(status, message)
