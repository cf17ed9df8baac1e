"""How many bytes records have, as the database tells before it sends them: nothing too big for a page is read."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Count, Func, IntegerField, Model, Prefetch, QuerySet, Sum, prefetch_related_objects

from hub.sql.hub_ids import with_ids

MOST_BYTES = 10 * 1024 * 1024  # of a page's records; eight customers that an older version took had 88 MB
OF_A_PART = 200  # bytes of its names, numbers and moments, about
OF_A_RECORD = 500


class Growing(Protocol):
    """How records are read that may be big."""

    def read(self, records: QuerySet[Any], number: int) -> tuple[list[Any], bool]:
        """Return the first records, `number` at most, and whether they are fewer because they have MOST_BYTES.

        One is always among them where there is one.
        """

    def weigh(self, tenant_id: UUID, ids: Collection[int]) -> dict[int, int]:
        """Return by hub id about how many bytes a tenant's records have; of an id that finds none nothing, or none."""

    def whole(self, tenant_id: UUID, ids: Collection[int]) -> list[Any]:
        """Return a tenant's records by their hub ids, with all that their serializer writes."""

    def complete(self, records: Sequence[Any]) -> None:
        """Read what the serializer of a tenant's records writes beside their own columns."""

    def narrowed(self, sources: Collection[str]) -> "Growing":
        """Return how records are read of which nothing but some columns and parts is written."""


class _Octets(Func):
    """How many bytes values have as text."""

    template = "octet_length(concat(%(expressions)s))"
    output_field = IntegerField()


@dataclass(frozen=True)
class InColumns:
    """Records that grow in columns of their own: these are weighed by a statement before, 1 to 2 µs a record."""

    model: type[Model]
    columns: Sequence[str]

    def read(self, records: QuerySet[Any], number: int) -> tuple[list[Any], bool]:
        if not self.columns:
            return list(records[:number]), False
        weights = list(records.values_list(_Octets(*self.columns), flat=True)[:number])
        fitting = _that_fit(weights)
        is_cut = fitting < len(weights)
        return list(records[: fitting if is_cut else number]), is_cut

    def weigh(self, tenant_id: UUID, ids: Collection[int]) -> dict[int, int]:
        weight = _Octets(*self.columns) + OF_A_RECORD
        return dict(_owned(self.model, tenant_id, ids).values_list("pk", weight))

    def whole(self, tenant_id: UUID, ids: Collection[int]) -> list[Any]:
        return list(_owned(self.model, tenant_id, ids))

    def complete(self, records: Sequence[Any]) -> None:
        pass  # all of it stands in columns

    def narrowed(self, sources: Collection[str]) -> Growing:
        return replace(self, columns=[column for column in self.columns if column in sources])


@dataclass(frozen=True)
class InParts:
    """Records that grow in parts of their own, under the name `related`: their `texts` are weighed before they come."""

    model: type[Model]
    related: str
    parts: type[Model]
    parent: str
    texts: Sequence[str]

    def read(self, records: QuerySet[Any], number: int) -> tuple[list[Any], bool]:
        read = list(records[:number])
        weights = self.weigh(read[0].tenant_id, [record.pk for record in read]) if read else {}
        fitting = read[: _that_fit(weights.get(record.pk, 0) for record in read)]
        self.complete(fitting)
        return fitting, len(fitting) < len(read)

    def weigh(self, tenant_id: UUID, ids: Collection[int]) -> dict[int, int]:
        parts = _owned(self.parts, tenant_id, ids, column=self.parent)
        weight = Sum(_Octets(*self.texts)) + Count("*") * OF_A_PART
        return dict(parts.order_by().values_list(self.parent).annotate(weight=weight))

    def whole(self, tenant_id: UUID, ids: Collection[int]) -> list[Any]:
        records = list(_owned(self.model, tenant_id, ids))
        self.complete(records)
        return records

    def complete(self, records: Sequence[Any]) -> None:
        # Django would name the parts by their parents alone, and the index begins with the tenant.
        if records:
            parts = _owned(self.parts, records[0].tenant_id, [record.pk for record in records], column=self.parent)
            prefetch_related_objects(records, Prefetch(self.related, parts))

    def narrowed(self, sources: Collection[str]) -> Growing:
        return self if self.related in sources else InColumns(self.model, ())


def _owned(model: type[Model], tenant_id: UUID, ids: Collection[int], *, column: str = "id") -> QuerySet[Any]:
    return with_ids(model._default_manager.filter(tenant_id=tenant_id), ids, column=column)


def _that_fit(weights: Iterable[int]) -> int:
    """Return how many of the first have MOST_BYTES together, one at least."""
    number, size = 0, 0
    for weight in weights:
        size += weight
        if number and size > MOST_BYTES:
            break
        number += 1
    return number
