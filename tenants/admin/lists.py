"""The lists that the replica may answer: records and their history. Their pages, to be edited, are the primary's."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from tenants.admin.access import access_of
from tenants.admin.list_filters import TenantFilter
from tenants.reading import read_for


class ReplicatedList:
    """Mixin, before the ModelAdmin: a list of what the feed tells of, which is read where its tenants' writes are."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list; what is chosen or saved in it, a POST, is read from the primary."""
        view: Callable[..., HttpResponse] = super().changelist_view  # type: ignore[misc]
        if request.method == "POST":
            return view(request, extra_context)
        return read_for(tenants_shown(request), lambda: view(request, extra_context))


def tenants_shown(request: HttpRequest) -> list[UUID] | None:
    """Return whose rows a list may show: the user's tenants, None for all, or the one of them that is chosen."""
    access = access_of(request)
    chosen = chosen_tenant(request)
    if chosen and (access.everywhere or chosen in access.roles):
        return [chosen]
    return None if access.everywhere else list(access.roles)


def chosen_tenant(request: HttpRequest) -> UUID | None:
    """Return the tenant that an address narrows a list to, whoever sees it."""
    try:
        return UUID(request.GET.get(TenantFilter.parameter_name, ""))
    except ValueError:
        return None
