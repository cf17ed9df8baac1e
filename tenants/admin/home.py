"""The home page of the admin: the data health of the tenants one may see, each figure linked to the list behind it."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import takewhile
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from django.http import Http404, HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from tenants.admin.access import tenants_of
from tenants.health import (
    count_changesets,
    last_received,
    last_snapshots,
    measure,
    received_days,
    refused_weeks,
    total,
)
from tenants.models import Entity, HealthSnapshot, RefusedRequest, Role, Tenant

DAYS = 30
PATIENCE = 0.2  # seconds a page spends on measuring what no worker has measured yet
CHANNELS = {
    "email_optin": "E-mail",
    "sms_optin": "SMS",
    "whatsapp_optin": "WhatsApp",
    "app_push_optin": "App push",
    "gdpr_optin": "GDPR",
}
RECORDS = {Entity.CUSTOMERS: "customers.customer", Entity.ORDERS: "orders.order", Entity.PRODUCTS: "products.product"}
COLOURS = {
    Entity.CUSTOMERS: "var(--color-primary-600)",
    Entity.ORDERS: "var(--color-primary-400)",
    Entity.PRODUCTS: "var(--color-base-400)",
}
AXIS = {"stacked": True, "border": {"display": False}, "ticks": {"color": "#9ca3af", "maxTicksLimit": 6}}
CHART_OPTIONS = {
    "animation": False,
    "maintainAspectRatio": False,
    "maxBarThickness": 18,
    "interaction": {"mode": "index"},
    "plugins": {"legend": {"align": "end", "labels": {"boxWidth": 8, "boxHeight": 8, "color": "#9ca3af"}}},
    "scales": {"x": {**AXIS, "grid": {"display": False}}, "y": {**AXIS, "beginAtZero": True}},
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its value, what it is a part of, both a week before, the list behind it, and whether more is good."""

    label: str
    value: int
    href: str = ""
    of: int | None = None
    before: int | None = None
    of_before: int | None = None
    more_is_good: bool | None = None

    @property
    def share(self) -> float | None:
        """The value in per cent of what it is a part of."""
        return 100 * self.value / self.of if self.of else None

    @property
    def change(self) -> float | None:
        """Against the week before: in percentage points for a part, else in per cent; None where there is none."""
        if self.of is not None:
            comparable = self.before is not None and self.of_before
            return (self.share or 0) - 100 * (self.before or 0) / self.of_before if comparable else None  # type: ignore[operator]
        return 100 * (self.value - self.before) / self.before if self.before else None

    @property
    def unit(self) -> str:
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


