"""Everything that is held about one person (Art. 15 GDPR): its parts, each a function of the customer in PARTS.

Whoever stores something about a person adds a function here: what it is, why, how long it is kept, and its rows.
Employees and keys are named by what they are, not who: recipients of data are not the people who work for the shop
(Court of Justice, C-579/21).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.db.models import Q

from customers.admin.lines import lines, source_of
from customers.admin.optins import TITLES, state_of
from customers.consents import GIVEN_BITS
from customers.erasure import names_of, person_of
from customers.flags import FLAGS
from customers.models import Customer, CustomerNote, SearchedWords
from tenants.admin.sections import touching
from tenants.changes.images import KEPT_FOR as IMAGES_KEPT_FOR
from tenants.changes.images import MERGES_KEPT_FOR
from tenants.entities import entity_config
from tenants.imports.ends import KEPT_FOR as REJECTED_KEPT_FOR
from tenants.links import orders_of_customer
from tenants.models import (
    ApiKey,
    BeforeImage,
    Changeset,
    ConsentChange,
    Entity,
    LoggedRequest,
    Look,
    QuarantinedRecord,
    RejectedRow,
    Webhook,
)
from tenants.quarantine.ends import KEPT_FOR as QUARANTINE_KEPT_FOR
from tenants.scopes import Scope

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
    return list(changes.order_by("pk"))


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


def changes(customer: Customer) -> Part:
    """The writes that touched the record."""
    found = touching(Changeset.objects.filter(tenant_id=customer.tenant_id), Entity.CUSTOMERS, customer.pk)
    return Part(
        "Changes",
        "What changed the record",
        f"To tell who did what. They hold no personal value. Kept for {settings.CHANGESET_DAYS} days.",
        {"At": "When", "Number": "Changeset", "What": "What", "Through": "Through", "By": "By", "Why": "Why"},
        (
            {
                "At": change.created_at,
                "Number": change.number,
                "What": change.get_operation_display(),
                "Through": change.get_source_display(),
                "By": by_whom(change),
                "Why": change.reason or None,
            }
            for change in found.order_by("pk").defer("created_ids", "updated_ids", "deleted_ids")
        ),
    )


def by_whom(row: Any) -> str:
    """Say what somebody is who wrote or looked: a member of the staff, or a system with a key."""
    if row.user_id is not None:
        return "Staff"
    return "A system of the shop or its partner" if row.api_key_id is not None else "The hub's operator"


def images(customer: Customer) -> Part:
    """What records that name the person were before a change."""
    named = Q(names__overlap=names_of([person_of(customer)]))
    own = Q(entity=Entity.CUSTOMERS, record=customer.pk)
    found = BeforeImage.objects.filter(named | own, tenant_id=customer.tenant_id)
    return Part(
        "BeforeImages",
        "What records were before a change",
        f"To take a mistake back. Kept for {IMAGES_KEPT_FOR.days} days, those of a merge for {MERGES_KEPT_FOR.days}.",
        {"At": "When", "Number": "Changeset", "What": "What", "Until": "Kept until", "Record": "As it was"},
        (
            {
                "At": image.created_at,
                "Number": image.changeset_number,
                "What": image.get_entity_display(),
                "Until": image.kept_until or image.created_at + IMAGES_KEPT_FOR,
                "Record": image.image,
            }
            for image in found.order_by("pk")
        ),
    )


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


def words(customer: Customer) -> Part:
    """The plain spelling of what the person is searched by."""
    found = SearchedWords.objects.filter(tenant_id=customer.tenant_id, pk=customer.pk)
    return Part(
        "SearchedWords",
        "What the person is found by",
        "The names above in plain letters, for staff to search. Kept until the person is erased.",
        {"Words": "Words"},
        ({"Words": row.words} for row in found),
    )


def quarantined(customer: Customer) -> Part:
    """Records that batches left out and that name the person."""
    found = QuarantinedRecord.objects.filter(
        tenant_id=customer.tenant_id, names__overlap=names_of([person_of(customer)])
    )
    return Part(
        "Quarantine",
        "Records that were not accepted",
        f"For staff to correct. Kept for {QUARANTINE_KEPT_FOR.days} days after they were last sent.",
        {"At": "First sent", "Until": "Kept until", "What": "What", "State": "State", "Record": "As it was sent"},
        (
            {
                "At": record.created_at,
                "Until": record.last_at + QUARANTINE_KEPT_FOR,
                "What": record.get_entity_display(),
                "State": record.get_state_display(),
                "Record": record.record,
            }
            for record in found.order_by("pk")
        ),
    )


def rejected(customer: Customer) -> Part:
    """Rows of files that were not stored and that name the person."""
    found = RejectedRow.objects.filter(tenant_id=customer.tenant_id, names__overlap=names_of([person_of(customer)]))
    return Part(
        "RejectedRows",
        "Rows of files that were not accepted",
        f"For staff to correct and send again. Kept for {REJECTED_KEPT_FOR.days} days.",
        {"At": "When", "Until": "Kept until", "Line": "Line", "Row": "As it came"},
        (
            {
                "At": row.created_at,
                "Until": row.created_at + REJECTED_KEPT_FOR,
                "Line": row.line,
                "Row": row.sent,
            }
            for row in found.order_by("pk")
        ),
    )


def requests(customer: Customer) -> Part:
    """Calls of the API that changed the record, as the log has them: without what was sent."""
    touched = touching(Changeset.objects.filter(tenant_id=customer.tenant_id), Entity.CUSTOMERS, customer.pk)
    traces = list(touched.exclude(trace_id="").order_by("-pk").values_list("trace_id", flat=True)[:1000])
    found = LoggedRequest.objects.filter(tenant_id=customer.tenant_id, trace_id__in=traces)
    return Part(
        "Requests",
        "Calls that changed the record",
        "To find faults. The log has no value that was sent. Kept for 30 days.",
        {"At": "When", "Call": "Call", "Status": "Answer"},
        (
            {"At": request.created_at, "Call": f"{request.method} {request.route}", "Status": request.status}
            for request in found.order_by("pk")
        ),
    )


def looks(customer: Customer) -> Part:
    """Who opened the person's page, by day."""
    found = Look.objects.filter(tenant_id=customer.tenant_id, entity=Entity.CUSTOMERS, record=customer.pk)
    return Part(
        "Looks",
        "Who looked",
        f"To tell who saw the person's data. Kept for {settings.AUDIT_DAYS} days.",
        {"Day": "Day (UTC)", "By": "By", "What": "What", "Times": "Times"},
        (
            {
                "Day": look.day.isoformat(),
                "By": by_whom(look),
                "What": look.get_way_display(),
                "Times": look.requests,
            }
            for look in found.order_by("pk")
        ),
    )


