"""The change feed: GET /changes/{tenantId}?after=<number>, what downstream systems follow."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from hub.api.errors import ApiError
from hub.api.responses import success, utc
from hub.sql.bigint import is_bigint
from tenants.api.views import TenantViewSet
from tenants.models import Changeset

MOST_CHANGESETS = 100


class ChangeViewSet(TenantViewSet):
    """A tenant's changesets in commit order, gapless, at most 100 at a time; `next` is the `after` of the next call."""

    def list(self, request: Request, **_: Any) -> HttpResponse:
        """Answer with the changesets after the number in `after` (0 without it); raises ApiError 400 for no number."""
        after = _number(request.query_params.get("after", "0"))
        following = Changeset.objects.filter(tenant_id=self.tenant.pk, number__gt=after).order_by("number")
        found = list(following[:MOST_CHANGESETS])
        return success(
            "Changes found.",
            {"results": [_present(changeset) for changeset in found], "next": found[-1].number if found else after},
        )


def _number(text: str) -> int:
    if not is_bigint(text):
        raise ApiError(400, "after must be the number of a changeset, or 0.")
    return int(text)


def _present(changeset: Changeset) -> dict[str, object]:
    return {
        "Number": changeset.number,
        "Entity": changeset.entity,
        "Operation": changeset.operation,
        "Source": changeset.source,
        "Created": changeset.created_ids,
        "Updated": changeset.updated_ids,
        "Deleted": changeset.deleted_ids,
        "TraceId": changeset.trace_id,
        "At": utc(changeset.created_at),
    }