def add_health(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the data health to the home page (unfold's DASHBOARD_CALLBACK). Raises Http404 for another's tenant."""
    mine = list(tenants_of(request.user).order_by("name"))
    slug = request.GET.get("tenant", "")
    chosen = [tenant for tenant in mine if tenant.slug == slug] if slug else mine
    if slug and not chosen:
        raise Http404
    return {**context, "tenants": mine, "health": Health(chosen) if chosen else None} | {
        "may_add_tenant": request.user.is_superuser,
        "may_configure": len(chosen) == 1 and tenants_of(request.user, Role.ADMIN).filter(pk=chosen[0].pk).exists(),
    }


def list_address(model: str, **filters: str) -> str:
    """Return the address of a model's list in the admin, "" where it has none."""
    try:
        path = reverse(f"admin:{model.replace('.', '_')}_changelist")
    except NoReverseMatch:
        return ""
    return f"{path}?{urlencode(filters)}" if filters else path


class Health:
    """The data health of some tenants, added up."""

    def __init__(self, tenants: Sequence[Tenant]) -> None:
        self.ids: list[UUID] = [tenant.pk for tenant in tenants]
        self.tenant = tenants[0] if len(tenants) == 1 else None
        count_changesets(self.ids)
        self.snapshots = last_snapshots(self.ids)
        self.snapshots += self._first_measurements(tenants)
        self.unmeasured = len(tenants) - len(self.snapshots)
        self.figures = total(self.snapshots)
        self.days = received_days(self.ids)

    def _first_measurements(self, tenants: Sequence[Tenant]) -> list[HealthSnapshot]:
        """Measure tenants that no worker has measured yet, as many as a look may wait for and one at least."""
        known = {snapshot.tenant_id for snapshot in self.snapshots}
        unknown = (tenant for tenant in tenants if tenant.pk not in known)
        start = time.monotonic()
        patient = takewhile(lambda _: time.monotonic() - start < PATIENCE, unknown)
        return [measure(tenant) for tenant in patient]

    @cached_property
    def before(self) -> dict[str, int] | None:
        """The figures of a week ago; None where a tenant was not measured then: sums must be of the same tenants."""
        found = last_snapshots(self.ids, before=timezone.now() - timedelta(days=6, hours=12))
        return dict(total(found)) if len(found) == len(self.snapshots) else None

    @property
    def as_of(self) -> datetime | None:
        return min((snapshot.taken_at for snapshot in self.snapshots), default=None)

    @property
    def is_empty(self) -> bool:
        return not self.days and not any(self.figures[entity] for entity in Entity)

    @property
    def records(self) -> list[Figure]:
        return [self._figure(entity.label, entity, RECORDS[entity]) for entity in Entity]

    @property
    def received_today(self) -> Figure:
        today = sum(day.received for day in self.days if day.age == 0)
        return Figure("Received today", today, self._list("tenants.changeset", created_at_from=str(self.today)))

    @property
    def today(self) -> date:
        """The day it is where the tenant is; in UTC for several."""
        return timezone.now().astimezone(ZoneInfo(self.tenant.time_zone if self.tenant else "UTC")).date()

    @property
    def received_week(self) -> Figure:
        """Records received in the last seven days, against the seven before."""
        return Figure("Received in 7 days", self._week(0, "received"), before=self._week(7, "received"))

    def _week(self, age: int, name: str) -> int:
        return sum(getattr(day, name) for day in self.days if age <= day.age < age + 7)

    @property
    def refused(self) -> Figure:
        """Refused requests in seven days, as a part of those that were refused or changed something."""
        this, before = refused_weeks(self.ids)
        changed, changed_before = self._week(0, "changesets"), self._week(7, "changesets")
        return Figure(
            "Refused requests, 7 days",
            this,
            self._list("tenants.refusedrequest"),
            of=this + changed,
            before=before,
            of_before=before + changed_before,
            more_is_good=False,
        )

    @property
    def syncs(self) -> list[LastSync]:
        found = last_received(self.ids)
        return [
            LastSync(entity.label, found.get(entity), self._list("tenants.changeset", entity=entity.value))
            for entity in Entity
        ]

    @property
    def consents(self) -> list[Figure]:
        return [
            self._figure(label, flag, "customers.customer", of="customers", good=True, **{flag: "yes"})
            for flag, label in CHANNELS.items()
        ]

    @property
    def faults(self) -> list[Figure]:
        """What asks for somebody's attention."""
        return [
            self._orders("Order lines whose SKU no variant has", "lines_without_variant", of="lines"),
            self._orders("Orders without a customer", "orders_without_customer", of="orders"),
            self._variants("Variants out of stock", "variants_without_stock", "out"),
            self._variants("Variants not available", "variants_unavailable", "some"),
            self._figure("Customers excluded", "is_excluded", "customers.customer", of="customers", is_excluded="yes"),
            self.refused,
        ]

    def _orders(self, label: str, name: str, of: str) -> Figure:
        return self._figure(label, name, "orders.order", of=of, good=False, fault=name)

    def _variants(self, label: str, name: str, available: str) -> Figure:
        return self._figure(label, name, "products.product", of="variants", good=False, available=available)

    def _figure(
        self, label: str, name: str, model: str, *, of: str | None = None, good: bool | None = None, **filters: str
    ) -> Figure:
        then = self.before
        return Figure(
            label,
            self.figures[name],
            self._list(model, **filters),
            of=self.figures[of] if of else None,
            before=then.get(name) if then else None,
            of_before=then.get(of) if then and of else None,
            more_is_good=good,
        )

    def _list(self, model: str, **filters: str) -> str:
        """Return the address of the list behind a figure."""
        tenant = {"tenant": str(self.tenant.pk)} if self.tenant else {}
        return list_address(model, **tenant, **filters)

    @property
    def worst_skus(self) -> list[tuple[str, int, str]]:
        """The SKUs no variant has that most order lines name: (sku, lines, the list of their orders)."""
        found = [(sku, lines) for snapshot in self.snapshots for sku, lines in snapshot.worst_skus]
        worst = sorted(found, key=lambda row: -row[1])[:5]
        return [(sku, lines, self._list("orders.order", q=sku)) for sku, lines in worst]

    @property
    def refusals(self) -> Iterable[RefusedRequest]:
        return RefusedRequest.objects.filter(tenant_id__in=self.ids).order_by("-created_at")[:5]

    @property
    def chart(self) -> str:
        """The records received on each of the last 30 days, as Chart.js wants it."""
        ages = range(DAYS - 1, -1, -1)
        data = {
            "labels": [f"{self.today - timedelta(days=age):%-d %b}" for age in ages],
            "datasets": [self._dataset(entity, ages) for entity in Entity],
        }
        return orjson.dumps(data).decode()

    def _dataset(self, entity: Entity, ages: Iterable[int]) -> dict[str, Any]:
        received = {day.age: day.received for day in self.days if day.entity == entity}
        return {
            "label": entity.label,
            "backgroundColor": COLOURS[entity],
            "data": [received.get(age, 0) for age in ages],
        }

    @property
    def chart_options(self) -> str:
        return orjson.dumps(CHART_OPTIONS).decode()
