"""How a customer is written when read back."""

from rest_framework import serializers

from customers.models import Customer
from hub.api.serializers import MomentField


class CustomerSerializer(serializers.Serializer[Customer]):
    """The documented fields, the hub id that changes name the customer by, and what other dialects stored."""

    HubId = serializers.IntegerField(source="id")
    CustomerId = serializers.CharField(source="customer_id")
    Email = serializers.CharField(source="email")
    Name = serializers.CharField(source="name")
    Surname = serializers.CharField(source="surname")
    Phone = serializers.CharField(source="phone")
    Language = serializers.CharField(source="language")
    Username = serializers.CharField(source="username")
    EmailOptin = serializers.BooleanField(source="email_optin")
    SmsOptin = serializers.BooleanField(source="sms_optin")
    WhatsappOptin = serializers.BooleanField(source="whatsapp_optin")
    AppPushOptin = serializers.BooleanField(source="app_push_optin")
    GdprOptin = serializers.BooleanField(source="gdpr_optin")
    IsExcluded = serializers.BooleanField(source="is_excluded")
    Attributes = serializers.DictField(source="attributes")
    Tags = serializers.ListField(source="tags")
    MailingLists = serializers.ListField(source="mailing_lists")
    CreatedAt = MomentField(source="created_at")
    UpdatedAt = MomentField(source="updated_at")
