"""Calls without a tenant, which cost a stranger nothing: they are counted, and the last ones kept, within bounds."""

from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.requests.entries import Stranger

COUNT_STRANGERS = read_sql("tenants", "count_strangers")
RECORD_STRANGERS = read_sql("tenants", "record_strangers")
TRIM_STRANGERS = read_sql("tenants", "trim_strangers")
MOST_KEPT = 1000  # calls, whole
MOST_NETWORKS = 1000  # counted by themselves: in a process between two writes, and rows in an hour
OTHERS = "others"  # the network of all beyond that


class Strangers:
    """What a process has seen of strangers since the last write: bounded, whatever they do."""

    def __init__(self) -> None:
        self.counted: Counter[tuple[datetime, str, int]] = Counter()
        self.latest: deque[Stranger] = deque(maxlen=MOST_KEPT)

    def __bool__(self) -> bool:
        return bool(self.counted)

    def add(self, stranger: Stranger) -> None:
        """Count a call, and keep it in the place of the oldest."""
        self.latest.append(stranger)
        hour = stranger.created_at.replace(minute=0, second=0, microsecond=0)
        key = (hour, stranger.network, stranger.status)
        if key not in self.counted and len(self.counted) >= MOST_NETWORKS:
            key = (hour, OTHERS, stranger.status)
        self.counted[key] += 1

    def returned(self, others: "Strangers") -> None:
        """Take back what could not be written: it came before what is here."""
        for (hour, network, status), number in others.counted.items():
            key = (hour, network, status)
            is_known = key in self.counted or len(self.counted) < MOST_NETWORKS
            self.counted[key if is_known else (hour, OTHERS, status)] += number
        self.latest.extendleft(reversed(list(others.latest)[: MOST_KEPT - len(self.latest)]))

    def write(self) -> None:
        """Write what there is."""
        counts = [
            {"hour": hour, "network": network, "status": status, "requests": number}
            for (hour, network, status), number in sorted(self.counted.items())
        ]
        execute(COUNT_STRANGERS, {"counts": _json(counts), "most": MOST_NETWORKS})
        execute(RECORD_STRANGERS, {"strangers": _json(list(self.latest))})
        execute(TRIM_STRANGERS, {"most": MOST_KEPT})


def _json(rows: Sequence[Any]) -> str:
    return orjson.dumps(rows).decode()
