"""Joins inside a tenant carry tenant equality, whichever end they start from: what distribution by tenant needs."""

import pytest
from django.db.models import QuerySet

from orders.models import Order, OrderItem


@pytest.mark.parametrize(
    "joined",
    [Order.objects.filter(items__sku="S"), OrderItem.objects.filter(order__email="a@b.example")],
    ids=["to parts", "to the parent"],
)
def test_a_join_compares_the_tenants(joined: QuerySet[Order | OrderItem]) -> None:
    sql = str(joined.query)

    assert '"orders_order"."tenant_id" = ("orders_orderitem"."tenant_id")' in sql or (
        '"orders_orderitem"."tenant_id" = ("orders_order"."tenant_id")' in sql
    )


@pytest.mark.django_db
def test_a_join_left_out_asks_for_no_tenant() -> None:
    assert not Order.objects.exclude(items__sku="S").exists()
