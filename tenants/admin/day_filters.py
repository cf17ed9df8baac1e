"""Filters over days, those of the page's time zone: of moments, and of records by when they came."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.admin import ListFilter
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from unfold.contrib.filters.forms import RangeDateForm

from hub.admin.pasting import trimmed
from hub.sql.execute import execute

IDS_AROUND = "SELECT low, high FROM ids_around(%(table)s::regclass, %(moment)s)"
WITH_DOTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
LONGEST_WRITE = timedelta(hours=1)  # between the time a write gives its rows and the number they get
FIRST_DAY = date.min + timedelta(days=1)
LAST_DAY = date.max - timedelta(days=1)  # later ones have no next day to end at


class DateRangeFilter(ListFilter):
    """A moment between two days, both included, as long as they are in the page's time zone."""

    template = "unfold/filters/filters_date_range.html"
    form_class = RangeDateForm
    parameter_name: str
    is_free = False

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.title = f"{self.title} ({timezone.get_current_timezone_name()})"
        for name in self.parameters():
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    @classmethod
    def parameters(cls) -> list[str]:
        return [f"{cls.parameter_name}_from", f"{cls.parameter_name}_to"]

    def expected_parameters(self) -> list[str | None]:
        return [*self.parameters()]

    def has_output(self) -> bool:
        return True

    def names_nobody(self, value: str) -> bool:
        """Tell whether a value may be kept in a saved view: a day."""
        return _day(value) is not None

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        yield {"form": self.form_class(name=self.parameter_name, data=self.used_parameters)}

    def days(self) -> tuple[date | None, date | None]:
        """Return the first and the last day asked for."""
        first, last = map(_day, self.asked())
        return first, last

    def asked(self) -> list[str]:
        """Return what was written for the first and the last day."""
        return [trimmed(str(self.used_parameters.get(name, ""))) for name in self.parameters()]

    def words(self) -> str:
        """Say which days are asked for, for the chip above the list; "" for all."""
        first, last = self.days()
        if first and last:
            return in_short(first, last)
        begin, end = (_written(text) for text in self.asked())
        if begin and end:
            return f"{begin} to {end}"
        return f"from {begin}" if begin else f"until {end}" if end else ""

    def mistake(self) -> str:
        """Say why the list finds nothing, where what was written is no day or no days lie between."""
        for text in self.asked():
            if text and not _day(text):
                return f"{text} is not a day: write 2026-12-31."
        first, last = self.days()
        return "The first day is after the last." if first and last and first > last else ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.none() if self.mistake() else self.between(queryset)

    def between(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what is of the days asked for."""
        first, last = self.days()
        if first:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": _midnight(first)})
        if last and last < LAST_DAY:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": _midnight(last + timedelta(days=1))})
        return queryset


class ArrivalFilter(DateRangeFilter):
    """The days in which records came: looked for by hub id, which grows with `created_at`.

    Walking back from the newest record to last year's takes 370 ms at 1e6 rows, from the right id 1 ms.
    """

    parameter_name = "created_at"

    def between(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self.days()
        model = queryset.model
        if first and first > FIRST_DAY:
            queryset = queryset.filter(pk__gte=ids_around(model, _midnight(first) - LONGEST_WRITE)[0])
        if last and last < LAST_DAY:
            end = _midnight(last + timedelta(days=1))
            queryset = queryset.filter(pk__lt=ids_around(model, end + LONGEST_WRITE)[1])
        return super().between(queryset)


def ids_around(model: type[Model], moment: datetime) -> tuple[int, int]:
    """Return two near hub ids: every record of the model before the first came before the moment, none from the second.

    Where created_at grows with the hub id.
    """
    low, high = execute(IDS_AROUND, {"table": model._meta.db_table, "moment": moment}).fetchall()[0]
    return low, high


def _day(text: str) -> date | None:
    """Read a day: 2026-12-31, or 31.12.2026, which means one day wherever it is written so."""
    if parts := WITH_DOTS.fullmatch(text):
        text = f"{parts[3]}-{parts[2]:0>2}-{parts[1]:0>2}"
    try:
        return parse_date(text)
    except ValueError:
        return None


def _written(text: str) -> str:
    """Write a day that was asked for; what is none as it stands."""
    day = _day(text)
    return f"{day.day} {day:%b} {day.year}" if day else text


def in_short(first: date, last: date) -> str:
    """Write the days from one to another: 1–30 Nov 2026."""
    end = f"{last.day} {last:%b} {last.year}"
    if first == last:
        return end
    if first.year != last.year:
        return f"{first.day} {first:%b} {first.year} – {end}"
    return f"{first.day}–{end}" if first.month == last.month else f"{first.day} {first:%b} – {end}"


def _midnight(day: date) -> datetime:
    """Return the first moment of a day in the page's time zone: at one o'clock where there is no midnight."""
    return datetime.combine(day, time(), timezone.get_current_timezone())


def date_range(column: str, name: str) -> type[DateRangeFilter]:
    """Return a filter over a moment."""
    return type("DateRange", (DateRangeFilter,), {"title": name, "parameter_name": column})


def arrived(name: str) -> type[ArrivalFilter]:
    """Return a filter over `created_at`."""
    return type("Arrived", (ArrivalFilter,), {"title": name})
