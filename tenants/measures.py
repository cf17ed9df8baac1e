"""What Prometheus reads that nobody counts: measured when it asks, a cheap statement each, kept for some seconds.

A measure that the database refuses, or takes too long for, is missing, and `hub_measured` says so: the counters are
there whatever happens.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any, cast

import django.db
import psycopg
import structlog
from django.db.models import Count, Min, Sum
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric

from hub.metrics.places import Neighbour, neighbours
from hub.serving.memory import resident_bytes
from hub.sql.aside import FOR_METRICS, bounded
from hub.version import VERSION
from tenants.models import Feed, Import, ImportState, Webhook
from tenants.system.database import SERVER
from tenants.system.figures import ask
from tenants.system.jobs import QUEUE, STALLED_SECONDS, WORKERS
from tenants.system.readiness import disks
from tenants.webhooks.endpoints import last_numbers

log = structlog.get_logger("hub.metrics")
KEPT_SECONDS = 5.0
SECONDS, MILLISECONDS = 2.0, 1000  # that all measures may take together, and one statement
AWAY = (django.db.Error, psycopg.Error, TimeoutError)
CONNECTIONS = """
SELECT coalesce(state, 'other'), count(*)
  FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND datname = current_database()
 GROUP BY 1
"""
Measure = Callable[[], Iterable[Metric]]


def one(name: str, text: str, value: float) -> Metric:
    """Return a gauge of one value."""
    return GaugeMetricFamily(name, text, value)


def each(name: str, text: str, labels: Sequence[str], values: Mapping[Any, float]) -> Metric:
    """Return a gauge of a value for each label's value, or for each tuple of those of several labels."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for named, value in values.items():
        family.add_metric(named if isinstance(named, tuple) else [named], value)
    return family


def workers() -> Iterator[Metric]:
    """How many background workers are alive, and when one gave a sign last; no age where none is registered."""
    ages: list[Any] = [row[0] for row in ask(WORKERS)]
    alive = sum(age < STALLED_SECONDS for age in ages)
    yield one("hub_workers_alive", "Background workers that gave a sign within 2 minutes.", alive)
    if ages:
        yield one("hub_worker_heartbeat_age_seconds", "Seconds since a worker gave its last sign.", min(ages))


def queue() -> Iterator[Metric]:
    """The jobs by task, and how long the oldest that could run has waited."""
    rows: list[Any] = ask(QUEUE)
    places = {"waiting": 1, "later": 2, "running": 3}
    jobs = {(row[0], state): row[place] for row in rows for state, place in places.items()}
    waits = {row[0]: max(row[4] or 0.0, 0.0) for row in rows}
    yield each("hub_jobs", "Jobs of the queue.", ["task", "state"], jobs)
    yield each("hub_job_oldest_seconds", "Seconds that the oldest job has waited for its turn.", ["task"], waits)


def webhooks() -> Iterator[Metric]:
    """How webhooks stand, and how far those that are told anything are behind."""
    found = Webhook.objects.only("tenant_id", "position", "paused_at", "pause_reason", "failing_since")
    states = Counter({"delivering": 0, "failing": 0, "paused": 0, "stopped": 0})
    told, failing = [], 0.0
    for webhook in found:
        states[_standing(webhook)] += 1
        if not webhook.paused_at:
            told.append(webhook)
            since = webhook.failing_since or timezone.now()
            failing = max(failing, (timezone.now() - since).total_seconds())
    numbers = last_numbers({webhook.tenant_id for webhook in told}) if told else {}
    behind = [max(0, numbers.get(webhook.tenant_id, 0) - webhook.position) for webhook in told]
    most = max(behind, default=0)
    yield each("hub_webhooks", "Webhooks.", ["state"], states)
    yield one("hub_webhook_behind_changesets", "Changesets that webhooks are yet to get, together.", sum(behind))
    yield one("hub_webhook_most_behind_changesets", "Changesets that the last of the webhooks is yet to get.", most)
    yield one("hub_webhook_failing_seconds", "Seconds that a webhook has failed for, the longest.", failing)


