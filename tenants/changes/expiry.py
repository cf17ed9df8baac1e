"""The end of changesets: what is older than CHANGESET_DAYS is deleted by the background worker, the oldest first.

The consent ledger stays: it lives as long as the customer.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from hub.sql.execute import execute_where_tenant_is
from hub.sql.files import read_sql
from tenants.models import Feed

EXPIRE = read_sql("tenants", "expire_changesets")
AT_ONCE = 1000  # in one transaction: 20 ms where each has 1,000 ids


def expire_changesets() -> int:
    """Delete every tenant's changesets older than CHANGESET_DAYS, and return how many that were."""
    kept = Feed.objects.filter(number__gt=F("expired"))
    return sum(_expire(tenant) for tenant in kept.values_list("tenant_id", flat=True))


def _expire(tenant: UUID) -> int:
    """Delete one tenant's, some at a time, each in a transaction of its own: a reader or writer waits for none."""
    moment = timezone.now() - timedelta(days=settings.CHANGESET_DAYS)
    parameters = {"tenant_id": tenant, "moment": moment, "most": AT_ONCE}
    many = 0
    while gone := execute_where_tenant_is(EXPIRE, parameters):
        many += gone[0][0]
        if gone[0][0] < AT_ONCE:
            break
    return many
