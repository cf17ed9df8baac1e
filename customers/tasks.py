"""What the background worker does for customers."""

from uuid import UUID

from procrastinate.contrib.django import app

from customers.duplicates import find_duplicates
from hub.sql.execute import renew_connection
from tenants.models import Tenant


@app.periodic(cron="41 2 * * *")
@app.task(queueing_lock="find_duplicates", lock="find_duplicates")
def find_all_duplicates(timestamp: int) -> None:
    """Look for customers who may be one person, of every tenant, at night; never twice at a time."""
    renew_connection()
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        find_duplicates(tenant_id)


@app.task(lock="find_duplicates")
def find_duplicates_of(tenant_id: str) -> None:
    """Look once more for one tenant, for staff who ask."""
    renew_connection()
    find_duplicates(UUID(tenant_id))
