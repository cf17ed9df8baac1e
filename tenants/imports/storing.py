"""A chunk is stored: its records, its changeset, what it rejected and how far the job is, in one transaction.

The job's position is compared and set in it, under the tenant's lock: of two who run a job only one stores a chunk.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import orjson

from hub.api.responses import to_json
from hub.records.faults import ValidationFailed
from hub.records.sifting import Sifted
from hub.sql.execute import execute_where_tenant_is
from hub.sql.files import read_sql
from tenants.changes.changesets import Origin, Receipt
from tenants.changes.counting import count_rejected
from tenants.changes.exclusive import alone
from tenants.changes.trying import Write, count_only, try_out
from tenants.changes.writing import open_write
from tenants.entities import Taking
from tenants.imports.chunks import Chunk, LeftOutItem
from tenants.imports.consents import Counted, added, counting
from tenants.imports.rejects import reject
from tenants.imports.store import of_row
from tenants.models import Entity, Import, Operation, Tenant
from tenants.quarantine.keeping import LeftOut, keeping
from tenants.quarantine.sifted import in_places, store_sifted

MOST_QUARANTINED = 1000  # rejected records of a job that wait for staff, too
MOST_SHOWN = 50  # differences of a dry run
MOST_SHOWN_BYTES = 256 * 1024
ADVANCE = read_sql("tenants", "import_advance")
NOTHING = Receipt()
Parameters = Mapping[str, object]
Try = Callable[[Tenant, Origin, Write], Receipt]


class Overtaken(Exception):
    """Somebody else runs the job, or it has ended: nothing of the chunk was stored."""


class ReasonGone(Exception):
    """An erasure has taken the reason of the job: nothing of the chunk was stored."""


@dataclass
class Store:
    """Stores the chunks of a job that `holder` runs, and keeps the job as its row is."""

    tenant: Tenant
    job: Import
    holder: str
    origin: Origin
    taking: Taking
    after: Mapping[str, Any] = field(default_factory=dict)  # what the job is once the transaction has ended
    consents: Counted = field(default_factory=dict)  # that a dry run's chunk gives and withdraws

    @property
    def entity(self) -> Entity:
        return Entity(self.job.entity)

    def store(self, chunk: Chunk) -> None:
        """Store a chunk, or only try it; raises Overtaken, and whatever keeps the database from it."""
        if self.job.is_dry_run:
            self._try(chunk)
        else:
            self._store(chunk)
        for name, value in self.after.items():
            setattr(self.job, name, value)

    def _store(self, chunk: Chunk) -> None:
        def beside(batch: Sifted[Any], origin: Origin) -> Origin:
            return replace(origin, beside=partial(self._advance, chunk))

        try:
            store_sifted(self.taking.upsert, self.tenant, chunk.batch, origin=self.origin, beside=beside)
        except ValidationFailed:  # no record is good
            self._only_advance(chunk)

    def _only_advance(self, chunk: Chunk, receipt: Receipt = NOTHING) -> None:
        """Note how far the job is in a transaction that stores nothing."""
        origin = replace(self.origin, beside=lambda parameters, _: self._advance(chunk, parameters, receipt))
        with open_write(self.tenant, self.entity, Operation.UPSERT, origin, exclusive=False):
            pass

    def _try(self, chunk: Chunk) -> None:
        """Try a chunk; while differences are shown nobody writes until they are kept: no erasure comes between."""
        if len(self.job.changes) < MOST_SHOWN:
            with alone(self.tenant, self.entity, self.origin) as parameters:
                self._advance(chunk, parameters, self._tried(chunk, try_out))
        else:
            self._only_advance(chunk, self._tried(chunk, count_only))

    def _tried(self, chunk: Chunk, how: Try) -> Receipt:
        self.consents = {}

        def write(origin: Origin) -> Receipt:
            origin = counting(origin, self.tenant, self.entity, self.consents)
            store = partial(store_sifted, self.taking.upsert, self.tenant, chunk.batch)
            return store(origin=origin, results=True, beside=lambda _, origin: origin)

        try:
            return in_places(how(self.tenant, self.origin, write), chunk.batch)
        except ValidationFailed:
            return NOTHING

    def _advance(self, chunk: Chunk, parameters: Parameters, receipt: Receipt) -> None:
        """Note how far the job is, and what is rejected, in a transaction under the tenant's lock."""
        left_out = chunk.left_out()
        rows = receipt.created + receipt.updated + receipt.unchanged
        counts = {
            "read": chunk.received,
            "created": receipt.created,
            "updated": receipt.updated,
            "unchanged": receipt.unchanged,
            "rejected": len(left_out),
            "folded": chunk.received - len(left_out) - rows,
        }
        shown = self._shown(chunk, receipt)
        named = {**parameters, "import_id": self.job.pk, "holder": self.holder, "changes": to_json(shown).decode()}
        places = {"position": chunk.start, "until": chunk.until, "bytes_read": chunk.bytes_read}
        texts = {"more": orjson.dumps(counts).decode(), "layout": orjson.dumps(self.job.layout).decode()}
        told = execute_where_tenant_is(ADVANCE, {**named, **places, **texts})
        if not told:
            raise Overtaken
        if not told[0][1]:
            raise ReasonGone
        reject(self.tenant, self.job, self.taking, left_out, parameters)
        if not self.job.is_dry_run:
            self._quarantine(left_out, parameters, receipt)
            count_rejected(self.entity, self.origin.source, len(left_out))
        self.after = {name: getattr(self.job, name) + number for name, number in counts.items()}
        self.after |= {"position": chunk.until, "bytes_read": chunk.bytes_read, "is_cancelled": told[0][0]}
        self.after["changes"] = [*self.job.changes, *shown]
        if self.consents:
            self.after["consents"] = added(self.job.consents, self.consents)
            of_row(self.job).update(consents=self.after["consents"])

    def _quarantine(self, left_out: Sequence[LeftOutItem], parameters: Parameters, receipt: Receipt) -> None:
        room = max(0, MOST_QUARANTINED - self.job.rejected)
        kept = [LeftOut(each.item.line, each.value, each.faults) for each in left_out[:room]]
        if beside := keeping(self.origin, self.tenant, self.entity, kept).beside:
            beside(parameters, receipt)

    def _shown(self, chunk: Chunk, receipt: Receipt) -> list[dict[str, Any]]:
        """Return the differences of a dry run by their lines, as far as there is room."""
        shown: list[dict[str, Any]] = []
        room = MOST_SHOWN_BYTES - len(to_json(self.job.changes))
        for change in receipt.changes or ():
            line = chunk.taken[change["index"]].line
            found = {"line": line, **{name: value for name, value in change.items() if name != "index"}}
            room -= len(to_json(found))
            if len(self.job.changes) + len(shown) >= MOST_SHOWN or (room < 0 and (shown or self.job.changes)):
                break
            shown.append(found)
        return shown
