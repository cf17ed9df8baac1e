"""The form of a key: what it is called, what it may do and from where, and when it ends."""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from unfold.widgets import CHECKBOX_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from tenants.admin.forms import once_field
from tenants.audit.events import change_of, changes_of
from tenants.keys import MAY_NOTHING, PAST
from tenants.models import ApiKey
from tenants.networks import MOST_NETWORKS, read_networks
from tenants.networks import in_words as networks_in_words
from tenants.scopes import ENTITIES, NOTHING, VERBS, Scope, scope_of
from tenants.scopes import in_words as scopes_in_words

PRESETS = {"everything": Scope.ALL, "send": Scope.WRITE, "read": Scope.READ}
CUSTOM = "custom"
ACCESS = {
    "everything": "Everything: read, write and erase",
    "send": "Send only: write customers, orders and products",
    "read": "Read only: customers, orders and products, and their changes",
    CUSTOM: "What is ticked below",
}
GRID = {entity: [scope_of(verb, entity) for verb in VERBS] for entity in ENTITIES}


class ScopeGrid(forms.CheckboxSelectMultiple):
    """Checkboxes in a table: a row for each entity, a column for each verb."""

    template_name = "tenants/scope_grid.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        options = (option for _, group, _ in context["widget"]["optgroups"] for option in group)
        rows = {entity: [next(options) for _ in scopes] for entity, scopes in GRID.items()}
        return {**context, "verbs": VERBS, "rows": rows}


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A key's label, what it may do, from where, and the end of its life.

    The form carries what it showed: a page that was opened before a key was narrowed does not widen it again when it is
    saved for something else.
    """

    once = once_field()
    access = forms.ChoiceField(
        choices=list(ACCESS.items()),
        required=False,
        label="May",
        show_hidden_initial=True,
        widget=UnfoldAdminSelectWidget,
        help_text="A key that may do less can do less harm where it leaks. What it may not do is answered with a 403,"
        " which says what is missing.",
    )
    allowed_scopes = forms.TypedMultipleChoiceField(
        choices=[(int(scope), scopes_in_words(scope)) for scopes in GRID.values() for scope in scopes],
        coerce=int,
        required=False,
        label="Ticked",
        show_hidden_initial=True,
        widget=ScopeGrid(attrs={"class": " ".join(CHECKBOX_CLASSES)}),
    )
    allowed_networks = forms.CharField(
        required=False,
        max_length=2000,
        label="Networks",
        show_hidden_initial=True,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
        help_text=f"From where it may be used, one a line, at most {MOST_NETWORKS}: 203.0.113.0/24, 2001:db8::/48, or"
        " an address. None: from anywhere. From elsewhere it is refused as a key that there is not, with 401.",
    )

    class Meta:
        model = ApiKey
        fields = "__all__"  # the admin's fieldsets say which

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = Scope(self.instance.scopes)
        named = next((name for name, preset in PRESETS.items() if preset == scopes), CUSTOM)
        self.initial.setdefault("access", named)
        ticked = PRESETS.get(self.initial["access"], scopes)
        self.initial["allowed_scopes"] = [int(scope) for scope in ticked]
        self.initial["allowed_networks"] = "\n".join(map(str, self.instance.networks))

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at and "expires_at" in self.changed_data and expires_at <= timezone.now():
            raise ValidationError(PAST)
        return expires_at

    def clean_allowed_networks(self) -> Any:
        try:
            return read_networks(self.cleaned_data["allowed_networks"])
        except ExceptionGroup as group:
            raise ValidationError([str(error) for error in group.exceptions]) from None

    def clean(self) -> dict[str, Any]:
        """Add the `scopes` that were chosen: a form that says nothing of them leaves them as they are."""
        cleaned = super().clean() or self.cleaned_data
        access, ticked = cleaned.get("access"), cleaned.get("allowed_scopes", [])
        if access == CUSTOM and not ticked and "allowed_scopes" not in self.errors:
            self.add_error("allowed_scopes", MAY_NOTHING)
        if access == CUSTOM or (ticked and not access):
            return {**cleaned, "scopes": reduce(or_, ticked, NOTHING)}
        return {**cleaned, "scopes": PRESETS.get(access or "", Scope(self.instance.scopes))}

    @property
    def narrowing(self) -> dict[str, Any]:
        """What was changed of `scopes` and `networks`, of what the form showed."""
        cleaned, changed = self.cleaned_data, set(self.changed_data)
        said = {"scopes": int(cleaned["scopes"])} if changed & {"access", "allowed_scopes"} else {}
        return {**said, "networks": cleaned["allowed_networks"]} if "allowed_networks" in changed else said

    @property
    def changes(self) -> list[str]:
        """What was changed, as the audit says it; of `instance` scopes and networks are still the former ones."""
        others = [said for said in changes_of(self) if said.partition(":")[0] not in self.declared_fields]
        return [*others, *self._narrowed()]

    def _narrowed(self) -> Iterator[str]:
        words = {"scopes": lambda bits: scopes_in_words(Scope(bits)), "networks": networks_in_words}
        for name, value in self.narrowing.items():
            before, after = words[name](getattr(self.instance, name)), words[name](value)
            if before != after:
                yield change_of(name, before, after)
