"""Who was merged into whom, as the images of merges tell for as long as one can be taken back: for an erasure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from tenants.changes.changesets import as_array
from tenants.changes.images import Execute

MERGED_INTO = """
SELECT (i.image #> '{merged,lost}')::text AS lost
  FROM tenants_beforeimage i
 WHERE i.tenant_id = %(tenant_id)s AND i.entity = 'customers' AND i.record = ANY (%(ids)s::bigint[])
   AND i.kept_until IS NOT NULL
"""
NAMED = ("name", "surname", "username")


class Merged(NamedTuple):
    """Somebody who was merged into another: their hub id, what they were known by, and names that texts may hold."""

    id: int
    ids: Sequence[str]
    emails: Sequence[str]
    phone: str | None
    names: Sequence[str]


def merged_into(execute: Execute, ids: Sequence[int]) -> list[Merged]:
    """Return everybody who was merged into customers, by hub id, or into one of those."""
    found: list[Merged] = []
    while ids:
        rows = execute(MERGED_INTO, ids=as_array(ids))
        more = [_merged(orjson.loads(row[0])) for row in rows]
        found += more
        ids = [one.id for one in more]
    return found


def _merged(lost: dict[str, Any]) -> Merged:
    known = [
        [lost[column], *(lost[former] or ())]
        for column, former in (("customer_id", "former_ids"), ("email", "former_emails"))
    ]
    ids, emails = ([value for value in values if value] for values in known)
    return Merged(lost["id"], ids, emails, lost["phone"], [lost[name] for name in NAMED if lost[name]])
