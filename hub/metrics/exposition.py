"""What all processes have counted, with what was measured just now, as Prometheus reads it."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from hub.metrics.counters import REGISTRY
from hub.metrics.places import folder
from hub.metrics.tally import TALLY


class Measured(Collector):
    """Metrics that somebody has measured."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self.metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        """Return them."""
        return self.metrics


def exposed(measured: Iterable[Metric], accept: str) -> tuple[bytes, str]:
    """Return all metrics as text, and its media type: of those that a client accepts."""
    TALLY.write()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(MultiProcessCollector(None, folder()) if folder() else REGISTRY)  # type: ignore[no-untyped-call]
    registry.register(Measured(measured))
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type
