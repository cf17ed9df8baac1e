"""What stands above the list of requests: the calls of each day by how they ended, and the mistakes made again."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest
from django.utils import timezone

from tenants.admin.cards import CHART_OPTIONS
from tenants.admin.day_filters import ids_around
from tenants.admin.figures import list_address
from tenants.admin.list_filters import TenantFilter
from tenants.models import LoggedRequest
from tenants.requests.summary import WINDOW, Calls, Repeated, calls_by_day, repeated_mistakes

DAYS = 30
OUTCOMES = {
    "done": ("Done", "var(--color-primary-600)"),
    "warned": ("Done, with warnings", "var(--color-primary-400)"),
    "refused": ("Refused", "#f59e0b"),
    "failed": ("Failed", "#dc2626"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A mistake that is made again and again, with the address of its requests and of the last of them."""

    mistake: Repeated
    requests: str
    last: int


def options() -> str:
    """Return how the chart looks, as Chart.js wants it."""
    return orjson.dumps(CHART_OPTIONS).decode()


def chart(tenants: Collection[UUID]) -> str:
    """Return the calls of the last 30 days (UTC) by how they ended, as Chart.js wants them; "" where there are none."""
    today = timezone.now().astimezone(UTC).date()
    days = [today - timedelta(days=age) for age in range(DAYS - 1, -1, -1)]
    calls = calls_by_day(tenants, days[0])
    ended = {name: Counter[date]() for name in OUTCOMES}
    for each in calls:
        for name, number in _by_outcome(each).items():
            ended[name][each.day] += number
    data = {
        "labels": [f"{day:%-d %b}" for day in days],
        "datasets": [_dataset(label, colour, [ended[name][day] for day in days]) for name, (label, colour) in
                     OUTCOMES.items()],
    }  # fmt: skip
    return orjson.dumps(data).decode() if calls else ""


def _by_outcome(calls: Calls) -> dict[str, int]:
    if calls.status >= 400:
        return {"failed" if calls.status >= 500 else "refused": calls.requests}
    return {"done": calls.requests - calls.warned, "warned": calls.warned}


def _dataset(label: str, colour: str, numbers: list[int]) -> dict[str, Any]:
    return {"label": label, "backgroundColor": colour, "data": numbers}


def repeated(tenants: Collection[UUID], request: HttpRequest) -> list[Line]:
    """Return the most frequent mistakes of the last 24 hours, each with the list of its requests."""
    if not tenants:
        return []
    least, _ = ids_around(LoggedRequest, datetime.now(UTC) - WINDOW - timedelta(hours=1))
    chosen = request.GET.get(TenantFilter.parameter_name, "")
    tenant = {TenantFilter.parameter_name: chosen} if chosen else {}
    return [
        Line(found, list_address("tenants.loggedrequest", **tenant, route=found.route, code=found.code), found.last)
        for found in repeated_mistakes(tenants, least)
    ]
