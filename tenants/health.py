"""The health of tenants' data: counts that follow the changeset log, and figures that are measured now and then.

Counts (records received, last sync) are exact at every look: changesets are numbered without gaps
and in commit order, so counting goes on where it stopped and costs only what is new. Figures that need a look at whole
tables (consent coverage, SKUs without a variant) are measured by the background worker where something has changed,
and shown with the time they are of.

The figures' SQL stands here and names the tables of customers, orders and products: one reader has all of it in one
place, and letting each app contribute would need a registry for four statements that only this page runs.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from hub.sql.execute import execute, execute_where_tenant_is
from hub.sql.files import read_sql
from tenants.models import ConsentChange, DailyCount, Entity, Feed, HealthSnapshot, Tenant

COUNT_CHANGESETS = read_sql("tenants", "count_changesets")
RECEIVED = read_sql("tenants", "received")
REFUSED = read_sql("tenants", "refused")
ORDER_FAULTS = ("orders_without_customer", "lines_without_variant")  # figures with a list of orders behind them
UNKNOWN_SKUS = read_sql("tenants", "health_unknown_skus")
FIGURES = {name: read_sql("tenants", f"health_{name}") for name in ("customers", "orders", "lines", "products")}


def count_changesets(tenants: Collection[UUID]) -> None:
    """Add what the tenants' changesets brought since the last counting to their daily counts.

    A tenant that somebody else counts at this moment is left to them.
    """
    counted = DailyCount.objects.filter(tenant=OuterRef("tenant"), last_number__gte=OuterRef("number"))
    news = list(Feed.objects.filter(~Exists(counted), tenant__in=tenants, number__gt=0).values_list("pk", flat=True))
    for pk in news:
        _count(pk)


def _count(tenant: UUID) -> None:
    """Count one tenant in a transaction of its own, under its row's lock.

    One for several would be committed in two phases where these are on several nodes: the lock on the coordinator would
    end before the nodes have stored, and the next to count would count the same changesets again.
    """
    with transaction.atomic():
        row = Tenant.objects.filter(pk=tenant).select_for_update(skip_locked=True, no_key=True)
        for time_zone in row.values_list("time_zone", flat=True):
            while execute_where_tenant_is(COUNT_CHANGESETS, {"tenant_id": tenant, "time_zone": time_zone}):
                pass


def measure(tenant: Tenant) -> HealthSnapshot:
    """Measure the tenant's figures and keep them as its snapshot of the day."""
    snapshot = HealthSnapshot(
        tenant=tenant,
        day=_today(tenant),
        # Read before the figures: what is written meanwhile makes the snapshot stale, never silently incomplete.
        number=Feed.objects.filter(pk=tenant.pk).values_list("number", flat=True).first() or 0,
        taken_at=timezone.now(),
    )
    for statement in FIGURES.values():
        snapshot.figures |= _one_row(statement, tenant)
    snapshot.worst_skus = snapshot.figures.pop("worst")
    for name in ORDER_FAULTS:
        snapshot.orders[name] = snapshot.figures.pop(f"newest_{name}")
    is_complete = not snapshot.figures["lines_without_variant"]
    snapshot.unknown_skus = [] if is_complete else _one_row(UNKNOWN_SKUS, tenant)["unknown"]
    HealthSnapshot.objects.bulk_create(
        [snapshot],
        update_conflicts=True,
        unique_fields=["tenant", "day"],
        update_fields=["figures", "worst_skus", "orders", "unknown_skus", "number", "taken_at"],
    )
    older = HealthSnapshot.objects.filter(tenant=tenant, day__lt=snapshot.day, unknown_skus__isnull=False)
    older.update(unknown_skus=None)
    return snapshot


def _one_row(statement: str, tenant: Tenant) -> dict[str, Any]:
    cursor = execute(statement, {"tenant_id": tenant.pk})
    names = [column.name for column in cursor.description or ()]
    return dict(zip(names, cursor.fetchall()[0], strict=True))


def refresh_health() -> int:
    """Count and measure every tenant whose data changed since its last snapshot; return how many."""
    tenants = changed_tenants()
    count_changesets([tenant.pk for tenant in tenants])
    for tenant in tenants:
        measure(tenant)
    return len(tenants)


def changed_tenants() -> list[Tenant]:
    """Return the tenants whose last changeset is in no snapshot of theirs, and those without one.

    Two queries, for tenants may stand in another database server than what they own.
    """
    later = Feed.objects.filter(tenant=OuterRef("tenant"), number__gt=OuterRef("number"))
    measured = HealthSnapshot.objects.filter(~Exists(later)).values_list("tenant", flat=True)
    return list(Tenant.objects.exclude(pk__in=set(measured)))


def last_snapshots(tenants: Iterable[UUID], *, before: datetime | None = None) -> list[HealthSnapshot]:
    """Return each tenant's last snapshot, or the last one taken before a moment; none for a tenant without one.

    Its thousand unknown SKUs are read when they are asked for.
    """
    taken = Q(taken_at__lt=before) if before else Q()
    found = HealthSnapshot.objects.filter(taken, tenant_id__in=tenants)
    return list(found.order_by("tenant_id", "-day").distinct("tenant_id").defer("unknown_skus"))


def total(snapshots: Collection[HealthSnapshot]) -> Counter[str]:
    """Add up the figures of several tenants; what was not measured is 0."""
    figures: Counter[str] = Counter()
    for snapshot in snapshots:
        figures.update(snapshot.figures)
    return figures


@dataclass(frozen=True, slots=True)
class Day:
    """What tenants received of an entity on the day that is `age` days ago (0: today, in each tenant's time zone)."""

    entity: Entity
    age: int
    changesets: int
    received: int


def received_days(tenants: Collection[Tenant]) -> list[Day]:
    """Return the last 30 days; days on which nothing came are left out."""
    today = timezone.now().astimezone(UTC).date()
    parameters = {
        "today": today,
        "tenants": [tenant.pk for tenant in tenants],
        "ahead": [tenant.pk for tenant in tenants if _today(tenant) > today],
        "behind": [tenant.pk for tenant in tenants if _today(tenant) < today],
    }
    return [Day(Entity(row[0]), *row[1:]) for row in execute(RECEIVED, parameters)]


def _today(tenant: Tenant) -> date:
    return timezone.now().astimezone(ZoneInfo(tenant.time_zone)).date()


def last_received(tenants: Collection[UUID]) -> dict[str, datetime]:
    """Return when partners last sent something, by entity."""
    days = DailyCount.objects.filter(tenant_id__in=tenants, last_at__isnull=False)
    return dict(days.values_list("entity").annotate(Max("last_at")))


def opted_in_against_staff(tenants: Collection[UUID], since: datetime) -> int:
    """Return how often, since a moment, a source opted somebody in whom staff had opted out."""
    again = ConsentChange.objects.filter(tenant__in=tenants, created_at__gte=since)
    return again.exclude(against_staff=0).count()


def refused_weeks(tenants: Collection[UUID]) -> tuple[int, int]:
    """Return how many requests were refused in the last seven days and in the seven before."""
    today = timezone.now().astimezone(UTC).date()
    this, before = execute(REFUSED, {"tenants": list(tenants), "today": today}).fetchall()[0]
    return this, before
