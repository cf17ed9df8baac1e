"""What lists of rows that tenants own share: whose rows they are, and which of them an action takes.

The replica may answer those of records and their history. Their pages, to be edited, are the primary's.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from hub.admin.changelist import MOST_COUNTED, KeysetChangeList
from tenants.admin.access import access_of, tenant_ids_of
from tenants.admin.list_filters import TenantFilter
from tenants.models import Role
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


def one_tenant(request: HttpRequest, changelist: KeysetChangeList) -> dict[str, Any] | None:
    """Return a condition for the one tenant whose rows are listed; None where those of several are."""
    chosen = next((one for one in changelist.filter_specs if isinstance(one, TenantFilter)), None)
    if chosen:
        return {"tenant_id": chosen.only} if chosen.only else None
    access = access_of(request)  # the filter is not there for who has one tenant
    tenants = tenant_ids_of(request) if access.everywhere else list(access.roles)
    return {"tenant_id": tenants[0]} if len(tenants) == 1 else None


def of_staff(request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Keep the rows of tenants whose staff the user is, and say how many of others are left out."""
    access = access_of(request)
    acting = access.limit(queryset, at_least=Role.STAFF)
    viewed = [pk for pk in access.roles if not access.may(Role.STAFF, pk)]
    left_out = queryset.filter(tenant_id__in=viewed).order_by()[: MOST_COUNTED + 1].count() if viewed else 0
    if left_out:
        number = f"{left_out:,}" if left_out <= MOST_COUNTED else f"More than {MOST_COUNTED:,}"
        text = f"{number} of this list are left out: you are a viewer of their tenants, who changes nothing."
        messages.info(request, text)
    return acting
