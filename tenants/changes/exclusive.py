"""The tenant's lock held alone, for who reads, decides, and writes by several ways that each take it once more."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hub.sql.execute import execute_where_tenant_is
from tenants.changes.changesets import Origin, write_parameters
from tenants.changes.statements import LOCK
from tenants.changes.transactions import transacted
from tenants.models import Entity, Operation, Tenant


@contextmanager
def alone(tenant: Tenant, entity: Entity, origin: Origin) -> Iterator[Mapping[str, object]]:
    """Hold the tenant's lock alone: what is read within is what the writes within meet, and all are one transaction.

    Yields the parameters of a write. Raises OperationalError and ApiError as `store_at_once` does.
    """
    parameters = write_parameters(tenant, entity, Operation.UPSERT, origin)
    with transacted(tenant.pk, None):
        execute_where_tenant_is(LOCK, {**parameters, "exclusive": True})
        yield parameters
