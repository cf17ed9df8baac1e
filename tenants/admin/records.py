"""The admin of records: browsed by identifiers, deleted by the API's own functions, each with its history."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from django.contrib import messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import action

from hub.admin.changelist import KeysetChangeList
from hub.admin.pasting import pasted
from hub.admin.site import KeysetModelAdmin
from hub.middleware.requests import HubRequest, trace_id
from tenants.admin.access import TenantScopedAdmin, access_of, by_tenant, tenant_ids_of, tenants_by_id
from tenants.admin.head import Head
from tenants.admin.lists import ReplicatedList, of_staff, one_tenant
from tenants.admin.looks import count_page, count_shown, who_looked
from tenants.admin.palette import Findable
from tenants.admin.question import Question, chosen_ids, counted, question_page
from tenants.admin.reasons import reason_form
from tenants.admin.record_pages import RecordPage
from tenants.admin.saved_views import ListWithViews
from tenants.admin.searching import Column, as_pasted, first_ids, hub_ids_in, otherwise, searches_words
from tenants.admin.sections import Section, day, history, moment, named
from tenants.audit.looks import PERSONAL
from tenants.changes.changesets import Origin, Receipt
from tenants.models import Entity, Role, Source, Tenant, Way


def origin_of(request: HttpRequest, reason: str = "") -> Origin:
    """Return what a member's writes are recorded under, with why they are made where that was said."""
    user, trace = request.user, trace_id(HubRequest.of(request))
    return Origin(Source.ADMIN, user.get_username(), trace, user_id=user.pk, reason=reason)


