"""Forms of the account's pages. Whoever guesses, guesses against budgets: tenants.attempts."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.forms import ReauthenticateForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as factors
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as passkeys
from django import forms
from django.contrib.auth.forms import SetPasswordForm
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from tenants.attempts import clear, clear_old_password, count_failure, count_old_password
from tenants.login import refuse_before

# What the library of passkeys raises for bytes that no browser sends.
UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError, struct.error)


@contextmanager
def refused_unreadable() -> Iterator[None]:
    """Refuse a passkey's answer that can't be read as one that does not fit; raises ValidationError."""
    try:
        yield
    except UNREADABLE as unreadable:
        raise get_adapter().validation_error("incorrect_code") from unreadable


class CountedCode(factors.BaseAuthenticateForm):
    """A code of an authenticator app, or a recovery code; attempts are counted for the account that they are for."""

    def clean_code(self) -> str:
        """Count the attempt, then check the code; raises ValidationError."""
        name = f"factor of {self.user.pk}"
        refuse_before(count_failure(context.request, name))
        code: str = super().clean_code()
        clear(context.request, name, self.user)
        return code


class CodeForm(CountedCode, factors.AuthenticateForm):
    """The second step of logging in."""


class CodeAgainForm(CountedCode, factors.ReauthenticateForm):
    """A code, asked for again before the account's factors change."""


class PasskeyForm(passkeys.AddWebAuthnForm):
    """A new passkey's name, and whether it is enough by itself."""

    passwordless = forms.BooleanField(
        label="Log in with it alone",
        required=False,
        initial=True,
        help_text="It asks for your fingerprint, face or PIN then. Else it is asked for after your password.",
    )

    def clean(self) -> dict[str, Any]:
        """Check what the passkey signed; raises ValidationError."""
        with refused_unreadable():
            return dict(super().clean())


class SignedByPasskey:
    """Mixin, before a form that a passkey signs; anybody may send one."""

    def clean_credential(self) -> Authenticator:
        """Check what the passkey signed; raises ValidationError."""
        with refused_unreadable():
            return super().clean_credential()  # type: ignore[misc]


class PasskeyLoginForm(SignedByPasskey, passkeys.LoginWebAuthnForm):
    """A log-in with a passkey alone."""


class PasskeyFactorForm(SignedByPasskey, passkeys.AuthenticateWebAuthnForm):
    """A passkey as the second step of logging in."""


class PasskeyAgainForm(SignedByPasskey, passkeys.ReauthenticateWebAuthnForm):
    """A passkey, asked for again before the account's factors change."""


class PasswordAgainForm(ReauthenticateForm):
    """The password, asked for again before the account's factors change."""

    def clean_password(self) -> str:
        """Count the attempt, then check the password; raises ValidationError."""
        refuse_before(count_old_password(self.user))
        password: str = super().clean_password()
        clear_old_password(self.user)
        return password


class ChangePasswordForm(AdminOwnPasswordChangeForm):
    """A new password, by the old one; attempts at the old one are counted."""

    def clean_old_password(self) -> str:
        """Count the attempt, then check the old password; raises ValidationError."""
        refuse_before(count_old_password(self.user))
        old: str = super().clean_old_password()
        clear_old_password(self.user)
        return old


class ForgottenForm(forms.Form):
    """Whose password is forgotten."""

    email = forms.EmailField(
        label="E-mail", max_length=254, widget=UnfoldAdminTextInputWidget({"autocomplete": "email"})
    )


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """A new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("new_password1", "new_password2"):
            self.fields[name].widget = UnfoldAdminPasswordWidget({"autocomplete": "new-password"})


class NewAccountForm(NewPasswordForm):
    """The name and the password of somebody who was invited and has no account."""

    first_name = forms.CharField(max_length=150, widget=UnfoldAdminTextInputWidget({"autocomplete": "given-name"}))
    last_name = forms.CharField(max_length=150, widget=UnfoldAdminTextInputWidget({"autocomplete": "family-name"}))
    field_order = ["first_name", "last_name", "new_password1", "new_password2"]

    def clean(self) -> dict[str, Any]:
        """Give the account its name before its password is compared with it."""
        for name in ("first_name", "last_name"):
            setattr(self.user, name, self.cleaned_data.get(name, ""))
        return super().clean() or self.cleaned_data
