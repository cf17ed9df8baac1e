"""What allauth asks the hub: who may log in, from where, and how the secrets of factors are kept."""

import base64
import hashlib
import ipaddress
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from tenants.api.throttling import caller_address

UNKNOWN = "0.0.0.0"  # noqa: S104 — what stands for no address
FAILED = "The log-in with your organisation did not work. Try again."
NOT_HERE = "There is no account here that you may log in to."


class AccountAdapter(DefaultAccountAdapter):
    """Accounts: made by invitation and by superusers only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address a session began from, past the proxies that the hub trusts."""
        try:
            return str(ipaddress.ip_network(caller_address(request)).network_address)
        except ValueError:
            return UNKNOWN

    def login(self, request: HttpRequest, user: User) -> None:
        """Log a user in who passed every step; raises ImmediateHttpResponse for who may not use the admin any more."""
        if not (user.is_active and user.is_staff):
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        super().login(request, user)

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Tell a user what allauth tells, but for their being logged in, which the page shows."""
        if message_template != "account/messages/logged_in.txt":
            super().add_message(request, level, message_template, *args, **kwargs)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        clear_login(request)
        return refuse(request)


class FactorAdapter(DefaultMFAAdapter):
    """Factors: what a database dump would give away is encrypted with a key that is not in it."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret; one that another erasure key hid is lost: what stands for it fits no code."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return str(generate_totp_secret())

    def generate_authenticator_name(self, user: User, type: str) -> str:
        """Return the name that a new passkey has until it is given another."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return "Passkey" if number == 1 else f"Passkey {number}"

    def get_totp_label(self, user: User) -> str:
        return str(user.get_username())


class OpenIdAdapter(DefaultSocialAccountAdapter):
    """Log-in by OpenID: into accounts that exist, found by an e-mail that both sides have verified."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def authenticate_by_email(self, sociallogin: Any) -> tuple[User, str] | None:
        """Return the account with a verified e-mail of the provider's; allauth would take unverified ones of ours."""
        verified = [address.email.lower() for address in sociallogin.email_addresses if address.verified]
        found = EmailAddress.objects.filter(email__in=verified, verified=True).select_related("user").first()
        return (found.user, found.email) if found else None

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Let nobody on who has no account; nor anybody who would do else than log in."""
        if not sociallogin.is_existing or sociallogin.state.get("process") != "login":
            raise ImmediateHttpResponse(refuse(request))

    def on_authentication_error(self, request: HttpRequest, *_: Any, **__: Any) -> None:
        """Answer what the provider refuses, or what it should not have sent, as any log-in that fails."""
        raise ImmediateHttpResponse(refuse(request, FAILED))


def refuse(request: HttpRequest, reason: str = NOT_HERE) -> HttpResponse:
    """Lead back to the log-in page, which says no more than that."""
    messages.error(request, reason)
    return HttpResponseRedirect(reverse("account_login"))


def _cipher() -> Fernet:
    """Return the cipher of factors' secrets. ERASURE_KEY is the one key that never changes; SECRET_KEY may."""
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"factors {settings.ERASURE_KEY}".encode()).digest()))