def recipients(customer: Customer) -> Part:
    """The systems that may read the person's record, or are told that it changed."""
    hooks = Webhook.objects.filter(tenant_id=customer.tenant_id).order_by("pk")
    told = [hook for hook in hooks if not hook.entities or Entity.CUSTOMERS in hook.entities]
    keys = ApiKey.objects.filter(tenant_id=customer.tenant_id, revoked_at=None).order_by("pk")
    rows = [{"System": hook.label, "How": f"is told of changes, at {urlsplit(hook.url).hostname}"} for hook in told]
    rows += [{"System": key.label, "How": "may read customers"} for key in keys if key.scopes & Scope.READ_CUSTOMERS]
    return Part(
        "Recipients",
        "Systems that receive the data",
        "Systems of the shop and its partners that have a key, or an address that is told of changes.",
        {"System": "System", "How": "How"},
        iter(rows),
    )


# What stands in everything that is held about a person, in this order.
PARTS: Sequence[Callable[[Customer], Part]] = (
    identity,
    consents,
    groups,
    notes,
    orders,
    ledger,
    changes,
    images,
    words,
    quarantined,
    rejected,
    requests,
    looks,
    recipients,
)


def parts_of(customer: Customer) -> Iterator[Part]:
    """Yield all parts; each reads what it holds when it is asked for."""
    return (part(customer) for part in PARTS)


def as_json(customer: Customer, head: Mapping[str, Any], write: Callable[[object], bytes]) -> Iterator[bytes]:
    """Write everything as one JSON object, in pieces: a customer may have 100,000 orders.

    Nothing is held of the database between two pieces but rows that were read.
    """
    yield b'{"About":' + write(head)
    for part in parts_of(customer):
        said = {"Title": part.title, "Kept": part.kept}
        yield b"," + orjson.dumps(part.name) + b":" + write(said)[:-1] + b',"Rows":['
        comma = b""
        while chunk := list(islice(part.rows, CHUNK)):
            yield comma + b",".join(map(write, chunk))
            comma = b","
        yield b"]}"
    yield b"}\n"
