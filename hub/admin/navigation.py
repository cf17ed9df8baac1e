"""The sidebar: the hub's own things, each shown to those who may see it."""

from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse

# title, then (model, title, icon) for each entry
SECTIONS = (
    (
        "Records",
        (
            ("customers.customer", "Customers", "group"),
            ("customers.duplicate", "Duplicates", "join_inner"),
            ("orders.order", "Orders", "shopping_cart"),
            ("products.product", "Products", "inventory_2"),
            ("tenants.quarantinedrecord", "Quarantine", "healing"),
        ),
    ),
    (
        "Files",
        (
            ("tenants.import", "Imports", "upload_file"),
            ("tenants.export", "Exports", "download"),
        ),
    ),
    (
        "History",
        (
            ("tenants.changeset", "Changes", "history"),
            ("tenants.consentchange", "Consent ledger", "fact_check"),
            ("tenants.loggedrequest", "Requests", "swap_vert"),
        ),
    ),
    (
        "Audit",
        (
            ("tenants.auditevent", "Configuration changes", "policy"),
            ("tenants.look", "Who looked", "visibility"),
            ("tenants.erasurecertificate", "Erasures", "person_off"),
            ("tenants.accountevent", "Accounts", "login"),
            ("tenants.strangercount", "Strangers", "travel_explore"),
            ("tenants.strangerrequest", "Strangers' requests", "block"),
        ),
    ),
    (
        "Configuration",
        (
            ("tenants.tenant", "Tenants", "storefront"),
            ("tenants.apikey", "API keys", "key"),
            ("tenants.webhook", "Webhooks", "webhook"),
            ("tenants.membership", "Members", "badge"),
            ("tenants.invitation", "Invitations", "mail"),
            ("auth.user", "Users", "person"),
        ),
    ),
)

JOBS = ("procrastinate.procrastinatejob", "Background jobs", "pending_actions")  # superusers', beside the system page


def sidebar(site: AdminSite, request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar's groups: every registered model that the user may view; superusers also how the hub is."""
    home = _entry(request, "Home", "home", reverse("admin:index"), exact=True)
    groups: list[dict[str, Any]] = [{"items": [home]}]
    for title, entries in SECTIONS:
        items = [_model_entry(request, *entry) for entry in entries if _may_view(site, request, entry[0])]
        groups.append({"title": title, "items": items, "separator": True})
    if request.user.is_active and request.user.is_superuser:
        system = _entry(request, "System", "monitor_heart", reverse("admin:system"))
        groups.append({"title": "System", "items": [system, _model_entry(request, *JOBS)], "separator": True})
    return groups


def _may_view(site: AdminSite, request: HttpRequest, label: str) -> bool:
    model_admin = site._registry.get(apps.get_model(label))
    return model_admin is not None and model_admin.has_view_or_change_permission(request)


def _model_entry(request: HttpRequest, label: str, title: str, icon: str) -> dict[str, Any]:
    return _entry(request, title, icon, reverse(f"admin:{label.replace('.', '_')}_changelist"))


def _entry(request: HttpRequest, title: str, icon: str, link: str, *, exact: bool = False) -> dict[str, Any]:
    active = request.path == link if exact else request.path.startswith(link)
    return {"title": title, "icon": icon, "link": link, "active": active, "has_permission": True}