def _standing(webhook: Webhook) -> str:
    if webhook.paused_at:
        return "stopped" if webhook.is_stopped else "paused"
    return "failing" if webhook.failing_since else "delivering"


def feed() -> Iterator[Metric]:
    """How far the feeds have come, together: the number of each would be a label a tenant."""
    total = Feed.objects.aggregate(Sum("number"))["number__sum"] or 0
    yield one("hub_changesets", "Changesets of the tenants that there are, the expired ones too.", total)


def imports() -> Iterator[Metric]:
    """How many files are stored or wait, and since when."""
    counts = dict.fromkeys((ImportState.WAITING.value, ImportState.RUNNING.value), 0)
    under_way = Import.objects.filter(state__in=list(counts)).order_by()
    counts |= dict(under_way.values_list("state").annotate(Count("pk")))
    oldest = under_way.filter(state=ImportState.WAITING).aggregate(Min("created_at"))["created_at__min"]
    waits = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    yield each("hub_imports", "Files that are stored or wait.", ["state"], counts)
    yield one("hub_import_oldest_seconds", "Seconds since the oldest file that waits was begun.", waits)


def database() -> Iterator[Metric]:
    """How large the database is, and who is connected."""
    _, size, most, used, oldest = cast(Any, ask(SERVER)[0])
    states = dict(cast(Any, ask(CONNECTIONS)))
    yield one("hub_database_size_bytes", "Size of the database.", size)
    yield one("hub_database_connections_max", "Connections that the server has for others than operators.", most)
    yield one("hub_database_connections_used", "Connections of all clients of the server.", used)
    yield each("hub_database_connections", "Connections to this database.", ["state"], states)
    yield one("hub_database_oldest_transaction_seconds", "Age of the oldest transaction.", oldest or 0.0)


ASKED: dict[str, Measure] = {
    "workers": workers,
    "queue": queue,
    "webhooks": webhooks,
    "feed": feed,
    "imports": imports,
    "database": database,
}


class Measures:
    """What the database was asked, kept for KEPT_SECONDS."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.kept: list[Metric] = []
        self.measured_at = -float("inf")  # time.monotonic

    def measured(self) -> list[Metric]:
        """Return the metrics of all measures, within SECONDS."""
        with self.lock:
            if time.monotonic() > self.measured_at + KEPT_SECONDS:
                try:
                    self.kept = FOR_METRICS.ask("metrics", asked, SECONDS)
                except TimeoutError:
                    self.kept = [_told(dict.fromkeys(ASKED, 0))]
                self.measured_at = time.monotonic()
            return [*self.kept, *here()]

    def forget(self) -> None:
        """Measure anew when somebody asks next."""
        self.measured_at = -float("inf")


def asked() -> list[Metric]:
    """Measure what the database knows, each within its own bound."""
    found: list[Metric] = []
    told = {}
    for name, measure in ASKED.items():
        try:
            with bounded(MILLISECONDS):
                found += list(measure())
            told[name] = 1
        except AWAY as error:
            told[name] = 0
            log.warning("a measure is missing", measure=name, exception=type(error).__name__)
            django.db.connection.close_if_unusable_or_obsolete()
    return [*found, _told(told)]


def _told(told: Mapping[str, int]) -> Metric:
    return each("hub_measured", "1 where the database told in time; else it is missing.", ["measure"], told)


def here() -> Iterator[Metric]:
    """What this machine knows without the database: the hub's version, its disks, its processes."""
    yield InfoMetricFamily("hub", "The hub.", {"version": VERSION})
    found = list(disks())
    yield each(
        "hub_disk_free_bytes", "Bytes of a disk that are free.", ["folder"], {disk[0]: disk[1] for disk in found}
    )
    yield each("hub_disk_size_bytes", "Bytes of a disk.", ["folder"], {disk[0]: disk[2] for disk in found})
    living = list(neighbours()) or [Neighbour(0, os.getpid(), "web server")]
    memory = {(process.name, str(process.place)): resident_bytes(process.pid) for process in living}
    yield each("hub_process_resident_bytes", "Memory of a process.", ["process", "place"], memory)


MEASURES = Measures()
