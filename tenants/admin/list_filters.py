"""What the admin's lists can be filtered by."""

from collections.abc import Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import F, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter, TextFilter

from hub.admin.pasting import pasted, trimmed
from hub.sql.bigint import is_bigint
from tenants.admin.access import tenants_of
from tenants.models import Tenant, TenantOwned

MOST_HELD = 100  # characters that a text is looked for by
YES_NO = [("yes", "Yes"), ("no", "No")]


class ChoiceFilter(DropdownFilter):
    """One of a few choices; a value that is not among them finds nothing."""

    is_free = False

    def names_nobody(self, value: str) -> bool:
        """Tell whether a value may be kept in a saved view: one that is offered."""
        return value in {str(choice) for choice, _ in self.lookup_choices}

    @classmethod
    def parameters(cls) -> list[str]:
        return [cls.parameter_name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        return self.chosen(queryset, value) if value in self.known() else queryset.none()

    def known(self) -> dict[str, str]:
        """Return what the choices are called."""
        return {str(choice): str(text) for choice, text in self.lookup_choices}

    def words(self) -> str:
        """Say what is chosen, for the chip above the list; "" where nothing is."""
        value = str(self.value() or "")
        return self.known().get(value, value)

    def mistake(self) -> str:
        """Say why the list finds nothing, where a value can't mean anything."""
        return "" if self.value() in self.known() else "There is no such choice: open Filters and choose one."

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep what the choice names."""
        return queryset.filter(**{self.parameter_name: value})


class TenantFilter(ChoiceFilter):
    """One of the user's tenants; shown to those who have more than one.

    Who browses rows that tenants own, and chooses none, is shown those of real tenants; who looks for something by
    name is shown what sandboxes have, too.
    """

    title = "tenant"
    parameter_name = "tenant"
    left_out: Sequence[UUID] = ()
    tenant: Tenant | None = None  # the one whose rows the list is of

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        tenants = list(tenants_of(request.user))
        chosen = request.GET.get(self.parameter_name)
        mine = [tenant for tenant in tenants if not chosen or str(tenant.pk) == chosen]
        self.tenant, self.has_sandbox = mine[0] if len(mine) == 1 else None, any(each.is_sandbox for each in tenants)
        sandboxes = [tenant.pk for tenant in tenants if tenant.is_sandbox]
        if len(sandboxes) < len(tenants) and not _is_looking(request, model_admin):
            self.left_out = sandboxes
        return [(str(tenant.pk), str(tenant)) for tenant in tenants]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.left_out and not self.value() and issubclass(queryset.model, TenantOwned):
            return queryset.exclude(tenant_id__in=self.left_out)
        return super().queryset(request, queryset)

    def has_output(self) -> bool:
        mine = len(self.lookup_choices) == 1 and self.value() in (None, "", *self.known())
        return not mine or self.has_sandbox

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(tenant_id=value)

    def mistake(self) -> str:
        return "" if self.value() in self.known() else "None of your tenants has this id."

    @property
    def only(self) -> UUID | None:
        """The id of the tenant whose rows alone are listed; None where those of several are."""
        shown = [pk for pk in self.known() if UUID(pk) not in self.left_out]
        chosen = self.value() or (shown[0] if len(shown) == 1 else "")
        return UUID(chosen) if chosen in self.known() else None


def _is_looking(request: HttpRequest, model_admin: Any) -> bool:
    """Tell whether a list is asked for something by name: by a search, or a value that a column must equal."""
    exact = [each for each in model_admin.list_filter if isinstance(each, type) and issubclass(each, ExactFilter)]
    return any(request.GET.get(name) for name in (SEARCH_VAR, *chain(*(each.parameters() for each in exact))))


class YesNoFilter(ChoiceFilter):
    """A flag that is yes or no, never missing."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return YES_NO

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        return queryset.filter(**{self.parameter_name: value == "yes"})


class FreeFilter(TextFilter):
    """A text that somebody types, which may name a person: no saved view keeps it, but where a filter knows better."""

    is_free = True

    def names_nobody(self, value: str) -> bool:
        """Tell whether a value may be kept in a saved view."""
        return False


class ExactFilter(FreeFilter):
    """A text that a column must equal, as it was typed or pasted."""

    @classmethod
    def parameters(cls) -> list[str]:
        return [cls.parameter_name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        values = [self.normal(value) for value in pasted(self.value() or "")]
        return self.having(queryset, values) if values else queryset

    def words(self) -> str:
        """Say what is looked for, for the chip above the list; "" for nothing."""
        return trimmed(self.value() or "")

    def mistake(self) -> str:
        """Say why the list finds nothing, where a value can't mean anything."""
        return ""

    def normal(self, value: str) -> str:
        """Return a value as it is stored."""
        return value

    def having(self, queryset: QuerySet[Any], values: list[str]) -> QuerySet[Any]:
        """Keep what has one of the values, which one text may mean."""
        return queryset.filter(**{f"{self.parameter_name}__in": values})


class HoldsFilter(FreeFilter):
    """A text that a column holds, in any case; of a long one the first characters count."""

    @classmethod
    def parameters(cls) -> list[str]:
        return [cls.parameter_name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        text = trimmed(self.value() or "")[:MOST_HELD]
        return self.held(queryset, text) if text else queryset

    def words(self) -> str:
        """Say what is looked for, for the chip above the list; "" for nothing."""
        return trimmed(self.value() or "")

    def mistake(self) -> str:
        """Say why the list finds nothing, where a value can't mean anything."""
        return ""

    def held(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Keep what holds the text."""
        return queryset.filter(**{f"{self.parameter_name}__icontains": text})


class ActorFilter(HoldsFilter):
    """Who did it: a part of a member's name, or of a key's label and beginning."""

    title = "actor"
    parameter_name = "actor"


class HubIdFilter(ExactFilter):
    """A hub id; any other text finds nothing."""

    def having(self, queryset: QuerySet[Any], values: list[str]) -> QuerySet[Any]:
        ids = [int(value) for value in values if is_bigint(value)]
        return self.about(queryset, ids[0]) if ids else queryset.none()

    def mistake(self) -> str:
        if any(map(is_bigint, pasted(self.value() or ""))):
            return ""
        return f"{self.words()} is not a hub id: write the number, as 1784."

    def about(self, queryset: QuerySet[Any], hub_id: int) -> QuerySet[Any]:
        """Keep what is about the hub id."""
        return queryset.filter(**{self.parameter_name: hub_id})


def yes_no(column: str, name: str) -> type[YesNoFilter]:
    """Return a filter over a flag."""
    return type("YesNo", (YesNoFilter,), {"title": name, "parameter_name": column})


def exact(column: str, name: str) -> type[ExactFilter]:
    """Return a filter over a text."""
    return type("Exact", (ExactFilter,), {"title": name, "parameter_name": column})


def one_of(column: str, name: str, choices: list[tuple[str, str]]) -> type[ChoiceFilter]:
    """Return a filter over a column with a few values."""
    lookups = {"lookups": lambda self, request, model_admin: choices}
    return type("OneOf", (ChoiceFilter,), {"title": name, "parameter_name": column, **lookups})


def given_flag(column: str, name: str, bit: int) -> type[ChoiceFilter]:
    """Return a filter over a flag that may never have been given, as the `bit` in `given` tells."""

    def chosen(self: ChoiceFilter, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == "yes":
            return queryset.filter(**{column: True})
        said: QuerySet[Any] = queryset.alias(said=F("given").bitand(bit)).filter(**{column: False})
        return said.filter(said=0) if value == "never" else said.exclude(said=0)

    choices = [*YES_NO, ("never", "Never given")]
    return type("Given", (one_of(column, name, choices),), {"chosen": chosen})


def hub_id(column: str, name: str) -> type[HubIdFilter]:
    """Return a filter over a hub id."""
    return type("HubId", (HubIdFilter,), {"title": name, "parameter_name": column})
