"""The background workers, and the jobs of their queue, as procrastinate's tables have them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicTask

from tenants.system.figures import Card, Figure, Table, ask, said

STALLED_SECONDS = 120  # without a heartbeat, which a worker gives every ten
WAITING_SECONDS = 300  # that a job may wait for its turn
LATE_SECONDS = 300  # that a periodic task may come late, by itself
MOST_FAILURES = 20

WORKERS = "SELECT extract(epoch FROM now() - last_heartbeat)::float FROM procrastinate_workers ORDER BY 1 LIMIT 50"
QUEUE = """
SELECT j.task_name,
       count(*) FILTER (WHERE j.status = 'todo' AND coalesce(j.scheduled_at, e.at) <= now()),
       count(*) FILTER (WHERE j.status = 'todo' AND j.scheduled_at > now()),
       count(*) FILTER (WHERE j.status = 'doing'),
       extract(epoch FROM now() - min(coalesce(j.scheduled_at, e.at))
               FILTER (WHERE j.status = 'todo' AND coalesce(j.scheduled_at, e.at) <= now()))::float
  FROM procrastinate_jobs j
  JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'
 WHERE j.status IN ('todo', 'doing')
 GROUP BY j.task_name
 ORDER BY j.task_name
"""
STALLED = """
SELECT count(*)
  FROM procrastinate_jobs j
  LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
 WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %(seconds)s))
"""
RUNS = """
SELECT j.task_name, max(e.at) FILTER (WHERE e.type = 'succeeded'), max(e.at) FILTER (WHERE e.type = 'failed'),
       count(*) FILTER (WHERE e.type = 'failed' AND e.at > now() - interval '1 day')
  FROM procrastinate_jobs j
  JOIN procrastinate_events e ON e.job_id = j.id AND e.type IN ('succeeded', 'failed')
 GROUP BY j.task_name
 ORDER BY j.task_name
"""
FAILED = """
SELECT j.id, j.task_name, j.attempts, max(e.at)
  FROM procrastinate_jobs j
  JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'failed'
 WHERE j.status = 'failed' AND e.at > now() - interval '1 day'
 GROUP BY j.id, j.task_name, j.attempts
 ORDER BY max(e.at) DESC
 LIMIT %(most)s
"""
START = "start one: manage.py serve, or manage.py procrastinate worker (docs/serving.md)."


@dataclass(frozen=True, slots=True)
class Failure:
    """A job of the last day that failed for good."""

    pk: int
    task: str
    attempts: int
    at: datetime


def workers() -> Card:
    """Return who works on the queue."""
    ages: list[Any] = [row[0] for row in ask(WORKERS)]
    alive = [age for age in ages if age < STALLED_SECONDS]
    stalled: Any = ask(STALLED, {"seconds": STALLED_SECONDS})[0][0]
    return Card(
        "Background workers",
        [
            Figure(
                "Workers alive",
                f"{len(alive)}, the last sign {said(min(ages))} ago" if ages else "0, none is registered",
                f"Bad where none has given a sign for 2 minutes: {START}",
                not alive,
            ),
            Figure(
                "Stalled jobs",
                f"{stalled:,}",
                "Bad where there are any for minutes: their worker died. A living worker takes them up again.",
                stalled > 0,
            ),
        ],
    )


def last_heartbeat() -> float | None:
    """Return how many seconds ago a worker gave its last sign; None where none is registered."""
    ages: list[Any] = [row[0] for row in ask(WORKERS)]
    return min(ages, default=None)


def queue(show: Callable[[datetime], object], job_link: Callable[[int, str], object]) -> Card:
    """Return what waits, runs and failed; `show` writes a moment, `job_link` leads to a job."""
    rows: list[Any] = ask(QUEUE)
    failures = failed_jobs()
    oldest = max((row[4] for row in rows if row[4] is not None), default=None)
    failed = [(show(job.at), job_link(job.pk, f"{short(job.task)}, job {job.pk}"), job.attempts) for job in failures]
    waiting, running = sum(row[1] for row in rows), sum(row[3] for row in rows)
    return Card(
        "Jobs",
        [
            Figure(
                "Waiting",
                f"{waiting:,}" + (f", the oldest for {said(oldest)}" if waiting else ""),
                f"Bad where one waits for 5 minutes: no worker runs, or all are busy. If none is alive {START}",
                (oldest or 0) > WAITING_SECONDS,
            ),
            Figure("Running", f"{running:,}"),
            Figure(
                "Failed in the last day",
                f"{len(failures):,}" + (" or more" if len(failures) == MOST_FAILURES else ""),
                "Bad where there are any: look for the job's number in the worker's log, which has the exception,"
                " then try the job again from its list.",
                bool(failures),
            ),
        ],
        [
            Table(
                "The queue by task",
                ("Task", "Waiting", "For later", "Running", "Oldest waits for"),
                [(short(row[0]), *(f"{number:,}" for number in row[1:4]), said(row[4])) for row in rows],
                empty="Nothing waits or runs.",
            ),
            Table("Failed in the last day", ("When", "Job", "Attempts"), failed),
        ],
    )


def periodic(show: Callable[[datetime], object]) -> Card:
    """Return when each periodic task ran last; tables know of the last day, of failures the last 30."""
    runs = {row[0]: row[1:] for row in ask(RUNS)}
    tasks = sorted(app.periodic_registry.periodic_tasks.values(), key=lambda each: short(each.task.name))
    late = [each.task.name for each in tasks if _is_late(runs, each)]
    broken = [each.task.name for each in tasks if _failed_last(runs, each.task.name)]
    return Card(
        "Periodic tasks",
        [
            Figure(
                "Late",
                ", ".join(map(short, late)) or "none",
                f"Bad where a run was missed: the queue is full, or no worker is alive. Then {START}",
                bool(late),
            ),
            Figure(
                "Failed last time",
                ", ".join(map(short, broken)) or "none",
                "Bad where there are any: the worker's log has the exception. The next run may mend it.",
                bool(broken),
            ),
        ],
        [
            Table(
                "Last runs",
                ("Task", "Runs (UTC, as cron has it)", "Last success", "Last failure", "Failures in a day"),
                [_row(runs, each.task.name, each.cron, show) for each in tasks],
                note="Jobs that succeeded are kept for a day, failed ones for 30.",
            )
        ],
    )


def _row(runs: Mapping[Any, Any], name: str, cron: str, show: Callable[[datetime], object]) -> tuple[object, ...]:
    succeeded, failed, times = runs.get(name, (None, None, 0))
    return (short(name), cron, *(show(at) if at else "–" for at in (succeeded, failed)), f"{times:,}")


def _is_late(runs: Mapping[Any, Any], each: PeriodicTask[..., Any, Any]) -> bool:
    """Tell whether a task that has succeeded did not again when it was its time; one that never did is not known."""
    succeeded = runs.get(each.task.name, (None,))[0]
    if succeeded is None:
        return False
    due: float = each.croniter.get_next(ret_type=float, start_time=succeeded.timestamp())
    return due + LATE_SECONDS < time.time()


def _failed_last(runs: Mapping[Any, Any], name: str) -> bool:
    succeeded, failed, _ = runs.get(name, (None, None, 0))
    return failed is not None and (succeeded is None or failed > succeeded)


def failed_jobs() -> list[Failure]:
    """Return the jobs that failed in the last day, the last first."""
    rows: list[Any] = ask(FAILED, {"most": MOST_FAILURES})
    return [Failure(*row) for row in rows]


def short(task: object) -> str:
    """Return a task's name as people say it: measure tenants."""
    return str(task).rpartition(".")[2].replace("_", " ")
