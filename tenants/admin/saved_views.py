"""Saved views of a list: what of an address may be kept under a name, who sees which, and what a list shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.contrib.admin import ListFilter
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from hub.sql.bigint import is_bigint
from tenants.admin.access import Access, access_of
from tenants.admin.list_filters import TenantFilter
from tenants.models import Role, SavedView, Tenant
from tenants.models.views import LONGEST_QUERY

VIEW_VAR = "view"
MOST_VIEWS = 50  # of one user, or shared with one tenant, for one list
ROOM_FOR_TENANT = len("&tenant=") + 36
OF_THE_PAGE = (PAGE_VAR, VIEW_VAR, "e", "all", "_facets", "_popup", "_to_field", "_changelist_filters")
NO_SEARCH = "A view is about filters; a search for a person is not kept. Clear the search, then save the view."
MAY_NAME = "“{}” may name a person, and is not kept in a view. Clear it, then save the view."
NO_VALUE = "“{}” has no such value."
TOO_LONG = "These are too many filters for a view."

Pairs = list[tuple[str, str]]


class ViewParameter(ListFilter):
    """The saved view that a list was opened by: it filters nothing, and is no look into the data."""

    title = "saved view"
    is_free = False

    def names_nobody(self, value: str) -> bool:
        """Tell that no view keeps which view a list was opened by."""
        return False

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        params.pop(VIEW_VAR, None)

    @classmethod
    def parameters(cls) -> list[str]:
        return [VIEW_VAR]

    def has_output(self) -> bool:
        return False

    def expected_parameters(self) -> list[str | None]:
        return []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class ListWithViews:
    """Mixin, before the ModelAdmin: a list whose filters can be saved under a name."""

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [*super().get_list_filter(request), ViewParameter]  # type: ignore[misc]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow what the filters offer, and the view that the list was opened by."""
        return lookup == VIEW_VAR or super().lookup_allowed(lookup, value, request)  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list below the views that its user has of it."""
        context = {**(extra_context or {}), "saved_views": views_of_list(request, self)}
        response: HttpResponse = super().changelist_view(request, context)  # type: ignore[misc]
        return response


@dataclass(frozen=True, slots=True)
class Tab:
    """A view as a list shows it: its name, its address, with whom it is shared, and whether the list shows it now."""

    view: SavedView
    url: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class ListViews:
    """What a list shows of views: the tabs, the one it was opened by and has since changed, what could be saved.

    `refused` says why not. `tenant` is the one that a view may be shared with.
    """

    listing: str
    query: str
    tabs: list[Tab]
    changed: SavedView | None
    refused: str
    tenant: Tenant | None

    @property
    def is_any(self) -> bool:
        """Tell whether there is something to show."""
        return bool(self.tabs or self.query or self.refused)

    @property
    def is_plain(self) -> bool:
        """Tell whether the list is neither filtered nor searched."""
        return not self.query and not self.refused


def views_of_list(request: HttpRequest, model_admin: Any) -> ListViews:
    """Return what a list shows of views, for its user and its address."""
    access, listing = access_of(request), model_admin.opts.label_lower
    pairs = pairs_of(request.GET)
    refused = refusal(request, model_admin, pairs)
    query, opened = _alike(access, pairs), request.GET.get(VIEW_VAR, "")
    views = list(visible(request).filter(listing=listing).order_by("tenant_id", "name")[: 3 * MOST_VIEWS])
    active = {view.pk for view in views if _alike(access, parse_qsl(view.query)) == query}
    chosen = [view for view in views if str(view.pk) == opened]
    if len(active) > 1 and chosen and chosen[0].pk in active:
        active = {chosen[0].pk}
    changed = next((view for view in chosen if view.pk not in active and view.made_by_id == request.user.pk), None)
    tabs = [Tab(view, reverse("admin:tenants_savedview_open", args=[view.pk]), view.pk in active) for view in views]
    return ListViews(listing, urlencode(pairs), tabs, changed, refused, sharable(request, pairs) if pairs else None)


def visible(request: HttpRequest) -> QuerySet[SavedView]:
    """Return the views that a user sees: their own, and those shared with tenants that they see."""
    access, own = access_of(request), Q(made_by=request.user.pk, tenant=None)
    shared = Q(tenant__isnull=False) if access.everywhere else Q(tenant__in=list(access.roles))
    return SavedView.objects.filter(own | shared).select_related("tenant", "made_by")


def pairs_of(address: Mapping[str, str]) -> Pairs:
    """Return what of a list's address is about what it shows, in one order; neither its page nor its view."""
    return sorted((name, value) for name, value in address.items() if value and name not in OF_THE_PAGE)


def refusal(request: HttpRequest, model_admin: Any, pairs: Pairs) -> str:
    """Say why an address can't be kept as a view; "" where it can."""
    if any(name == SEARCH_VAR for name, _ in pairs):
        return NO_SEARCH
    if not pairs:
        return ""
    if len(urlencode(pairs)) > LONGEST_QUERY - ROOM_FOR_TENANT:
        return TOO_LONG
    filters = filters_of(request, model_admin, pairs)
    said = (unkept(filters.get(name), name, value) for name, value in pairs)
    return next(filter(None, said), "")


def filters_of(request: HttpRequest, model_admin: Any, pairs: Pairs) -> dict[str, Any]:
    """Return the filters of a list by parameter, as the pairs of an address set them."""
    given = {name: [value] for name, value in pairs}
    made = [each(request, {**given}, model_admin.model, model_admin) for each in model_admin.get_list_filter(request)]
    return {name: each for each in made for name in each.parameters()}


def unkept(list_filter: Any, name: str, value: str) -> str:
    """Say why a view does not keep a filter's value; "" where it does. A sort order is columns by number."""
    if name == ORDER_VAR:
        return "" if value.replace(".", "").replace("-", "").isdecimal() else NO_VALUE.format(name)
    if list_filter is None:
        return NO_VALUE.format(name)
    if list_filter.names_nobody(value):
        return ""
    return (MAY_NAME if list_filter.is_free else NO_VALUE).format(list_filter.title)


def sharable(request: HttpRequest, pairs: Pairs) -> Tenant | None:
    """Return the tenant that a list is of, where its user may share a view with it: staff and above."""
    access, chosen = access_of(request), dict(pairs).get(TenantFilter.parameter_name, "")
    found = [pk for pk in access.zones if str(pk) == chosen] if chosen else [*access.zones]
    if len(found) != 1 or not access.may(Role.STAFF, found[0]):
        return None
    return Tenant.objects.get(pk=found[0])


def with_tenant(pairs: Pairs, tenant_id: UUID) -> Pairs:
    """Return pairs of a shared view: whoever sees several tenants is shown this one."""
    return sorted({**dict(pairs), TenantFilter.parameter_name: str(tenant_id)}.items())


def _alike(access: Access, pairs: Iterable[tuple[str, str]]) -> Pairs:
    """Return pairs for comparing two addresses: who sees one tenant need not choose it."""
    only = len(access.zones) == 1
    return sorted((name, value) for name, value in pairs if not (only and name == TenantFilter.parameter_name))


def view_named(request: HttpRequest, text: str) -> SavedView | None:
    """Return the view with a number that the user sees."""
    return visible(request).filter(pk=text).first() if is_bigint(text) else None
