"""What every native endpoint shares: the order of checks, the caller, the body."""

import re
from typing import Any, cast

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from hub.body import read_body
from hub.errors import ApiError
from hub.filters import StrictFilterBackend
from hub.pagination import KeysetPagination
from hub.paths import identifier_in_path
from hub.responses import JsonResponse, failure, saved, success
from hub.schemas import Batch
from tenants.authentication import Caller, KeyAuthentication, count_address
from tenants.changesets import Changes, Origin
from tenants.models import Tenant
from tenants.throttling import TenantThrottle

GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class TenantViewSet(GenericViewSet[Any]):
    """An endpoint below /…/{tenantId}: GUID 400, key 401, tenant 404, enabled 403, rate 429, and only then the body."""

    authentication_classes = [KeyAuthentication]
    throttle_classes = [TenantThrottle]
    filter_backends = [StrictFilterBackend]
    http_method_names = ["get", "post", "delete", "head"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not GUID.fullmatch(kwargs["tenant_id"]):
            count_address(request._request)
            raise ApiError(400, "Invalid or missing tenant identifier.")
        super().initial(request, *args, **kwargs)

    @property
    def caller(self) -> Caller:
        return cast(Caller, self.request.auth)

    @property
    def tenant(self) -> Tenant:
        return self.caller.tenant

    @property
    def origin(self) -> Origin:
        return self.caller.origin

    def body(self) -> bytes:
        """Return the request's body; raises ApiError 413, 415 or 400."""
        return read_body(self.request._request)

    def path_id(self, name: str) -> str:
        """Return an identifier that stands in the path."""
        return identifier_in_path(self.kwargs[name])

    def query_ids(self, *names: str) -> list[str | None]:
        """Return query parameters in the order named; a blank one is a missing one."""
        values = [self.request.query_params.get(name, "") for name in names]
        return [value if value.strip() else None for value in values]

    def saved(self, message: str, batch: Batch[Any], changes: Changes) -> HttpResponse:
        """Answer an upsert."""
        return saved(message, len(batch.records), warnings=batch.warnings, changeset=changes.number)

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
def tenant_missing(request: HttpRequest) -> JsonResponse:
    """Answer a native path without a tenant: `/customers` and `/customers/`."""
    count_address(request)
    return failure(400, "Invalid or missing tenant identifier.")


def unknown_path(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Answer a path that is no endpoint (Django's handler404)."""
    count_address(request)
    return failure(404, "No such endpoint.")
