"""Filters by documented names over values of a type: `hub.api.parameters` reads them, a FilterSet applies them."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import QuerySet

from hub.api.pagination import PAGE
from hub.api.parameters import FLAG, HUB_IDS, MOMENT, Parameters
from hub.sql.hub_ids import with_ids


class ValueFilter(django_filters.Filter):
    """A filter by values of a type, as a query's text is read; the rest is django-filter's."""

    def __init__(self, kind: Any, **options: Any) -> None:
        super().__init__(**options)
        self.kind = lambda: kind  # a FilterSet copies its filters for each request, and to copy a type takes 18 µs


class MomentFilter(ValueFilter):
    """A moment in ISO 8601 with its zone, as the API writes it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(MOMENT, **options)


class FlagFilter(ValueFilter):
    """`true` or `false`, in any case."""

    def __init__(self, **options: Any) -> None:
        super().__init__(FLAG, **options)


class HubIdFilter(ValueFilter):
    """The records with one of up to 1,000 hub ids: what the change feed names records by."""

    def __init__(self) -> None:
        super().__init__(HUB_IDS, field_name="id")

    def filter(self, qs: QuerySet[Any], value: list[int] | None) -> QuerySet[Any]:
        return qs if value is None else with_ids(qs, value)


def moment_range(field: str, name: str) -> dict[str, django_filters.Filter]:
    """Return the filters Name__gt, Name__gte, Name__lt and Name__lte over a moment."""
    return {f"{name}__{op}": MomentFilter(field_name=field, lookup_expr=op) for op in ("gt", "gte", "lt", "lte")}


def list_parameters(filters: type[django_filters.FilterSet]) -> Parameters:
    """Return the parameters of a list: its filters, each a ValueFilter, and those of a page."""
    declared: Mapping[str, Any] = filters.base_filters
    return Parameters({**{name: each.kind() for name, each in declared.items()}, **PAGE.types})
