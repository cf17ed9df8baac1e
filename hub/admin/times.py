"""How the admin writes moments: in the time zone of the page, Django's current one, and in UTC when pointed at."""

from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from django.contrib.admin import display
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

DAY = len("2026-11-30")


def moment(at: datetime, *, exact: bool = False) -> SafeString:
    """Write a moment as the admin does everywhere: in the page's time zone, and in UTC when pointed at.

    `exact`: to the second, where several things happen in a minute.
    """
    utc = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    written = in_zone(at, exact=exact)
    return format_html('<time class="whitespace-nowrap" datetime="{}" title="{}">{}</time>', utc, utc, written)


def day(at: datetime) -> SafeString:
    """Write the day of a moment, for a column that has no room for more; the moment in UTC when pointed at."""
    utc = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    return format_html(
        '<time class="whitespace-nowrap" datetime="{}" title="{}">{}</time>', utc, utc, in_zone(at)[:DAY]
    )


def in_zone(at: datetime, *, exact: bool = False) -> str:
    """Return a moment as text, in the page's time zone; with its offset where the clock shows the hour twice."""
    try:
        local = timezone.localtime(at)
    except OverflowError:  # of the years 1 and 9999, which a zone may leave
        local = at
    written = local.replace(tzinfo=None).isoformat(" ", "seconds" if exact else "minutes")
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return written
    return f"{written} {local.isoformat(timespec='seconds')[19:]}"


def time_column(name: str, title: str, ordering: str | None = None) -> Any:
    """Return a column, or a field that is read, of a moment: the attribute that `name` leads to, through dots."""

    @display(description=title, ordering=ordering)
    def column(row: Any) -> SafeString | str:
        at = attrgetter(name)(row)
        return moment(at) if at else "–"

    column.__name__ = f"{name.replace('.', '_')}_shown"
    return column
