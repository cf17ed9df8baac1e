"""What customers can be filtered by when read back."""

import django_filters
from django.db.models import QuerySet

from customers.models import Customer
from hub.api.filters import FlagFilter, moment_range


class CustomerFilterSet(django_filters.FilterSet):
    """Exact on identifiers, flags and language; ranges over the times."""

    CustomerId = django_filters.CharFilter(field_name="customer_id", strip=False)
    Email = django_filters.CharFilter(method="filter_email")
    Language = django_filters.CharFilter(field_name="language")
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

    def filter_email(self, queryset: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        return queryset.filter(email=value.strip().lower())
