"""A list of the admin as a file: its rows as they are filtered, searched and sorted, as CSV or XLSX.

It is read as the list's own pages are, from where the last one ended, and goes out as it is read: no file is kept, so
an erasure has none to look for, and a million rows take no more memory than a thousand.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminSelectWidget

from hub.admin.changelist import KeysetChangeList
from hub.admin.keyset import Place
from hub.files.workbooks import MOST_ROWS, XLSX, workbook
from hub.files.writing import csv_line, escaped
from hub.middleware.requests import HubRequest, trace_id
from tenants.admin.access import access_of, tenants_of
from tenants.admin.lists import chosen_tenant
from tenants.audit.events import Actor, record
from tenants.audit.looks import PERSONAL, Looks, write_looks
from tenants.models import AuditKind, Entity, Role, Tenant, Way
from tenants.reading import read_for

A_PAGE = 1000
BROKEN_OFF = "broken off"
FORMATS = [("csv", "CSV"), ("xlsx", "XLSX (Excel)")]
TOO_LONG = f"more rows than a sheet can have ({MOST_ROWS - 1:,}): the rest is left out, take CSV"
CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True)
class ExportColumn:
    """A column of an exported list: its head, the value of a row, and whether it is ticked before anybody chooses."""

    title: str
    value: Callable[[Any], Any]
    usual: bool = True


def cell(value: Any, zone: ZoneInfo) -> str:
    """Write a value as text that no spreadsheet runs: moments in a zone with their offset, booleans as yes and no."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    return escaped(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


class ExportForm(forms.Form):
    """Of which tenant, which columns, as what."""

    tenant = forms.ChoiceField(label="Tenant", widget=UnfoldAdminSelectWidget)
    columns = forms.MultipleChoiceField(
        label="Columns", widget=forms.CheckboxSelectMultiple, error_messages={"required": "Tick a column."}
    )
    format = forms.ChoiceField(label="Format", choices=FORMATS, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, tenants: dict[str, Tenant], columns: Sequence[ExportColumn], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(pk, str(tenant)) for pk, tenant in tenants.items()]
        self.fields["tenant"] = forms.ChoiceField(label="Tenant", choices=choices, widget=UnfoldAdminSelectWidget)
        if len(choices) == 1:
            self.fields["tenant"].widget = forms.HiddenInput()
        ticked: Any = self.fields["columns"]
        ticked.choices = [(str(i), column.title) for i, column in enumerate(columns)]
        self.initial["tenant"] = choices[0][0]
        self.initial["columns"] = [str(i) for i, column in enumerate(columns) if column.usual]


@dataclass
class ListExport:
    """The rows of a list that one tenant has, in the columns chosen; it is recorded where it ends."""

    changelist: KeysetChangeList
    tenant: Tenant
    columns: Sequence[ExportColumn]
    form: str
    what: str
    entity: Entity | None
    actor: Actor
    rows: int = 0
    is_cut: bool = False

    def pieces(self) -> Iterator[bytes]:
        """Yield the file; what is not read to its end is recorded as broken off."""
        said = [BROKEN_OFF]
        try:
            yield from workbook(self._pages()) if self.form == "xlsx" else self._lines()
            said = [TOO_LONG] if self.is_cut else []
        finally:
            with suppress(DatabaseError, InterfaceError):
                self._record(said)

    def _lines(self) -> Iterator[bytes]:
        yield b"\xef\xbb\xbf"  # by which spreadsheets know UTF-8
        for page in self._pages():
            yield b"".join(map(csv_line, page))

    def _pages(self) -> Iterator[list[list[str]]]:
        yield [[column.title for column in self.columns]]
        zone, place = ZoneInfo(self.tenant.time_zone), None
        while found := self._read(place):
            if self.form == "xlsx" and self.rows + len(found) > MOST_ROWS - 1:
                found, self.is_cut = found[: MOST_ROWS - 1 - self.rows], True
            self._count(len(found))
            yield [[cell(column.value(row), zone) for column in self.columns] for row in found]
            if self.is_cut or len(found) < A_PAGE:
                return
            last, field = found[-1], self.changelist.order.field
            place = Place(last.pk, None if field == "pk" else getattr(last, field))

    def _read(self, place: Place | None) -> list[Any]:
        return read_for([self.tenant.pk], lambda: self.changelist.rows(place, newer=False, most=A_PAGE))

    def _count(self, rows: int) -> None:
        if self.entity in PERSONAL and rows:
            looks = Looks(self.tenant.pk, self.entity, Way.EXPORT, user_id=self.actor.user_id, records=rows)
            looks.requests = 0 if self.rows else 1
            write_looks([looks])
        self.rows += rows

    def _record(self, said: Sequence[str]) -> None:
        """Record who took how many rows, filtered by what: by name, for a value may name somebody."""
        filters = [f"by {one.title}" for one in self.changelist.filter_specs if one.words()]
        searched = ["by a search"] if self.changelist.query.strip() else []
        details = [self.what, self.form, f"{self.rows} rows", *filters, *searched, *said]
        record(AuditKind.EXPORTED, self.actor, tenant_id=self.tenant.pk, details=details)


