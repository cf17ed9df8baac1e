"""What is counted as it happens. Labels are the hub's own words, nothing that was sent."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from hub.metrics.places import PLACE
from hub.metrics.tally import TALLY

REGISTRY = CollectorRegistry()
OF_REQUESTS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds
OF_JOBS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)

REQUESTS = Counter("hub_requests", "Requests that were answered.", ["method", "route", "status"], registry=REGISTRY)
SECONDS = Histogram(
    "hub_request_seconds",
    "Seconds from a request's first byte at the application to its answer.",
    ["method", "route"],
    buckets=OF_REQUESTS,
    registry=REGISTRY,
)
REFUSALS = Counter(
    "hub_refusals", "Calls of the API in which this was wrong, also where only a warning said so.", ["code"],
    registry=REGISTRY,
)  # fmt: skip
RECORDS = Counter(
    "hub_records", "Records by what became of them, once it was committed.", ["entity", "source", "outcome"],
    registry=REGISTRY,
)  # fmt: skip
ERASURES = Counter("hub_erasures", "Customers that were erased.", registry=REGISTRY)
DELIVERIES = Counter("hub_webhook_attempts", "Attempts to deliver a change.", ["outcome"], registry=REGISTRY)
JOBS = Counter("hub_jobs_ended", "Jobs of the background worker that ended.", ["task", "outcome"], registry=REGISTRY)
JOB_SECONDS = Histogram("hub_job_seconds", "Seconds that a job ran.", ["task"], buckets=OF_JOBS, registry=REGISTRY)
STARTS = Counter("hub_process_starts", "Processes that have started.", ["process"], registry=REGISTRY)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    TALLY.add(REQUESTS, (method, route, str(status)))
    TALLY.observe(SECONDS, OF_REQUESTS, (method, route), seconds)


def count_refusal(code: str) -> None:
    """Count a call in which something was wrong."""
    TALLY.add(REFUSALS, (code,))


def count_records(entity: str, source: str, **outcomes: int) -> None:
    """Count the records of a write by what became of them."""
    for outcome, number in outcomes.items():
        if number:
            TALLY.add(RECORDS, (entity, source, outcome), number)


def count_erasures(number: int) -> None:
    """Count customers that were erased."""
    ERASURES.inc(number)


def count_attempt(outcome: str) -> None:
    """Count an attempt to deliver a change."""
    TALLY.add(DELIVERIES, (outcome,))


def count_job(task: str, outcome: str, seconds: float) -> None:
    """Count a job that has ended."""
    TALLY.add(JOBS, (task, outcome))
    TALLY.observe(JOB_SECONDS, OF_JOBS, (task,), seconds)


def count_start(process: str) -> None:
    """Count the start of a process, and let the others know that it is there."""
    PLACE.say(process)
    STARTS.labels(process).inc()
