"""The cards of the home page, a function each: what one shows of some tenants' facts."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import orjson
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from tenants.admin.figures import Facts, Figure, LastSync, list_address, page_address
from tenants.entities import model_label
from tenants.health import last_received, opted_in_against_staff, refused_weeks
from tenants.keys import unused_keys
from tenants.models import (
    STOPPED,
    ApiKey,
    Entity,
    LoggedRequest,
    QuarantinedRecord,
    QuarantineState,
    Tenant,
    Webhook,
)
from tenants.requests.summary import mistaken

DAYS = 30
FAILING = timedelta(hours=1)  # of a webhook that is worth a message
CHANNELS = {
    "email_optin": "E-mail",
    "sms_optin": "SMS",
    "whatsapp_optin": "WhatsApp",
    "app_push_optin": "App push",
    "gdpr_optin": "GDPR",
}
# What to do about a figure, and the link that leads there.
ADVICE = {
    "products": ("Ask the partner to send these products; the orders mend themselves then.", "Which SKUs"),
    "customers": ("Ask the partner to send these customers; the orders find them by themselves then.", "Which orders"),
    "stock": ("If the shop has them, ask the partner to send these products anew.", "Which products"),
    "refused": ("See what is wrong, and send the partner the trace ids.", "Which requests"),
    "quarantine": ("Correct each and send it again, or dismiss it.", "Decide"),
    "consents": ("Check that the person asked for it; else opt them out again, and tell the partner.", "Whose"),
    "keys": ("Revoke those that nobody needs any more.", "Which keys"),
}
COLOURS = {
    Entity.CUSTOMERS: "var(--color-primary-600)",
    Entity.ORDERS: "var(--color-primary-400)",
    Entity.PRODUCTS: "var(--color-base-400)",
}
AXIS = {"stacked": True, "border": {"display": False}, "ticks": {"color": "#9ca3af", "maxTicksLimit": 6}}
CHART_OPTIONS = {
    "animation": False,
    "maintainAspectRatio": False,
    "maxBarThickness": 18,
    "interaction": {"mode": "index"},
    "plugins": {"legend": {"align": "end", "labels": {"boxWidth": 8, "boxHeight": 8, "color": "#9ca3af"}}},
    "scales": {"x": {**AXIS, "grid": {"display": False}}, "y": {**AXIS, "beginAtZero": True}},
}


def records(facts: Facts) -> list[Figure]:
    """Customers, orders and products."""
    return [facts.figure(entity.label, entity, model_label(entity)) for entity in Entity]


def received_today(facts: Facts) -> Figure:
    """Records received today."""
    today = sum(day.received for day in facts.days if day.age == 0)
    return Figure("Received today", today, facts.list_url("tenants.changeset", created_at_from=str(facts.today)))


def received_week(facts: Facts) -> Figure:
    """Records received in the last seven days, against the seven before."""
    return Figure("Received in 7 days", facts.week(0, "received"), before=facts.week(7, "received"))


def chart(facts: Facts) -> str:
    """The records received on each of the last 30 days, as Chart.js wants it."""
    ages = range(DAYS - 1, -1, -1)
    data = {
        "labels": [f"{facts.today - timedelta(days=age):%-d %b}" for age in ages],
        "datasets": [_dataset(facts, entity, ages) for entity in Entity],
    }
    return orjson.dumps(data).decode()


def _dataset(facts: Facts, entity: Entity, ages: Iterable[int]) -> dict[str, Any]:
    received = {day.age: day.received for day in facts.days if day.entity == entity}
    return {
        "label": entity.label,
        "backgroundColor": COLOURS[entity],
        "data": [received.get(age, 0) for age in ages],
    }


def syncs(facts: Facts) -> list[LastSync]:
    """When partners last sent something, by entity."""
    found = last_received(facts.ids)
    return [
        LastSync(entity.label, found.get(entity), facts.list_url("tenants.changeset", entity=entity.value))
        for entity in Entity
    ]


def consents(facts: Facts) -> list[Figure]:
    """How many customers said yes, by channel."""
    return [
        facts.figure(label, flag, "customers.customer", of="customers", good=True, **{flag: "yes"})
        for flag, label in CHANNELS.items()
    ]


def faults(facts: Facts) -> list[Figure]:
    """What asks for somebody's attention."""
    return [
        unknown_skus(facts),
        _advised(_orders(facts, "Orders without a customer", "orders_without_customer", of="orders"), "customers"),
        _advised(_variants(facts, "Variants out of stock", "variants_without_stock", "out"), "stock"),
        _advised(_variants(facts, "Variants not available", "variants_unavailable", "some"), "stock"),
        facts.figure("Customers excluded", "is_excluded", "customers.customer", of="customers", is_excluded="yes"),
        _advised(refused(facts), "refused"),
        _advised(quarantined(facts), "quarantine"),
        _advised(opted_in_again(facts), "consents"),
    ]


