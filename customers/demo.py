"""What the staff of a demo shop do with its customers, in `manage.py demo`: each through the function of the admin."""

import secrets
from typing import Any

from django.contrib.auth.models import User

from customers.consents import ConsentEdit, edit_consents
from customers.duplicates import find_duplicates
from customers.erasure import erase_customers_by_id
from customers.flags import BITS, FLAGS, NAMES
from customers.merging.choices import Choices
from customers.merging.merge import Seen, merge
from customers.models import Customer
from customers.notes import add_note
from customers.rectifying import rectify, values_of
from tenants.changes.changesets import Origin
from tenants.models import LegalBasis, Source, Tenant

NOTES = (
    "Called about the 1 kg bags: wants to hear when they are back.",
    "Prefers to be written to in English.",
)


def hear_objections(tenant: Tenant, user: User, customer_ids: list[str]) -> None:
    """Withdraw the e-mail consent of some customers, who have asked for it."""
    for number, customer in enumerate(_named(tenant, customer_ids), start=1):
        seen = sum(BITS[NAMES[name]] for name in FLAGS if getattr(customer, name))
        edit = ConsentEdit(customer.pk, seen, {"email_optin": False})
        edit_consents(tenant, [edit], origin=_by(user, f"Asked by phone, ticket {4710 + number}"))


def work(tenant: Tenant, user: User, *, noted: list[str], corrected: str, pair: tuple[str, str], erased: str) -> None:
    """Write notes, correct a name, merge two customers, erase one, and look for those who may be one person."""
    for customer, text in zip(_named(tenant, noted), NOTES, strict=False):
        add_note(customer, text, author=user.get_username(), user_id=user.pk)
    (wrong,) = _named(tenant, [corrected])
    seen = values_of(wrong)
    rectify(tenant, wrong.pk, seen, {**seen, "Surname": "Kowalczyk-Berg"}, origin=_by(user, "Married, sent a copy"))
    kept, lost = (Seen(customer.pk, customer.updated_at) for customer in _named(tenant, list(pair)))
    merge(tenant, kept, lost, Choices(), origin=_by(user, "Registered twice, confirmed by e-mail"))
    basis = {"legal_basis": LegalBasis.OBJECTION, "reference": "GDPR-2041"}
    gone = [customer.pk for customer in _named(tenant, [erased])]
    erase_customers_by_id(tenant, gone, origin=_by(user, "Asked for by letter", **basis))
    find_duplicates(tenant.pk)


def _named(tenant: Tenant, customer_ids: list[str]) -> list[Customer]:
    """Return customers in the order of their ids."""
    found = {one.customer_id: one for one in Customer.objects.filter(tenant=tenant, customer_id__in=customer_ids)}
    return [found[customer_id] for customer_id in customer_ids]


def _by(user: User, reason: str, **more: Any) -> Origin:
    trace_id = secrets.token_hex(16)
    return Origin(Source.ADMIN, user.get_username(), trace_id, user_id=user.pk, reason=reason, **more)
