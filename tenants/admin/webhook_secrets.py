"""A webhook's secret replaced in the admin: once for each form, and not where somebody has changed the webhook."""

from django.contrib import messages
from django.http import HttpRequest

from tenants.admin.once import MadeAlready, make_once
from tenants.admin.webhook_forms import RotateForm
from tenants.audit.events import actor_of
from tenants.models import Webhook
from tenants.webhooks.endpoints import Stale, rotate

ROTATED = "This form made a new secret, which was shown once. Nothing new was made. Rotate it again for another."
STALE = "Somebody has changed this webhook meanwhile. Look again before you rotate its secret."


def rotate_once(request: HttpRequest, webhook: Webhook, form: RotateForm) -> str | None:
    """Give a webhook a new secret and return it; None, with a message why, where there is none."""
    webhook.version = form.cleaned_data["version"]
    by, once = actor_of(request), form.cleaned_data["once"]
    try:
        _, secret = make_once(
            request, webhook.tenant, once, lambda: (webhook, rotate(webhook, overlap=form.overlap, by=by))
        )
    except MadeAlready:
        messages.warning(request, ROTATED)
    except Stale:
        messages.error(request, STALE)
    else:
        return str(secret)
    return None
