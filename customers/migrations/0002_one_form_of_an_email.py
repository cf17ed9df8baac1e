"""Addresses stored before each had one form get it, or nobody would find them any more.

Where two customers of a tenant that goes by e-mail turn out to have one address, both get it: both are found and erased
by it. The key stays with the one that has it, and records go to that one from here on.
"""

from typing import Any

from django.db import migrations
from django.db.models import Q

from hub.records.emails import normal_email

BY_EMAIL = "e:"


def give_form(apps: Any, _: Any) -> None:
    customers = apps.get_model("customers", "Customer").objects
    odd = customers.filter(Q(email__regex="[^!-~]") | Q(email__contains="xn--")).order_by("tenant_id", "id")
    for customer in odd.iterator():
        email = normal_email(customer.email)
        if email in (None, customer.email):
            continue
        of_tenant = customers.filter(tenant_id=customer.tenant_id)
        key = BY_EMAIL + email if customer.match_key.startswith(BY_EMAIL) else customer.match_key
        if of_tenant.filter(match_key=key).exists():
            key = customer.match_key
        of_tenant.filter(pk=customer.pk).update(email=email, match_key=key)


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [migrations.RunPython(give_form, migrations.RunPython.noop)]
