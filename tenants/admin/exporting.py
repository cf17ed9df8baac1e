"""A list of the admin as a file: its rows as they are filtered, searched and sorted, as CSV or XLSX.

Of a list that the admin counts to its end the file goes out as it is read, and none is kept, so an erasure has none to
look for. A longer one is made in the background (tenants.admin.export_worker) and kept for a day.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminSelectWidget

from hub.admin.changelist import MOST_COUNTED, KeysetChangeList
from hub.files.workbooks import MOST_ROWS, XLSX
from hub.middleware.requests import HubRequest, trace_id
from tenants.admin.access import RANKS, access_of, tenants_of
from tenants.admin.export_rows import XLSX_FORMAT, ExportColumn, ExportParts, ListRows
from tenants.admin.export_taken import (
    BROKEN_OFF,
    TOO_LONG,
    count_taken,
    filters_of,
    query_of,
    record_taken,
)
from tenants.admin.lists import chosen_tenant
from tenants.audit.events import Actor
from tenants.audit.looks import PERSONAL
from tenants.exports import jobs
from tenants.models import Entity, Export, Role, Tenant

FORMATS = [("csv", "CSV"), (XLSX_FORMAT, "XLSX (Excel)")]
KINDS = {"csv": "text/csv; charset=utf-8", XLSX_FORMAT: XLSX}
TOO_MANY = f"You have {jobs.MOST_KEPT} exports already. Delete one under Exports, or wait until one is over."
TICK = {"required": "Tick a column."}


class ExportForm(forms.Form):
    """Of which tenant, which columns, a row for what, as what."""

    tenant = forms.ChoiceField(label="Tenant", widget=UnfoldAdminSelectWidget)
    columns = forms.MultipleChoiceField(label="Columns", widget=forms.CheckboxSelectMultiple, error_messages=TICK)
    per = forms.ChoiceField(label="Rows", required=False, widget=UnfoldAdminSelectWidget)
    part_columns = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    format = forms.ChoiceField(label="Format", choices=FORMATS, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, tenants: dict[str, Tenant], model_admin: "ExportedList", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(pk, str(tenant)) for pk, tenant in tenants.items()]
        self.fields["tenant"] = forms.ChoiceField(label="Tenant", choices=choices, widget=UnfoldAdminSelectWidget)
        if len(choices) == 1:
            self.fields["tenant"].widget = forms.HiddenInput()
        self.initial["tenant"] = choices[0][0]
        self._offer("columns", model_admin.exports)
        if parts := model_admin.export_parts:
            per: Any = self.fields["per"]
            per.choices = [("record", f"A row per {parts.record}"), ("part", f"A row per {parts.noun}")]
            self._offer("part_columns", parts.columns)
            self.fields["part_columns"].label = f"Columns of each {parts.noun}"
        else:
            del self.fields["per"], self.fields["part_columns"]

    def _offer(self, name: str, columns: Sequence[ExportColumn]) -> None:
        ticked: Any = self.fields[name]
        ticked.choices = [(str(i), column.title) for i, column in enumerate(columns)]
        self.initial[name] = [str(i) for i, column in enumerate(columns) if column.usual]

    def titles(self, model_admin: "ExportedList") -> list[str]:
        """Return the titles of the columns chosen."""
        chosen = [model_admin.exports[int(i)].title for i in self.cleaned_data["columns"]]
        if self.by_part and model_admin.export_parts:
            chosen += [model_admin.export_parts.columns[int(i)].title for i in self.cleaned_data["part_columns"]]
        return chosen

    @property
    def by_part(self) -> bool:
        """Whether a row stands for a part."""
        return self.cleaned_data.get("per") == "part"


class ExportedList:
    """Mixin, before the ModelAdmin: a list that staff take along as a file.

    `exports` are the columns of it, `export_parts` what else a row may stand for.
    """

    exports: Sequence[ExportColumn] = ()
    export_parts: ExportParts | None = None
    entity: Entity | None = None

    def get_urls(self) -> list[URLPattern]:
        admin: Any = self
        view = admin.admin_site.admin_view(self.export_view)
        return [path("export/", view, name=f"{self._name}_export"), *super().get_urls()]  # type: ignore[misc]

    @property
    def _name(self) -> str:
        opts = self.opts  # type: ignore[attr-defined]
        return f"{opts.app_label}_{opts.model_name}"

    @property
    def export_role(self) -> Role:
        """The least role that takes the list along: staff, or who alone may see it."""
        return max(Role.STAFF, Role(self.view_role), key=RANKS.__getitem__)  # type: ignore[attr-defined]

    def looks_of(self, rows: Sequence[Any]) -> Counter[Entity]:
        """Return of how many persons' records some rows tell, by entity."""
        return Counter({self.entity: len(rows)} if self.entity in PERSONAL else ())

    def rows_of(self, changelist: KeysetChangeList, tenant: Tenant, titles: Sequence[str], **how: Any) -> ListRows:
        """Return the rows that a tenant has of the list, in the columns with some titles."""
        changelist.queryset = changelist.queryset.filter(tenant_id=tenant.pk).select_related(None)
        columns = [column for column in self.exports if column.title in titles]
        of_parts = [column for column in how["parts"].columns if column.title in titles] if how.get("parts") else []
        return ListRows(changelist, tenant, columns, part_columns=of_parts, looks=self.looks_of, **how)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, with a way to take it along for those who may."""
        response: HttpResponse = super().changelist_view(request, extra_context)  # type: ignore[misc]
        shown = (getattr(response, "context_data", None) or {}).get("cl")
        if shown is not None and access_of(request).may(self.export_role) and not shown.is_popup:
            shown.export_url = reverse(f"admin:{self._name}_export") + shown.get_query_string(remove=["p"])
        return response

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Ask what of a list is to be taken along and as what; on POST answer with the file, or have it made."""
        tenants = {str(tenant.pk): tenant for tenant in tenants_of(request.user, self.export_role).order_by("name")}
        chosen = chosen_tenant(request)
        if chosen is not None:
            tenants = {pk: tenant for pk, tenant in tenants.items() if tenant.pk == chosen}
        if not tenants:
            raise PermissionDenied
        form = ExportForm(request.POST or None, tenants=tenants, model_admin=self)
        changelist: KeysetChangeList = self.get_changelist_instance(request)  # type: ignore[attr-defined]
        if not form.is_valid():
            return self._export_page(request, form, changelist)
        tenant, titles = tenants[form.cleaned_data["tenant"]], form.titles(self)
        parts = self.export_parts if form.by_part else None
        rows = self.rows_of(changelist, tenant, titles, form=form.cleaned_data["format"], parts=parts)
        if changelist.count().is_exact:
            return self._streamed(request, rows)
        return self._deferred(request, form, rows)

    def _streamed(self, request: HttpRequest, rows: ListRows) -> HttpResponseBase:
        actor = Actor(request.user.pk, trace_id(HubRequest.of(request)))
        return file_response(taken(rows, actor, self._what), rows.tenant, self._named, rows.form)

    def _deferred(self, request: HttpRequest, form: ExportForm, rows: ListRows) -> HttpResponseBase:
        """Have the file made in the background, and lead to the page that says how far it is."""
        asker: Any = request.user
        query, may_name = query_of(request, self)
        asked: dict[str, Any] = {"query": query, "may_name": may_name, "filters": filters_of(rows.changelist)}
        asked |= {"listing": self.opts.label_lower, "columns": form.titles(self)}  # type: ignore[attr-defined]
        asked |= {"by_part": form.by_part, "format": rows.form}
        try:
            export = jobs.ask(rows.tenant, asker.pk, trace_id(HubRequest.of(request)), **asked)
        except jobs.TooMany:
            form.add_error(None, TOO_MANY)
            return self._export_page(request, form, rows.changelist)
        return HttpResponseRedirect(reverse("admin:tenants_export_change", args=[export.pk]))

    @property
    def _what(self) -> str:
        return str(self.opts.verbose_name_plural)  # type: ignore[attr-defined]

    @property
    def _named(self) -> str:
        return str(self.opts.model_name)  # type: ignore[attr-defined]

    def _export_page(self, request: HttpRequest, form: ExportForm, changelist: KeysetChangeList) -> HttpResponse:
        admin: Any = self
        context = {**admin.admin_site.each_context(request), "opts": admin.opts, "title": "Export a list"}
        context |= {"form": form, "listed": changelist, "what": self._what}
        context |= {"address": request.get_full_path(), "most": MOST_ROWS - 1, "most_direct": MOST_COUNTED}
        context["back"] = reverse(f"admin:{self._name}_changelist") + changelist.get_query_string()
        return TemplateResponse(request, "tenants/export_list.html", context, status=400 if form.errors else 200)


