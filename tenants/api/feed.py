"""The change feed: GET /changes/{tenantId}?after=<number>, what downstream systems follow."""

from functools import partial
from typing import Annotated, Any

from django.http import HttpResponse
from rest_framework.request import Request

from hub.api.pagination import DEFAULT_LIMIT, LIMIT
from hub.api.parameters import Parameters, number, written
from hub.api.responses import success
from hub.sql.bigint import MOST_DIGITS
from tenants.api.views import TenantViewSet, reads
from tenants.api.waiting import MOST_SECONDS, look_or_wait
from tenants.changes.feed import items_after
from tenants.models import Entity

ENTITY = Annotated[str, written("entity", {entity.value: entity.value for entity in Entity}.get)]


class ChangeViewSet(TenantViewSet):
    """A tenant's changesets in commit order, gapless, page by page; `next` is the `after` of the next call."""

    in_query = {
        "list": Parameters(
            {
                "after": number(0, 10**MOST_DIGITS - 1),
                "limit": LIMIT,
                "entity": ENTITY,
                "wait": number(0, MOST_SECONDS),
            }
        )
    }

    @reads
    def list(self, request: Request, **_: Any) -> HttpResponse:
        """Answer with the changesets after the number in `after` (0 without it), of one `entity` where it is named.

        At most `limit` (100 without it), and of at most 10,000 records together, but at least one. Where there is none
        it waits for one, `wait` seconds at most.
        """
        after, limit, entity = self.query.get("after") or 0, self.query.get("limit"), self.query.get("entity")
        look = partial(items_after, self.tenant.pk, after, most=limit or DEFAULT_LIMIT, entity=entity)
        seconds = self.query.get("wait") or 0
        results = look_or_wait(request._request, look, self.tenant.pk, after, entity, seconds=seconds)
        return success("Changes found.", {"results": results, "next": results[-1]["Number"] if results else after})
