"""What is asked of who acts on a list: the list, whom of it, and what is to become of them."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from customers.acting.edits import Wanted
from customers.admin.optins import TITLES
from customers.schemas import LONGEST_ITEM
from tenants.admin.forms import ReasonForm
from tenants.models import Tenant

LEAVE = "Leave as it is"
MOST_AT_ONCE = 20  # tags and lists
TEXTS = {
    "add_tags": ("tags", True, "Add tags"),
    "remove_tags": ("tags", False, "Remove tags"),
    "add_lists": ("mailing_lists", True, "Add to mailing lists"),
    "remove_lists": ("mailing_lists", False, "Remove from mailing lists"),
}


class ListForm(forms.Form):
    """Of which tenant the list is, and the list: typed, or a file."""

    tenant = forms.ChoiceField(label="Tenant", widget=UnfoldAdminSelectWidget)
    lines = forms.CharField(
        label="E-mails, customer IDs, phone numbers or hub ids (#1784)",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 10, "autocomplete": "off", "spellcheck": "false"}),
        help_text="One a line. Commas, semicolons and tabs part them, too.",
    )
    file = forms.FileField(
        label="or a file",
        required=False,
        help_text="CSV or XLSX, at most 5 MB and 10,000 lines.",
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, tenants: dict[str, Tenant], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(pk, str(tenant)) for pk, tenant in tenants.items()]
        self.fields["tenant"] = forms.ChoiceField(label="Tenant", choices=choices, widget=UnfoldAdminSelectWidget)
        if len(choices) == 1:
            self.fields["tenant"].widget = forms.HiddenInput()
            self.initial["tenant"] = choices[0][0]


class ChoiceForm(ReasonForm):
    """What is to become of the customers of a list, and why."""

    shared = forms.BooleanField(required=False, label="Act on those, too")
    field_order = ("shared", *TITLES, *TEXTS, "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, title in TITLES.items():
            choices = [("", LEAVE), ("yes", "Yes"), ("no", "No")]
            self.fields[name] = forms.ChoiceField(
                label=title, choices=choices, required=False, widget=UnfoldAdminSelectWidget
            )
        for name, (_, _, title) in TEXTS.items():
            widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
            self.fields[name] = forms.CharField(
                label=title, required=False, widget=widget, help_text="Several with commas between them."
            )
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        members: dict[tuple[str, str], bool] = {}
        for name, (column, wanted, _) in TEXTS.items():
            for item in filter(None, (part.strip() for part in cleaned.get(name, "").split(","))):
                if len(item) > LONGEST_ITEM:
                    self.add_error(name, f"At most {LONGEST_ITEM} characters each.")
                if members.setdefault((column, item), wanted) is not wanted:
                    self.add_error(name, f"{capfirst(item)} can't be both added and removed.")
        flags = {name: cleaned[name] == "yes" for name in TITLES if cleaned.get(name)}
        if len(members) > MOST_AT_ONCE:
            self.add_error(None, f"At most {MOST_AT_ONCE} tags and lists at once.")
        if not flags and not members and not self.errors:
            self.add_error(None, "Choose what is to change.")
        cleaned["wanted"] = Wanted(flags, members)
        return cleaned

    @property
    def wanted(self) -> Wanted:
        """What is to become of them, once the form is valid."""
        found: Wanted = self.cleaned_data["wanted"]
        return found

    @property
    def edits(self) -> list[Any]:
        """The fields that stand below "What to change"."""
        return [self[name] for name in (*TITLES, *TEXTS, "reason")]
