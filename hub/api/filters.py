"""Filters by documented names over values of a type: `hub.api.parameters` reads them, a FilterSet applies them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from rest_framework.serializers import Serializer

from hub.api.pagination import PAGE
from hub.api.parameters import FLAG, HUB_IDS, MOMENT, Parameters, meaning, one_of, several
from hub.api.selection import selectable
from hub.sql.hub_ids import with_ids
from hub.sql.several import IsAny

ORDERED = "By which identifier; with a minus the other way round."
COUNTS = meaning(FLAG, "Whether to count the records of all pages.")


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


class SeveralFilter(ValueFilter):
    """One of up to 1,000 values of a type, which are written as a JSON array."""

    def __init__(self, kind: Any, **options: Any) -> None:
        super().__init__(several(kind), **options)

    def filter(self, qs: QuerySet[Any], value: Sequence[str] | None) -> QuerySet[Any]:
        if value is None or self.method:
            return super().filter(qs, value)
        return qs.filter(IsAny(str(self.field_name), value))


class EntryFilter(ValueFilter):
    """Records whose array, a column, has a value, or one of several. What is no array is in the column's index."""

    def filter(self, qs: QuerySet[Any], value: str | Sequence[str] | None) -> QuerySet[Any]:
        if value is None:
            return qs
        entries = [value] if isinstance(value, str) else list(value)
        return qs.filter(~Q(**{str(self.field_name): []}), **{f"{self.field_name}__overlap": entries})


def moment_range(field: str, name: str) -> dict[str, django_filters.Filter]:
    """Return the filters Name__gt, Name__gte, Name__lt and Name__lte over a moment."""
    return {f"{name}__{op}": MomentFilter(field_name=field, lookup_expr=op) for op in ("gt", "gte", "lt", "lte")}


def list_parameters(
    filters: type[django_filters.FilterSet], serializer: type[Serializer[Any]], keys: Iterable[str]
) -> Parameters:
    """Return the parameters of a list: its filters, each a ValueFilter, those of a page, and what is read and how.

    `keys` are the members that a list is in the order of, or in the reverse one: its unique key has an index.
    """
    declared: Mapping[str, Any] = filters.base_filters
    order = meaning(one_of("order", [name for key in keys for name in (key, f"-{key}")]), ORDERED)
    types = {name: each.kind() for name, each in declared.items()}
    return Parameters(
        {
            **types,
            **selectable(serializer).types,
            "order": order,
            "count": COUNTS,
            **PAGE.types,
        }
    )
