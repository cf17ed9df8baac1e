"""What is held about a person: who they are, what they agreed to and bought, what staff noted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from customers.admin.lines import lines, source_of, with_given
from customers.admin.optins import TITLES, state_of
from customers.consents import GIVEN_BITS
from customers.flags import FLAGS
from customers.models import Customer, CustomerNote
from tenants.entities import entity_config
from tenants.links import orders_of_customer
from tenants.models import (
    ConsentChange,
    Entity,
)

MOST_ORDERS = 100_000
CHUNK = 500  # orders that are read with their lines at a time
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what is held: what it is called, why it is kept and how long, its columns by their names, its rows."""

    name: str
    title: str
    kept: str
    columns: Mapping[str, str]
    rows: Iterator[Row] = field(compare=False)


def identity(customer: Customer) -> Part:
    """The person's record: who they are, and what they were known by before."""
    shown = entity_config(Entity.CUSTOMERS).reading.write(customer)
    beside = {"Tags", "MailingLists", "Attributes", *_flag_names()}
    former = {"Former CustomerIds": customer.former_ids, "Former e-mails": customer.former_emails}
    said = {**{name: value for name, value in shown.items() if name not in beside}, **former}
    return Part(
        "Identity",
        "Who the person is",
        "Sent by the shop's systems, to know its customers by. Kept until the person is erased. Former identifiers are"
        " kept so that an erasure finds orders that name them.",
        {"Field": "What", "Value": "Value"},
        ({"Field": name, "Value": value} for name, value in said.items() if value not in (None, [])),
    )


def _flag_names() -> list[str]:
    return [flag.name for flag in entity_config(Entity.CUSTOMERS).consents]


def consents(customer: Customer) -> Part:
    """What the person agreed to, as it is now."""
    last: dict[str, tuple[Any, str]] = {}
    for change in _ledger_of(customer):
        last |= {line.name: (change.created_at, source_of(change)) for line in lines(change)}
    return Part(
        "Consents",
        "What the person agreed to",
        "To contact nobody who did not agree. Kept until the person is erased.",
        {"Channel": "Channel", "Now": "Now", "Since": "Since", "Through": "Through"},
        (
            {
                "Channel": TITLES[name],
                "Now": state_of(customer, name),
                "Since": last.get(name, (None, None))[0] if customer.given & GIVEN_BITS[name] else None,
                "Through": last.get(name, (None, None))[1],
            }
            for name in FLAGS
        ),
    )


def _ledger_of(customer: Customer) -> list[ConsentChange]:
    changes = ConsentChange.objects.filter(tenant_id=customer.tenant_id, customer=customer.pk)
    return list(with_given(changes).order_by("pk"))


def ledger(customer: Customer) -> Part:
    """Every change of a consent."""
    return Part(
        "ConsentLedger",
        "Every change of a consent",
        "To prove what was agreed to, and when. Kept until the person is erased.",
        {"At": "When", "Channel": "Channel", "Before": "Before", "After": "After", "Through": "Through", "Why": "Why"},
        (
            {
                "At": change.created_at,
                "Channel": TITLES[line.name],
                "Before": line.before or None,
                "After": line.after,
                "Through": source_of(change) or None,
                "Why": change.reason or None,
            }
            for change in _ledger_of(customer)
            for line in lines(change)
        ),
    )


def groups(customer: Customer) -> Part:
    """Tags, mailing lists and attributes."""
    rows: list[Row] = [{"What": "Tag", "Name": tag, "Value": None} for tag in customer.tags]
    rows += [{"What": "Mailing list", "Name": name, "Value": None} for name in customer.mailing_lists]
    rows += [{"What": "Attribute", "Name": name, "Value": value} for name, value in customer.attributes.items()]
    return Part(
        "Groups",
        "Tags, mailing lists and attributes",
        "Sent by the shop's systems, to choose whom to write to. Kept until the person is erased.",
        {"What": "What", "Name": "Name", "Value": "Value"},
        iter(rows),
    )


def orders(customer: Customer) -> Part:
    """The orders that name the person, with their lines, the latest first."""
    return Part(
        "Orders",
        "Orders",
        "To know what was sold. Kept by the shop; when the person is erased, orders stay as anonymous sales.",
        {
            "OrderDate": "Date",
            "OrderId": "Order",
            "TotalRevenue": "Total",
            "Currency": "Currency",
            "IsOrderCancelled": "Cancelled",
            "OrderItems": "Lines",
        },
        _orders(customer),
    )


def _orders(customer: Customer) -> Iterator[Row]:
    reading = entity_config(Entity.ORDERS).reading
    found = orders_of_customer(customer.tenant, customer.customer_id, customer.email, MOST_ORDERS)
    every = [order[0] for order in found]
    for ids in (every[start : start + CHUNK] for start in range(0, len(every), CHUNK)):
        whole = {order.pk: order for order in reading.growing.whole(customer.tenant_id, ids)}
        yield from (reading.write(whole[pk]) for pk in ids if pk in whole)


def notes(customer: Customer) -> Part:
    """What staff wrote down about the person."""
    found = CustomerNote.objects.filter(tenant_id=customer.tenant_id, customer_id=customer.pk)
    return Part(
        "Notes",
        "Notes of staff",
        "For colleagues, to serve the person. Kept until they are deleted, or the person is erased.",
        {"At": "When", "By": "By", "Text": "Note"},
        ({"At": note.created_at, "By": "Staff", "Text": note.text} for note in found.order_by("pk")),
    )
