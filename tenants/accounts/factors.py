"""The account's second factors: an authenticator app, passkeys, recovery codes."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView, RemoveWebAuthnView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy

from tenants.accounts.pages import Frame
from tenants.accounts.required import is_required
from tenants.audit.events import actor_of, record
from tenants.models import AuditKind

INDEX = reverse_lazy("mfa_index")
APP, PASSKEY = "authenticator app", "passkey"  # in the audit


class Proves:
    """Mixin, before a view that adds a factor: whoever just did has proved to have it, in this session."""

    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        record_authentication(self.request, self.request.user, method="mfa", reauthenticated=True)
        return answer


class Recorded:
    """Mixin, before a view that changes the account's factors: the audit has it, in the same transaction."""

    request: HttpRequest
    recorded: tuple[AuditKind, str]

    def form_valid(self, form: Any) -> HttpResponse:
        kind, factor = self.recorded
        with transaction.atomic():
            answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            record(kind, actor_of(self.request), user_id=self.request.user.pk, details=[factor])
        return answer


class Factors(Frame, IndexView):
    """What secures the account."""

    title = "Log-in and security"
    template_name = "tenants/accounts/factors.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = super().get_context_data(**kwargs)
        kinds = [kind for kind in shown["authenticators"] if kind != Authenticator.Type.RECOVERY_CODES]
        return {**shown, "has_factor": bool(kinds), "is_required": is_required(self.request)}


class AddApp(Proves, Recorded, Frame, ActivateTOTPView):
    """Set up an authenticator app."""

    title = "Set up an authenticator app"
    recorded = (AuditKind.FACTOR_ADDED, APP)
    template_name = "tenants/accounts/app.html"
    shows_secret = True


class RemoveApp(Recorded, Frame, DeactivateTOTPView):
    """Take the authenticator app away, after a question."""

    title = "Remove the authenticator app"
    recorded = (AuditKind.FACTOR_REMOVED, APP)
    template_name = "tenants/accounts/remove.html"


class AddPasskey(Proves, Recorded, Frame, AddWebAuthnView):
    """Add a passkey or a security key."""

    title = "Add a passkey"
    recorded = (AuditKind.FACTOR_ADDED, PASSKEY)
    template_name = "tenants/accounts/passkey.html"


class RenamePasskey(Frame, EditWebAuthnView):
    """Give a passkey another name."""

    title = "Rename a passkey"
    template_name = "tenants/accounts/rename.html"
    success_url = INDEX


class RemovePasskey(Recorded, Frame, RemoveWebAuthnView):
    """Take a passkey away, after a question."""

    title = "Remove a passkey"
    recorded = (AuditKind.FACTOR_REMOVED, PASSKEY)
    template_name = "tenants/accounts/remove.html"
    success_url = INDEX


class RecoveryCodes(Frame, ViewRecoveryCodesView):
    """The recovery codes: shown once, when they were made."""

    title = "Recovery codes"
    template_name = "tenants/accounts/codes.html"
    shows_secret = True


class NewRecoveryCodes(Recorded, Frame, GenerateRecoveryCodesView):
    """Make new recovery codes, which ends the old ones."""

    title = "New recovery codes"
    recorded = (AuditKind.FACTOR_ADDED, "recovery codes")
    template_name = "tenants/accounts/new_codes.html"
