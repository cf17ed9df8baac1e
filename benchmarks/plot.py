"""The plot: rows a second, case by case, as an SVG written by hand; it follows the reader's light or dark theme."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import escape

from benchmarks.cases import CHANGED, COPY, DRF, HUB, NEW, RAW, Case, case
from benchmarks.figures import Figures, ratio

WIDTH, LEFT, RIGHT = 960, 310, 150
BAR, GAP, TOP = 15, 20, 70
NAMES = {RAW: "bare statement", COPY: "COPY + upsert", HUB: "the hub over HTTP", DRF: "idiomatic DRF"}

STYLE = """
svg { font: 13px system-ui, sans-serif; background: #fff; }
text { fill: #1f2328; } .quiet { fill: #59636e; } .line { stroke: #1f2328; stroke-opacity: 0.55; }
.raw { fill: #8c959f; } .copy { fill: #bf8700; } .hub { fill: #0969da; } .drf { fill: #cf222e; }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117; }
  text { fill: #f0f6fc; } .quiet { fill: #9198a1; } .line { stroke: #f0f6fc; }
  .raw { fill: #7d8590; } .copy { fill: #d29922; } .hub { fill: #4493f8; } .drf { fill: #f85149; }
}
"""


def shown(results: Mapping[Case, Figures]) -> Iterator[list[Case]]:
    """Yield the cases worth a picture, the subjects of each together, the hub's always among them."""
    kinds = [("customers", 1, 1), ("customers", 4, 1), ("customers", 8, 8), ("orders", 1, 1), ("products", 1, 1)]
    for entity, connections, tenants in kinds:
        for work in (NEW, CHANGED):
            hub = case(HUB, entity, work, connections, tenants)
            if hub in results:
                yield [one for subject in NAMES if (one := replace(hub, subject=subject)) in results]


def draw(results: Mapping[Case, Figures]) -> str:
    """Return the plot as SVG."""
    groups = list(shown(results))
    most = max((rate for group in groups for one in group for rate in results[one].rates), default=1.0)
    height = TOP + sum(len(group) * BAR + GAP for group in groups)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            "<title>Rows stored a second</title>",
            f"<style>{STYLE}</style>",
            *_legend(),
            *_groups(groups, results, most),
            "</svg>\n",
        ]
    )


def _legend() -> Iterator[str]:
    title = "Rows stored a second (median; line: least to most)"
    yield f'<text x="16" y="26" font-size="16" font-weight="600">{title}</text>'
    for number, (subject, name) in enumerate(NAMES.items()):
        x = 16 + number * 170
        yield f'<rect class="{subject}" x="{x}" y="40" width="12" height="12" rx="2"/>'
        yield f'<text x="{x + 18}" y="51">{name}</text>'


def _groups(groups: list[list[Case]], results: Mapping[Case, Figures], most: float) -> Iterator[str]:
    y = TOP
    for group in groups:
        middle = y + len(group) * BAR / 2 + 5
        yield f'<text x="{LEFT - 12}" y="{middle:.0f}" text-anchor="end">{escape(_label(group[0]))}</text>'
        raw = results.get(replace(group[0], subject=RAW))
        for one in group:
            yield from _bar(one, results[one], y, most, raw)
            y += BAR
        y += GAP


def _label(one: Case) -> str:
    over = f"{one.connections} connection{'s' if one.connections > 1 else ''}"
    return f"{one.entity} × {one.size}, {one.work.name}, {over}"


def _bar(one: Case, figures: Figures, y: float, most: float, raw: Figures | None) -> Iterator[str]:
    scale = (WIDTH - LEFT - RIGHT) / most
    width, least, furthest = (scale * value for value in (figures.rate, min(figures.rates), max(figures.rates)))
    share = f" · {ratio(figures, raw).median:.2f} of raw" if raw and one.subject != RAW else ""
    yield f'<rect class="{one.subject}" x="{LEFT}" y="{y + 1}" width="{width:.1f}" height="{BAR - 3}" rx="2"/>'
    middle = y + BAR / 2
    yield (
        f'<line class="line" x1="{LEFT + least:.1f}" x2="{LEFT + furthest:.1f}" y1="{middle}" y2="{middle}"'
        ' stroke-width="2"/>'
    )
    x = LEFT + max(width, furthest) + 6
    yield f'<text class="quiet" x="{x:.1f}" y="{y + BAR - 3}" font-size="12">{figures.rate:,.0f}{share}</text>'
