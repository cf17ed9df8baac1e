"""The same mistake, 240 times, the last two minutes ago: what goes wrong in a tenant's requests, put together."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.models import LoggedRequest, RequestCount

MISTAKES = read_sql("tenants", "mistakes")
WINDOW = timedelta(hours=24)
MOST = 10
MISTAKEN = (400, 413, 415, 422)  # statuses that a caller can do something about; refused.sql has them, too


@dataclass(frozen=True, slots=True)
class Repeated:
    """A mistake of one route, code and field: how often, in how many requests, and the last of them."""

    route: str
    code: str
    field: str
    is_warning: bool
    text: str
    times: int
    requests: int
    last_at: datetime
    last: int
    tenants: int


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of a day (UTC) that were answered with a status; `warned` of them had something odd."""

    day: date
    status: int
    requests: int
    warned: int


def repeated_mistakes(tenants: Collection[UUID], least: int) -> list[Repeated]:
    """Return the most frequent mistakes of tenants in the last 24 hours; none is as young below the id `least`."""
    parameters = {"tenants": list(tenants), "moment": timezone.now() - WINDOW, "least": least, "most": MOST}
    return [Repeated(*row) for row in execute(MISTAKES, parameters)]


def calls_by_day(tenants: Collection[UUID], since: date) -> list[Calls]:
    """Return the calls of tenants since a day, by day and status."""
    counted = RequestCount.objects.filter(tenant__in=tenants, day__gte=since).values("day", "status")
    rows = counted.annotate(Sum("requests"), Sum("warned")).order_by("day", "status")
    return [Calls(row["day"], row["status"], row["requests__sum"], row["warned__sum"]) for row in rows]


def mistaken(requests: QuerySet[LoggedRequest]) -> QuerySet[LoggedRequest]:
    """Keep the requests that were refused for a mistake in them, and those that the hub failed to answer."""
    return requests.filter(Q(status__in=MISTAKEN) | Q(status__gte=500), faults__gt=0)
