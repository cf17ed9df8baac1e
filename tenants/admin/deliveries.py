"""The log of deliveries in the admin: every attempt of 30 days, and the latest ones on a webhook's page."""

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hub.admin.site import KeysetModelAdmin
from tenants.admin.access import TenantScopedAdmin
from tenants.admin.day_filters import arrived
from tenants.admin.list_filters import hub_id, one_of
from tenants.admin.sections import BADGE, LATEST, Section, clipped, moment
from tenants.models import Delivery, Fault, Role, Webhook

COLUMNS = ("When", "Outcome", "Status", "Number", "Attempt", "Milliseconds")


def number_of(delivery: Delivery) -> str:
    """Write the changeset's number; a test event has none."""
    return "test" if delivery.number is None else f"{delivery.number:,}"


def outcome_of(delivery: Delivery) -> SafeString:
    """Say what became of an attempt, on one line."""
    said = delivery.get_fault_display() if delivery.fault else "delivered"
    return format_html('<span class="whitespace-nowrap">{}</span>', said)


def latest(webhook: Webhook) -> Section:
    """Return the latest deliveries of a webhook."""
    rows = [
        [
            moment(delivery.created_at, exact=True),
            outcome_of(delivery),
            delivery.status,
            number_of(delivery),
            delivery.attempt,
            f"{delivery.milliseconds:,}",
        ]
        for delivery in webhook.deliveries.order_by("-pk")[:LATEST]
    ]
    url = f"{reverse('admin:tenants_delivery_changelist')}?webhook={webhook.pk}"
    return Section(
        "Deliveries",
        COLUMNS,
        rows,
        empty="Nothing was sent yet.",
        note="The latest attempts; they are kept for 30 days.",
        url=url if rows else "",
        url_text="All of them",
    )


@admin.register(Delivery)
class DeliveryAdmin(TenantScopedAdmin, KeysetModelAdmin):
    """One row for each attempt. The hub alone writes them, and a list shows all there is."""

    tenant_path = "webhook__tenant_id"
    view_role = Role.ADMIN
    change_role = delete_role = None
    list_display = ("at", "to", "outcome", "status", "which", "attempt", "took")
    list_display_links = None
    list_select_related = ("webhook__tenant",)
    list_filter = (hub_id("webhook", "number of the webhook"), one_of("fault", "fault", Fault.choices), arrived("day"))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None and super().has_view_permission(request)

    @display(description="when")
    def at(self, delivery: Delivery) -> SafeString:
        return moment(delivery.created_at, exact=True)

    @display(description="webhook")
    def to(self, delivery: Delivery) -> SafeString:
        badge = BADGE if delivery.webhook.tenant.is_sandbox else ""
        return format_html("{} {}", clipped(delivery.webhook), badge)

    @display(description="number")
    def which(self, delivery: Delivery) -> str:
        return number_of(delivery)

    @display(description="outcome")
    def outcome(self, delivery: Delivery) -> SafeString:
        return outcome_of(delivery)

    @display(description="milliseconds")
    def took(self, delivery: Delivery) -> str:
        return f"{delivery.milliseconds:,}"
