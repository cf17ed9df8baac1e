"""A feed that is asked to wait: the empty page is kept back until the tenant writes, where the web server can."""

from uuid import UUID

from django.http import HttpRequest

from hub.middleware.waiting import Wait, seconds_to_wait
from tenants.changes.news import last_number, news_since
from tenants.models import Entity

MOST_SECONDS = 30


def wait_after(
    request: HttpRequest, tenant_id: UUID, after: int, entity: Entity | None, *, seconds: int
) -> Wait | None:
    """Return what a request waits for that finds nothing after a number; None where it does not wait.

    To be called before it looks: what is committed meanwhile has a number above the one that is noted here.
    """
    left = min(seconds, seconds_to_wait(request))
    if left <= 0:
        return None
    return Wait(tenant_id, entity, max(after, last_number(tenant_id)), left, news_since)
