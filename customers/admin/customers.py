"""Customers in the admin: browsed and read, their opt-ins edited, the persons erased."""

from collections.abc import Callable, Iterator
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from customers.admin.acting import act_on_list
from customers.admin.correcting import correct
from customers.admin.editing import FLAG_ACTIONS
from customers.admin.erased import erased
from customers.admin.erasing import ErasingAdmin
from customers.admin.everything import EVERYTHING
from customers.admin.exports import CUSTOMER_COLUMNS
from customers.admin.merging import MERGE
from customers.admin.notes import NOTES
from customers.admin.optins import TITLES, as_typed, flag_cell, seen, seen_field, was_given
from customers.admin.parting import merges_of, parting_pattern
from customers.admin.proof import PROOF_PAGE
from customers.admin.searching import conditions_of, searched_as_of
from customers.consents import GIVEN_BITS
from customers.flags import FLAGS
from customers.models import Customer
from customers.searching.finding import ids_by_words
from hub.admin.changelist import KeysetChangeList
from hub.admin.table import Sort
from hub.records.types import normal_language
from tenants.admin.access import tenant_ids_of
from tenants.admin.day_filters import arrived
from tenants.admin.exporting import ExportedList
from tenants.admin.forms import ReasonForm, reason_field
from tenants.admin.list_filters import ExactFilter, TenantFilter, given_flag
from tenants.admin.record_pages import RecordPage
from tenants.admin.searching import MOST_MATCHES
from tenants.admin.sections import Section, clipped
from tenants.models import Entity

SHORT = {"app_push_optin": "Push"}
CUT = "Too many have what was typed to look at them all: type more of it."
OF_THE_EDIT = ("reason", "seen")  # beside the flags, what the form of an edit holds


class LanguageFilter(ExactFilter):
    """A language tag or its beginning, in any case: de finds de, de-DE and what is stored as de_AT."""

    title = "language"
    parameter_name = "language"

    def normal(self, value: str) -> str:
        return normal_language(value) or value

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            choice["form"].fields[self.parameter_name].label = "By language (de finds de-DE, too)"
            yield choice

    def having(self, queryset: QuerySet[Any], values: list[str]) -> QuerySet[Any]:
        tags = {spelled for value in values for spelled in (value, value.replace("-", "_"))}
        begun = (Q(language__startswith=f"{tag}{joint}") for tag in sorted(tags) for joint in "-_")
        return queryset.filter(reduce(or_, begun, Q(language__in=tags)))

    def names_nobody(self, value: str) -> bool:
        return normal_language(value) is not None


class ConsentChangeList(KeysetChangeList):
    """The list, with boxes to tick in the rows the user may edit."""

    def mark(self, request: HttpRequest) -> None:
        super().mark(request)
        self.may_save = self.may_act
        if self.may_save:
            self.asks(request)

    def asks(self, request: HttpRequest) -> None:
        """Ask why, beside Save; of a list that was refused, again, with the rows as they were ticked."""
        wants = any(customer.tenant.requires_reason for customer in self.result_list)  # type: ignore[attr-defined]
        refused = getattr(request, "refused", None)
        self.kept_of, self.kept_at = request.user.pk, request.path
        self.reason_form = refused or ReasonForm(required=wants)
        if refused:
            as_typed(self.result_list, request.POST)  # type: ignore[arg-type]


