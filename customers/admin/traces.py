"""What is held about a person beside their record: changes, what they were before, what was left out, who looked."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q

from customers.admin.held import Part
from customers.erasure import names_of, person_of
from customers.models import Customer, SearchedWords
from tenants.admin.sections import touching
from tenants.changes.images import KEPT_FOR as IMAGES_KEPT_FOR
from tenants.changes.images import MERGES_KEPT_FOR
from tenants.imports.ends import KEPT_FOR as REJECTED_KEPT_FOR
from tenants.models import (
    ApiKey,
    BeforeImage,
    Changeset,
    Entity,
    LoggedRequest,
    Look,
    QuarantinedRecord,
    RejectedRow,
    Webhook,
)
from tenants.quarantine.ends import KEPT_FOR as QUARANTINE_KEPT_FOR
from tenants.scopes import Scope


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
