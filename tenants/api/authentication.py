"""Who calls: an API key in a header, looked up and counted in one prepared statement."""

import base64
import re
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from hub.api.errors import ApiError
from hub.middleware.requests import HubRequest, trace_id
from hub.middleware.waiting import is_resumed
from hub.sql.execute import fetch
from hub.sql.files import read_sql
from hub.sql.prepared import Row
from tenants.api.routes import route_of
from tenants.api.throttling import Rate, Window, caller_address, caller_host, refuse_excess
from tenants.changes.changesets import Origin
from tenants.changes.gate import GATE
from tenants.keys import digest
from tenants.models import Source, Tenant
from tenants.scopes import Scope

log = structlog.get_logger("tenants.authentication")

AUTHORISE = read_sql("tenants", "authorise")
# What AUTHORISE returns of the caller's tenant, at its end.
OF_TENANT = (
    "id",
    "name",
    "slug",
    "priority",
    "required_fields",
    "time_zone",
    "default_country",
    "is_enabled",
    "consent_policy",
    "keeps_images",
    "sandbox_of_id",
)  # as AUTHORISE selects it
UNAUTHORISED = "Unauthorized."
IN_CLEAR = "The hub is called over HTTPS only. A key that was sent in clear may have been read on its way: replace it."
MOVING = "The hub is being moved to other machines. Please try again."
MOVING_SECONDS = 10
TENANT_MISSING = "Invalid or missing tenant identifier."
NO_TENANT = ""  # neither a GUID nor a slug
GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Caller:
    """A live key's tenant, what its writes are recorded under, its rate, and what it may do."""

    tenant: Tenant
    origin: Origin
    rate: Rate
    scopes: Scope


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key's text ("" for none) and the tenant the request names by GUID or slug (None: the key's own)."""

    key: str
    tenant: str | None


def basic_credentials(text: str) -> Credentials:
    """Return what HTTP Basic says in base64: the user is the tenant, the password the key.

    Text that can't be decoded gives credentials without a key, which `authorise` answers with 401.
    """
    try:
        user, _, key = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        return Credentials("", None)
    return Credentials("", None) if "\0" in user else Credentials(key, user)


def authorise(request: HttpRequest, credentials: Credentials, source: Source, *, tells_missing: bool = False) -> Caller:
    """Look up a key, count the request, and return the caller: tenant, origin of its writes, rate, scopes.

    `source` is what the origin says the writes came through. The request, one that came through the middleware, is
    told its tenant, its key and the rate-limit headers of its answer. One without a valid key counts for its address.
    Raises ApiError 403 for a request in clear where the hub has HTTPS, 401 for no valid key, 404 in its place for a
    live key and no such tenant where that `tells_missing`, 429 for either over the address's limit, 403 for a disabled
    tenant, 503 while the gate is closed. What the key may not do is KeyScope's to refuse, the tenant's own limit
    TenantThrottle's. A key that is used from elsewhere than its networks is none.
    """
    hub_request = HubRequest.of(request)
    row, rate = _count(hub_request, credentials)
    live, tenant_exists, gate_is_open, key_id = row[7:11]
    if key_id is None:
        refuse_excess(rate)
        is_missing = tells_missing and live and not tenant_exists
        raise ApiError(404, "Tenant not found.") if is_missing else ApiError(401, UNAUTHORISED)
    tenant = _tenant(row)
    if tenant.is_enabled and not gate_is_open:  # with a tenant it would be recorded, and wait for the table that moves
        raise ApiError(503, MOVING, headers={"Retry-After": str(MOVING_SECONDS)})
    hub_request.tenant_id, hub_request.api_key_id, hub_request.source = tenant.pk, key_id, source.value
    if tenant.is_sandbox:
        hub_request.answer_headers["X-Sandbox"] = "true"
        structlog.contextvars.bind_contextvars(sandbox=True)
    if not tenant.is_enabled:
        raise ApiError(403, "Tenant is disabled.")
    actor = f"{row[11]} ({row[12]}…)"
    origin = Origin(source, actor, trace_id(hub_request), api_key_id=key_id)
    return Caller(tenant, origin, rate, Scope(row[13]))


def count_address(request: HttpRequest) -> None:
    """Count a request that names no tenant for its address, as `authorise` does.

    Raises ApiError 403 for one in clear where the hub has HTTPS, 429 over the limit.
    """
    _, rate = _count(HubRequest.of(request), Credentials(_sent_key(request), NO_TENANT))
    refuse_excess(rate)


def _sent_key(request: HttpRequest) -> str:
    """Return the key that a request seems to carry, in whichever of the dialects' headers."""
    named = request.META.get("HTTP_X_REPLENIT_AUTH_KEY") or request.META.get("HTTP_API_KEY")
    scheme, _, rest = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    in_basic = basic_credentials(rest.strip()).key if scheme.lower() == "basic" else ""
    return str(named or in_basic or rest or scheme).strip()


