"""One run from start to end: set up, measure group by group, check, report."""

import sys
import time
from pathlib import Path

from benchmarks import checks, report, table
from benchmarks.cases import CHANGED, FULL, HUB, QUICK, Plan, case
from benchmarks.exports import measure_exports
from benchmarks.machine import describe_machine
from benchmarks.measure import Note, Results, run_group
from benchmarks.outcome import Outcome
from benchmarks.pool import Clients
from benchmarks.stage import Stage, staged
from benchmarks.targets import judge

MOST_CLIENTS = checks.NEIGHBOURS + 1


def run(data: Path, *, quick: bool) -> int:
    """Measure, print, write the results; return the exit status: 1 where anything answered with an error."""
    start = time.monotonic()
    plan, note = (QUICK if quick else FULL), _progress(start)
    note("starting PostgreSQL, the hub and the yardstick")
    # Clients are forked first: a child made later would hold the server's lease, and a copy of all that is open.
    with Clients(MOST_CLIENTS) as clients, staged(data) as stage:
        outcome = _measure(stage, clients, data, plan, start, note)
    print(table.targets_text(judge(outcome)))
    seconds = time.monotonic() - start
    for path in report.write(outcome, describe_machine(), quick=quick, seconds=seconds):
        print(f"wrote {path}")
    errors = [error for figures in outcome.results.values() for error in figures.errors]
    print(f"{seconds:.0f} s, {len(errors)} errors", *errors[:3], sep="\n  ")
    return 1 if errors else 0


def _measure(stage: Stage, clients: Clients, data: Path, plan: Plan, start: float, note: Note) -> Outcome:
    results: Results = {}
    statements = {size: checks.statements_of(stage, case(HUB, "customers", CHANGED, size=size)) for size in (1, 500)}
    written = checks.rows_written_by_identical(stage, clients)
    print(table.HEAD)
    for group in plan.groups:
        share = (len(results) + len(group.cases)) / sum(len(each.cases) for each in plan.groups)
        results |= run_group(stage, clients, group, plan, start + share * plan.most_seconds, note)
        note("")
        for one in group.cases:
            print(table.text_row(one, results), flush=True)
    noise = checks.noisy_neighbour(stage, clients, plan.noise_rounds, note)
    first_orders = checks.first_orders(stage, clients, note)
    memory = checks.memory_of_worker(stage, clients, data, plan.memory_batches, note)
    exports = measure_exports(stage, plan.exported, plan.noise_rounds, note)
    note("")
    return Outcome(results, statements, written, memory, noise, first_orders, exports)


def _progress(start: float) -> Note:
    """Return what shows progress: one line that is written over, on a terminal; nothing elsewhere."""

    def note(text: str) -> None:
        if sys.stderr.isatty():
            shown = f"{time.monotonic() - start:4.0f} s  {text}" if text else ""
            print(f"\r\x1b[K{shown[:110]}", end="", file=sys.stderr, flush=True)

    return note
