"""Addresses stored before each had one form get it, or nobody would find them any more; `mailto:` goes.

Where two customers of a tenant that goes by e-mail turn out to be one person, they become one: what either withdrew is
withdrawn, and what the one that has the address lacks comes from the other. Hub ids that went are printed.
"""

from typing import Any

from django.db import migrations
from django.db.models import Q

from hub.records.emails import normal_email

BY_EMAIL, LINK = "e:", "mailto:"
TEXTS = ("name", "surname", "phone", "language", "username")
OPTINS = ("email_optin", "sms_optin", "whatsapp_optin", "app_push_optin", "gdpr_optin")


def give_form(apps: Any, _: Any) -> None:
    customers = apps.get_model("customers", "Customer").objects
    odd = customers.filter(Q(email__regex="[^!-~]") | Q(email__contains="xn--") | Q(email__startswith=LINK))
    for customer in odd.order_by("tenant_id", "id").iterator():
        email = normal_email(customer.email.removeprefix(LINK))
        if email in (None, customer.email):
            continue
        of_tenant = customers.filter(tenant_id=customer.tenant_id)
        by_email = customer.match_key.startswith(BY_EMAIL)
        known = of_tenant.filter(match_key=BY_EMAIL + email).first() if by_email else None
        if known:
            merge(of_tenant, known, customer)
            continue
        key = BY_EMAIL + email if by_email else customer.match_key
        of_tenant.filter(pk=customer.pk).update(email=email, match_key=key)


def merge(of_tenant: Any, known: Any, other: Any) -> None:
    values = {name: getattr(known, name) or getattr(other, name) for name in TEXTS}
    values |= {name: getattr(known, name) and getattr(other, name) for name in OPTINS}
    values["is_excluded"] = known.is_excluded or other.is_excluded
    values["attributes"] = {**other.attributes, **known.attributes}
    values |= {name: [*dict.fromkeys([*getattr(known, name), *getattr(other, name)])] for name in ("tags", "mailing_lists")}
    values["customer_id"] = known.customer_id or other.customer_id
    of_tenant.filter(pk=other.pk).delete()
    of_tenant.filter(pk=known.pk).update(given=known.given | other.given, **values)
    print(f"Customer {other.pk} is customer {known.pk} of tenant {known.tenant_id}: one address in two spellings.")  # noqa: T201


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [migrations.RunPython(give_form, migrations.RunPython.noop)]
