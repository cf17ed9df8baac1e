"""A tenant's changesets in commit order, gapless, as everyone is told of them: the API's feed, webhooks."""

from typing import Any
from uuid import UUID

from hub.api.responses import utc
from hub.sql.execute import execute
from hub.sql.files import read_sql
from hub.sql.prepared import Row
from tenants.models import Entity

MOST_RECORDS = 10_000  # hub ids in one page
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

Item = dict[str, Any]


def items_after(tenant_id: UUID, number: int, *, most: int, entity: Entity | None = None) -> list[Item]:
    """Return the changesets after a number, as the feed tells of them, of one entity where it is named.

    At most `most`, and of at most MOST_RECORDS records together, but at least one where there is one.
    """
    named = {"tenant_id": tenant_id, "number": number, "most": most, "most_records": MOST_RECORDS, "entity": entity}
    return [_item(row) for row in execute(AFTER_OF_ENTITY if entity else AFTER, named).fetchall()]


def _item(row: Row) -> Item:
    item = dict(zip(MEMBERS, row, strict=True))
    return {**item, "At": utc(item["At"])}
