"""The arithmetic: medians, spreads, percentiles, ratios. Nothing here measures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of the values do not exceed; nan where there are none."""
    if not values:
        return float("nan")
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


@dataclass(frozen=True)
class Turn:
    """One case in one round: rows a second, rows, seconds of each batch, and CPU seconds by whom."""

    rate: float
    rows: int
    latencies: Sequence[float]
    server_cpu: float
    postgres_cpu: float
    client_cpu: float
    errors: Sequence[str] = ()


@dataclass
class Figures:
    """All turns of a case."""

    turns: list[Turn] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        return [turn.rate for turn in self.turns]

    @property
    def rate(self) -> float:
        """Rows a second, the median of the rounds."""
        return median(self.rates)

    @property
    def errors(self) -> list[str]:
        return [error for turn in self.turns for error in turn.errors]

    def latency(self, share: float) -> float:
        """Milliseconds that this share of all batches did not exceed."""
        return 1000 * percentile([seconds for turn in self.turns for seconds in turn.latencies], share)

    def cpu(self, whose: str) -> float:
        """CPU milliseconds a row of `server`, `postgres` or `client`, over all rounds: the kernel counts in 10 ms."""
        rows = sum(turn.rows for turn in self.turns)
        return 1000 * sum(float(getattr(turn, f"{whose}_cpu")) for turn in self.turns) / rows if rows else 0.0


@dataclass(frozen=True)
class Spread:
    """A median, and the least and the most around it."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(median(values), min(values), max(values))


def ratio(figures: Figures, base: Figures) -> Spread:
    """Return how many times the rate of `base` was reached, round by round: what slows one round slows both."""
    # Cases of different groups may have had different numbers of rounds.
    return Spread.of([mine / theirs for mine, theirs in zip(figures.rates, base.rates, strict=False)])
