"""A feed that is asked to wait: its empty page is kept back until the tenant writes, where the web server can."""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar
from uuid import UUID

from django.http import HttpRequest

from hub.middleware.waiting import Wait, seconds_to_wait, wait_for
from tenants.changes.news import last_number, news_since
from tenants.models import Entity

MOST_SECONDS = 30
Found = TypeVar("Found", bound=Sequence[object])


def look_or_wait(
    request: HttpRequest,
    look: Callable[[], Found],
    tenant_id: UUID,
    after: int,
    entities: Collection[Entity] | None,
    *,
    seconds: int,
) -> Found:
    """Return what `look` finds after a number; where that is nothing, have the request wait for one of them."""
    found = look()
    left = min(seconds, seconds_to_wait(request))
    if found or left <= 0:
        return found
    last = last_number(tenant_id)
    if last > after:
        found = look()  # again: what was committed meanwhile is not above the number that is waited for
    if not found:
        wait_for(request, Wait(tenant_id, entities, max(after, last), left, news_since))
    return found
