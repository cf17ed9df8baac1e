"""What customers can be filtered by when read back."""

from typing import Annotated

import django_filters

from customers.models import Customer
from customers.schemas import CustomerRecord
from hub.api.filters import EntryFilter, FlagFilter, HubIdFilter, SeveralFilter, ValueFilter, moment_range
from hub.api.parameters import EMAIL, PHONE, field_type, several
from hub.records.types import Language, required_text

MOST_ENTRY = 200  # characters of a tag or a mailing list, as the vendors' dialects take them
CUSTOMER_ID = field_type(CustomerRecord, "CustomerId")
ENTRY = Annotated[str, required_text(MOST_ENTRY)]


class CustomerFilterSet(django_filters.FilterSet):
    """Exact on identifiers, phone, flags and language; ranges over the times. A tag or a list finds who has it."""

    HubId = HubIdFilter()
    CustomerId = ValueFilter(CUSTOMER_ID, field_name="customer_id")
    CustomerId__in = SeveralFilter(CUSTOMER_ID, field_name="customer_id")
    Email = ValueFilter(EMAIL, field_name="email")
    Email__in = SeveralFilter(EMAIL, field_name="email")
    Phone = ValueFilter(PHONE, field_name="phone")
    Phone__in = SeveralFilter(PHONE, field_name="phone")
    Tags = EntryFilter(ENTRY, field_name="tags")
    Tags__in = EntryFilter(several(ENTRY), field_name="tags")
    MailingLists = EntryFilter(ENTRY, field_name="mailing_lists")
    MailingLists__in = EntryFilter(several(ENTRY), field_name="mailing_lists")
    Language = ValueFilter(Language, field_name="language")
    EmailOptin = FlagFilter(field_name="email_optin")
    SmsOptin = FlagFilter(field_name="sms_optin")
    WhatsappOptin = FlagFilter(field_name="whatsapp_optin")
    AppPushOptin = FlagFilter(field_name="app_push_optin")
    GdprOptin = FlagFilter(field_name="gdpr_optin")
    IsExcluded = FlagFilter(field_name="is_excluded")
    locals().update(moment_range("created_at", "CreatedAt"), **moment_range("updated_at", "UpdatedAt"))

    class Meta:
        model = Customer
        fields: list[str] = []
