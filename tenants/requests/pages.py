"""Pages of the admin, which no request log has: counted by route and hour, with how long they took."""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.models import PAGE_BOUNDS

COUNT_PAGES = read_sql("tenants", "count_pages")
Key = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class PageView:
    """A page of the admin as it was answered; `fault` is the kind of exception that it failed with."""

    route: str
    status: int
    milliseconds: float
    created_at: datetime
    trace_id: str = ""
    fault: str = ""


@dataclass(slots=True)
class Counted:
    """How often a page was asked for in an hour; the columns of PageCount."""

    requests: int = 0
    failed: int = 0
    slowest: float = 0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(PAGE_BOUNDS) + 1))
    fault: str = ""
    fault_trace_id: str = ""
    failed_at: datetime | None = None

    def add(self, view: PageView) -> None:
        """Count a page."""
        self.requests += 1
        self.slowest = max(self.slowest, view.milliseconds)
        self.buckets[bisect_left(PAGE_BOUNDS, view.milliseconds)] += 1
        if view.status >= 500:
            self.failed += 1
            self.fault, self.fault_trace_id, self.failed_at = view.fault, view.trace_id, view.created_at


class Pages:
    """What a process has seen of the admin's pages since the last write; routes are as many as the hub has pages."""

    def __init__(self) -> None:
        self.counted: dict[Key, Counted] = {}

    def __bool__(self) -> bool:
        return bool(self.counted)

    def add(self, view: PageView) -> None:
        """Count a page."""
        hour = view.created_at.replace(minute=0, second=0, microsecond=0)
        self.counted.setdefault((hour, view.route), Counted()).add(view)

    def write(self) -> None:
        """Write what there is; where that fails, it is lost: these are counts, and no evidence."""
        counts = [
            {"hour": hour, "route": route, **{name: getattr(one, name) for name in Counted.__slots__}}
            for (hour, route), one in sorted(self.counted.items(), key=lambda item: item[0])
        ]
        execute(COUNT_PAGES, {"pages": orjson.dumps(counts).decode()})
