"""The same customers, as a model of its own: unique by owner and customer id, the hub's indexes."""

from django.conf import settings
from django.db import models


class Customer(models.Model):
    """A customer of an owner."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    customer_id = models.CharField(max_length=100)
    email = models.EmailField(max_length=255)
    name = models.CharField(max_length=100, blank=True)
    surname = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=10, blank=True)
    username = models.CharField(max_length=500, blank=True)
    email_optin = models.BooleanField(default=False)
    sms_optin = models.BooleanField(default=False)
    whatsapp_optin = models.BooleanField(default=False)
    app_push_optin = models.BooleanField(default=False)
    gdpr_optin = models.BooleanField(default=False)
    is_excluded = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "yardstick"
        constraints = [models.UniqueConstraint(fields=["owner", "customer_id"], name="customer_id_of_owner")]
        indexes = [models.Index(fields=["owner", "email"], name="email_of_owner")]
