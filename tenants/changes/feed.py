"""A tenant's changesets in commit order, gapless, as everyone is told of them: the API's feed, webhooks."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from hub.api.errors import ApiError
from hub.api.responses import utc
from hub.sql.execute import execute
from hub.sql.files import read_sql
from hub.sql.prepared import Row
from tenants.changes.certificates import erasures
from tenants.changes.changesets import as_array
from tenants.changes.included import MOST_RECORDS, Include, Item, with_records
from tenants.models import Entity, Operation

AFTER = read_sql("tenants", "changesets_after").format(after_start="number > k.start", after_last="number > p.number")
# The same twice: only changeset_by_entity can answer the last by itself, so a plan made while the table was small does
# not read all that came since in the order of numbers; and by `number >` alone an index scan begins at the number, not
# at the entity's first (100 after 100,000 others: 10 ms instead of 43).
OF_ENTITY = "entity = %(entity)s AND number > {0} AND (entity, number) > (%(entity)s, {0})"
AFTER_OF_ENTITY = read_sql("tenants", "changesets_after").format(
    after_start=OF_ENTITY.format("k.start"), after_last=OF_ENTITY.format("p.number")
)
# Of several: of each the next by that index, and of those the first. What may not be told of is not passed over.
OF_ENTITIES = """number = (
                  SELECT min(next.number)
                    FROM unnest(%(entities)s::text[]) AS each(entity)
                   CROSS JOIN LATERAL (
                         SELECT number
                           FROM tenants_changeset
                          WHERE tenant_id = %(tenant_id)s AND entity = each.entity AND number > {0}
                            AND (entity, number) > (each.entity, {0})
                          ORDER BY number
                          LIMIT 1) next)"""
AFTER_OF_ENTITIES = read_sql("tenants", "changesets_after").format(
    after_start=OF_ENTITIES.format("k.start"), after_last=OF_ENTITIES.format("p.number")
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
)  # as it selects them, after `expired` and `last`


class Expired(ApiError):
    """Changesets that are asked for are no longer kept: 410.

    `oldest` is the number of the oldest kept, None where none is; `last` that of the last changeset, kept or not:
    whoever reads all records from now on has missed nothing up to it.
    """

    def __init__(self, what: str, *, expired: int, last: int) -> None:
        self.oldest, self.last = expired + 1 if expired < last else None, last
        kept = f"the oldest is {self.oldest}" if self.oldest else "no changeset is"
        anew = f"Who follows the feed reads all records anew, then goes on with after={last}."
        super().__init__(410, f"{what} no longer kept: {kept}. {anew}", data={"oldest": self.oldest, "last": last})


def items_after(
    tenant_id: UUID,
    number: int,
    *,
    most: int,
    entities: Collection[Entity] | None = None,
    include: Collection[Include] = (),
) -> list[Item]:
    """Return the changesets after a number, as the feed tells of them, of some entities where they are named.

    At most `most`, of at most MOST_RECORDS records together, and with what `include` asks for of at most 10 MB
    (tenants.changes.included), but at least one where there is one. After 0 is from the oldest kept on. Raises Expired
    where one after the number is no longer kept, of whichever entity.
    """
    named: dict[str, Any] = {"tenant_id": tenant_id, "number": number, "most": most, "most_records": MOST_RECORDS}
    if entities is None:
        rows = execute(AFTER, named).fetchall()
    elif len(entities) == 1:
        rows = execute(AFTER_OF_ENTITY, {**named, "entity": next(iter(entities))}).fetchall()
    else:
        rows = execute(AFTER_OF_ENTITIES, {**named, "entities": as_array(entities)}).fetchall()
    expired, last = rows[0][:2]
    if 0 < number < expired:
        raise Expired(f"What came after {number} is", expired=expired, last=last)
    items = _certified(tenant_id, [_item(row) for row in rows if row[2] is not None])
    # Asked after the changesets: a record is as they left it, or later, and then a later one tells of it.
    return with_records(tenant_id, items, include)


def item_of(tenant_id: UUID, number: int) -> Item | None:
    """Return one changeset as the feed tells of it, without its records; None where there is none (yet).

    Raises Expired where it is no longer kept.
    """
    named = {"tenant_id": tenant_id, "number": number - 1, "most": 1, "most_records": MOST_RECORDS}
    row = execute(AFTER, named).fetchall()[0]
    expired, last = row[:2]
    if number <= expired:
        raise Expired(f"Changeset {number} is", expired=expired, last=last)
    return _certified(tenant_id, [_item(row)])[0] if row[2] == number else None


def _item(row: Row) -> Item:
    item: dict[str, Any] = dict(zip(MEMBERS, row[2:], strict=True))
    return {**item, "At": utc(item["At"])}


def _certified(tenant_id: UUID, items: list[Item]) -> list[Item]:
    """Add `Erasure` to the changesets that erased persons, in one statement where there is one."""
    numbers = [item["Number"] for item in items if item["Operation"] == Operation.ERASE]
    told = erasures(tenant_id, numbers)
    return [{**item, "Erasure": told[item["Number"]]} if item["Number"] in told else item for item in items]
