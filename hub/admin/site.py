"""The admin site, and what every model's admin stands on."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, NoReturn

from django.contrib.admin import ShowFacets, display
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite
from unfold.widgets import CHECKBOX_CLASSES

from hub.admin.changelist import KeysetChangeList
from hub.admin.navigation import sidebar
from hub.admin.pasting import pasted

CHECKBOX = " ".join(CHECKBOX_CLASSES)


class HubAdminSite(UnfoldAdminSite):
    """The admin: what is not there, or not yours, is a page that says so."""

    index_title = "Data health"
    index_template = "tenants/home.html"

    def admin_view(self, view: Callable[..., HttpResponseBase], cacheable: bool = False) -> Any:
        def found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return view(request, *args, **kwargs)
            except Http404:
                return self.not_found(request)

        return super().admin_view(update_wrapper(found, view), cacheable)

    def not_found(self, request: HttpRequest) -> HttpResponse:
        """Answer 404 with a page: the same for what does not exist and for what another tenant has."""
        context = {**self.each_context(request), "title": "Not found"}
        return TemplateResponse(request, "admin/not_found.html", context, status=404).render()

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Answer with a page that counts wrong old passwords."""
        view: Any = import_string("tenants.login.PasswordChange")
        context = {**self.each_context(request), **(extra_context or {})}
        answer: HttpResponseBase = view.as_view(extra_context=context)(request)
        return answer

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        return sidebar(self, request)


class HubModelAdmin(ModelAdmin):
    """What every admin of the hub stands on: what is missing is a 404, and Django's log is not written.

    Django's LogEntry would keep `str(object)`, a person's name, past an erasure. Changesets name hub ids only.
    """

    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_filter_submit = True
    list_fullwidth = True
    empty_value_display = "–"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search for what is meant by a pasted text; the last reading is the barest, and fields need only hold it."""
        found: tuple[QuerySet[Any], bool] = super().get_search_results(
            request, queryset, ["", *pasted(search_term)][-1]
        )
        return found

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        raise Http404

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Write no LogEntry."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Write no LogEntry."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Write no LogEntry."""


class KeysetModelAdmin(HubModelAdmin):
    """The admin of a model with millions of rows and an integer key: lists by hub id, newest first, never counted."""

    list_per_page = 50
    list_max_show_all = 0
    list_disable_select_all = True
    ordering = ("-pk",)
    sortable_by = ()

    @display(description=ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, obj: Model) -> SafeString:
        """The box that chooses a row: written out, for the theme renders a template for each (a tenth of the page)."""
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select {}" aria-label="Select record">',
            ACTION_CHECKBOX_NAME,
            obj.pk,
            CHECKBOX,
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:  # the theme's annotation is wrong
        return KeysetChangeList
