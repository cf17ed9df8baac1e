"""What stays of a run in benchmarks/results: JSON, a plot, and a page of tables."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import table
from benchmarks.cases import Case
from benchmarks.figures import Figures
from benchmarks.outcome import Outcome
from benchmarks.plot import draw
from benchmarks.stage import ROOT
from benchmarks.targets import judge

RESULTS = ROOT / "benchmarks" / "results"


def write(outcome: Outcome, machine: Mapping[str, str], *, quick: bool, seconds: float) -> list[Path]:
    """Write the results as `full.*`, those of a quick run as `quick.*`, and return the files."""
    name = "quick" if quick else "full"
    texts = {
        "json": json.dumps(as_json(outcome, machine), indent=1, ensure_ascii=False) + "\n",
        "svg": draw(outcome.results),
        "md": page(outcome, machine, name, seconds),
    }
    RESULTS.mkdir(exist_ok=True)
    for ending, text in texts.items():
        (RESULTS / f"{name}.{ending}").write_text(text)
    return [RESULTS / f"{name}.{ending}" for ending in texts]


def as_json(outcome: Outcome, machine: Mapping[str, str]) -> dict[str, Any]:
    """Return everything of a run but the single latencies."""
    return {
        "machine": dict(machine),
        "cases": [_case_as_json(case, figures) for case, figures in outcome.results.items()],
        "targets": [asdict(verdict) for verdict in judge(outcome)],
        "statements": {str(size): list(found) for size, found in outcome.statements.items()},
        "rows_written_by_identical": outcome.written,
        "memory_of_worker_mb": asdict(outcome.memory),
        "noisy_neighbour_p99_ms": asdict(outcome.noise),
        "first_orders_ms": list(outcome.first_orders),
        "exports": asdict(outcome.exports),
    }


def _case_as_json(case: Case, figures: Figures) -> dict[str, Any]:
    return {
        **asdict(case),
        "work": case.work.name,
        "rows_per_second": figures.rates,
        "p50_ms": figures.latency(0.5),
        "p99_ms": figures.latency(0.99),
        "cpu_ms_per_row": {whose: figures.cpu(whose) for whose in ("server", "postgres", "client")},
        "errors": len(figures.errors),
    }


def page(outcome: Outcome, machine: Mapping[str, str], name: str, seconds: float) -> str:
    """Write the run `name` in Markdown: machine, targets, plot, table."""
    memory, noise = outcome.memory, outcome.noise
    one = outcome.statements[1]
    parts = [
        f"# The last {name} run",
        "Written by the benchmark; what is measured, and how, is in [docs/performance.md](../../docs/performance.md).",
        "\n".join(f"- {name}: {value}" for name, value in machine.items()) + f"\n- the run took {seconds:.0f} s",
        "## Targets\n\n" + table.targets_markdown(judge(outcome)),
        f"![Rows a second]({name}.svg)",
        "## Everything\n\n" + table.markdown(outcome.results),
        "## Apart from rates\n\n"
        f"- A request with one customer runs {len(one)} statements: {', '.join(f'`{s}`' for s in one)}.\n"
        f"- A worker's memory: {_series(memory.megabytes)} MB after {_series(memory.batches)} batches of 500.\n"
        f"- Single customers beside 16 batches of another tenant, p99: {_series(noise.beside)} ms,"
        f" alone {_series(noise.alone)} ms.\n"
        f"- The first 6,000 orders of a tenant, a batch of 100 in each quarter: {_series(outcome.first_orders)} ms.",
    ]
    return "\n\n".join(parts) + "\n"


def _series(values: Any) -> str:
    return ", ".join(f"{value:,}" if isinstance(value, int) else f"{value:.1f}" for value in values)
