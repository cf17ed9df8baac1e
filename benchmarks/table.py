"""Tables of what was measured, for the terminal and for the page of results."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from benchmarks.cases import COPY, DRF, EMPTY, RAW, Case
from benchmarks.figures import Figures, Spread, ratio
from benchmarks.targets import Verdict

COLUMNS = (
    "case",
    "who",
    "rows/s",
    "spread",
    "p50 ms",
    "p99 ms",
    "server µs/row",
    "PostgreSQL µs/row",
    "client µs/row",
    "of raw",
    "of COPY",
    "of DRF",
    "errors",
)
WIDTHS = (52, 5, 8, 15, 8, 8, 13, 17, 13, 6, 7, 6, 6)


def cells(case: Case, results: Mapping[Case, Figures]) -> list[str]:
    """Return one row: the case, its figures, and its rate as a share of raw, COPY and DRF where those were measured."""
    figures = results[case]
    spread = Spread.of(figures.rates)
    return [
        case.title,
        case.subject,
        f"{spread.median:,.0f}",
        f"{spread.least:,.0f}–{spread.most:,.0f}",
        f"{figures.latency(0.5):.2f}",
        f"{figures.latency(0.99):.2f}",
        *(f"{1000 * figures.cpu(whose):.1f}" for whose in ("server", "postgres", "client")),
        *(_share(case, results, base) for base in (RAW, COPY, DRF)),
        str(len(figures.errors)),
    ]


def _share(case: Case, results: Mapping[Case, Figures], base: str) -> str:
    other = replace(case, subject=base)
    if other == case or other not in results or case.subject == EMPTY:
        return ""
    found = ratio(results[case], results[other]).median
    return f"{found:.2f}" if found < 9.95 else f"{found:.0f}"


def _padded(row: Iterable[str]) -> str:
    texts = zip(row, WIDTHS, strict=True)
    return "  ".join(text.ljust(width) if n < 2 else text.rjust(width) for n, (text, width) in enumerate(texts))


HEAD = _padded(COLUMNS)


def text_row(case: Case, results: Mapping[Case, Figures]) -> str:
    """Return a row for the terminal."""
    return _padded(cells(case, results))


def markdown(results: Mapping[Case, Figures]) -> str:
    """Return all rows as a Markdown table."""
    return markdown_table(COLUMNS, [cells(case, results) for case in results])


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; all but the first two columns are numbers."""
    rule = ["---" if n < 2 else "---:" for n, _ in enumerate(head)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def number(value: float) -> str:
    """Write a measured value with three figures."""
    if math.isnan(value):
        return "–"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"


def verdict_cells(verdict: Verdict) -> list[str]:
    """Return one row of the targets' table."""
    spread = f"{number(verdict.measured.least)}–{number(verdict.measured.most)}"
    return [verdict.what, verdict.wanted, number(verdict.measured.median), spread, "pass" if verdict.met else "miss"]


TARGET_COLUMNS = ("what", "target", "measured", "spread", "")


def targets_text(verdicts: Sequence[Verdict]) -> str:
    """Return the targets' table for the terminal."""
    widths = (78, 10, 9, 15, 4)
    rows = [TARGET_COLUMNS, *map(verdict_cells, verdicts)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n" + "\n".join(padded) + "\n"


def targets_markdown(verdicts: Sequence[Verdict]) -> str:
    """Return the targets' table in Markdown."""
    return markdown_table(TARGET_COLUMNS, map(verdict_cells, verdicts))
