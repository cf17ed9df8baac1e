"""How the customers of a list stand: what of it they are shown by, and decided on."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from customers.flags import FLAGS_SQL
from hub.sql.execute import execute_where_tenant_is
from hub.sql.files import read_sql
from hub.sql.prepared import Row
from tenants.changes.changesets import as_array
from tenants.models import Tenant

LISTED_CUSTOMERS = read_sql("customers", "listed_customers").format(flags=FLAGS_SQL)
Member = tuple[str, str]  # the column `tags` or `mailing_lists`, and a tag or mailing list


class Standing(NamedTuple):
    """A customer of a list: flags, and what was ever given, as bits; how many tags and lists it has.

    `members` are those of the tags and lists asked for that it has, as bits in their order.
    """

    id: int
    flags: int
    given: int
    tags: int
    lists: int
    members: int


def standing_of(tenant: Tenant, ids: Iterable[int], members: Iterable[Member]) -> list[Standing]:
    """Return how customers stand, by hub id; who is not there is left out."""
    return standing_within(
        lambda sql, **named: execute_where_tenant_is(sql, {"tenant_id": tenant.pk, **named}), ids, members
    )


def standing_within(
    execute: Callable[..., Sequence[Row]], ids: Iterable[int], members: Iterable[Member]
) -> list[Standing]:
    """Return the same within a write: `execute` runs its statements."""
    columns, items = [list(each) for each in zip(*members, strict=True)] or [[], []]
    found = execute(LISTED_CUSTOMERS, ids=as_array(ids), columns=columns, items=items)
    return [Standing(*row) for row in found]
