"""What the hub must reach, and whether a run reached it. All are ratios within one run, or counts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.cases import CHANGED, DRF, EMPTY, HUB, IDENTICAL, MIXED, NEW, RAW, SHUFFLED, Case, case
from benchmarks.figures import Figures, Spread, ratio
from benchmarks.outcome import Outcome

Results = Mapping[Case, Figures]
TRANSACTION_CONTROL = ("BEGIN", "COMMIT")


@dataclass(frozen=True)
class Verdict:
    """A target, what was measured, and whether that is enough."""

    what: str
    wanted: str
    measured: Spread
    met: bool


def at_least(what: str, target: float, measured: Spread) -> Verdict:
    """Judge a value that must not be smaller."""
    return Verdict(what, f"≥ {target:g}", measured, measured.median >= target)


def at_most(what: str, target: float, measured: Spread) -> Verdict:
    """Judge a value that must not be larger."""
    return Verdict(what, f"≤ {target:g}", measured, measured.median <= target)


def judge(outcome: Outcome) -> list[Verdict]:
    """Judge every target whose cases were measured in this run."""
    results = outcome.results
    return [
        *_against_raw(results),
        *_against_drf(results),
        *_cost_of_a_customer(results),
        *_single(results),
        *_re_sent(results),
        *_contended(results),
        *_large_tables(results),
        *_checked(outcome),
        *_exports(outcome),
    ]


def _against_raw(results: Results) -> Iterator[Verdict]:
    wanted = [("customers", 8, 8, 0.75), ("customers", 4, 1, 0.6), ("customers", 1, 1, 0.6)]
    wanted += [("orders", 1, 1, 0.55), ("products", 1, 1, 0.55)]
    for entity, connections, tenants, target in wanted:
        for work in (NEW, CHANGED):
            hub = case(HUB, entity, work, connections, tenants)
            if share := _ratio(results, hub, replace(hub, subject=RAW)):
                yield at_least(f"{hub.title}: rows/s, of raw", target, share)


def _against_drf(results: Results) -> Iterator[Verdict]:
    for work in (NEW, CHANGED):
        hub = case(HUB, "customers", work, 8, 8)
        drf = replace(hub, subject=DRF)
        if times := _ratio(results, hub, drf):
            yield at_least(f"{hub.title}: rows/s, times DRF", 7, times)
            share = results[hub].cpu("server") / results[drf].cpu("server")
            yield at_most(f"{hub.title}: server CPU a row, of DRF", 0.1, _exactly(share))


def _cost_of_a_customer(results: Results) -> Iterator[Verdict]:
    for connections, tenants in ((1, 1), (8, 8)):
        hub = case(HUB, "customers", CHANGED, connections, tenants)
        if hub in results:
            yield at_most(f"{hub.title}: server CPU ms a customer", 0.012, _exactly(results[hub].cpu("server")))


def _single(results: Results) -> Iterator[Verdict]:
    hub = case(HUB, "customers", CHANGED, size=1)
    empty = replace(hub, subject=EMPTY)
    if hub in results and empty in results:
        times = results[hub].latency(0.5) / results[empty].latency(0.5)
        yield at_most("single customer: p50, times an empty Django view", 4.5, _exactly(times))


def _re_sent(results: Results) -> Iterator[Verdict]:
    for entity in ("customers", "orders", "products"):
        changed = case(HUB, entity, CHANGED)
        if time := _ratio(results, changed, replace(changed, work=IDENTICAL)):
            yield at_most(f"{entity}: time of an identical re-send, of a changed one", 0.85, time)
        if time := _ratio(results, changed, replace(changed, work=MIXED)):
            yield at_most(f"{entity}: time of mixed fields, of uniform ones", 1.15, time)


def _contended(results: Results) -> Iterator[Verdict]:
    eight = case(HUB, "customers", SHUFFLED, 8)
    if share := _ratio(results, eight, replace(eight, connections=1)):
        yield at_least("8 connections, the same 500 ids in any order: rows/s, of one connection", 0.8, share)
        yield at_most("8 connections, the same 500 ids in any order: errors", 0, _exactly(len(results[eight].errors)))


def _large_tables(results: Results) -> Iterator[Verdict]:
    large = case(HUB, "customers", CHANGED, stored=1_000_000)
    if share := _ratio(results, large, replace(large, stored=100_000)):
        yield at_least("updates at 1,000,000 customers, of the rate at 100,000", 0.9, share)


def _checked(outcome: Outcome) -> Iterator[Verdict]:
    working = [s for s in outcome.statements[1] if s not in TRANSACTION_CONTROL]
    yield at_most("single customer: statements, BEGIN and COMMIT apart", 5, _exactly(len(working)))
    yield at_most("identical re-send: rows written", 0, _exactly(outcome.written))
    first = outcome.first_orders
    growth = _exactly(first[-1] / first[0])
    yield at_most("first 6,000 orders of a tenant: time of the last batches, of the first", 1.5, growth)
    sizes = outcome.memory.megabytes
    number = outcome.memory.batches[-1]
    yield at_most(f"memory of a worker after {number:,} batches of 500, of that after a fifth", 1.05, _growth(sizes))
    noise = [beside / alone for alone, beside in zip(outcome.noise.alone, outcome.noise.beside, strict=True)]
    yield at_most("single customer: p99 beside 16 batches of another tenant, times alone", 5, Spread.of(noise))


def _exports(outcome: Outcome) -> Iterator[Verdict]:
    found = outcome.exports
    for form, rates in found.exported.items():
        shares = [mine / theirs for mine, theirs in zip(rates, found.copied[form], strict=True)]
        yield at_least(f"export of {found.rows:,} customers, {form}: rows/s, of COPY", 0.7, Spread.of(shares))
    yield at_most(f"memory of a worker after exports of {found.rows:,}: MB more", 20, _exactly(found.grown))


def _growth(sizes: Sequence[float]) -> Spread:
    return _exactly(sizes[-1] / sizes[len(sizes) // 5 - 1])


def _ratio(results: Results, one: Case, base: Case) -> Spread | None:
    return ratio(results[one], results[base]) if one in results and base in results else None


def _exactly(value: float) -> Spread:
    return Spread(value, value, value)
