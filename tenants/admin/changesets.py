"""The history in the admin: every changeset, who made it, through what, and which records it touched."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from hub.admin.pasting import pasted, trace_id_in
from tenants.admin.access import tenant_ids_of
from tenants.admin.day_filters import arrived
from tenants.admin.export_columns import CHANGESET_COLUMNS
from tenants.admin.exporting import ExportedList
from tenants.admin.history import in_trace
from tenants.admin.list_filters import ActorFilter, ExactFilter, TenantFilter, one_of
from tenants.admin.lists import ReplicatedList
from tenants.admin.looks import count_shown
from tenants.admin.palette import Findable
from tenants.admin.requests import request_of
from tenants.admin.searching import hub_ids_in
from tenants.admin.sections import ARRAYS, Section, clipped, record_link, touching
from tenants.admin.undo import UndoAdmin
from tenants.audit.looks import PERSONAL
from tenants.entities import model_label
from tenants.models import Changeset, Entity, Operation, Source, Way

MOST_RECORDS = 200  # named on a changeset's page, for each kind of change


class RecordFilter(ExactFilter):
    """The changesets that touched a record, named as `customers:123`."""

    title = "record, as customers:123"
    parameter_name = "record"

    def having(self, queryset: QuerySet[Changeset], values: list[str]) -> QuerySet[Changeset]:
        meant = _record_in(values[0])
        return touching(queryset, *meant) if meant else queryset.none()

    def mistake(self) -> str:
        return "" if _record_in(self.words()) else f"{self.words()} is not a record: write customers:1784."


def _record_in(text: str) -> tuple[Entity, int] | None:
    """Return the record that a text names; None where it names none."""
    entity, _, rest = text.partition(":")
    hub_ids = hub_ids_in(pasted(rest))
    return (Entity(entity.lower()), hub_ids[0]) if entity.lower() in Entity.values and hub_ids else None


@admin.register(Changeset)
class ChangesetAdmin(ExportedList, ReplicatedList, Findable, UndoAdmin):
    """One row for each write that changed something; nobody edits or deletes history."""

    exports = CHANGESET_COLUMNS
    list_display = ("at", "shop", "number", "entity", "what", "through", "by", "created", "updated", "deleted")
    list_filter = (
        TenantFilter,
        one_of("entity", "kind of record", Entity.choices),
        one_of("operation", "what", Operation.choices),
        one_of("source", "source", Source.choices),
        ActorFilter,
        RecordFilter,
        arrived("day"),
    )
    search_fields = ("number",)
    search_help_text = "Number or trace id of a changeset"
    fieldsets = (
        (
            "Changeset",
            {
                "fields": (
                    ("number", "at"),
                    ("entity", "what"),
                    ("through", "by"),
                    "why",
                    ("received", "unchanged"),
                    "tenant",
                    ("trace_id", "came_with"),
                    ("takes_back", "taken_back_by"),
                    "until",
                )
            },
        ),
    )
    readonly_fields = ("at", "what", "through", "by", "why", "came_with", "takes_back", "taken_back_by", "until")
    change_form_outer_after_template = "tenants/record_sections.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Changeset]:
        """Return changesets with the sizes of their arrays in place of the arrays."""
        sizes = {f"many_{name}": Func(F(name), function="cardinality", output_field=IntegerField()) for name in ARRAYS}
        found: QuerySet[Changeset] = super().get_queryset(request).defer(*ARRAYS).annotate(**sizes)
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Changeset], search_term: str
    ) -> tuple[QuerySet[Changeset], bool]:
        """Keep the changesets with a number or a trace id."""
        readings = pasted(search_term)
        if not readings:
            return queryset, False
        if numbers := hub_ids_in(readings):
            return queryset.filter(tenant_id__in=tenant_ids_of(request), number__in=numbers), False
        return in_trace(queryset, search_term), False

    def may_name(self, term: str) -> bool:
        return bool(hub_ids_in(pasted(term)) or trace_id_in(term))

    @admin.display(description="what")
    def what(self, changeset: Changeset) -> str:
        return changeset.get_operation_display()

    @admin.display(description="through")
    def through(self, changeset: Changeset) -> str:
        return changeset.get_source_display()

    @admin.display(description="why")
    def why(self, changeset: Changeset) -> str:
        return changeset.reason

    @admin.display(description="request")
    def came_with(self, changeset: Changeset) -> SafeString | str:
        return request_of(changeset)

    @admin.display(description="by")
    def by(self, changeset: Changeset) -> SafeString:
        return clipped(changeset.actor)

    @admin.display(description="created")
    def created(self, changeset: Any) -> int:
        return int(changeset.many_created_ids)

    @admin.display(description="updated")
    def updated(self, changeset: Any) -> int:
        return int(changeset.many_updated_ids)

    @admin.display(description="deleted")
    def deleted(self, changeset: Any) -> int:
        return int(changeset.many_deleted_ids)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Changeset | None = None, **kwargs: Any
    ) -> HttpResponse:
        """Name the records below the fields."""
        if obj is not None:
            context["sections"] = changeset_sections(request, obj)
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response


def changeset_sections(request: HttpRequest, changeset: Changeset) -> list[Section]:
    """Return a section for each kind of change: the records, linked where they are still there.

    Count that the request's user saw those that say something of a person.
    """
    touched = {"Created": changeset.created_ids, "Updated": changeset.updated_ids, "Deleted": changeset.deleted_ids}
    model = apps.get_model(model_label(changeset.entity))._default_manager.filter(tenant_id=changeset.tenant_id)
    named = [pk for ids in touched.values() for pk in ids[:MOST_RECORDS]]
    found = model.in_bulk(named) if named else {}
    if changeset.entity in PERSONAL:
        count_shown(request, Entity(changeset.entity), Way.CHANGESET, found.values())
    return [_records(changeset, title, ids, found) for title, ids in touched.items() if ids]


def _records(changeset: Changeset, title: str, ids: Sequence[int], found: Mapping[int, Any]) -> Section:
    label = model_label(changeset.entity)
    named = ids[:MOST_RECORDS]
    rows = [[_named(label, pk, found.get(pk)), str(found.get(pk, "no longer there"))] for pk in named]
    return Section(
        f"{title}: {len(ids):,}",
        ("Hub id", "Record"),
        rows,
        note=f"The first {MOST_RECORDS}." if len(ids) > MOST_RECORDS else "",
    )


def _named(label: str, pk: int, record: Any) -> SafeString | str:
    return record_link(label.replace(".", "_"), pk, f"#{pk}") if record else f"#{pk}"
