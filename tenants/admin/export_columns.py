"""The columns of exported lists that are no records': changes, requests, quarantine, erasures, the audit, looks.

Each says what its list and the page of a row say. Of what a partner sent the quarantine's has no more than its list.
"""

from typing import Any

from tenants.admin.export_rows import ExportColumn


def _several(name: str) -> Any:
    """Return what counts the hub ids of a changeset in one of its arrays, which the list has in their place."""
    return lambda changeset: getattr(changeset, f"many_{name}")


CHANGESET_COLUMNS = (
    ExportColumn("When", lambda changeset: changeset.created_at),
    ExportColumn("Number", lambda changeset: changeset.number),
    ExportColumn("Kind of record", lambda changeset: changeset.get_entity_display()),
    ExportColumn("What", lambda changeset: changeset.get_operation_display()),
    ExportColumn("Through", lambda changeset: changeset.get_source_display()),
    ExportColumn("By", lambda changeset: changeset.actor),
    ExportColumn("Received", lambda changeset: changeset.received),
    ExportColumn("Created", _several("created_ids")),
    ExportColumn("Updated", _several("updated_ids")),
    ExportColumn("Deleted", _several("deleted_ids")),
    ExportColumn("Unchanged", lambda changeset: changeset.unchanged),
    ExportColumn("Takes back", lambda changeset: changeset.undoes, usual=False),
    ExportColumn("Why", lambda changeset: changeset.reason, usual=False),
    ExportColumn("Trace id", lambda changeset: changeset.trace_id, usual=False),
)
REQUEST_COLUMNS = (
    ExportColumn("When", lambda request: request.created_at),
    ExportColumn("Method", lambda request: request.method),
    ExportColumn("Route", lambda request: request.route),
    ExportColumn("Status", lambda request: request.status),
    ExportColumn("Received", lambda request: request.received),
    ExportColumn("Created", lambda request: request.created),
    ExportColumn("Updated", lambda request: request.updated),
    ExportColumn("Unchanged", lambda request: request.unchanged),
    ExportColumn("Removed", lambda request: request.removed),
    ExportColumn("What was wrong", lambda request: request.codes),
    ExportColumn("API key", lambda request: request.api_key),
    ExportColumn("Dialect", lambda request: request.get_source_display(), usual=False),
    ExportColumn("Milliseconds", lambda request: f"{request.milliseconds:.1f}", usual=False),
    ExportColumn("Bytes", lambda request: request.size, usual=False),
    ExportColumn("Changeset", lambda request: request.changeset, usual=False),
    ExportColumn("Trace id", lambda request: request.trace_id),
)
QUARANTINE_COLUMNS = (
    ExportColumn("Last sent", lambda row: row.last_at),
    ExportColumn("Kind of record", lambda row: row.get_entity_display()),
    ExportColumn("Identifiers", lambda row: str(row)),
    ExportColumn("What is wrong", lambda row: row.codes),
    ExportColumn("Source", lambda row: row.get_source_display()),
    ExportColumn("Times sent", lambda row: row.times),
    ExportColumn("Withdraws consent", lambda row: row.is_withdrawal),
    ExportColumn("State", lambda row: row.get_state_display()),
    ExportColumn("Trace id", lambda row: row.trace_id, usual=False),
)
ERASURE_COLUMNS = (
    ExportColumn("When", lambda erasure: erasure.created_at),
    ExportColumn("Number", lambda erasure: erasure.number),
    ExportColumn("Hub id", lambda erasure: erasure.hub_id),
    ExportColumn("Through", lambda erasure: erasure.get_source_display()),
    ExportColumn("By", lambda erasure: erasure.actor),
    ExportColumn("Legal basis", lambda erasure: erasure.get_legal_basis_display()),
    ExportColumn("Reference", lambda erasure: erasure.reference),
    ExportColumn("Changeset", lambda erasure: erasure.changeset_number),
    ExportColumn("Trace id", lambda erasure: erasure.trace_id, usual=False),
)
AUDIT_COLUMNS = (
    ExportColumn("When", lambda event: event.created_at),
    ExportColumn("What", lambda event: event.get_kind_display()),
    ExportColumn("By", lambda event: event.user or "a command on the server"),
    ExportColumn("Member", lambda event: event.member),
    ExportColumn("API key", lambda event: event.api_key),
    ExportColumn("Details", lambda event: event.details),
    ExportColumn("Trace id", lambda event: event.trace_id),
)
LOOK_COLUMNS = (
    ExportColumn("Day (UTC)", lambda look: look.day.isoformat()),
    ExportColumn("Saw", lambda look: look.get_entity_display()),
    ExportColumn("How", lambda look: look.get_way_display()),
    ExportColumn("By", lambda look: look.user or look.api_key),
    ExportColumn("Hub id of the record", lambda look: look.record),
    ExportColumn("Requests", lambda look: look.requests),
    ExportColumn("Records", lambda look: look.records),
    ExportColumn("Last", lambda look: look.last_at),
)
