"""An export of the admin's list of customers in the background, beside a plain COPY … CSV of the same columns.

In a hub of its own, each in a process of its own:
`manage.py shell -c "from benchmarks.list_exports import main; main(1000000)"`.
"""

import time
from datetime import UTC, datetime

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection

from benchmarks.exports import FILL
from customers.models import Customer
from tenants.admin.export_worker import run
from tenants.exports import jobs
from tenants.models import Tenant

COLUMNS = """id, customer_id, email, name, surname, phone, language, username, email_optin, sms_optin, whatsapp_optin,
       app_push_optin, gdpr_optin, is_excluded, tags, mailing_lists, attributes, created_at, updated_at"""
COPY = f"COPY (SELECT {COLUMNS} FROM customers_customer WHERE tenant_id = '%s') TO STDOUT WITH (FORMAT csv, HEADER)"


def main(rows: int, form: str = "csv") -> None:
    """Fill a tenant with customers, copy them, export them with all columns, and print what both took."""
    tenant = Tenant.objects.create(name=f"{rows} {form}", slug=f"bench-{rows}-{form}-{time.time_ns()}")
    user = User.objects.create(username=tenant.slug, is_staff=True, is_superuser=True)
    with connection.cursor() as cursor:
        cursor.execute(FILL, [tenant.pk, rows])
        cursor.execute("VACUUM ANALYZE customers_customer")
    copied = _copy(tenant)
    columns = [column.title for column in admin.site.get_model_admin(Customer).exports]  # type: ignore[attr-defined]
    how = {"listing": "customers.customer", "columns": columns, "format": form, "query": f"tenant={tenant.pk}"}
    export = jobs.ask(tenant, user.pk, "0" * 32, **how)
    before, peak = _resident("VmRSS"), _resident("VmHWM")
    start = time.perf_counter()
    made = run(export.pk, tenant.pk)
    seconds = time.perf_counter() - start
    assert made is not None
    assert (made.state, made.read) == ("ready", rows)
    print(f"{datetime.now(UTC):%H:%M:%S} {rows:,} rows as {form}, {made.size / 1e6:,.0f} MB")
    print(f"  export {rows / seconds:,.0f} rows/s, COPY {rows / copied:,.0f} rows/s, ratio {copied / seconds:.3f}")
    print(f"  resident {before:.0f} MB before (at most {peak:.0f}), at most {_resident('VmHWM'):.0f} MB after")


def _copy(tenant: Tenant) -> float:
    """Take all rows as psql would, without looking at them; return how many seconds that took."""
    start = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(COPY % tenant.pk) as copy:
        while copy.read():
            pass
    return time.perf_counter() - start


def _resident(name: str) -> float:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(name))
