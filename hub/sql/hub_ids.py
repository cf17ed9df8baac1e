"""Rows that are named by hub ids: found by an index that begins with the id, however many ids there are."""

from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

# The planner counts a list: for 1,000 ids it walked through the tenant in the order of the key until enough were found,
# 40 ms instead of 17 for a page of 101 among 100,000 customers. An array from a subquery counts as ten.
IN_IDS = '"{table}"."{column}" = ANY (ARRAY (SELECT unnest(%s::bigint[])))'


def with_ids(rows: QuerySet[Any], ids: Iterable[int], *, column: str = "id") -> QuerySet[Any]:
    """Keep the rows whose column has one of some hub ids."""
    condition = IN_IDS.format(table=rows.model._meta.db_table, column=column)  # names of ours, no client's
    # As a text, for psycopg writes a list number by number.
    return rows.filter(RawSQL(condition, [f"{{{','.join(map(str, ids))}}}"], BooleanField()))  # noqa: S611
