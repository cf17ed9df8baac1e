"""What a form makes that is shown once, made once: who reloads the answer, or goes back and sends again, is told so.

Nothing of a secret is kept for it: of a form that was sent, a keyed hash is, and what it made, for 24 hours.
"""

import hmac
from collections.abc import Callable
from typing import Any

import orjson
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tenants.admin.configuration import ConfigurationAdmin
from tenants.admin.sections import moment
from tenants.changes.once import Claim, OtherRequest, StillRunning, do_once
from tenants.models import Tenant

NAME = "form of the admin"

KEY = "key", "text", "Roll it for a new text."
INVITATION = "invitation", "text", "Revoke it, and invite anew."
WEBHOOK = "webhook", "secret", "Rotate its secret for a new one."


class MadeAlready(Exception):
    """The form was sent before; `made` is the id of what it made, None while that is still being made."""

    def __init__(self, made: int | None) -> None:
        super().__init__("the form was sent before")
        self.made = made


def make_once(request: HttpRequest, tenant: Tenant, once: str, make: Callable[[], Any]) -> Any:
    """Return what `make` makes, an object of the tenant with a pk, and what goes with it; raises MadeAlready.

    `once` is what the form's field of that name held; a form without one is done as often as it is sent.
    """
    if not once:
        return make()
    made: list[Any] = []

    def do() -> bytes:
        made.append(make())
        return orjson.dumps(made[0][0].pk)

    try:
        kept = do_once(_claim(request, tenant, once), do)
    except (StillRunning, OtherRequest):
        raise MadeAlready(None) from None
    if kept is not None:
        raise MadeAlready(orjson.loads(kept))
    return made[0]


def check_made(request: HttpRequest, tenant: Tenant, once: str) -> None:
    """Raise MadeAlready where a form was sent before: what it made may be what it is refused for now."""
    try:
        kept = do_once(_claim(request, tenant, once), lambda: None) if once else None
    except (StillRunning, OtherRequest):
        raise MadeAlready(None) from None
    if kept is not None:
        raise MadeAlready(orjson.loads(kept))


def to_made(
    model_admin: ConfigurationAdmin,
    request: HttpRequest,
    already: MadeAlready,
    kind: tuple[str, str, str],
    *,
    to_list: bool = False,
) -> HttpResponseRedirect:
    """Say that a form was sent before, and lead to the page of what it made, or `to_list`, as where nobody knows it."""
    made = model_admin.get_queryset(request).filter(pk=already.made).first() if already.made else None
    messages.warning(request, said_already(made, kind))
    name = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}"
    if made is None or to_list:
        return HttpResponseRedirect(reverse(f"{name}_changelist"))
    return HttpResponseRedirect(reverse(f"{name}_change", args=[made.pk]))


def said_already(made: Any, kind: tuple[str, str, str]) -> SafeString:
    """Say when a thing was made, and what to do for who has not seen it; `made` is None where nobody knows."""
    noun, shown, cure = kind
    when = format_html(", {}", moment(made.created_at)) if made else ""
    return format_html("This {} was made{}; its {} was shown once. Nothing new was made. {}", noun, when, shown, cure)


def _claim(request: HttpRequest, tenant: Tenant, once: str) -> Claim:
    """Return what the form is known by: whose it is, and which opening of it; what it holds may have been changed."""
    told = orjson.dumps([NAME, str(tenant.pk), request.user.pk, request.path, once])
    name = hmac.digest(settings.ERASURE_KEY.encode(), told, "sha256")
    return Claim(tenant.pk, name, name)
