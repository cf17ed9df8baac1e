"""Who calls: an API key in a header, looked up and counted in one prepared statement."""

import base64
import re
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from hub.api.errors import ApiError
from hub.middleware.tracing import traceparent
from hub.sql.execute import Row, execute
from hub.sql.files import read_sql
from tenants.api.throttling import Rate, Window, caller_address, refuse_excess
from tenants.changes.changesets import Origin
from tenants.keys import digest
from tenants.models import Source, Tenant

AUTHORISE = read_sql("tenants", "authorise")
UNAUTHORISED = "Unauthorized."
TENANT_MISSING = "Invalid or missing tenant identifier."
GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Caller:
    """A live key's tenant, what its writes are recorded under, and its rate."""

    tenant: Tenant
    origin: Origin
    rate: Rate


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key's text ("" for none) and the tenant the request names by GUID or slug (None: the key's own)."""

    key: str
    tenant: str | None


def basic_credentials(text: str) -> Credentials:
    """Return what HTTP Basic says: the user is the tenant, the password a key. What can't be read has no key."""
    try:
        user, _, key = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        return Credentials("", None)
    return Credentials("", None) if "\0" in user else Credentials(key, user)


def authorise(request: HttpRequest, credentials: Credentials, source: Source) -> Caller:
    """Return the caller. Raises ApiError 401, 404 (live key, no such tenant) or 403 (tenant disabled).

    Sets `request.rate`; a request without a valid key counts for its address, and is refused over that limit.
    """
    row = _count(request, credentials)
    rate = Rate(Window(*row[0:3]), Window(*row[3:6]), row[6])
    request.rate = rate  # type: ignore[attr-defined]
    live, tenant_exists, key_id = row[7:10]
    if key_id is None:
        refuse_excess(rate)
        raise ApiError(404, "Tenant not found.") if live and not tenant_exists else ApiError(401, UNAUTHORISED)
    tenant = _tenant(row)
    request.tenant_id = tenant.pk  # type: ignore[attr-defined]
    request.api_key_id = key_id  # type: ignore[attr-defined]
    if not tenant.is_enabled:
        raise ApiError(403, "Tenant is disabled.")
    actor = f"{row[10]} ({row[11]}…)"
    return Caller(tenant, Origin(source, actor, traceparent(request)[3:35], api_key_id=key_id), rate)


def count_address(request: HttpRequest) -> None:
    """Count a request that names no tenant for its address; raises ApiError 429 over the limit."""
    row = _count(request, Credentials("", None))
    request.rate = Rate(Window(*row[0:3]), Window(*row[3:6]), row[6])  # type: ignore[attr-defined]
    refuse_excess(request.rate)  # type: ignore[attr-defined]


def _count(request: HttpRequest, credentials: Credentials) -> Row:
    per_minute, per_hour = settings.RATE_LIMITS["address"]
    parameters: dict[str, Any] = {
        "digest": digest(credentials.key) if credentials.key else None,
        "tenant": credentials.tenant,
        "address": caller_address(request),
        "per_minute": per_minute,
        "per_hour": per_hour,
    }
    try:
        row = execute(AUTHORISE, parameters).fetchone()
    except (psycopg.OperationalError, psycopg.InterfaceError, OperationalError):
        # The server may have restarted since this thread's last request: once more, on a new connection.
        connection.close()
        row = execute(AUTHORISE, parameters).fetchone()
    assert row is not None  # noqa: S101 — the statement promises one row
    return row


def _tenant(row: Row) -> Tenant:
    names = ("id", "name", "slug", "priority", "required_fields", "time_zone", "is_enabled")
    return Tenant(per_minute=row[0], per_hour=row[3], **dict(zip(names, row[12:], strict=True)))


class KeyAuthentication(BaseAuthentication):
    """The native API's key header, `x-replenit-auth-key`, for the tenant in the path."""

    def authenticate(self, request: Request) -> tuple[None, Caller]:
        tenant_id = request.parser_context["kwargs"]["tenant_id"]
        if not GUID.fullmatch(tenant_id):
            count_address(request._request)
            raise ApiError(400, TENANT_MISSING)
        credentials = Credentials(request.META.get("HTTP_X_REPLENIT_AUTH_KEY", ""), tenant_id)
        return None, authorise(request._request, credentials, Source.API)

    def authenticate_header(self, request: Request) -> str:
        return "ApiKey"
