"""What the partner's next send does to a customer that staff corrected: one true sentence for a tenant's priority."""

from customers.rectifying import LABELS
from tenants.admin.rectifying import shortened
from tenants.changes.rectifying import Rectified, Values
from tenants.identity import identifiers_of
from tenants.models import Tenant

BY_PHONE = "The customer is known by phone alone: no send by CustomerId or e-mail finds it."
CUSTOMER_ID = {"CustomerId": "CustomerId", "Email": "e-mail"}


def named_by(tenant: Tenant, values: Values) -> str | None:
    """Return the documented name of the identifier by which the partner's records find a customer; None for none."""
    first, second, _ = identifiers_of(tenant)
    return next((name for name in (first, second) if values[name]), None)


def _called(name: str, values: Values) -> str:
    return f"{CUSTOMER_ID[name]} {shortened(values[name])}"


def next_send(tenant: Tenant, rectified: Rectified) -> str:
    """Say what the partner's next send of the customer does, now that this was corrected."""
    before, after = rectified.before, rectified.after
    name, now = named_by(tenant, before), named_by(tenant, after)
    if now is None:
        return BY_PHONE
    if name is None:
        return f"The partner's next send of {_called(now, after)} will update this customer."
    if after[name] == before[name]:
        fields = ", ".join(LABELS[field] for field in rectified.changed)
        return f"The partner's next send of {_called(name, before)} will write over this, where it has {fields}."
    return (
        f"The partner's next send of {_called(name, before)} will make a new customer, for nobody has it any more:"
        f" ask the partner to send {_called(now, after)}."
    )


def before_sending(tenant: Tenant, values: Values) -> list[str]:
    """Say, before anything is corrected, what goes with it and what the partner's sends do."""
    name = named_by(tenant, values)
    lines = [
        "Orders that name the customer by a CustomerId or an e-mail that you change are changed along, so that they"
        " stay with the person; an undo brings both back.",
        "Former CustomerIds and e-mails stay known: an erasure finds everything that came under them.",
    ]
    if name is None:
        return [*lines, BY_PHONE]
    return [
        *lines,
        f"The partner's next send of {_called(name, values)} will write over what you correct here, wherever it has the"
        " field: have it corrected there, too.",
        f"If you change the {CUSTOMER_ID[name]}, the partner's next send of {_called(name, values)} will make a new"
        " customer, for nobody has it then.",
    ]
