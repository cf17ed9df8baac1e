"""The log read by who follows it: in the order of writing, and nothing that another could still come before."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from tenants.models import LoggedRequest

# Several processes write, each a few milliseconds at a time: a row that is as old has all before it beside it.
SETTLED = timedelta(seconds=1)
MOST_SOUGHT = 50_000  # requests that a page looks through for what it is to hold: it may be empty, and not the last
Page = tuple[list[LoggedRequest], int]
Requests = QuerySet[LoggedRequest]


def requests_after(mine: Requests, found: Requests, after: int, most: int) -> Page:
    """Return the first of `found` that were logged after a number, the oldest first, and the number to go on after.

    `mine` are all requests of the tenant, of which these are some.
    """
    end = max(after, _settled(mine))
    further = mine.filter(pk__gt=after, pk__lte=end).order_by("pk").values_list("pk", flat=True)
    if found is not mine:
        end = next(iter(further[MOST_SOUGHT - 1 : MOST_SOUGHT]), end)
    rows = list(found.filter(pk__gt=after, pk__lte=end).order_by("pk")[:most])
    return rows, rows[-1].pk if len(rows) == most else end


def newest(mine: Requests, found: Requests, most: int) -> Page:
    """Return the last of `found` that were logged, the oldest first, and the number to go on after."""
    end, start = _settled(mine), 0
    before = mine.filter(pk__lte=end).order_by("-pk").values_list("pk", flat=True)
    if found is not mine:
        start = next(iter(before[MOST_SOUGHT : MOST_SOUGHT + 1]), start)
    return list(found.filter(pk__gt=start, pk__lte=end).order_by("-pk")[:most])[::-1], end


def _settled(mine: Requests) -> int:
    """Return the number of the last request before which no other can come any more; 0 for none."""
    settled = mine.filter(logged_at__lt=timezone.now() - SETTLED).order_by("-pk")
    return settled.values_list("pk", flat=True).first() or 0
