"""The admin site, and what every model's admin stands on."""

from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.admin import ShowFacets, display
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation, ValidationError
from django.core.paginator import InvalidPage
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from hub.admin.changelist import MOST_COUNTED, HubChangeList, KeysetChangeList
from hub.admin.navigation import sidebar
from hub.admin.palette import Group, find, term_of
from hub.admin.pasting import pasted
from hub.admin.refusals import refusal_page
from hub.admin.table import Sort
from hub.middleware.refused import BAD_REQUEST, FORBIDDEN, NOT_FOUND
from hub.sql.bigint import is_bigint

FILTERS = "_changelist_filters"
CHECKBOX = "hub-check"  # the classes of the theme's own box have 700 bytes, and a list of customers 350 boxes


class HubAdminSite(UnfoldAdminSite):
    """The admin: what is not there, or not yours, or can't be meant, is a page that says so."""

    index_title = "Data health"
    index_template = "tenants/home.html"

    def admin_view(self, view: Callable[..., HttpResponseBase], cacheable: bool = False) -> Any:
        def found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                _without_nul(request)
                return view(request, *args, **kwargs)
            except Http404:
                return refusal_page(request, NOT_FOUND)
            except PermissionDenied:
                return refusal_page(request, FORBIDDEN)
            except (BadRequest, SuspiciousOperation, InvalidPage):
                return refusal_page(request, BAD_REQUEST)

        return super().admin_view(update_wrapper(found, view), cacheable)

    def get_urls(self) -> list[Any]:
        pages = [
            path(f"{name}/", self.admin_view(import_string(view)), name=name)
            for name, view in settings.ADMIN_PAGES.items()
        ]
        return [path("session/", self.admin_view(self.session), name="session"), *pages, *super().get_urls()]

    def session(self, request: HttpRequest) -> HttpResponse:
        """Say who is logged in, and with which token their forms are sent: asked before what was typed is sent."""
        return JsonResponse({"user": str(request.user.pk), "token": get_token(request)})

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Search everything that the user may see: as a page, or the results alone for the box that Ctrl+K opens."""
        term, is_part = term_of(request), "part" in request.GET
        context = {"term": term, "groups": find(self, request, term) if term else [], "is_part": is_part}
        if not is_part:
            context |= {**self.each_context(request), "title": "Search"}
        template = "admin/palette_results.html" if is_part else "admin/search.html"
        return TemplateResponse(request, template, context, headers={"Cache-Control": "no-store"})

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        return sidebar(self, request)


def _without_nul(request: HttpRequest) -> None:
    """Take the character U+0000 out of a form: the database stores it in no text, and pasted text brings it unseen.

    Raise BadRequest for a password that has it: whoever sets one is to know what it is.
    """
    holding = {name for name, values in request.POST.lists() if any("\0" in value for value in values)}
    if any("password" in name for name in holding):
        raise BadRequest
    if holding:
        form = request.POST.copy()
        for name in holding:
            form.setlist(name, [value.replace("\0", "") for value in form.getlist(name)])
        request.POST = form  # type: ignore[assignment]


class HubModelAdmin(ModelAdmin):
    """What every admin of the hub stands on: what is missing is a 404, and Django's log is not written.

    Addresses and forms hold what its filters and its lists offer; any other look-up is a 400.
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

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:  # the theme's annotation is wrong
        return HubChangeList

    # The list that somebody came from

    def get_preserved_filters(self, request: HttpRequest) -> str:
        """Return `_changelist_filters=…` for addresses that lead back: what the list takes of what it was asked for."""
        kept: str = super().get_preserved_filters(request)
        asked = QueryDict(QueryDict(kept).get(FILTERS, ""), mutable=True)
        for name in {*asked} - {ORDER_VAR, PAGE_VAR, SEARCH_VAR}:
            if not self.lookup_allowed(name, "", request):
                del asked[name]
        return urlencode({FILTERS: asked.urlencode()}) if asked else ""

    def returning(self, request: HttpRequest, url: str) -> str:
        """Return an address of this model's with the list's filters: the list as it was, or what leads back to it."""
        context = {"opts": self.opts, "preserved_filters": self.get_preserved_filters(request)}
        return str(add_preserved_filters(context, url))

    def find(self, request: HttpRequest, term: str) -> Group | None:
        """Return what the search over everything finds here; nothing where a subclass does not say."""
        return None

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow what the filters offer, and no other look into the data. So a filter must be a class of the hub's."""
        return lookup in {name for list_filter in self.list_filter for name in list_filter.parameters()}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return what a form for something new begins with: nothing that stands in its address."""
        return {}

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Run an action on what was chosen in the list; raises BadRequest for what can't be the key of a row."""
        if not all(map(self._may_be_key, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            raise BadRequest
        if request.POST.get("select_across") == "1":
            queryset = self.all_of(request, queryset)
        response: HttpResponse | None = super().response_action(request, queryset)
        return response

    def all_of(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of a list that an action takes when all of it is chosen, more than the page shows."""
        return queryset

    def _may_be_key(self, text: str) -> bool:
        key = self.opts.pk
        try:
            return is_bigint(text) if isinstance(key.to_python(text), int) else True
        except ValidationError:
            return False

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        raise Http404

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Write no LogEntry."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Write no LogEntry."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Write no LogEntry."""


class KeysetModelAdmin(HubModelAdmin):
    """The admin of a model with millions of rows and an integer key: lists by hub id, newest first, counted to 10,000.

    `sorts` are what the heads of columns sort by, each of them served by an index: `pk`, and within what
    `sorted_within` names, texts. An action takes `most_at_once` rows.
    """

    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-pk",)
    sortable_by = ()
    sorts: Mapping[str, Sequence[Sort]] = {}
    most_at_once = MOST_COUNTED

    def sorted_within(self, request: HttpRequest, changelist: KeysetChangeList) -> dict[str, Any] | None:
        """Return what rows must have in common to be sorted by an index that begins with it; None: no such index."""
        return None

    def may_act(self, request: HttpRequest, row: Any) -> bool:
        """Tell whether the user may run actions on a row."""
        return True

    def all_of(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset[: self.most_at_once]

    @display(description=ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, obj: Model) -> SafeString:
        """The box that chooses a row: written out, for the theme renders a template for each (a tenth of the page)."""
        if not getattr(obj, "may_act", True):
            return SafeString("")
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select {}" aria-label="Select {}">',
            ACTION_CHECKBOX_NAME,
            obj.pk,
            CHECKBOX,
            obj,
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return KeysetChangeList
