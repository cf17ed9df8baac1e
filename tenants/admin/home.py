"""The home page of the admin: the data health of the tenants one may see, each figure linked to the list behind it."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.http import Http404, HttpRequest

from tenants.admin import cards
from tenants.admin.access import tenants_of, write_times_in
from tenants.admin.figures import gather
from tenants.models import Entity, Role, Tenant


class Health:
    """The data health of some tenants, added up: an attribute for each thing the home page shows."""

    def __init__(self, tenants: Sequence[Tenant]) -> None:
        facts = gather(tenants)
        self.tenant, self.figures = facts.tenant, facts.figures
        self.is_empty = not facts.days and not any(facts.figures[entity] for entity in Entity)
        self.as_of = min((snapshot.taken_at for snapshot in facts.snapshots), default=None)
        self.unmeasured = len(tenants) - len(facts.snapshots)
        self.records = cards.records(facts)
        self.received_today, self.received_week = cards.received_today(facts), cards.received_week(facts)
        self.chart, self.chart_options = cards.chart(facts), orjson.dumps(cards.CHART_OPTIONS).decode()
        self.syncs = cards.syncs(facts)
        self.consents = cards.consents(facts)
        self.faults = cards.faults(facts)
        self.worst_skus, self.unknown_skus_url = cards.worst_skus(facts), cards.unknown_skus_url(facts)
        self.failed_requests = cards.failed_requests(facts)


def add_health(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the data health to the home page (unfold's DASHBOARD_CALLBACK). Raises Http404 for another's tenant."""
    mine = list(tenants_of(request.user).order_by("name"))
    slug = request.GET.get("tenant", "")
    real = [tenant for tenant in mine if not tenant.is_sandbox] or mine
    chosen = [tenant for tenant in mine if tenant.slug == slug] if slug else real
    if slug and not chosen:
        raise Http404
    write_times_in(tenant.time_zone for tenant in chosen)
    configured = [*{*tenants_of(request.user, Role.ADMIN)} & {*chosen}]
    return {**context, "tenants": mine, "health": Health(chosen) if chosen else None} | {
        "real_tenants": real,
        "may_add_tenant": request.user.is_superuser,
        "may_configure": len(chosen) == len(configured) == 1,
        "unused_keys": cards.unused(configured) if configured else None,  # keys are the admins' to see
        "troubled_webhooks": cards.troubled(configured) if configured else [],  # so are webhooks
    }
