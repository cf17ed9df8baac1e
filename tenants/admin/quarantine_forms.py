"""What the list of the quarantine can be filtered by, and what is asked before many records are decided about."""

from typing import Any

from django import forms
from django.db.models import F, Func, QuerySet, TextField, Value
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from hub.records.faults import TEXTS
from tenants.admin.forms import ReasonForm
from tenants.admin.list_filters import HoldsFilter, one_of
from tenants.models import QuarantinedRecord
from tenants.quarantine.correcting import Correction, taking_of
from tenants.quarantine.fields import NO_JSON, read_value

AS_SENT, SET, DROP = "as sent", "set", "drop"
DISMISSALS = [
    ("sent_again", "It came again, and right"),
    ("not_wanted", "It is not wanted any more"),
    ("test", "It was a test"),
    ("other", "Something else"),
]


class CodeFilter(one_of("code", "fault", [(kind, kind) for kind in sorted(TEXTS)])):  # type: ignore[misc]
    """The stable code of a fault."""

    def chosen(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        found: QuerySet[Any] = queryset.filter(faults__contains=[{"code": value}])
        return found


class FieldFilter(HoldsFilter):
    """The field that a fault is about, or the end of its path: Sku, OrderItems.Sku."""

    title = "field"
    parameter_name = "field"

    def held(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        codes = Func(F("codes"), Value("\n"), function="array_to_string", output_field=TextField())
        found: QuerySet[Any] = queryset.alias(said=codes).filter(said__icontains=f"{text}: ")
        return found


class DismissForm(forms.Form):
    """Why nothing will become of records: a choice, so that no text about a person stands anywhere."""

    reason = forms.ChoiceField(label="Why", choices=DISMISSALS, widget=UnfoldAdminSelectWidget)


class CorrectForm(ReasonForm):
    """What is done to each of several records before it is sent again, and why."""

    field_order = ("change", "field", "value", "reason")

    change = forms.ChoiceField(
        label="Before they are sent",
        choices=[
            (AS_SENT, "change nothing: send them as they are"),
            (SET, "set a field to a value"),
            (DROP, "leave a field out"),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    field = forms.CharField(
        label="Field",
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="As it is documented: Language, Currency, external_id. Of a record, not of its lines or variants.",
    )
    value = forms.CharField(
        label="Value",
        max_length=2000,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Text as it is; true or false; a number; a list as JSON.",
    )

    def correction(self, row: QuarantinedRecord) -> Correction:
        """Return what is done to one record; raises ValueError for a field it can't have, a value that is no JSON."""
        change, name = self.cleaned_data["change"], self.cleaned_data["field"].strip()
        if change == AS_SENT:
            return Correction()
        taking = taking_of(row)
        if name not in taking.fields:
            known = ", ".join(taking.fields)
            raise ValueError(f"{name or 'Nothing'} is no field of these records. There are: {known}.")
        if change == DROP:
            return Correction(dropped=[name])
        try:
            return Correction({name: read_value(taking, name, self.cleaned_data["value"])})
        except (ValueError, RecursionError):
            raise ValueError(f"{name}: {NO_JSON}") from None