class RecordAdmin(ReplicatedList, ListWithViews, Findable, TenantScopedAdmin, KeysetModelAdmin):
    """A tenant's records: read-only but for what a subclass lets staff edit.

    `identifiers` are the columns a search looks at, each the second column of an index on (tenant, …). The box says
    `search_help_text`, a few words, and `search_help` stands below it. `pages` are what the menu of a record leads to.
    """

    entity: Entity
    identifiers: tuple[str, ...] = ()
    search_help = ""
    pages: tuple[RecordPage, ...] = ()
    list_select_related = ("tenant",)
    actions: tuple[Any, ...] = ("delete_selected",)
    change_form_template = "tenants/record.html"
    deletes = "Delete"  # what deleting a record is called

    @display(description="tenant")
    def shop(self, record: Any) -> SafeString:
        """The tenant's name, for the lists of those who see several."""
        return named(record.tenant)

    @display(description="created")
    def came(self, record: Any) -> SafeString:
        """When the record was created."""
        return moment(record.created_at)

    @display(description="created")
    def created(self, record: Any) -> SafeString:
        """The day on which the record was created."""
        return day(record.created_at)

    @display(description="updated")
    def changed(self, record: Any) -> SafeString:
        """When the record was last changed."""
        return moment(record.updated_at)

    @display(description="hub id")
    def hub_id(self, record: Any) -> int:
        """What changes and downstream systems name the record by."""
        return int(record.pk)

    def get_list_display(self, request: HttpRequest) -> Sequence[Any]:
        """Return the columns; the tenant's name is one only for those who see several."""
        several = access_of(request).sees_several
        return [column for column in self.list_display if several or column != "shop"]

    def sorted_within(self, request: HttpRequest, changelist: KeysetChangeList) -> dict[str, Any] | None:
        """Return the one tenant whose records are listed: the indexes of identifiers begin with the tenant."""
        return one_tenant(request, changelist)

    def may_act(self, request: HttpRequest, row: Any) -> bool:
        return access_of(request).may(Role.STAFF, row.tenant_id)

    def all_of(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().all_of(request, of_staff(request, queryset))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, and count that its user saw whom it shows."""
        response = super().changelist_view(request, extra_context)
        shown = (getattr(response, "context_data", None) or {}).get("cl")
        if shown:
            shown.search_note = self.search_note(request)
        if shown and self.entity in PERSONAL:
            count_shown(request, self.entity, Way.LIST, shown.result_list)
        return response

    # Searching

    def search_note(self, request: HttpRequest) -> str:
        """Return what a search can't find yet, in a sentence; nothing where it finds all."""
        return ""

    @property
    def named_by(self) -> tuple[str, ...]:  # type: ignore[override]
        """What is shown beside a record that Ctrl+K finds: its identifiers."""
        return self.identifiers

    def count_found(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Count whom a search shows as a list does."""
        if self.entity in PERSONAL:
            count_shown(request, self.entity, Way.LIST, rows)

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        return self.identifiers

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Keep the records one of whose identifiers is what was pasted or begins with it, or whose hub id it is.

        And those that its words find.
        """
        readings = pasted(search_term)
        if not readings:
            return queryset, False
        within = queryset.filter(tenant_id__in=tenant_ids_of(request)).order_by().select_related(None)
        columns = self.columns(request, within)
        conditions = chain.from_iterable(map(self.conditions, readings))
        ids = list(chain.from_iterable(first_ids(within.filter(condition)) for condition in conditions))
        ids += as_pasted(columns, readings)
        ids += self.by_words(request, within, readings[-1]) if searches_words(readings) else []
        ids = ids or otherwise(columns, readings)
        return queryset.filter(pk__in={*hub_ids_in(readings), *ids}), False

    def columns(self, request: HttpRequest, within: QuerySet[Any]) -> list[Column]:
        """Return what a search looks at: `identifiers`, of the records `within`."""
        return [Column(within, name) for name in self.identifiers]

    def conditions(self, term: str) -> list[Q]:
        """Return what a search term asks of records beside identifiers, each looked up in an index of its own."""
        return []

    def by_words(self, request: HttpRequest, within: QuerySet[Any], text: str) -> list[int]:
        """Return the hub ids of records, of those `within`, that the words of a text find beside identifiers."""
        return []

    # Deleting

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.delete_many_view)
        pages = [page.pattern(self) for page in self.pages]
        return [path("delete/", view, name=f"{self.url_name}_delete_many"), *pages, *super().get_urls()]

    @action(description="Delete…", permissions=["delete"])  # type: ignore[untyped-decorator]
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """Ask before deleting the records chosen in the list."""
        return self.ask(request, self.deletion(list(queryset)))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Ask before deleting one record; who does not leads back to its page."""
        record = self.record_or_404(request, object_id)
        return self.ask(request, replace(self.deletion([record]), back=self.record_url(record.pk)))

    def delete_many_view(self, request: HttpRequest) -> HttpResponse:
        """Delete the records that a confirmation page named, those of each tenant as one changeset."""
        chosen = chosen_ids(request)
        records = list(self.get_queryset(request).filter(pk__in=chosen))
        groups = by_tenant(records)
        tenants = tenants_by_id(request, Role.STAFF, groups)
        form = reason_form(records, request.POST)
        if not form.is_valid():
            return self.ask(request, replace(self.deletion(records), form=form), status=400)
        origin = origin_of(request, form.cleaned_data["reason"])
        done = [
            self.delete_records(tenants[tenant_id], [record.pk for record in group], origin)
            for tenant_id, group in groups.items()
        ]
        self.message_user(request, self.deleted_text(done), messages.SUCCESS)
        return HttpResponseRedirect(self.returning(request, self.list_url()))

    def deletion(self, records: Sequence[Any]) -> Question:
        """Return the question asked before records, of one tenant or several, are deleted."""
        raise NotImplementedError

    def delete_records(self, tenant: Tenant, ids: Sequence[int], origin: Origin) -> Receipt:
        """Delete records of one tenant by hub id, as one changeset; return the receipt."""
        raise NotImplementedError

    def deleted_text(self, done: Sequence[Receipt]) -> str:
        """Say what a deletion did."""
        return f"{counted(sum(receipt.removed for receipt in done), self.opts)} deleted."

    # Pages

    def record_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """Return a record; raises Http404 where the user sees none, PermissionDenied where they may not delete it."""
        record = self.get_object(request, object_id)
        if record is None:
            raise Http404
        if not self.has_delete_permission(request, record):
            raise PermissionDenied
        return record

    def ask(self, request: HttpRequest, question: Question, *, status: int = 200) -> HttpResponse:
        """Show a confirmation page, which asks why; again, with what is wrong, where its answer was refused.

        Raises PermissionDenied where the user is not staff of every record's tenant.
        """
        question = question if question.form else replace(question, form=reason_form(question.records))
        return question_page(self, request, question, status=status)

    @property
    def url_name(self) -> str:
        """The beginning of the names of this model's addresses."""
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def list_url(self) -> str:
        """Return the address of the list."""
        return reverse(f"admin:{self.url_name}_changelist")

    def record_url(self, pk: int) -> str:
        """Return the address of a record's page."""
        return reverse(f"admin:{self.url_name}_change", args=[pk])

    def delete_url(self) -> str:
        """Return where a confirmation page sends what is to be deleted."""
        return reverse(f"admin:{self.url_name}_delete_many")

    def menu(self, request: HttpRequest, record: Any) -> list[tuple[str, RecordPage]]:
        """Return what the menu at a record's head leads to: the address and the page of each that the user may open.

        What destroys comes last, and deleting the record at the very end.
        """
        deleting = RecordPage(f"{self.deletes}…", "delete", RecordAdmin.delete_view, destroys=True)
        mine = [page for page in (*self.pages, deleting) if page.title and page.may_open(request, record)]
        ordered = sorted(mine, key=lambda page: page.destroys)
        return [(self.returning(request, page.url(self.url_name, record.pk)), page) for page in ordered]

    def head(self, request: HttpRequest, record: Any) -> Head:
        """Return what a record's page says first."""
        return Head(str(record), tenant=self.tenant_in_head(request, record))

    def tenant_in_head(self, request: HttpRequest, record: Any) -> SafeString | str:
        """Return the record's tenant for its head, "" for those who see one alone."""
        return named(record.tenant) if access_of(request).sees_several else ""

    def glance(self, record: Any) -> list[Section]:
        """Return what stands beside what staff edit of a record."""
        return []

    def sections(self, record: Any) -> list[Section]:
        """Return what stands below a record's fields."""
        return []

    def history(self, record: Any) -> list[Section]:
        """Return what tells of the changes to a record."""
        return [history(record, self.entity)]

    def looks(self, request: HttpRequest, record: Any) -> list[Section]:
        """Count that the user is shown a record that says something of a person; return who was, for admins."""
        if self.entity not in PERSONAL:
            return []
        count_page(request, record.tenant_id, self.entity, record.pk)
        return [who_looked(record, self.entity)] if access_of(request).may(Role.ADMIN, record.tenant_id) else []

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Show the record's sections and its history below the fields; to the tenant's admins also who looked at it."""
        if obj is not None:
            context |= {"head": self.head(request, obj), "menu": self.menu(request, obj), "glance": self.glance(obj)}
            context["sections"] = [*self.sections(obj), *self.history(obj), *self.looks(request, obj)]
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False, "show_delete": False}
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show the changesets that touched the record."""
        if self.get_object(request, object_id) is None:
            raise Http404
        changes = reverse("admin:tenants_changeset_changelist")
        return HttpResponseRedirect(f"{changes}?record={self.opts.app_label}:{object_id}")
