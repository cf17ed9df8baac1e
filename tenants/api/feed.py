"""The change feed: GET /changes/{tenantId}?after=<number>, what downstream systems follow."""

from typing import Annotated, Any

from django.http import HttpResponse
from rest_framework.request import Request

from hub.api.pagination import DEFAULT_LIMIT, LIMIT
from hub.api.parameters import Parameters, number, written
from hub.api.responses import success, utc
from hub.sql.bigint import MOST_DIGITS
from hub.sql.execute import execute
from hub.sql.files import read_sql
from hub.sql.prepared import Row
from tenants.api.views import TenantViewSet, reads
from tenants.models import Entity

MOST_RECORDS = 10_000  # hub ids in one answer
AFTER = read_sql("tenants", "changesets_after").format(
    after_number="number > %(number)s", after_last="number > p.number"
)
# Both are one condition to PostgreSQL, but only changeset_by_entity can answer the second by itself: a plan made while
# the table was small would else read all that came since in the order of numbers.
OF_ENTITY = "entity = %(entity)s AND (entity, number) > (%(entity)s, {})"
AFTER_OF_ENTITY = read_sql("tenants", "changesets_after").format(
    after_number=OF_ENTITY.format("%(number)s"), after_last=OF_ENTITY.format("p.number")
)
MEMBERS = (
    "Number",
    "Entity",
    "Operation",
    "Source",
    "Created",
    "Updated",
    "Deleted",
    "TraceId",
    "At",
)  # as it selects them
ENTITY = Annotated[str, written("entity", {entity.value: entity.value for entity in Entity}.get)]


class ChangeViewSet(TenantViewSet):
    """A tenant's changesets in commit order, gapless, page by page; `next` is the `after` of the next call."""

    in_query = {"list": Parameters({"after": number(0, 10**MOST_DIGITS - 1), "limit": LIMIT, "entity": ENTITY})}

    @reads
    def list(self, request: Request, **_: Any) -> HttpResponse:
        """Answer with the changesets after the number in `after` (0 without it), of one `entity` where it is named.

        At most `limit` (100 without it), and of at most 10,000 records together, but at least one.
        """
        after, limit, entity = (self.query.get(name) for name in ("after", "limit", "entity"))
        parameters = {"number": after or 0, "most": limit or DEFAULT_LIMIT, "most_records": MOST_RECORDS}
        named = {"tenant_id": self.tenant.pk, "entity": entity, **parameters}
        found = execute(AFTER_OF_ENTITY if entity else AFTER, named).fetchall()
        results = [_present(row) for row in found]
        return success("Changes found.", {"results": results, "next": found[-1][0] if found else after or 0})


def _present(row: Row) -> dict[str, object]:
    changeset = dict(zip(MEMBERS, row, strict=True))
    return {**changeset, "At": utc(changeset["At"])}
