"""The tables of tenants, by what they are about."""

from tenants.models.audit import (
    ACCOUNT_CHOICES,
    ACCOUNT_KINDS,
    TENANT_CHOICES,
    AccountEvent,
    AuditEvent,
    AuditKind,
    Look,
    Way,
)
from tenants.models.certificates import ErasureCertificate, LegalBasis
from tenants.models.changes import Changeset, ConsentChange, Entity, Feed, Operation, Source
from tenants.models.counters import DailyCount, FailureCounter, HealthSnapshot, RateCounter, RefusedRequest
from tenants.models.erasure import ErasureKey, Forgotten
from tenants.models.exports import Export, ExportPart, ExportState
from tenants.models.files import FileFormat, FilePart, Import, ImportMapping, ImportState, RejectedRow
from tenants.models.idempotency import KeptAnswer
from tenants.models.images import BeforeImage
from tenants.models.pages import BOUNDS as PAGE_BOUNDS
from tenants.models.pages import PageCount
from tenants.models.quarantine import QuarantinedRecord, QuarantineState
from tenants.models.requests import DIALECTS, LoggedRequest, RequestCount, StrangerCount, StrangerRequest
from tenants.models.tenants import (
    SANDBOX,
    ApiKey,
    ConsentPolicy,
    Invitation,
    Membership,
    Priority,
    Role,
    Tenant,
    TenantOwned,
    standard_per_hour,
    standard_per_minute,
)
from tenants.models.views import SavedView
from tenants.models.webhooks import STOPPED, Delivery, Fault, PauseReason, Webhook

# Where migrations look for them.
from tenants.validators import validate_country, validate_customer_field, validate_time_zone

__all__ = [
    "ACCOUNT_CHOICES",
    "ACCOUNT_KINDS",
    "DIALECTS",
    "PAGE_BOUNDS",
    "SANDBOX",
    "STOPPED",
    "TENANT_CHOICES",
    "AccountEvent",
    "ApiKey",
    "AuditEvent",
    "AuditKind",
    "BeforeImage",
    "Changeset",
    "ConsentChange",
    "ConsentPolicy",
    "DailyCount",
    "Delivery",
    "Entity",
    "ErasureCertificate",
    "ErasureKey",
    "Export",
    "ExportPart",
    "ExportState",
    "FailureCounter",
    "Fault",
    "Feed",
    "FileFormat",
    "FilePart",
    "Forgotten",
    "HealthSnapshot",
    "Import",
    "ImportMapping",
    "ImportState",
    "Invitation",
    "KeptAnswer",
    "LegalBasis",
    "LoggedRequest",
    "Look",
    "Membership",
    "Operation",
    "PageCount",
    "PauseReason",
    "Priority",
    "QuarantineState",
    "QuarantinedRecord",
    "RateCounter",
    "RefusedRequest",
    "RejectedRow",
    "RequestCount",
    "Role",
    "SavedView",
    "Source",
    "StrangerCount",
    "StrangerRequest",
    "Tenant",
    "TenantOwned",
    "Way",
    "Webhook",
    "standard_per_hour",
    "standard_per_minute",
    "validate_country",
    "validate_customer_field",
    "validate_time_zone",
]
