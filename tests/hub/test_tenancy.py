"""Joins inside a tenant carry tenant equality, whichever end they start from: what distribution by tenant needs."""

from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model, QuerySet

from hub.sql.tenancy import TenantForeignKey
from orders.models import Order, OrderItem
from tenants.cluster import tenant_tables
from tests.conftest import Partner
from tests.orders.records import line, order

KEYS = [
    key for model in apps.get_models() for key in model._meta.get_fields(include_hidden=True)
    if isinstance(key, TenantForeignKey)
]  # fmt: skip


def joins(key: TenantForeignKey) -> dict[str, QuerySet[Model]]:
    """Return each way in which Django's ORM goes along a key."""
    part: Any = key.model._default_manager
    whole: Any = key.related_model._default_manager
    name, back = key.name, key.related_query_name()
    return {
        "to the parent": part.filter(**{f"{name}__tenant__isnull": False}),
        "to the parent's row": part.select_related(name),
        "to the parts": whole.filter(**{f"{back}__tenant__isnull": False}),
        "to parts that may be missing": whole.filter(**{f"{back}__isnull": True}),
        "from the parent left out": part.exclude(**{f"{name}__tenant__isnull": False}),
        "from the parts left out": whole.exclude(**{f"{back}__tenant__isnull": False}),
    }


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_join_compares_the_tenants(key: TenantForeignKey) -> None:
    for way, queryset in joins(key).items():
        sql = str(queryset.query).split(" FROM ", 1)[1]

        assert sql.count('."tenant_id" = (') == 1, way


def test_a_key_inside_a_tenant_is_known_as_one() -> None:
    inside = {model for model in apps.get_models() if model._meta.db_table in tenant_tables()}
    keys = {field for model in inside for field in model._meta.fields if field.related_model in inside}

    assert keys == set(KEYS)
    assert keys


def test_exclusion_finds_what_has_no_such_part(partner: Partner) -> None:
    partner.save("orders", order(OrderId="A", OrderItems=[line(Sku="S")]), order(OrderId="B"))

    assert [found.order_id for found in Order.objects.exclude(items__sku="S")] == ["B"]
    assert [found.order.order_id for found in OrderItem.objects.exclude(order__order_id="B")] == ["A"]
