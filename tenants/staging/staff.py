"""Who works at a demo shop, and what they keep there: a member, an invitation, a shared view, a paused webhook."""

from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from tenants.invitations import invite
from tenants.models import Membership, Role, SavedView, Tenant
from tenants.webhooks.endpoints import create_webhook, pause_webhook

STAFF, NAME = "maria", ("Maria", "Lindholm")
VIEWS = {"No e-mail opt-in": {"email_optin": "no"}, "Excluded": {"is_excluded": "yes"}}


def hire(tenant: Tenant) -> User:
    """Make a member of a shop's staff, who has no password yet."""
    first, last = NAME
    users = get_user_model().objects
    user: User = users.create_user(STAFF, f"{STAFF}@example.com", None, first_name=first, last_name=last, is_staff=True)
    Membership.objects.create(tenant=tenant, user=user, role=Role.STAFF)
    return user


def furnish(tenant: Tenant, maker: User) -> None:
    """Give a shop what its staff keep; nothing of it calls anybody."""
    invite(tenant, "jonas@example.com", Role.VIEWER, by=maker)
    for name, filters in VIEWS.items():
        query = urlencode({**filters, "tenant": tenant.pk})
        SavedView.objects.create(listing="customers.customer", name=name, query=query, tenant=tenant, made_by=maker)
    webhook, _ = create_webhook(tenant, label="ERP", url="https://erp.example.com/hooks")
    pause_webhook(webhook)