def _advised(figure: Figure, about: str) -> Figure:
    """Return a figure with what to do about it, in the list behind it."""
    advice, act = ADVICE[about]
    return replace(figure, advice=advice, act=act, act_href=figure.href)


def unknown_skus(facts: Facts) -> Figure:
    """Order lines whose SKU no variant has, with the page that has all of these SKUs."""
    figure = _orders(facts, "Order lines whose SKU no variant has", "lines_without_variant", of="lines")
    advice, act = ADVICE["products"]
    return replace(figure, advice=advice, act=act, act_href=unknown_skus_url(facts))


def unknown_skus_url(facts: Facts) -> str:
    """Return the address of the page of unknown SKUs."""
    return page_address("orders_order_unknown_skus", **({"tenant": facts.tenant.slug} if facts.tenant else {}))


def _orders(facts: Facts, label: str, name: str, of: str) -> Figure:
    return facts.figure(label, name, "orders.order", of=of, good=False, fault=name)


def _variants(facts: Facts, label: str, name: str, available: str) -> Figure:
    return facts.figure(label, name, "products.product", of="variants", good=False, available=available)


def refused(facts: Facts) -> Figure:
    """Refused requests in seven days, as a part of those that were refused or changed something."""
    this, before = refused_weeks(facts.ids)
    return Figure(
        "Refused requests, 7 days",
        this,
        facts.list_url("tenants.loggedrequest", outcome="refused"),
        of=this + facts.week(0, "changesets"),
        before=before,
        of_before=before + facts.week(7, "changesets"),
        more_is_good=False,
    )


def quarantined(facts: Facts) -> Figure:
    """Records that batches left out and nobody has decided about."""
    waiting = QuarantinedRecord.objects.filter(tenant_id__in=facts.ids, state=QuarantineState.WAITING).count()
    return Figure(
        "Waiting in quarantine",
        waiting,
        facts.list_url("tenants.quarantinedrecord", state=QuarantineState.WAITING.value),
    )


def opted_in_again(facts: Facts) -> Figure:
    """Opt-ins by a source after staff had opted the customer out, in the last 30 days (UTC)."""
    first = datetime.now(UTC).date() - timedelta(days=DAYS - 1)
    return Figure(
        f"Opted in again after staff opted them out, {DAYS} days",
        opted_in_against_staff(facts.ids, datetime.combine(first, time(), UTC)),
        facts.list_url("tenants.consentchange", against_staff="yes", created_at_from=str(first)),
    )


def unused(tenants: Sequence[Tenant]) -> Figure:
    """Live keys that nobody seems to need, of tenants whose keys one may see."""
    found = unused_keys(ApiKey.objects.filter(tenant__in=tenants)).count()
    chosen = {"tenant": str(tenants[0].pk)} if len(tenants) == 1 else {}
    href = list_address("tenants.apikey", use="unused", **chosen)
    return _advised(Figure("Unused API keys", found, href), "keys")


def troubled(tenants: Sequence[Tenant]) -> list[Webhook]:
    """Webhooks that get nothing any more, or for over an hour, of tenants whose webhooks one may see."""
    failing = Q(paused_at=None, failing_since__lt=Now() - FAILING)
    return list(Webhook.objects.filter(STOPPED | failing, tenant__in=tenants).select_related("tenant"))


def worst_skus(facts: Facts) -> list[tuple[str, int, str]]:
    """The SKUs no variant has that most order lines name: (sku, lines, the list of their orders)."""
    found = [(sku, lines) for snapshot in facts.snapshots for sku, lines in snapshot.worst_skus]
    worst = sorted(found, key=lambda row: -row[1])[:5]
    return [(sku, lines, facts.list_url("orders.order", q=sku)) for sku, lines in worst]


def failed_requests(facts: Facts) -> QuerySet[LoggedRequest]:
    """The latest requests that were refused for a mistake in them, or failed."""
    return mistaken(LoggedRequest.objects.filter(tenant_id__in=facts.ids)).order_by("-pk")[:5]
