"""The forms of webhooks: what one is, how its secret is rotated, from where it is told again."""

from datetime import timedelta
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from hub.sql.bigint import MOST_DIGITS
from tenants.admin.forms import once_field
from tenants.models import Entity, Operation, Webhook
from tenants.webhooks.addresses import check_url
from tenants.webhooks.endpoints import check_room

OVERLAPS = {0: "not at all", 1: "1 hour", 24: "24 hours", 72: "3 days", 168: "7 days"}
SAID = {
    Operation.UPSERT: "sent by partners",
    Operation.EDIT: "by staff",
    Operation.ERASE: "a person",
    Operation.REKEY: "another identifier priority",
    Operation.UNDO: "taken back by staff",
    Operation.MERGE: "merged with another customer",
}


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a webhook is called, where it leads, and what it is told of."""

    once = once_field()
    url = forms.CharField(
        label="URL",
        max_length=2000,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "https://erp.example/hooks/hub"}),
        validators=[check_url],
        help_text="Where changes are posted to; on the public internet, over TLS. It is not shown in lists.",
    )
    entities = forms.MultipleChoiceField(
        choices=Entity.choices,
        required=False,
        label="Records",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Changes of which it is told; without a tick, of all.",
    )
    operations = forms.MultipleChoiceField(
        choices=[(one.value, f"{one.label}: {SAID[one]}" if one in SAID else one.label) for one in Operation],
        required=False,
        label="What was done",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Without a tick, whatever was done.",
    )

    class Meta:
        model = Webhook
        fields = "__all__"  # the admin's fieldsets say which

    def clean(self) -> dict[str, Any]:
        """Refuse a label that another webhook of the tenant has, and one webhook too many."""
        cleaned = super().clean() or self.cleaned_data
        tenant = cleaned.get("tenant") or (self.instance.tenant if self.instance.pk else None)
        if tenant and "label" in cleaned:
            check_room(tenant, cleaned["label"], self.instance.pk or 0)
        return cleaned


class RotateForm(forms.Form):
    """How much longer the old secret signs. `version` is the webhook's as the page showed it."""

    once = once_field()
    version = forms.IntegerField(widget=forms.HiddenInput)
    hours = forms.TypedChoiceField(
        choices=list(OVERLAPS.items()),
        coerce=int,
        initial=24,
        label="The old secret goes on signing",
        widget=UnfoldAdminSelectWidget,
    )

    @property
    def overlap(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["hours"])


class RedeliverForm(forms.Form):
    """The number of the first changeset to deliver again."""

    number = forms.IntegerField(
        min_value=1,
        max_value=10**MOST_DIGITS - 1,
        label="From the change number",
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="As the history and the log of deliveries have it.",
    )
