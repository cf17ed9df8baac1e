"""The orders behind the figures of the home page, as they were last measured."""

from itertools import chain
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from tenants.admin.access import tenants_of
from tenants.admin.filters import ChoiceFilter
from tenants.health import last_snapshots


class FaultFilter(ChoiceFilter):
    """Orders with a fault: the newest thousand of each tenant, as of its last snapshot.

    Looking for them anew takes a second at 1e6 orders; the snapshot has them, and is what the figure was counted in.
    """

    title = "fault, as last measured"
    parameter_name = "fault"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.tenants = tenants_of(request.user)
        return [
            ("orders_without_customer", "No such customer"),
            ("lines_without_variant", "A SKU that no variant has"),
        ]

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        snapshots = last_snapshots(self.tenants.values_list("pk", flat=True))
        ids = chain.from_iterable(snapshot.orders.get(value, ()) for snapshot in snapshots)
        return queryset.filter(pk__in=list(ids))
