"""Addresses stored before each had one form get it, or an order would be linked to nobody and outlive an erasure."""

from typing import Any

from django.db import migrations
from django.db.models import Q

from hub.records.emails import normal_email


def give_form(apps: Any, _: Any) -> None:
    orders = apps.get_model("orders", "Order").objects
    odd = orders.filter(Q(email__regex="[^!-~]") | Q(email__contains="xn--")).order_by("tenant_id", "id")
    for order in odd.iterator():
        if (email := normal_email(order.email)) not in (None, order.email):
            orders.filter(tenant_id=order.tenant_id, pk=order.pk).update(email=email)


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [migrations.RunPython(give_form, migrations.RunPython.noop)]