def taken(rows: ListRows, by: Actor, what: str) -> Iterator[bytes]:
    """Yield a list as a file, and record who took it; what is not read to its end is recorded as broken off."""
    rows.seen = lambda looked: count_taken(rows.tenant, by, looked, begins=not rows.read)
    said = [BROKEN_OFF]
    try:
        yield from rows.pieces()
        said = [TOO_LONG] if rows.is_cut else []
    finally:
        with suppress(DatabaseError, InterfaceError):
            record_taken(rows.tenant, by, what, rows.form, rows.rows, [*filters_of(rows.changelist), *said])


def file_response(
    pieces: Iterator[bytes], tenant: Tenant, named: str, form: str, headers: Mapping[str, str] | None = None
) -> StreamingHttpResponse:
    """Answer with a file piece by piece, named by its tenant, what it has, and the day."""
    name = f"{tenant.slug}-{named}-{datetime.now(UTC):%Y-%m-%d}.{form}"
    sent = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store", **(headers or {})}
    return StreamingHttpResponse(pieces, content_type=KINDS[form], headers=sent)


def as_asked(export: Export, model_admin: ExportedList, changelist: KeysetChangeList) -> ListRows:
    """Return the rows of an export that was asked for before."""
    parts = model_admin.export_parts if export.by_part else None
    return model_admin.rows_of(changelist, export.tenant, export.columns, form=export.format, parts=parts)
