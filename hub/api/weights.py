"""How many bytes a page's records have, as the database tells before it sends them: no page is read that is too big."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Count, Func, IntegerField, Model, QuerySet, Sum, prefetch_related_objects

MOST_BYTES = 10 * 1024 * 1024  # of a page's records; eight customers that an older version took had 88 MB
OF_A_PART = 200  # bytes of its names, numbers and moments, about


class Growing(Protocol):
    """How records are read that may be big."""

    def read(self, records: QuerySet[Any], number: int) -> tuple[list[Any], bool]:
        """Return the first records, `number` at most, and whether they are fewer because they have MOST_BYTES.

        One is always among them where there is one.
        """


class _Octets(Func):
    """How many bytes values have as text."""

    template = "octet_length(concat(%(expressions)s))"
    output_field = IntegerField()


@dataclass(frozen=True)
class InColumns:
    """Records that grow in columns of their own: these are weighed by a statement before, 1 to 2 µs a record."""

    columns: Sequence[str]

    def read(self, records: QuerySet[Any], number: int) -> tuple[list[Any], bool]:
        weights = list(records.values_list(_Octets(*self.columns), flat=True)[:number])
        fitting = _that_fit(weights)
        is_cut = fitting < len(weights)
        return list(records[: fitting if is_cut else number]), is_cut


@dataclass(frozen=True)
class InParts:
    """Records that grow in parts of their own, under the name `related`: their `texts` are weighed before they come."""

    related: str
    parts: type[Model]
    parent: str
    texts: Sequence[str]

    def read(self, records: QuerySet[Any], number: int) -> tuple[list[Any], bool]:
        read = list(records[:number])
        weights = self._weights(read)
        fitting = read[: _that_fit(weights.get(record.pk, 0) for record in read)]
        prefetch_related_objects(fitting, self.related)
        return fitting, len(fitting) < len(read)

    def _weights(self, records: Sequence[Any]) -> dict[int, int]:
        """Return by hub id how many bytes a record's parts have."""
        if not records:
            return {}
        parts: QuerySet[Any] = self.parts._default_manager.filter(
            tenant_id=records[0].tenant_id, **{f"{self.parent}__in": [record.pk for record in records]}
        )
        weight = Sum(_Octets(*self.texts)) + Count("*") * OF_A_PART
        return dict(parts.order_by().values_list(self.parent).annotate(weight=weight))


def _that_fit(weights: Iterable[int]) -> int:
    """Return how many of the first have MOST_BYTES together, one at least."""
    number, size = 0, 0
    for weight in weights:
        size += weight
        if number and size > MOST_BYTES:
            break
        number += 1
    return number
