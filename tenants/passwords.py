"""Passwords: which are refused, and the link by which one is set anew."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from zxcvbn import zxcvbn

from tenants.audit.events import SERVER, Actor, record
from tenants.models import AuditKind

LEAST_SCORE = 3  # of 4: more than 10⁸ guesses for one who knows the usual passwords and how they are varied
LOOKED_AT = 72  # characters: what zxcvbn takes at most, in 0.2 s at worst; the hash takes as long again
GUESSABLE = "This password is easy to guess. {warning}"
OURS = ["data hub", "datahub", "hub"]


class GuessableValidator:
    """Refuse what leaked lists, names, words, keyboard rows and dates make easy to guess; nothing is asked elsewhere.

    Django's own list is exact; this one also knows 30,000 passwords with other letters, digits and years around them.
    """

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError for a password that is guessed soon."""
        about = [str(getattr(user, name, "") or "") for name in ("username", "email", "first_name", "last_name")]
        found = zxcvbn(password[:LOOKED_AT], user_inputs=[*OURS, *filter(None, about)])
        if found["score"] < LEAST_SCORE:
            raise ValidationError(GUESSABLE.format(warning=found["feedback"]["warning"]).strip(), code="guessable")

    def get_help_text(self) -> str:
        return (
            "Your password can’t be one that is easy to guess: several words that have nothing to do with each other."
        )


def reset_path(user: User) -> str:
    """Return the address, without host, where a user sets a new password: once, and within PASSWORD_RESET_TIMEOUT."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("reset_password_confirm", args=[uid, default_token_generator.make_token(user)])


def may_reset(email: str) -> list[int]:
    """Return the ids of the users whose forgotten password is set anew by a mail to this address."""
    found = User.objects.filter(email__iexact=email, is_active=True, is_staff=True)
    return [user.pk for user in found if user.has_usable_password()]


def minutes_to_reset() -> int:
    """Return how long a link is good."""
    return int(settings.PASSWORD_RESET_TIMEOUT) // 60


def forget_factors(user: AbstractBaseUser, *, by: Actor = SERVER) -> None:
    """Take a user's second factors away, with the sessions they opened."""
    with transaction.atomic():
        record(AuditKind.FACTOR_REMOVED, by, user_id=user.pk, details=["all"])
        Authenticator.objects.filter(user_id=user.pk).delete()
        sessions = UserSession.objects.filter(user_id=user.pk)
        Session.objects.filter(session_key__in=sessions.values("session_key")).delete()
        sessions.delete()
