"""Customers in the admin: browsed and read, their opt-ins edited, the persons erased."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from customers.admin.editing import FLAG_ACTIONS
from customers.admin.optins import TITLES, flag_cell, seen, seen_field, was_given
from customers.admin.proof import ConsentProofAdmin
from customers.admin.searching import conditions_of, searched_as_of
from customers.admin.sections import customer_sections
from customers.consents import GIVEN_BITS
from customers.erasure import count_orders_of, erase_customers_by_id, person_of
from customers.flags import FLAGS
from customers.models import Customer
from customers.searching.finding import ids_by_words
from hub.admin.changelist import KeysetChangeList
from hub.records.types import normal_language
from tenants.admin.access import access_of, by_tenant, tenant_ids_of
from tenants.admin.forms import reason_field
from tenants.admin.list_filters import ExactFilter, TenantFilter, arrived, given_flag
from tenants.admin.question import Question, counted, joined
from tenants.admin.searching import MOST_MATCHES
from tenants.admin.sections import Section, clipped
from tenants.changes.changesets import Origin, Receipt
from tenants.models import Entity, Role, Tenant

CUT = "Too many have what was typed to look at them all: type more of it."
OF_THE_EDIT = ("reason", "seen")  # beside the flags, what the form of an edit holds


class LanguageFilter(ExactFilter):
    """A language tag, in any case."""

    title = "language"
    parameter_name = "language"

    def normal(self, value: str) -> str:
        return normal_language(value) or value


class ConsentChangeList(KeysetChangeList):
    """The list, with boxes to tick in the rows the user may edit."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        access = access_of(request)
        for customer in self.result_list:
            customer.is_editable = not self.is_popup and access.may(Role.STAFF, customer.tenant_id)  # type: ignore[attr-defined]
        self.may_save = any(customer.is_editable for customer in self.result_list)  # type: ignore[attr-defined]


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
        for name in FLAGS:
            if name in self.fields and not was_given(self.instance, name):
                self.fields[name].help_text = "Never given."


def flag_column(name: str) -> Callable[[Customer], SafeString]:
    """Return a column of the list that shows a flag."""

    @admin.display(description=TITLES[name].removesuffix(" opt-in"))
    def column(customer: Customer) -> SafeString:
        return flag_cell(customer, name)

    column.__name__ = name
    return column


FLAG_COLUMNS = tuple(map(flag_column, FLAGS))


@admin.register(Customer)
class CustomerAdmin(ConsentProofAdmin):
    """Identity comes from the partner's API and is read-only here; opt-ins are staff's to correct."""

    entity = Entity.CUSTOMERS
    identifiers = ("customer_id", "email", "phone")
    search_help_text = "Name, e-mail, phone, id …"
    search_help = (
        "Any part of a name, e-mail, phone, username or customer ID, with or without accents; hub id; tag:vip,"
        " list:news, name=value"
    )
    form = ConsentForm
    list_display = ("person", "named", "shop", *FLAG_COLUMNS, "language")
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
                )
            },
        ),
        ("Record", {"fields": (("tenant", "hub_id"), ("came", "changed"))}),
        (
            "More",
            {
                "fields": ("tags", "mailing_lists", "attributes", ("former_ids", "former_emails")),
                "classes": ["collapse"],
            },
        ),
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
        editor = seen_field(customer) if getattr(customer, "is_editable", False) else ""
        return format_html("{}{}", clipped(customer), editor)

    @admin.display(description="identifiers")
    def named(self, customer: Customer) -> SafeString:
        """The customer's identifiers, one under the other."""
        lines = ((clipped(value),) for value in (customer.customer_id, customer.email) if value)
        return format_html('<span class="hub-lines">{}</span>', format_html_join("", "{}", lines))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return ConsentChangeList

    def sections(self, record: Customer) -> list[Section]:
        return customer_sections(record)

    def deletion(self, records: Sequence[Customer]) -> Question:
        orders = sum(
            count_orders_of(group[0].tenant, list(map(person_of, group))) for group in by_tenant(records).values()
        )
        return Question(
            title=f"Erase {counted(len(records), self.opts)}",
            records=records,
            happens=[
                "Their names, identifiers, addresses, numbers, opt-ins, tags and attributes are deleted for good.",
                f"{orders:,} of their orders become anonymous: no e-mail, a keyed hash in place of the CustomerId.",
                "Downstream systems are told to delete their copies.",
            ],
            stays=[
                "The sales figures of those orders, with their lines.",
                "That something changed and when, by hub id: it names nobody.",
            ],
            button=f"Yes, erase {counted(len(records), self.opts)}",
            url=self.delete_url(),
            chosen=joined(records),
            back=self.list_url(),
        )

    def delete_records(self, tenant: Tenant, ids: Sequence[int], origin: Origin) -> Receipt:
        return erase_customers_by_id(tenant, ids, origin=origin)

    def deleted_text(self, done: Sequence[Receipt]) -> str:
        return f"{counted(sum(receipt.removed for receipt in done), self.opts)} erased."