class ExportedList:
    """Mixin, before the ModelAdmin: a list that staff take along as a file. `exports` are the columns of it."""

    exports: Sequence[ExportColumn] = ()
    entity: Entity | None = None

    def get_urls(self) -> list[URLPattern]:
        admin: Any = self
        view = admin.admin_site.admin_view(self.export_view)
        return [path("export/", view, name=f"{self._name}_export"), *super().get_urls()]  # type: ignore[misc]

    @property
    def _name(self) -> str:
        opts = self.opts  # type: ignore[attr-defined]
        return f"{opts.app_label}_{opts.model_name}"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, with a way to take it along for those who may."""
        response: HttpResponse = super().changelist_view(request, extra_context)  # type: ignore[misc]
        shown = (getattr(response, "context_data", None) or {}).get("cl")
        if shown is not None and access_of(request).may(Role.STAFF) and not shown.is_popup:
            shown.export_url = reverse(f"admin:{self._name}_export") + shown.get_query_string(remove=["p"])
        return response

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Ask what of a list is to be taken along and as what; on POST answer with the file."""
        admin: Any = self
        tenants = {str(tenant.pk): tenant for tenant in tenants_of(request.user, Role.STAFF).order_by("name")}
        chosen = chosen_tenant(request)
        if chosen is not None:
            tenants = {pk: tenant for pk, tenant in tenants.items() if tenant.pk == chosen}
        if not tenants:
            raise PermissionDenied
        form = ExportForm(request.POST or None, tenants=tenants, columns=self.exports)
        changelist = admin.get_changelist_instance(request)
        if not form.is_valid():
            return self._export_page(request, form, changelist)
        tenant = tenants[form.cleaned_data["tenant"]]
        changelist.queryset = changelist.queryset.filter(tenant_id=tenant.pk)
        export = ListExport(
            changelist,
            tenant,
            [self.exports[int(number)] for number in form.cleaned_data["columns"]],
            form.cleaned_data["format"],
            str(admin.opts.verbose_name_plural),
            self.entity,
            Actor(request.user.pk, trace_id(HubRequest.of(request))),
        )
        name = f"{tenant.slug}-{admin.opts.model_name}-{datetime.now(UTC):%Y-%m-%d}.{export.form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        kind = XLSX if export.form == "xlsx" else CSV
        return StreamingHttpResponse(export.pieces(), content_type=kind, headers=headers)

    def _export_page(self, request: HttpRequest, form: ExportForm, changelist: KeysetChangeList) -> HttpResponse:
        admin: Any = self
        context = {**admin.admin_site.each_context(request), "opts": admin.opts, "title": "Export a list"}
        context |= {"form": form, "listed": changelist, "what": admin.opts.verbose_name_plural}
        context |= {"address": request.get_full_path(), "most": MOST_ROWS - 1}
        context["back"] = reverse(f"admin:{self._name}_changelist") + changelist.get_query_string()
        return TemplateResponse(request, "tenants/export_list.html", context, status=400 if form.errors else 200)
