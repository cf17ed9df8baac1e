"""Pages of a list by what it is sorted by: the value and the hub id of the row that a page follows, never an OFFSET."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, zip_longest
from typing import Any

from django.db.models import F, Model, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat

from hub.sql.bigint import is_bigint


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by: `pk`, or a text that an index serves, rows of one value by hub id.

    Rows without a value come last, whatever the direction.
    """

    field: str = "pk"
    descending: bool = True

    @property
    def address(self) -> str:
        """What stands for it in an address."""
        return f"-{self.field}" if self.descending else self.field

    def as_sql(self) -> list[str | Combinable]:
        """Return what ORDER BY has."""
        by_key = F("pk").desc() if self.descending else F("pk").asc()
        if self.field == "pk":
            return [by_key]
        field = F(self.field)
        return [field.desc(nulls_last=True) if self.descending else field.asc(nulls_last=True), by_key]

    def stretches(self, model: type[Model], *, backwards: bool) -> list["Stretch"]:
        """Return the parts that a list is read in, in the order of reading: what has a value, then what has none."""
        ascending = self.descending == backwards
        if self.field == "pk":
            return [Stretch(Q(), "pk", ascending)]
        found = [Stretch(Q(**{f"{self.field}__isnull": False}), self.field, ascending)]
        if model._meta.get_field(self.field).null:
            found.append(Stretch(Q(**{f"{self.field}__isnull": True}), "pk", ascending))
        return found[::-1] if backwards else found


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of a list that one index gives in order."""

    condition: Q
    field: str
    ascending: bool

    def has(self, place: "Place") -> bool:
        """Tell whether the row of a place is among them."""
        return (place.value is None) == (self.field == "pk")

    def following(self, rows: QuerySet[Any], place: "Place | None") -> QuerySet[Any]:
        """Return the rows that come after a place, all of them without one."""
        beyond = "gt" if self.ascending else "lt"
        rows = rows.filter(self.condition)
        if place and self.field == "pk":
            rows = rows.filter(**{f"pk__{beyond}": place.pk})
        elif place:
            # The first condition is the index's; the two in an OR alone would be a filter over all of it.
            rows = rows.filter(
                Q(**{f"{self.field}__{beyond}": place.value}) | Q(**{f"pk__{beyond}": place.pk}),
                **{f"{self.field}__{beyond}e": place.value},
            )
        return rows.order_by(*self._sorted(F("pk")) if self.field == "pk" else self._sorted(F(self.field), F("pk")))

    def sorting(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the same rows in the same order, by expressions that no index serves."""
        by_key = F("pk") + Value(0)
        if self.field == "pk":
            return rows.order_by(*self._sorted(by_key))
        return rows.order_by(*self._sorted(Concat(F(self.field), Value("")), by_key))

    def _sorted(self, *by: Any) -> list[Combinable]:
        return [one.asc() if self.ascending else one.desc() for one in by]


@dataclass(frozen=True, slots=True)
class Place:
    """The row that a page follows: its hub id, and its value in what the list is sorted by."""

    pk: int
    value: str | None = None


def anchor_in(text: str) -> tuple[int | None, bool]:
    """Return the hub id of the row a page follows (None: the first page) and whether it leads backwards."""
    digits = text.removeprefix("-")
    if not is_bigint(digits):
        return None, False
    return int(digits), text.startswith("-")


def place_of(rows: QuerySet[Any], pk: int, order: Order) -> Place | None:
    """Return the place of a hub id among rows that the user may see; None where what they are sorted by tells nothing.

    The value is looked up and not in the address: it may be an e-mail.
    """
    if order.field == "pk":
        return Place(pk)
    found = rows.filter(pk=pk).values_list(order.field, flat=True)[:1]
    return next((Place(pk, value) for value in found), None)


def ahead(stretches: list[Stretch], place: Place | None) -> Iterator[tuple[Stretch, Place | None]]:
    """Yield the stretches from a place on, the first of them with the place itself."""
    if place:
        stretches = list(dropwhile(lambda stretch: not stretch.has(place), stretches))
    yield from zip_longest(stretches, [place] if place else [])
