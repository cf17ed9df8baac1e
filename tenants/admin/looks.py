"""Who looked at whom in the admin: the list of looks, what a record's page says of them, and what pages count."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from tenants.admin.audit import AuditAdmin, users_named
from tenants.admin.day_filters import arrived
from tenants.admin.export_columns import LOOK_COLUMNS
from tenants.admin.exporting import ExportedList
from tenants.admin.list_filters import ExactFilter, TenantFilter, hub_id, one_of
from tenants.admin.sections import LATEST, Section, clipped, moment, record_link
from tenants.audit.looks import PERSONAL, Looks, write_looks
from tenants.entities import model_label
from tenants.models import ApiKey, Entity, Look, Way


class ActorFilter(ExactFilter):
    """Who looked: a user's name, a key's label or how the key begins."""

    title = "user or key"
    parameter_name = "actor"

    def having(self, queryset: QuerySet[Look], values: list[str]) -> QuerySet[Look]:
        named = Q(label__in=values) | Q(prefix__in=[value.rstrip("…") for value in values])
        keys = list(ApiKey.objects.filter(named).values_list("pk", flat=True))
        return queryset.filter(Q(user__in=users_named(values)) | Q(api_key__in=keys))


@admin.register(Look)
class LookAdmin(ExportedList, AuditAdmin):
    """One row for each day, actor and way, and for pages each record."""

    exports = LOOK_COLUMNS
    list_display = ("on", "shop", "seen", "way_taken", "by_whom", "shown", "requests", "records", "last")
    list_filter = (
        TenantFilter,
        one_of("entity", "kind of record", [(entity.value, entity.label) for entity in Entity if entity in PERSONAL]),
        one_of("way", "way", Way.choices),
        ActorFilter,
        hub_id("record", "hub id of the record"),
        arrived("day"),
    )
    named = ("user", "api_key")

    @admin.display(description="day (UTC)")
    def on(self, look: Look) -> str:
        return look.day.isoformat()

    @admin.display(description="saw")
    def seen(self, look: Look) -> str:
        return look.get_entity_display()

    @admin.display(description="how")
    def way_taken(self, look: Look) -> str:
        return look.get_way_display()

    @admin.display(description="by")
    def by_whom(self, row: Look) -> SafeString:
        return clipped(row.user or row.api_key or "–")

    @admin.display(description="record")
    def shown(self, look: Look) -> SafeString | str:
        if look.record is None:
            return "–"
        return record_link(model_label(look.entity).replace(".", "_"), look.record, f"#{look.record}")


def count_page(request: HttpRequest, tenant_id: UUID, entity: Entity, record: int) -> None:
    """Count that the request's user is shown a record's page."""
    write_looks([Looks(tenant_id, entity, Way.PAGE, user_id=request.user.pk, record=record)])


def count_shown(request: HttpRequest, entity: Entity, way: Way, records: Iterable[Any]) -> None:
    """Count that the request's user is shown some records, of one tenant or of several, in a list."""
    shown = Counter(record.tenant_id for record in records)
    write_looks(Looks(tenant, entity, way, user_id=request.user.pk, records=many) for tenant, many in shown.items())


def who_looked(record: Any, entity: Entity) -> Section:
    """Return who has opened a record's page in the admin, the latest days first."""
    looks = Look.objects.filter(tenant_id=record.tenant_id, entity=entity, record=record.pk)
    rows = [
        [
            look.day.isoformat(),
            clipped(look.user or "–"),
            look.get_way_display(),
            f"{look.requests:,}",
            moment(look.last_at),
        ]
        for look in looks.order_by("-pk").prefetch_related("user")[:LATEST]
    ]
    return Section(
        "Who looked at this person" if entity == Entity.CUSTOMERS else "Who looked at this record",
        ("Day (UTC)", "By", "What", "Times", "Last"),
        rows,
        note="Who opened this page or took the consent proof. Lists and the API are counted by day, without names.",
        url=f"{reverse('admin:tenants_look_changelist')}?entity={entity}&record={record.pk}",
        url_text="All looks",
    )
