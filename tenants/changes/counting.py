"""What writes have done, counted for Prometheus (hub.metrics), whoever wrote and through what."""

from collections.abc import Mapping
from functools import partial

from django.db import transaction

from hub.metrics.counters import count_erasures, count_records
from tenants.changes.changesets import Receipt
from tenants.models import Entity, Operation, Source


def count_write(parameters: Mapping[str, object], receipt: Receipt) -> None:
    """Have a write counted once it is committed, a dry run never; `parameters` are those of its statements."""
    transaction.on_commit(partial(_count, parameters, receipt), robust=True)


def count_rejected(entity: Entity, source: Source, number: int) -> None:
    """Have records that a batch or a file left out counted, once what was good is committed."""
    transaction.on_commit(partial(count_records, entity.value, source.value, rejected=number), robust=True)


def _count(parameters: Mapping[str, object], receipt: Receipt) -> None:
    count_records(
        str(parameters["entity"]),
        str(parameters["source"]),
        created=receipt.created,
        updated=receipt.updated,
        unchanged=receipt.unchanged,
        removed=receipt.removed,
    )
    if receipt.removed and parameters["operation"] == Operation.ERASE and parameters["entity"] == Entity.CUSTOMERS:
        count_erasures(receipt.removed)
