"""What a tenant's configuration is held to, whoever writes it: the dashboard, a command, code."""

from zoneinfo import available_timezones

from django.core.exceptions import ValidationError

from hub.records.types import normal_country
from tenants.entities import customer_fields


def validate_time_zone(name: str) -> None:
    """Raise ValidationError for what is no IANA time zone."""
    if name not in available_timezones():
        raise ValidationError("No such time zone: choose an IANA name such as Europe/Berlin.")


def validate_country(code: str) -> None:
    """Raise ValidationError for what is no ISO 3166 country code in capitals."""
    if code != normal_country(code):
        raise ValidationError("No such country: choose an ISO 3166 code such as FI.")


def validate_customer_field(name: str) -> None:
    """Raise ValidationError for what no tenant can require in a customer record."""
    if name not in customer_fields():
        raise ValidationError(f"No such customer field: {name}. Choose of {', '.join(customer_fields())}.")
