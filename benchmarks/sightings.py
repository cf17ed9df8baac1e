"""What was seen while a hub was hurt (benchmarks.faults), said in a few words each."""

import json
from collections import Counter
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

WATCHED = ("hub_workers_alive", "hub_measured", "hub_process_starts_total")
GRAVE = ("warning", "error", "critical")


@dataclass(frozen=True)
class Seen:
    """An answer, or a connection that broke (status 0): when it was asked for, how long it took, what it said."""

    at: float
    status: int
    seconds: float
    body: bytes = b""


def probe(seen: list[Seen], began: float, ended: float) -> str:
    """Say when a probe said first that all is not well, when last, and how long the slowest took."""
    bad = [one for one in seen if one.status != 200]
    slowest = f"{max(one.seconds for one in seen):.2f} s"
    if not bad:
        return f"200; {slowest}"
    said = Counter(json.loads(one.body)["message"] if one.body else "broken" for one in bad).most_common(1)[0][0]
    last = bad[-1].at + bad[-1].seconds - ended
    return f"{said} after {bad[0].at + bad[0].seconds - began:.1f} s, until {last:+.1f} s; {slowest}"


def values(seen: Seen) -> dict[str, float]:
    """Return the watched metrics of a scrape: of the measures how many told, of processes how often each started."""
    found: Counter[str] = Counter()
    for family in text_string_to_metric_families(seen.body.decode()) if seen.status == 200 else ():
        for sample in family.samples:
            if sample.name in WATCHED:
                found[" ".join([sample.name, sample.labels.get("process", "")]).strip()] += int(sample.value)
    return dict(found)


def changes(before: dict[str, float], scrapes: list[dict[str, float]]) -> str:
    """Say which of the watched metrics went which way."""
    told = []
    for name in sorted({*before, *(name for scrape in scrapes for name in scrape)}):
        ways = [before.get(name), *(scrape.get(name) for scrape in scrapes if scrape)]
        turns = [way for at, way in enumerate(ways) if at == 0 or way != ways[at - 1]]
        if len(turns) > 1:
            told.append(f"`{name}` {' → '.join('absent' if way is None else f'{way:g}' for way in turns)}")
    missed = sum(not scrape for scrape in scrapes)
    return "; ".join([*told, *([f"{missed} scrapes failed"] if missed else [])]) or "as before"


def callers(seen: list[Seen]) -> str:
    """Say how many requests failed, and how, and how long the slowest took."""
    bad = Counter("broken" if one.status == 0 else str(one.status) for one in seen if one.status != 200)
    said = ", ".join(f"{number} {kind}" for kind, number in bad.items()) or "0"
    return f"{said} of {len(seen)}; {max(one.seconds for one in seen):.1f} s"


def events(lines: bytes) -> str:
    """Return the kinds of grave lines of the log, each with how often it came."""
    found: Counter[str] = Counter()
    for line in lines.splitlines():
        said = json.loads(line) if line.startswith(b"{") else {"level": "error", "event": line.decode()[:60]}
        if said["level"] in GRAVE and said["event"] != "request":
            more = [str(said[name]) for name in ("process", "code", "check", "state") if name in said]
            found[" ".join([said["event"], *(["(" + " ".join(more) + ")"] if more else [])])] += 1
    return "; ".join(f"`{event}` × {number}" for event, number in found.items()) or "nothing"