class ConsentForm(forms.ModelForm):  # type: ignore[type-arg]
    """A customer's six flags, and what the editor was shown."""

    reason = reason_field()
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Customer
        fields = tuple(FLAGS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = seen(self.instance)
        if "reason" in self.fields and self.instance.tenant.requires_reason:
            self.fields["reason"] = reason_field(required=True)
        for name in FLAGS:
            if name in self.fields and not was_given(self.instance, name):
                self.fields[name].help_text = "Never given."

    def _post_clean(self) -> None:
        """Leave the customer as it is stored: the page says what is, and `edit_consents` writes what is wanted."""


def flag_column(name: str) -> Callable[[Customer], SafeString]:
    """Return a column of the list that shows a flag."""

    @admin.display(description=SHORT.get(name, TITLES[name].removesuffix(" opt-in")))
    def column(customer: Customer) -> SafeString:
        return flag_cell(customer, name)

    column.__name__ = name
    column.long_description = TITLES[name]  # type: ignore[attr-defined]  # what the head's short name stands for
    return column


FLAG_COLUMNS = tuple(map(flag_column, FLAGS))


@admin.register(Customer)
class CustomerAdmin(ExportedList, ErasingAdmin):
    """Opt-ins are staff's to correct where they stand; who the customer is, on a page of its own.

    Made of a list to take along (`ExportedList`), erasures (`ErasingAdmin`), what one customer's page shows
    (`CustomerPageAdmin`) and edits of opt-ins (`ConsentEditingAdmin`), on what all records have (`RecordAdmin`). Pages
    of one customer are in `pages`, those of the list in `actions_list`: each is a function in a module of its own.
    """

    entity = Entity.CUSTOMERS
    deletes = "Erase"
    exports = CUSTOMER_COLUMNS
    identifiers = ("customer_id", "email", "phone")
    pages = (RecordPage("Correct…", "correct", correct), MERGE, EVERYTHING, NOTES, PROOF_PAGE)
    erased, act_on_list = erased, act_on_list
    actions_list = ("erased", "act_on_list")
    search_help_text = "Name, e-mail, phone, id …"
    search_help = (
        "Any part of a name, e-mail, phone, username or customer ID, with or without accents; hub id; tag:vip,"
        " list:news, name=value"
    )
    form = ConsentForm
    list_display = ("person", "named", "shop", *FLAG_COLUMNS, "language", "created")
    sorts = {"named": (Sort("customer_id", "Customer ID"), Sort("email", "E-mail")), "created": (Sort("pk"),)}
    list_filter = (
        TenantFilter,
        *(given_flag(name, TITLES[name], bit) for name, bit in GIVEN_BITS.items()),
        LanguageFilter,
        arrived("day of creation"),
    )
    actions = (*FLAG_ACTIONS, "delete_selected")
    fieldsets: tuple[Any, ...] = (
        ("Identity", {"fields": (("name", "surname"), ("customer_id", "email"), ("phone", "username"), "language")}),
        (
            "Opt-ins",
            {
                "fields": (
                    ("email_optin", "sms_optin"),
                    ("whatsapp_optin", "app_push_optin"),
                    ("gdpr_optin", "is_excluded"),
                    "reason",
                    "seen",
                ),
                "classes": ["by-hand"],
            },
        ),
        ("Record", {"fields": (("tenant", "hub_id"), ("came", "changed"))}),
        ("More", {"fields": ("tag_links", "list_links", "attributes_shown", ("former_ids", "former_emails"))}),
    )
    readonly_fields = tuple(name for name in flatten_fieldsets(fieldsets) if name not in (*FLAGS, *OF_THE_EDIT))

    def conditions(self, term: str) -> list[Q]:
        return conditions_of(term)

    def by_words(self, request: HttpRequest, within: QuerySet[Any], text: str) -> list[int]:
        found = ids_by_words(tenant_ids_of(request), text, MOST_MATCHES)
        request.is_search_cut = found is None  # type: ignore[attr-defined]
        return found or []

    def search_note(self, request: HttpRequest) -> SafeString | str:
        return CUT if getattr(request, "is_search_cut", False) else searched_as_of(tenant_ids_of(request))

    @admin.display(description="customer")
    def person(self, customer: Customer) -> SafeString:
        """The customer's name, with what the editor is shown of the row."""
        editor = seen_field(customer) if getattr(customer, "may_act", False) else ""
        return format_html("{}{}", clipped(customer), editor)

    @admin.display(description="identifiers")
    def named(self, customer: Customer) -> SafeString:
        """The customer's identifiers, one under the other."""
        lines = ((clipped(value),) for value in (customer.customer_id, customer.email) if value)
        return format_html('<span class="hub-lines">{}</span>', format_html_join("", "{}", lines))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return ConsentChangeList

    def sections(self, record: Customer) -> list[Section]:
        return [*merges_of(record), *super().sections(record)]

    def get_urls(self) -> list[URLPattern]:
        return [parting_pattern(self), *super().get_urls()]
