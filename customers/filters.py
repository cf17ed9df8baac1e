"""What customers can be filtered by when read back."""

import django_filters

from customers.models import Customer
from customers.schemas import CustomerRecord
from hub.api.filters import FlagFilter, HubIdFilter, ValueFilter, moment_range
from hub.api.parameters import EMAIL, field_type
from hub.records.types import Language


class CustomerFilterSet(django_filters.FilterSet):
    """Exact on identifiers, flags and language; ranges over the times."""

    HubId = HubIdFilter()
    CustomerId = ValueFilter(field_type(CustomerRecord, "CustomerId"), field_name="customer_id")
    Email = ValueFilter(EMAIL, field_name="email")
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
