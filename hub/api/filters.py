"""Filters by documented names, strict: an unknown filter, or a value it can't have, is a 400 that names it."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from hub.api.errors import ApiError
from hub.api.pagination import PARAMETERS
from hub.records.types import normal_moment


class MomentField(forms.CharField):
    """A moment in ISO 8601 with its zone, as the API writes it; None where it is left blank."""

    def clean(self, value: Any) -> str | None:
        text = super().clean(value)
        if text and (text := normal_moment(text.replace(" ", "+"))) is None:  # an unescaped + arrives as a space
            raise forms.ValidationError("no moment")
        return text or None


class MomentFilter(django_filters.Filter):
    field_class = MomentField


class FlagField(forms.CharField):
    """`true` or `false`, in any case; None where it is left blank."""

    def clean(self, value: Any) -> bool | None:
        flags = {"true": True, "false": False, "": None}
        text = str(super().clean(value)).lower()
        if text not in flags:
            raise forms.ValidationError("no flag")
        return flags[text]


class FlagFilter(django_filters.Filter):
    field_class = FlagField


def moment_range(field: str, name: str) -> dict[str, django_filters.Filter]:
    """Return the filters Name__gt, Name__gte, Name__lt and Name__lte over a moment."""
    return {f"{name}__{op}": MomentFilter(field_name=field, lookup_expr=op) for op in ("gt", "gte", "lt", "lte")}


class StrictFilterBackend(BaseFilterBackend):
    """Apply the view's `filterset_class`; raise ApiError 400 for an unknown filter or an unusable value."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        filterset_class = getattr(view, "filterset_class")  # noqa: B009 — APIView declares none
        known = {*filterset_class.base_filters, *PARAMETERS}
        for name in request.query_params:
            if name not in known:
                raise ApiError(400, f"Unknown filter. Known are {', '.join(sorted(known))}.")
        filterset = filterset_class(request.query_params, queryset=queryset, request=request)
        if not filterset.is_valid():
            raise ApiError(400, f"The filter {next(iter(filterset.errors))} has a value it can't have.")
        found: QuerySet[Any] = filterset.qs
        return found