def _refuse_clear(request: HubRequest, key_id: int | None) -> None:
    """Raise ApiError 403 where the hub has HTTPS and the request came without; the log says which key was sent so."""
    if settings.HTTPS and not request.is_secure():
        if key_id is not None:
            log.warning("a key was sent in clear: replace it", key=key_id)
        raise ApiError(403, IN_CLEAR)


def _count(request: HubRequest, credentials: Credentials) -> tuple[Row, Rate]:
    """Return the row of authorise.sql and the rate in it, which the answer's headers say. Raises as `_refuse_clear`.

    A request that has waited was counted when it came.
    """
    is_counted = not is_resumed(request)
    per_minute, per_hour = settings.RATE_LIMITS["address"]
    parameters: dict[str, Any] = {
        "digest": digest(credentials.key) if credentials.key else None,
        "tenant": credentials.tenant,
        "address": caller_address(request),
        "host": caller_host(request) or None,
        "route": f"{(request.method or '')[:10]} {route_of(request)}".rstrip(),
        "per_minute": per_minute,
        "per_hour": per_hour,
        "counted": int(is_counted),
        "gate": GATE,
    }
    try:
        (row,) = fetch(AUTHORISE, parameters)
    except (psycopg.OperationalError, psycopg.InterfaceError, OperationalError):
        # The server may have restarted since this thread's last request: once more, on a new connection.
        connection.close()
        (row,) = fetch(AUTHORISE, parameters)
    rate = Rate(Window(*row[0:3]), Window(*row[3:6]), row[6], is_counted)
    request.answer_headers |= rate.headers
    _refuse_clear(request, row[7])
    return row, rate


def _tenant(row: Row) -> Tenant:
    return Tenant(per_minute=row[0], per_hour=row[3], **dict(zip(OF_TENANT, row[14:], strict=True)))


class KeyAuthentication(BaseAuthentication):
    """The native API's key header, `x-replenit-auth-key`, for the tenant in the path."""

    schemes = {
        "key": {
            "type": "apiKey",
            "in": "header",
            "name": "x-replenit-auth-key",
            "description": "A key of the tenant that the path names. It is shown once, when it is made.",
        }
    }

    def authenticate(self, request: Request) -> tuple[None, Caller]:
        """Return (None, the caller), DRF's pair of user and auth; raises ApiError 400 for a path without a GUID.

        All that `authorise` raises, too; and 429 instead of the 400 where the address is over its limit.
        """
        tenant_id = request.parser_context["kwargs"]["tenant_id"]
        if not GUID.fullmatch(tenant_id):
            count_address(request._request)
            raise ApiError(400, TENANT_MISSING)
        credentials = Credentials(request.META.get("HTTP_X_REPLENIT_AUTH_KEY", ""), tenant_id)
        return None, authorise(request._request, credentials, Source.API, tells_missing=True)

    def authenticate_header(self, request: Request) -> str:
        return "ApiKey"
