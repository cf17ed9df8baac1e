"""The forms of a tenant's configuration and members, and of rolling a key."""

import secrets
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from hub.api.parameters import MOST_REASON, one_line
from hub.records.types import COUNTRIES
from tenants.entities import customer_fields
from tenants.keys import SUGGESTED_LIFE
from tenants.models import Invitation, Tenant

TIERS = settings.RATE_TIERS
CUSTOM = "custom"
TIER_CHOICES = [
    *((name, f"{name.capitalize()}: {minute:,} a minute, {hour:,} an hour") for name, (minute, hour) in TIERS.items()),
    (CUSTOM, "Custom: the numbers below"),
]
OVERLAPS = {0: "not at all: it is revoked", 1: "1 hour", 24: "24 hours", 72: "3 days", 168: "7 days"}
REASON_HELP = "A call, a letter, a ticket: it stands in the ledger with your name.{}"
LIVES = {SUGGESTED_LIFE.days: "1 year", 90: "90 days", 0: "until it is revoked"}


class OnceField(forms.CharField):
    """Which opening of a form it is: nothing of what the form is about, and so never a change of it."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


def once_field() -> OnceField:
    """Return the hidden field that tells one opening of a form from any other: what it asks for is done once."""
    return OnceField(widget=forms.HiddenInput, required=False, max_length=64, initial=lambda: secrets.token_urlsafe(16))


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A tenant's configuration. The identifier priority of a tenant that exists is changed on a page of its own."""

    required_fields = forms.MultipleChoiceField(
        choices=lambda: [(name, name) for name in customer_fields()],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Customer records without one of these are refused, but for those that only withdraw consent.",
    )
    time_zone = forms.ChoiceField(
        choices=[(name, name) for name in sorted(available_timezones())],
        initial="UTC",
        widget=UnfoldAdminSelectWidget,
        help_text="Where the tenant's days begin, and what times without a zone mean in imported data.",
    )
    default_country = forms.ChoiceField(
        choices=[("", "None"), *sorted(COUNTRIES.items(), key=itemgetter(1))],
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Whose country code a national phone number gets in the Custobar dialect. Without one such a number"
        " is left out, and the answer says so.",
    )
    keeps_images = forms.BooleanField(
        required=False,
        label="Keep before-images of API batches",
        widget=UnfoldBooleanSwitchWidget,
        help_text="What records were before a batch changed them, for seven days: a batch can then be taken back on its"
        " changeset's page. A batch of 500 customers that all change takes about 2.7 times as long, one of 100 orders"
        " twice, and the tenant's batches take turns. Edits and deletes can always be taken back.",
    )
    tier = forms.ChoiceField(
        choices=TIER_CHOICES,
        required=False,
        label="Rate tier",
        widget=UnfoldAdminSelectWidget,
        help_text="A named tier sets both numbers below.",
    )

    class Meta:
        model = Tenant
        fields = "__all__"  # the admin's fieldsets say which

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "per_minute" not in self.fields:  # read-only for all but superusers
            self.fields.pop("tier")
            return
        self.fields["tier"].initial = tier_of(self.instance)
        for name in ("per_minute", "per_hour"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if (tier := cleaned.get("tier")) in TIERS:
            cleaned["per_minute"], cleaned["per_hour"] = TIERS[tier]
        elif tier == CUSTOM:
            for name in ("per_minute", "per_hour"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, "A custom tier needs this number.")
        return cleaned


def tier_of(tenant: Tenant) -> str:
    """Return the name of the tenant's rate tier."""
    rates = (tenant.per_minute, tenant.per_hour)
    return next((name for name, tier in TIERS.items() if tier == rates), CUSTOM)


class RollForm(forms.Form):
    """How much longer the old key works, and how long the new one."""

    once = once_field()

    hours = forms.TypedChoiceField(
        choices=list(OVERLAPS.items()),
        coerce=int,
        initial=24,
        label="The old key goes on working",
        widget=UnfoldAdminSelectWidget,
    )

    days = forms.TypedChoiceField(
        choices=list(LIVES.items()),
        coerce=int,
        initial=SUGGESTED_LIFE.days,
        required=False,
        empty_value=None,
        label="The new key works",
        widget=UnfoldAdminSelectWidget,
    )

    @property
    def overlap(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["hours"])

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None


def validate_one_line(text: str) -> None:
    """Refuse control characters, as the API does for `?reason=`."""
    if one_line(text) is None:
        raise ValidationError("A reason is one line of text, without control characters.")


def reason_field(*, required: bool = False) -> forms.CharField:
    """Return the field in which staff say why they change something, as they must where their tenant wants it."""
    return forms.CharField(
        label="Why",
        max_length=MOST_REASON,
        required=required,
        validators=[validate_one_line],
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=REASON_HELP.format("" if required else " Optional."),
        error_messages={"required": "Say why: this tenant wants a reason for every change."},
    )


class ReasonForm(forms.Form):
    """Why something is changed, asked on a confirmation page; `required` where a tenant of it wants a reason."""

    reason = reason_field()

    def __init__(self, *args: Any, required: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if required:
            self.fields["reason"] = reason_field(required=True)


class InvitationForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who is invited, to what. Nothing here depends on who has an account."""

    once = once_field()

    class Meta:
        model = Invitation
        fields = "__all__"  # the admin's fieldsets say which
