"""The pages of saved views: saved from a list, opened, updated, renamed and deleted."""

from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from hub.admin.palette import MOST_HITS, Group, Hit
from hub.admin.site import HubModelAdmin
from tenants.admin.access import access_of
from tenants.admin.list_filters import TenantFilter
from tenants.admin.saved_views import (
    MOST_VIEWS,
    VIEW_VAR,
    ListWithViews,
    Pairs,
    filters_of,
    pairs_of,
    refusal,
    sharable,
    unkept,
    view_named,
    visible,
    with_tenant,
)
from tenants.admin.sections import clipped, link, time_column
from tenants.models import Role, SavedView, Tenant

TAKEN = "There is a view with this name already. Choose another one."
TOO_MANY = f"There are {MOST_VIEWS} views of this list already. Delete one first."
GONE = "The list has no such filter any more, so the view is shown without it: {}."
SAVED = time_column("created_at", "Saved", "created_at")


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a view is called: by nobody else who sees it there."""

    class Meta:
        model = SavedView
        fields = ("name",)
        widgets = {"name": UnfoldAdminTextInputWidget}

    def clean_name(self) -> str:
        """Return the name; raises ValidationError where another view of the list has it."""
        name: str = self.cleaned_data["name"]
        if alike(self.instance).filter(name=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(TAKEN)
        return name


def alike(view: SavedView) -> QuerySet[SavedView]:
    """Return the views of a list that stand beside one: the same user's, or shared with the same tenant."""
    beside = SavedView.objects.filter(listing=view.listing, tenant=view.tenant_id)
    return beside if view.tenant_id else beside.filter(made_by=view.made_by_id)


