"""What the API and the admin answered in the last day: how long it took, and what failed. Names of routes alone."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from tenants.models import PAGE_BOUNDS, LoggedRequest, PageCount, RequestCount
from tenants.system.figures import Card, Figure, Table

DAY = timedelta(days=1)
MOST_CALLS = 10_000  # of the request log, that the slowest routes are taken from
MOST_ROWS = 12
SLOW_MS, FEWEST = 1000, 20  # that 95 of 100 answers of a page may take at most, of so many at least


def pages(show: Callable[[datetime], object]) -> Card:
    """Return the slowest pages of the admin, and which failed."""
    counted = _counted()
    enough = [one for one in counted if one[1] >= FEWEST]
    slow = [route for route, _, within, _ in enough if within is None or within > SLOW_MS]
    failures = PageCount.objects.filter(failed__gt=0, failed_at__gte=timezone.now() - DAY).order_by("-failed_at")
    failed: int = failures.aggregate(Sum("failed"))["failed__sum"] or 0
    shown = [
        (show(row.failed_at), row.route, row.fault or "–", row.fault_trace_id, f"{row.failed:,}")
        for row in failures[:MOST_ROWS]
        if row.failed_at
    ]
    return Card(
        "Pages of the admin",
        [
            Figure(
                "Slow pages",
                ", ".join(slow[:3]) or "none",
                "Bad where 5 of 100 answers, of 20 at least, take more than a second: look at the database first.",
                bool(slow),
            ),
            Figure(
                "Failed in the last day (5xx)",
                f"{failed:,}",
                "Bad where there are any: the hub's log has the exception, by its trace id.",
                failed > 0,
            ),
        ],
        [
            Table(
                "Slowest pages of the last day",
                ("Page", "Times", "95 % within", "Slowest"),
                [(route, f"{times:,}", written(within), f"{most:,.0f} ms") for route, times, within, most in counted],
                note="Counted by each process, written within seconds, kept for 7 days.",
                empty="No page was asked for.",
            ),
            Table("Pages that failed", ("Last", "Page", "Exception", "Trace id", "Times in the hour"), shown),
        ],
    )


def _counted() -> list[tuple[str, int, int | None, float]]:
    """Return (route, times, milliseconds that 95 % took at most, slowest) of the slowest pages, these first."""
    found: dict[str, list[Any]] = defaultdict(lambda: [0, 0.0, [0] * (len(PAGE_BOUNDS) + 1)])
    rows = PageCount.objects.filter(hour__gte=timezone.now() - DAY)
    for route, times, slowest, buckets in rows.values_list("route", "requests", "slowest", "buckets"):
        one = found[route]
        one[0], one[1] = one[0] + times, max(one[1], slowest)
        one[2] = [before + more for before, more in zip(one[2], buckets, strict=True)]
    shown = [(route, times, bound(buckets), slowest) for route, (times, slowest, buckets) in found.items()]
    return sorted(shown, key=lambda one: (-(one[2] or PAGE_BOUNDS[-1] + 1), -one[3]))[:MOST_ROWS]


def bound(buckets: Sequence[int]) -> int | None:
    """Return the first of PAGE_BOUNDS that 95 % of counted answers did not exceed; None: longer than the last."""
    enough = sum(buckets) * 0.95
    place = next(place for place, number in enumerate(accumulate(buckets)) if number >= enough)
    return PAGE_BOUNDS[place] if place < len(PAGE_BOUNDS) else None


def written(milliseconds: int | None) -> str:
    """Write a bound."""
    return f"{milliseconds:,} ms" if milliseconds else f"more than {PAGE_BOUNDS[-1]:,} ms"


def calls(show: Callable[[datetime], object], request_link: Callable[[int, str], object]) -> Card:
    """Return the slowest routes of the API, and what failed; `request_link` leads to a logged request."""
    since = timezone.now() - DAY
    counts = RequestCount.objects.filter(status__gte=500, day__gte=since.date())
    failed: int = counts.aggregate(Sum("requests"))["requests__sum"] or 0
    failures = LoggedRequest.objects.filter(faults__gt=0, status__gte=500, created_at__gte=since).order_by("-pk")
    shown = [
        (show(call.created_at), request_link(call.pk, f"{call.method} {call.route}"), call.status, call.trace_id)
        for call in failures[:MOST_ROWS]
    ]
    return Card(
        "Calls of the API",
        [
            Figure(
                "Failed since yesterday (5xx)",
                f"{failed:,}",
                "Bad where there are any: the hub's log has the exception, by its trace id. A 503 is the database away,"
                " or a lock that was waited for for 10 seconds.",
                failed > 0,
            )
        ],
        [
            Table(
                "Slowest routes of the last day",
                ("Route", "Times", "95 % within", "Slowest"),
                [
                    (route, f"{times:,}", f"{within:,.0f} ms", f"{slowest:,.0f} ms")
                    for route, times, within, slowest in _slowest(since)
                ],
                note=f"Of the last {MOST_CALLS:,} calls.",
                empty="No call came.",
            ),
            Table("Calls that failed", ("When", "Route", "Status", "Trace id"), shown),
        ],
    )


def _slowest(since: datetime) -> list[tuple[str, int, float, float]]:
    """Return (route, times, milliseconds that 95 % took at most, slowest), the slowest first."""
    taken: dict[str, list[float]] = defaultdict(list)
    last = LoggedRequest.objects.order_by("-pk").values_list("created_at", "method", "route", "milliseconds")
    for at, method, route, milliseconds in last[:MOST_CALLS]:
        if at >= since:
            taken[f"{method} {route}"].append(milliseconds)
    found = [
        (route, len(times), sorted(times)[int(len(times) * 0.95 - 0.01)], max(times)) for route, times in taken.items()
    ]
    return sorted(found, key=lambda one: -one[2])[:MOST_ROWS]
