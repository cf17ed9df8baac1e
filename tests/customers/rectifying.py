"""How staff correct a customer: its page is opened, fields are changed, and the form is sent as it stands."""

from typing import Any

from django.test import Client

from customers.models import Customer
from tests.conftest import Partner


def page_of(customer: Customer) -> str:
    """Return the address of the page that corrects a customer."""
    return f"/admin/customers/customer/{customer.pk}/correct/"


def stored(partner: Partner, **named: str) -> Customer:
    """Return a tenant's customer, or its only one."""
    return Customer.objects.get(tenant=partner.tenant, **named)


def shown(client: Client, customer: Customer) -> dict[str, str]:
    """Return what the form holds when it is opened."""
    form = client.get(page_of(customer)).context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def correct(client: Client, customer: Customer, opened: Any = None, **typed: str) -> Any:
    """Correct a customer on its page, as it was opened, and follow to what is shown then."""
    sent = {**(opened or shown(client, customer)), **typed}
    return client.post(page_of(customer), sent, follow=True)
