"""What stands in the way of another identifier priority: customers who would share a key, by name, to be merged."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse

from hub.sql.bigint import is_bigint
from tenants.admin.looks import count_shown
from tenants.configuration import Collision, collisions
from tenants.entities import model_label
from tenants.models import Entity, Priority, Tenant, Way

ON_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class Colliding:
    """A customer of a collision: its name, its page, and the page that merges it with the first of them."""

    name: str
    hub_id: int
    url: str
    merge_url: str


@dataclass(frozen=True, slots=True)
class CollisionPage:
    """A part of the collisions: each with its customers, and the numbers of the pages beside this one."""

    found: list[tuple[Collision, list[Colliding]]]
    number: int
    next: int | None

    @property
    def previous(self) -> int | None:
        """The number of the page before, None on the first one."""
        return self.number - 1 if self.number > 1 else None


def collision_page(request: HttpRequest, tenant: Tenant, priority: Priority) -> CollisionPage:
    """Return the page of collisions that `?page=` names, and count that its user saw their customers."""
    text = request.GET.get("page", "")
    number = min(int(text), 100_000) if is_bigint(text) and int(text) > 0 else 1
    found = collisions(tenant, priority, start=(number - 1) * ON_A_PAGE, most=ON_A_PAGE + 1)
    shown = found[:ON_A_PAGE]
    model = apps.get_model(model_label(Entity.CUSTOMERS))
    customers: dict[int, Any] = model._default_manager.filter(tenant_id=tenant.pk).in_bulk(
        [hub_id for collision in shown for hub_id in collision.hub_ids]
    )
    count_shown(request, Entity.CUSTOMERS, Way.LIST, customers.values())
    named = [(collision, list(_named(collision, customers))) for collision in shown]
    return CollisionPage(named, number, number + 1 if len(found) > ON_A_PAGE else None)


def _named(collision: Collision, customers: dict[int, Any]) -> Iterator[Colliding]:
    """Yield the customers of a collision; each but the first may be merged into that one."""
    there = [customers[hub_id] for hub_id in collision.hub_ids if hub_id in customers]
    for customer in there:
        merge = f"{reverse('admin:customers_customer_merge', args=[there[0].pk])}?with={customer.pk}"
        address = reverse("admin:customers_customer_change", args=[customer.pk])
        yield Colliding(str(customer), customer.pk, address, "" if customer is there[0] else merge)