@admin.register(SavedView)
class SavedViewAdmin(HubModelAdmin):
    """The views that a user sees: their own, and those of their tenants. Makers rename them, tenants' admins delete."""

    form = NameForm
    list_display = ("name_shown", "listing_shown", "filters", "shared_with", "maker", SAVED, "opened")
    list_display_links = ("name_shown",)
    fields: Any = ("name", "listing_shown", "filters", "shared_with", "maker", SAVED)
    readonly_fields: Any = ("listing_shown", "filters", "shared_with", "maker", SAVED)
    search_fields = ("name",)
    actions = None
    empty_text = "A view is a list's filters under a name. Filter a list, then choose “Save this view” above it."

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "tenants_savedview"
        return [
            path("save/", wrap(self.save_view), name=f"{name}_save"),
            path("<int:pk>/open/", wrap(self.open_view), name=f"{name}_open"),
            path("<int:pk>/update/", wrap(self.update_view), name=f"{name}_update"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedView]:
        return visible(request)

    def save_view(self, request: HttpRequest) -> HttpResponse:
        """Save the filters of a list under a name, for oneself or for a tenant; then show the view, or say why not."""
        listed = self.list_of(request, request.POST.get("list", ""))
        pairs = pairs_of(dict(parse_qsl(request.POST.get("query", ""))))
        view = SavedView(listing=listed.opts.label_lower, made_by=cast(User, request.user))
        tenant = sharable(request, pairs)
        if request.POST.get("share"):
            if tenant is None:
                raise PermissionDenied
            view.tenant, pairs = tenant, with_tenant(pairs, tenant.pk)
        view.query = urlencode(pairs)
        form = NameForm(request.POST, instance=view)
        said = refusal(request, listed, pairs) or self.full(view) or mistakes(form)
        if not said and not stored(view):
            said = TAKEN
        if said:
            messages.error(request, f"The view was not saved. {said}")
            return HttpResponseRedirect(address_of(listed, pairs))
        messages.success(request, f"The view “{view}” is saved.")
        return HttpResponseRedirect(address_of(listed, pairs, view))

    def list_of(self, request: HttpRequest, label: str) -> Any:
        """Return the admin of a list that has views; raises Http404 where there is none that the user may see."""
        registered = self.admin_site._registry.values()
        found: list[Any] = [each for each in registered if isinstance(each, ListWithViews)]
        found = [each for each in found if each.opts.label_lower == label and each.has_view_permission(request)]
        if not found:
            raise Http404
        return found[0]

    def full(self, view: SavedView) -> str:
        """Say that there are as many views as there may be."""
        return TOO_MANY if alike(view).count() >= MOST_VIEWS else ""

    def open_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the list with a view's filters, without those that the list has no more, and say so."""
        view = self.view_or_404(request, pk)
        listed = self.list_of(request, view.listing)
        pairs = parse_qsl(view.query)
        filters = filters_of(request, listed, pairs)
        gone = [name for name, value in pairs if unkept(filters.get(name), name, value) and name != "tenant"]
        if gone:
            messages.warning(request, GONE.format(", ".join(gone)))
        kept = [(name, value) for name, value in pairs if name not in gone]
        return HttpResponseRedirect(address_of(listed, kept, view))

    def update_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Store other filters under a view's name, which its maker alone may; then show it."""
        view = self.view_or_404(request, pk)
        if view.made_by_id != request.user.pk:
            raise PermissionDenied
        listed = self.list_of(request, view.listing)
        pairs = pairs_of(dict(parse_qsl(request.POST.get("query", ""))))
        if view.tenant_id:
            pairs = with_tenant(pairs, view.tenant_id)
        said = refusal(request, listed, pairs)
        if request.method == "POST" and not said:
            SavedView.objects.filter(pk=view.pk).update(query=urlencode(pairs))
            messages.success(request, f"The view “{view}” has these filters now.")
        elif said:
            messages.error(request, f"The view was not changed. {said}")
        return HttpResponseRedirect(address_of(listed, pairs, view))

    def view_or_404(self, request: HttpRequest, pk: int) -> SavedView:
        """Return a view; raises Http404 where the user sees none."""
        view = view_named(request, str(pk))
        if view is None:
            raise Http404
        return view

    def find(self, request: HttpRequest, term: str) -> Group:
        """Return the views with a term in their name."""
        views = self.get_queryset(request).filter(name__icontains=term)[:MOST_HITS]
        opened = [(view, reverse("admin:tenants_savedview_open", args=[view.pk])) for view in views]
        return Group("Saved views", [Hit(str(view), url, self.listing_shown(view)) for view, url in opened])

    # The list's columns

    @display(description="Name", ordering="name")  # type: ignore[untyped-decorator]
    def name_shown(self, view: SavedView) -> SafeString:
        return clipped(view)

    @display(description="List", ordering="listing")  # type: ignore[untyped-decorator]
    def listing_shown(self, view: SavedView) -> str:
        return str(apps.get_model(view.listing)._meta.verbose_name_plural).capitalize()

    @display(description="Filters")  # type: ignore[untyped-decorator]
    def filters(self, view: SavedView) -> SafeString:
        said = [f"{name}: {value}" for name, value in parse_qsl(view.query) if name != TenantFilter.parameter_name]
        return clipped(", ".join(said) or "–")

    @display(description="Shared with")  # type: ignore[untyped-decorator]
    def shared_with(self, view: SavedView) -> SafeString | str:
        return clipped(view.tenant) if view.tenant else "nobody"

    @display(description="Saved by")  # type: ignore[untyped-decorator]
    def maker(self, view: SavedView) -> SafeString:
        return clipped(view.made_by)

    @display(description="")  # type: ignore[untyped-decorator]
    def opened(self, view: SavedView) -> SafeString:
        return link(reverse("admin:tenants_savedview_open", args=[view.pk]), "Open")

    # Who may

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access_of(request).may(Role.VIEWER)

    def has_view_permission(self, request: HttpRequest, obj: SavedView | None = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SavedView | None = None) -> bool:
        """Tell whether a view is the user's to rename."""
        return self.has_module_permission(request) and (obj is None or obj.made_by_id == request.user.pk)

    def has_delete_permission(self, request: HttpRequest, obj: SavedView | None = None) -> bool:
        """Tell whether a view is the user's to delete: its maker's, a shared one also of the tenant's admins."""
        if obj is not None and obj.tenant_id and access_of(request).may(Role.ADMIN, obj.tenant_id):
            return True
        return self.has_change_permission(request, obj)

    def get_deleted_objects(self, objs: Sequence[SavedView], request: HttpRequest) -> Any:
        return [str(view) for view in objs], {"saved views": len(objs)}, set(), []

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead back to the view: no history is kept of it."""
        view = self.get_object(request, object_id)
        if view is None:
            raise Http404
        return HttpResponseRedirect(reverse("admin:tenants_savedview_change", args=[view.pk]))


def mistakes(form: NameForm) -> str:
    """Say what is wrong with a view's name; "" where nothing is."""
    return "" if form.is_valid() else " ".join(map(str, form.errors.get("name", [])))


def stored(view: SavedView) -> bool:
    """Store a new view; tell whether its name was still free."""
    try:
        with transaction.atomic():
            view.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def address_of(listed: Any, pairs: Pairs, view: SavedView | None = None) -> str:
    """Return the address of a list with filters, opened by a view."""
    query = [*pairs, *([(VIEW_VAR, str(view.pk))] if view else [])]
    opts: type[Tenant] = listed.opts
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")  # type: ignore[attr-defined]
    return f"{url}?{urlencode(query)}" if query else url
