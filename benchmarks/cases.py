"""What is measured: cases, in groups whose cases take turns so that a machine's moods meet all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.records import Work

NEW, CHANGED, IDENTICAL, MIXED, SHUFFLED = map(Work, ("new", "changed", "identical", "mixed", "shuffled"))
RAW, COPY, DRF, HUB, EMPTY = "raw", "copy", "drf", "hub", "empty"
SIZES = {"customers": 500, "orders": 100, "products": 50}


@dataclass(frozen=True)
class Case:
    """One thing measured: who stores what, in batches of what size, over how many connections and tenants.

    `stored` is how many customers the table holds beforehand, of which random ones are sent; 0: few, sent in turn.
    """

    subject: str
    entity: str
    size: int
    work: Work
    connections: int = 1
    tenants: int = 1
    stored: int = 0

    @property
    def title(self) -> str:
        """What is measured, whoever is."""
        over = f"{self.connections} connection{'s' if self.connections > 1 else ''}"
        shops = f", {self.tenants} tenants" if self.tenants > 1 else ""
        table = f", {self.stored:,} stored" if self.stored else ""
        return f"{self.entity} × {self.size}, {self.work.name}, {over}{shops}{table}"


@dataclass(frozen=True)
class Group:
    """Cases measured in turns; `stored` customers are loaded first."""

    cases: Sequence[Case]
    stored: int = 0


@dataclass(frozen=True)
class Plan:
    """A whole run: groups, rounds of each, seconds of each case in a round, and how much of the longer checks.

    The groups are to end within `most_seconds`: a slow machine gets fewer rounds.
    """

    groups: Sequence[Group]
    rounds: int
    seconds: float
    most_seconds: float
    memory_batches: int
    noise_rounds: int
    exported: int  # customers


def case(subject: str, entity: str, work: Work, connections: int = 1, tenants: int = 1, **more: int) -> Case:
    """Make a case, with the entity's usual batch unless `size` says otherwise."""
    return Case(subject, entity, more.pop("size", SIZES[entity]), work, connections, tenants, **more)


def _group(
    subjects: Sequence[str], entity: str, works: Sequence[Work], connections: int = 1, tenants: int = 1, **more: int
) -> list[Case]:
    return [case(s, entity, work, connections, tenants, **more) for work in works for s in subjects]


ALL = (RAW, COPY, DRF, HUB)
BOTH = (RAW, HUB)

QUICK = Plan(
    groups=[
        Group(
            [
                *_group(ALL, "customers", [CHANGED]),
                *_group(BOTH, "customers", [NEW]),
                *_group([HUB], "customers", [IDENTICAL, MIXED]),
            ]
        ),
        Group([*_group(BOTH, "customers", [CHANGED], 4), *_group((RAW, DRF, HUB), "customers", [CHANGED], 8, 8)]),
        Group(_group((EMPTY, RAW, HUB), "customers", [CHANGED], size=1)),
        Group([*_group(BOTH, "orders", [CHANGED]), *_group(BOTH, "products", [CHANGED])]),
        Group([case(HUB, "customers", SHUFFLED, connections) for connections in (1, 8)]),
        Group(_group(BOTH, "customers", [CHANGED], stored=100_000), stored=100_000),
    ],
    rounds=3,
    seconds=0.25,
    most_seconds=42,
    memory_batches=200,
    noise_rounds=1,
    exported=100_000,
)

FULL = Plan(
    groups=[
        Group([*_group(ALL, "customers", [NEW, CHANGED]), *_group(BOTH, "customers", [IDENTICAL, MIXED])]),
        Group(_group(ALL, "customers", [NEW, CHANGED], 4)),
        Group(_group(ALL, "customers", [NEW, CHANGED], 8, 8)),
        Group(
            [
                *_group((RAW, DRF, HUB), "customers", [CHANGED], size=100),
                *_group((RAW, DRF, HUB), "customers", [CHANGED], 8, 8, size=100),
            ]
        ),
        Group(
            [
                *_group((RAW, DRF, HUB), "customers", [NEW], size=1),
                *_group((EMPTY, RAW, DRF, HUB), "customers", [CHANGED], size=1),
                *_group((EMPTY, RAW, DRF, HUB), "customers", [CHANGED], 8, 8, size=1),
            ]
        ),
        *(
            Group([*_group(BOTH, entity, [NEW, CHANGED, IDENTICAL, MIXED]), *_group(BOTH, entity, [CHANGED], 8, 8)])
            for entity in ("orders", "products")
        ),
        Group([case(subject, "customers", SHUFFLED, n) for n in (1, 8) for subject in BOTH]),
        *(
            Group(_group(BOTH, "customers", [NEW, CHANGED], stored=stored), stored=stored)
            for stored in (100_000, 1_000_000)
        ),
    ],
    rounds=5,
    seconds=0.4,
    most_seconds=240,
    memory_batches=1000,
    noise_rounds=3,
    exported=1_000_000,
)
