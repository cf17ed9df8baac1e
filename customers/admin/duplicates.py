"""Customers who may be one person, in the admin: why, what each bought, merged with a click or said to be two."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action

from customers.admin.comparing import totals
from customers.admin.merging import merge_url
from customers.duplicates import REASONS, Reason, dismiss
from customers.models import Customer, Duplicate
from customers.tasks import find_duplicates_of
from hub.admin.changelist import KeysetChangeList
from hub.admin.site import KeysetModelAdmin
from tenants.admin.access import TenantScopedAdmin, access_of, by_tenant, tenants_of
from tenants.admin.list_filters import TenantFilter, yes_no
from tenants.admin.looks import count_shown
from tenants.admin.question import counted
from tenants.admin.sections import link, moment, named, record_link
from tenants.models import Entity, Role, Way


class PairChangeList(KeysetChangeList):
    """The list, each row with its two customers; a pair of whom one is gone is not shown."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        ids = {hub_id for pair in self.result_list for hub_id in (pair.first, pair.second)}  # type: ignore[attr-defined]
        customers = access_of(request).limit(Customer.objects.select_related("tenant")).in_bulk(ids)
        shown = []
        for pair in self.result_list:
            pair.both = [customers.get(pair.first), customers.get(pair.second)]  # type: ignore[attr-defined]
            pair.may_merge = access_of(request).may(Role.STAFF, pair.tenant_id)  # type: ignore[attr-defined]
            if all(pair.both):  # type: ignore[attr-defined]
                shown.append(pair)
        self.result_list = shown
        count_shown(request, Entity.CUSTOMERS, Way.LIST, customers.values())


@admin.register(Duplicate)
class DuplicateAdmin(TenantScopedAdmin, KeysetModelAdmin):
    """Pairs that the radar found, newest first; nobody edits one."""

    change_role: Role | None = None
    delete_role: Role | None = None
    list_display = ("first_customer", "second_customer", "shop", "why", "found", "merging")
    list_display_links: tuple[str, ...] | None = None
    list_filter = (TenantFilter, yes_no("is_dismissed", "not a duplicate"))
    list_select_related = ("tenant",)
    list_per_page = 20
    list_before_template = "tenants/duplicates_head.html"
    actions: tuple[Any, ...] = ("not_duplicates",)
    fields = readonly_fields = ("first", "second", "why", "is_dismissed", "found", "tenant")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return PairChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Duplicate]:
        """Return the pairs that nobody called two persons, where no filter asks for those."""
        found: QuerySet[Duplicate] = super().get_queryset(request)
        is_list = request.resolver_match and request.resolver_match.url_name == "customers_duplicate_changelist"
        return found.filter(is_dismissed=False) if is_list and "is_dismissed" not in request.GET else found

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, or have the worker look once more at the tenants of which the user is staff."""
        if request.method == "POST" and "_look" in request.POST:
            return self._look_again(request)
        extra_context = {**(extra_context or {}), "may_look": self.may(request, Role.STAFF)}
        extra_context["title"] = "Duplicates"
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def _look_again(self, request: HttpRequest) -> HttpResponse:
        if not self.may(request, Role.STAFF):
            raise PermissionDenied
        for tenant_id in tenants_of(request.user, Role.STAFF).values_list("pk", flat=True):
            find_duplicates_of.defer(tenant_id=str(tenant_id))
        self.message_user(request, "The worker looks again: this list is new in a minute.", messages.SUCCESS)
        return HttpResponseRedirect(request.get_full_path())

    @action(description="Not a duplicate", permissions=["dismiss"])  # type: ignore[untyped-decorator]
    def not_duplicates(self, request: HttpRequest, queryset: QuerySet[Duplicate]) -> None:
        """Remember of the ticked pairs that they are two persons each."""
        groups = by_tenant(list(queryset))
        if not all(access_of(request).may(Role.STAFF, tenant_id) for tenant_id in groups):
            raise PermissionDenied
        done = sum(dismiss(tenant_id, [pair.pk for pair in pairs]) for tenant_id, pairs in groups.items())
        self.message_user(request, f"{counted(done, self.opts)} put away: they are two persons.", messages.SUCCESS)

    def has_dismiss_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may say that two customers are two persons."""
        return self.may(request, Role.STAFF)

    @admin.display(description="customer")
    def first_customer(self, pair: Any) -> SafeString:
        return _written(pair.both[0])

    @admin.display(description="may be the same as")
    def second_customer(self, pair: Any) -> SafeString:
        return _written(pair.both[1])

    @admin.display(description="tenant")
    def shop(self, pair: Duplicate) -> SafeString:
        return named(pair.tenant)

    @admin.display(description="why")
    def why(self, pair: Duplicate) -> str:
        return ", ".join(text for reason, text in REASONS.items() if pair.reasons & reason) or str(Reason(0))

    @admin.display(description="found")
    def found(self, pair: Duplicate) -> SafeString:
        return moment(pair.created_at)

    @admin.display(description="")
    def merging(self, pair: Any) -> SafeString | str:
        """The link to the page that merges the two, for staff."""
        return link(merge_url(pair.first, pair.second), "Merge…") if pair.may_merge else ""


def _written(customer: Customer) -> SafeString:
    """Write a customer with identifiers and orders, one under the other."""
    lines = [*customer.named_by, totals(customer)]
    return format_html(
        '<span class="hub-lines">{}{}</span>',
        record_link("customers_customer", customer.pk, f"{customer} #{customer.pk}"),
        format_html_join("", "<bdi>{}</bdi>", ((line,) for line in lines)),
    )
