"""All that one run found out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.cases import Case
from benchmarks.checks import Memory, Noise
from benchmarks.exports import Exports
from benchmarks.figures import Figures


@dataclass(frozen=True)
class Outcome:
    """Figures by case; statements of a request by batch size; what an identical batch wrote; memory; neighbours.

    `first_orders` are milliseconds of a batch, quarter by quarter, while a tenant who had none sends its first orders.
    """

    results: Mapping[Case, Figures]
    statements: Mapping[int, Sequence[str]]
    written: int
    memory: Memory
    noise: Noise
    first_orders: Sequence[float]
    exports: Exports
