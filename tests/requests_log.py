"""The request log as a test reads it: no thread runs, so what waits is written when somebody looks."""

from typing import Any

from tenants.models import LoggedRequest
from tenants.requests.writer import WRITER
from tests.conftest import Partner


def logged(partner: Partner, **filters: Any) -> list[LoggedRequest]:
    """Return a tenant's logged requests, in the order of the answers."""
    WRITER.flush()
    return list(LoggedRequest.objects.filter(tenant=partner.tenant, **filters).order_by("pk"))
