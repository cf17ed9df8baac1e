"""Jobs for tests: a file as it was sent, and run to its end."""

import json
from collections.abc import Iterable
from typing import Any

from tenants.changes.changesets import Origin
from tenants.imports import jobs, store
from tenants.imports.running import run
from tenants.models import Entity, FileFormat, Import, Source
from tests.conftest import Partner

TRACE = "0af7651916cd43dd8448eb211c80319c"
ORIGIN = Origin(Source.IMPORT, "ann", TRACE)


def ndjson(records: Iterable[Any]) -> bytes:
    """Write records, or lines that are bytes already, as a file."""
    return b"".join((each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n" for each in records)


def job_of(partner: Partner, data: bytes, entity: str = "customers", format: str = "ndjson", **options: Any) -> Import:
    """Return a job that waits, whose file has come."""
    job = jobs.create(partner.tenant, ORIGIN, entity=Entity(entity), format=FileFormat(format), **options)
    if data:
        store.append(job, 0, data)
    jobs.start(job)
    return job


def imported(
    partner: Partner, data: bytes, entity: str = "customers", format: str = "ndjson", **options: Any
) -> Import:
    """Return the job of a file that was run to its end."""
    job = job_of(partner, data, entity, format, **options)
    ended = run(job.pk, partner.tenant.pk)
    assert ended is not None
    return ended


def tried_file(partner: Partner, name: str, data: bytes, origin: Origin = ORIGIN, **how: Any) -> Import:
    """Return the job of a file that staff uploaded and had tried: nothing of it is stored, and it may be confirmed."""
    how = {"entity": Entity.CUSTOMERS, "format": FileFormat.NDJSON, "file_name": name, "announced": len(data), **how}
    job = jobs.create(partner.tenant, origin, is_dry_run=True, **how)
    store.append(job, 0, data)
    jobs.start(job)
    ended = run(job.pk, partner.tenant.pk)
    assert ended is not None
    return ended
