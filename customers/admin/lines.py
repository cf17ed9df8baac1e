"""The consent ledger as people read it: a line for each channel that a row of it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import BitOr
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from customers.admin.optins import NEVER, TITLES, YES_NO
from customers.consents import GIVEN_BITS
from customers.flags import ALL, FLAGS, INVERTED, grants, has_flag
from customers.models import Customer
from tenants.models import ConsentChange, Source

GIVEN, WITHDRAWN, INITIAL = "given", "withdrawn", "initial"
DIRECTIONS = [(GIVEN, "Given"), (WITHDRAWN, "Withdrawn"), (INITIAL, "Initial")]
COLOURS = {
    GIVEN: "text-green-700 dark:text-green-400",
    WITHDRAWN: "text-red-700 dark:text-red-400",
    INITIAL: "text-base-500 dark:text-base-400",
}
AGAINST_STAFF = "after staff opted them out"


@dataclass(frozen=True, slots=True)
class Line:
    """What a write did to one channel; `before` is "" where the customer came with it."""

    name: str
    before: str
    after: str
    direction: str
    against_staff: bool

    @property
    def change(self) -> str:
        """The channel and its values: `E-mail opt-in: no → yes`."""
        return f"{TITLES[self.name]}: {f'{self.before} → ' if self.before else ''}{self.after}"


def with_given(changes: QuerySet[ConsentChange]) -> QuerySet[Any]:
    """Add to each row of the ledger what its customer was ever given, and the channels that later rows are about.

    A row knows a flag's values alone, and a flag that was never given is a no. So `lines` tells by what is stored now
    that an undo has taken back the first value a channel had; of rows that others follow nobody can tell any more.
    """
    mine = {"tenant_id": OuterRef("tenant_id")}
    later = ConsentChange.objects.filter(**mine, customer=OuterRef("customer"), pk__gt=OuterRef("pk"))
    channels = later.order_by().values("tenant_id").annotate(found=BitOr("channels")).values("found")
    given = Customer.objects.filter(**mine, pk=OuterRef("customer")).values("given")[:1]
    return changes.annotate(given_now=Subquery(given), later=Subquery(channels))


def lines(change: ConsentChange) -> list[Line]:
    """Return the lines of a row of the ledger that `with_given` has added to, in the order of the channels."""
    return [_line(change, name) for name in FLAGS if has_flag(change.channels, name)]


def _line(change: ConsentChange, name: str) -> Line:
    after = NEVER.lower() if _is_given_no_more(change, name) else YES_NO[has_flag(change.after, name)]
    against_staff = has_flag(change.against_staff, name)
    if change.before is None:
        return Line(name, "", after, INITIAL, against_staff)
    direction = GIVEN if has_flag(grants(change.after), name) else WITHDRAWN
    return Line(name, YES_NO[has_flag(change.before, name)], after, direction, against_staff)


def _is_given_no_more(change: Any, name: str) -> bool:
    """Tell whether a row set a flag back to what it was before anybody gave it: no other is about it since."""
    is_last = not has_flag(change.later or 0, name)
    is_given = change.given_now is None or change.given_now & GIVEN_BITS[name]
    return change.before is not None and is_last and not is_given and not has_flag(change.after, name)


def in_direction(changes: QuerySet[Any], direction: str, channels: int = ALL) -> QuerySet[Any]:
    """Keep the rows in which one of these channels went in a direction."""
    if direction == INITIAL:
        return changes.filter(before=None)
    gone: Any = F("after").bitxor(INVERTED if direction == GIVEN else INVERTED ^ ALL)
    of_them: Any = F("channels").bitand(gone)  # the stubs think of numbers alone
    found: QuerySet[Any] = changes.filter(before__isnull=False).alias(gone=of_them.bitand(channels)).exclude(gone=0)
    return found


def written(change: ConsentChange) -> SafeString:
    """Write the lines of a row, one under the other."""
    return stacked([_written(line) for line in lines(change)])


def stacked(parts: Sequence[SafeString]) -> SafeString:
    """Write parts one under the other."""
    return format_html('<span class="hub-stack">{}</span>', format_html_join("", "{}", ((part,) for part in parts)))


def _written(line: Line) -> SafeString:
    marked = (
        format_html(' <span class="text-orange-700 dark:text-orange-400">{}</span>', AGAINST_STAFF)
        if line.against_staff
        else ""
    )
    return format_html(
        '<span><span class="whitespace-nowrap">{}</span> <span class="{}">{}</span>{}</span>',
        line.change,
        COLOURS[line.direction],
        line.direction,
        marked,
    )


def source_of(change: ConsentChange) -> str:
    """Return through what a row came, as the history names it; "" for one whose changeset was gone before it knew."""
    return str(Source(change.source).label) if change.source else ""
