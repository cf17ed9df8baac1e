"""What goes on beside the queue: imports, webhooks, the measuring of health; and what the hub is made of."""

import platform
from collections.abc import Callable
from datetime import datetime, timedelta

import django
from django.conf import settings
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from hub.version import VERSION
from tenants.models import STOPPED, HealthSnapshot, Import, ImportState, Tenant, Webhook
from tenants.system.figures import Card, Figure

STUCK = timedelta(minutes=10)  # without a sign of who runs an import
FAILING = timedelta(hours=1)  # that a webhook may fail


def work(show: Callable[[datetime], object]) -> Card:
    """Return imports, webhooks, snapshots, and what the apps have to say (WATCHED)."""
    return Card("Work", [imports(), webhooks(), snapshots(show), *(import_string(name)() for name in settings.WATCHED)])


def imports() -> Figure:
    """Return how many files are stored or wait."""
    stuck = Q(state=ImportState.RUNNING, beat_at__lt=timezone.now() - STUCK)
    counts = Import.objects.aggregate(
        running=Count("pk", filter=Q(state=ImportState.RUNNING)),
        waiting=Count("pk", filter=Q(state=ImportState.WAITING)),
        stuck=Count("pk", filter=stuck),
    )
    said = f"{counts['running']:,} running, {counts['waiting']:,} waiting"
    return Figure(
        "Imports",
        said + (f", {counts['stuck']:,} without a sign for 10 minutes" if counts["stuck"] else ""),
        "Bad where one runs without a sign for 10 minutes: its worker died. A living worker goes on with it.",
        counts["stuck"] > 0,
    )


def webhooks() -> Figure:
    """Return how many webhooks get nothing."""
    failing = Q(paused_at=None, failing_since__isnull=False)
    long = failing & Q(failing_since__lt=timezone.now() - FAILING)
    counts = Webhook.objects.aggregate(
        all=Count("pk"),
        stopped=Count("pk", filter=STOPPED),
        failing=Count("pk", filter=failing),
        long=Count("pk", filter=long),
    )
    return Figure(
        "Webhooks",
        f"{counts['all']:,}, {counts['failing']:,} failing, {counts['stopped']:,} stopped by the hub",
        "Bad where one fails for an hour or was stopped: its page says why. Ask who receives it, then resume it.",
        counts["stopped"] + counts["long"] > 0,
    )


def snapshots(show: Callable[[datetime], object]) -> Figure:
    """Return when the health of tenants was measured last: of those whose data changed, every 5 minutes."""
    last: datetime | None = HealthSnapshot.objects.aggregate(Max("taken_at"))["taken_at__max"]
    rule = "Bad where tenants have data and none was ever measured: no worker runs."
    if last is None:
        return Figure(
            "Health measured", "never", rule, Tenant.objects.filter(created_at__lt=timezone.now() - STUCK).exists()
        )
    return Figure("Health measured", str(show(last)), rule)


def versions() -> Card:
    """Return what the hub is made of, and the settings that matter."""
    environment = settings.ENVIRONMENT
    return Card(
        "The hub",
        [
            Figure("Version", VERSION),
            Figure("Python, Django", f"{platform.python_version()}, {django.get_version()}"),
            Figure("Web processes", f"{environment.processes}, of {environment.THREADS} threads (WORKERS, THREADS)"),
            Figure("Database", "DATABASE_URL" if environment.DATABASE_URL else "embedded, in HUB_DATA"),
            Figure("Uploaded files", "in the folder FILES" if settings.FILES else "in the database"),
            Figure(
                "HTTPS",
                "on" if settings.HTTPS else "off",
                "Bad where it is off and the hub is reached over a network: set HTTPS (docs/serving.md).",
            ),
            Figure(
                "DEBUG",
                "on" if settings.DEBUG else "off",
                "Bad where it is on: errors show the hub's inside. Unset it, and restart the hub.",
                settings.DEBUG,
            ),
        ],
    )
