"""What the home page is made of: figures of some tenants, each with its trend and the list behind it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import takewhile
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from tenants.health import Day, count_changesets, last_snapshots, measure, received_days, total
from tenants.models import HealthSnapshot, Tenant

PATIENCE = 0.2  # seconds a page spends on measuring what no worker has measured yet


def list_address(model: str, **filters: str) -> str:
    """Return the address of a model's list in the admin, "" where it has none."""
    return page_address(f"{model.replace('.', '_')}_changelist", **filters)


def page_address(name: str, **parameters: str) -> str:
    """Return the address of a page of the admin by its name, "" where there is none."""
    try:
        path = reverse(f"admin:{name}")
    except NoReverseMatch:
        return ""
    return f"{path}?{urlencode(parameters)}" if parameters else path


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its value, what it is a part of, both a week before, the list behind it, and whether more is good.

    Where something is to be done about it, `advice` says what, and `act` is the link that leads there.
    """

    label: str
    value: int
    href: str = ""
    of: int | None = None
    before: int | None = None
    of_before: int | None = None
    more_is_good: bool | None = None
    advice: str = ""
    act: str = ""
    act_href: str = ""

    @property
    def share(self) -> float | None:
        """The value in per cent of what it is a part of."""
        return 100 * self.value / self.of if self.of else None

    @property
    def change(self) -> float | None:
        """Against the week before, in `unit`; None where that week is unknown or was zero."""
        if self.of is None:
            return 100 * (self.value - self.before) / self.before if self.before else None
        if self.before is None or not self.of_before:
            return None
        return (self.share or 0) - 100 * self.before / self.of_before

    @property
    def unit(self) -> str:
        """What `change` counts: `%` or `points`."""
        return "%" if self.of is None else "points"

    @property
    def changed(self) -> bool:
        """Whether there is a change to show, with one decimal."""
        return self.change is not None and abs(self.change) >= 0.05

    @property
    def tone(self) -> str:
        """`good`, `bad` or `` for the colour of the change."""
        if self.more_is_good is None or self.change is None or not self.changed:
            return ""
        return "good" if (self.change > 0) == self.more_is_good else "bad"


@dataclass(frozen=True, slots=True)
class LastSync:
    """When partners last sent something about an entity."""

    label: str
    at: datetime | None
    href: str


@dataclass(frozen=True)
class Facts:
    """What is known about some tenants: last snapshots, their sums now and a week before, counts of the last 30 days.

    `before` is None where a tenant was not measured a week ago: sums must be of the same tenants.
    """

    tenants: Sequence[Tenant]
    snapshots: Sequence[HealthSnapshot]
    figures: Mapping[str, int]
    before: Mapping[str, int] | None
    days: Sequence[Day]

    @property
    def ids(self) -> list[UUID]:
        """The tenants' ids."""
        return [tenant.pk for tenant in self.tenants]

    @property
    def tenant(self) -> Tenant | None:
        """The tenant, where it is one."""
        return self.tenants[0] if len(self.tenants) == 1 else None

    @cached_property
    def today(self) -> date:
        """The day it is where the tenant is; in UTC for several."""
        return timezone.now().astimezone(ZoneInfo(self.tenant.time_zone if self.tenant else "UTC")).date()

    def week(self, age: int, name: Literal["received", "changesets"]) -> int:
        """Return a count of the seven days that ended `age` days ago (0: today)."""
        return sum(getattr(day, name) for day in self.days if age <= day.age < age + 7)

    def list_url(self, model: str, **filters: str) -> str:
        """Return the address of the list behind a figure, "" where the admin has none."""
        tenant = {"tenant": str(self.tenant.pk)} if self.tenant else {}
        return list_address(model, **tenant, **filters)

    def figure(
        self, label: str, name: str, model: str, *, of: str | None = None, good: bool | None = None, **filters: str
    ) -> Figure:
        """Return the measured figure `name`, a part of the figure `of`, with the list of `model` so filtered."""
        then = self.before
        return Figure(
            label,
            self.figures[name],
            self.list_url(model, **filters),
            of=self.figures[of] if of else None,
            before=then.get(name) if then else None,
            of_before=then.get(of) if then and of else None,
            more_is_good=good,
        )


def gather(tenants: Sequence[Tenant]) -> Facts:
    """Count what changesets brought since the last look, measure who was never measured, and return what is known."""
    ids = [tenant.pk for tenant in tenants]
    count_changesets(ids)
    snapshots = last_snapshots(ids)
    snapshots += _first_measurements(tenants, snapshots)
    old = last_snapshots(ids, before=timezone.now() - timedelta(days=6, hours=12))
    before = total(old) if len(old) == len(snapshots) else None
    return Facts(tenants, snapshots, total(snapshots), before, received_days(tenants))


def _first_measurements(tenants: Sequence[Tenant], snapshots: Sequence[HealthSnapshot]) -> list[HealthSnapshot]:
    """Measure tenants that no worker has measured yet, as many as a look may wait for and one at least."""
    known = {snapshot.tenant_id for snapshot in snapshots}
    unknown = (tenant for tenant in tenants if tenant.pk not in known)
    start = time.monotonic()
    patient = takewhile(lambda _: time.monotonic() - start < PATIENCE, unknown)
    return [measure(tenant) for tenant in patient]
