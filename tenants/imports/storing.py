"""A chunk is stored: its records, its changeset, what it rejected and how far the job is, in one transaction.

The job's position is compared and set in it, under the tenant's lock: of two who run a job only one stores a chunk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson

from hub.api.responses import to_json
from hub.records.faults import ValidationFailed
from hub.records.sifting import Sifted
from hub.sql.execute import execute_where_tenant_is
from hub.sql.files import read_sql
from tenants.changes.changesets import Origin, Receipt
from tenants.changes.exclusive import alone
from tenants.changes.trying import count_only, try_out
from tenants.changes.writing import open_write
from tenants.entities import Taking
from tenants.imports.chunks import Chunk, LeftOutItem
from tenants.imports.rejects import reject
from tenants.models import Entity, Import, Operation, Tenant
from tenants.quarantine.keeping import LeftOut, keeping
from tenants.quarantine.sifted import in_places, store_sifted

MOST_QUARANTINED = 1000  # rejected records of a job that wait for staff, too
MOST_SHOWN = 50  # differences of a dry run
MOST_SHOWN_BYTES = 256 * 1024
ADVANCE = read_sql("tenants", "import_advance")
Parameters = Mapping[str, object]


class Overtaken(Exception):
    """Somebody else runs the job, or it has ended: nothing of the chunk was stored."""


@dataclass
class Store:
    """Stores the chunks of a job that `holder` runs, and keeps the job as its row is."""

    tenant: Tenant
    job: Import
    holder: str
    origin: Origin
    taking: Taking

    @property
    def entity(self) -> Entity:
        return Entity(self.job.entity)

    def store(self, chunk: Chunk) -> None:
        """Store a chunk, or only try it; raises Overtaken, and whatever keeps the database from it."""
        if self.job.is_dry_run:
            self._try(chunk)
        else:
            self._store(chunk)

    def _store(self, chunk: Chunk) -> None:
        def beside(batch: Sifted[Any], origin: Origin) -> Origin:
            return replace(origin, beside=partial(self._advance, chunk))

        try:
            store_sifted(self.taking.upsert, self.tenant, chunk.batch, origin=self.origin, beside=beside)
        except ValidationFailed:  # no record is good
            self._only_advance(chunk)

    def _only_advance(self, chunk: Chunk) -> None:
        origin = replace(self.origin, beside=partial(self._advance, chunk, nothing_good=True))
        with open_write(self.tenant, self.entity, Operation.UPSERT, origin, exclusive=False):
            pass

    def _try(self, chunk: Chunk) -> None:
        """Try a chunk; while differences are shown nobody writes until they are kept: no erasure comes between."""
        if len(self.job.changes) < MOST_SHOWN:
            with alone(self.tenant, self.entity, self.origin) as parameters:
                self._advance(chunk, parameters, self._tried(chunk, try_out))
        else:
            receipt = self._tried(chunk, count_only)
            origin = replace(self.origin, beside=lambda parameters, _: self._advance(chunk, parameters, receipt))
            with open_write(self.tenant, self.entity, Operation.UPSERT, origin, exclusive=False):
                pass

    def _tried(self, chunk: Chunk, how: Any) -> Receipt:
        def write(origin: Origin) -> Receipt:
            store = partial(store_sifted, self.taking.upsert, self.tenant, chunk.batch)
            return store(origin=origin, results=True, beside=lambda _, origin: origin)

        try:
            receipt: Receipt = how(self.tenant, self.origin, write)
        except ValidationFailed:
            return Receipt()
        return in_places(receipt, chunk.batch)

    def _advance(self, chunk: Chunk, parameters: Parameters, receipt: Receipt, *, nothing_good: bool = False) -> None:
        """Note how far the job is, and what is rejected, in a transaction under the tenant's lock."""
        left_out = chunk.left_out()
        good = chunk.received - len(left_out)
        counts = {
            "read": chunk.received,
            "created": receipt.created,
            "updated": receipt.updated,
            "unchanged": receipt.unchanged,
            "rejected": len(left_out),
            "folded": good - receipt.created - receipt.updated - receipt.unchanged,
        }
        changes = self._shown(chunk, receipt)
        self._set(chunk, parameters, counts, changes)
        reject(self.tenant, self.job, self.taking, left_out, parameters)
        if not self.job.is_dry_run:
            self._quarantine(left_out, parameters, receipt)
        self.pending = counts, changes
