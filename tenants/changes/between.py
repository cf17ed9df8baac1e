"""Standing between erasures: who reads records to keep a copy of them begins after one, or before it and is found."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from hub.sql.execute import execute_where_tenant_is
from tenants.changes.changesets import lock_key
from tenants.changes.places import place
from tenants.changes.statements import LOCK
from tenants.models import Tenant


@contextmanager
def between_erasures(tenant: Tenant) -> Iterator[None]:
    """Run the block in a transaction under the tenant's shared lock: no erasure is under way until it has committed.

    What is noted in it is seen by every erasure that comes after, and what came before by whoever reads after it.
    Raises OperationalError where the lock is not to be had, and ApiError 503 where too many wait for it.
    """
    named = {
        "tenant_id": tenant.pk,
        "priority": None,
        "source": None,
        "key": lock_key(tenant),
        "exclusive": False,
    }
    with place(tenant.pk), transaction.atomic():
        execute_where_tenant_is(LOCK, named)
        yield
