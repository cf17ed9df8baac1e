"""Who looked at whom: looks at personal data, counted by day, actor and way.

A page is counted as it is shown. The API is read too often for that: a process counts, and writes the first look of a
day before it answers, and then once a minute or for every 1,000 records. So whoever looked is in the audit, and how
often is known but for less than a minute and less than 1,000 records of a tenant, for each process that ended.
"""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from threading import Lock
from typing import NamedTuple
from uuid import UUID

import orjson

from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.models import Entity, Way

COUNT_LOOKS = read_sql("tenants", "count_looks")
PERSONAL = frozenset({Entity.CUSTOMERS, Entity.ORDERS})  # an order has its customer's e-mail
SECONDS = 60
MOST_RECORDS = 1000


class Key(NamedTuple):
    """What a process counts the looks of a tenant by."""

    day: date
    entity: Entity
    way: Way
    api_key_id: int | None


@dataclass(slots=True)
class Looks:
    """Some looks by one actor in one way: how many requests, answered with how many records, the last when."""

    tenant_id: UUID
    entity: Entity
    way: Way
    user_id: int | None = None
    api_key_id: int | None = None
    record: int | None = None
    requests: int = 1
    records: int = 1
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(slots=True)
class Pending:
    """What this process has counted of a tenant and not written; which keys it wrote today, and when the last time."""

    looks: dict[Key, Looks] = field(default_factory=dict)
    written: set[Key] = field(default_factory=set)
    at: float = 0.0

    def add(self, key: Key, look: Looks) -> list[Looks]:
        """Add a look, and return all that is to be written now."""
        counted = self.looks.setdefault(key, look)
        if counted is not look:
            counted.requests += look.requests
            counted.records += look.records
            counted.at = look.at
        if key in self.written and time.monotonic() < self.at + SECONDS and self._records() < MOST_RECORDS:
            return []
        due, self.looks = list(self.looks.values()), {}
        self.written = {known for known in self.written if known.day == key.day} | {key}
        self.at = time.monotonic()
        return due

    def _records(self) -> int:
        return sum(look.records for look in self.looks.values())


_pending: dict[UUID, Pending] = {}
_lock = Lock()


def write_looks(looks: Iterable[Looks]) -> None:
    """Add looks to those of their days."""
    if sent := [asdict(look) for look in looks]:
        execute(COUNT_LOOKS, {"looks": orjson.dumps(sent).decode()})


def count_look(look: Looks) -> None:
    """Count a look of an API key, and write what is due. Raises the database's error where that fails."""
    key = Key(look.at.date(), look.entity, look.way, look.api_key_id)
    with _lock:
        due = _pending.setdefault(look.tenant_id, Pending()).add(key, look)
    try:
        write_looks(due)
    except Exception:
        _pending.pop(look.tenant_id, None)  # what is not known to be written is written with the next look
        raise
