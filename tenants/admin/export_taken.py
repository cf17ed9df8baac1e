"""Who took which list along: recorded in the audit, and counted as looks of the persons in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.http import HttpRequest
from django.utils.http import urlencode

from hub.admin.changelist import KeysetChangeList
from hub.files.workbooks import MOST_ROWS
from tenants.admin.saved_views import pairs_of, refusal
from tenants.audit.events import Actor, record
from tenants.audit.looks import PERSONAL, Looks, write_looks
from tenants.models import AuditKind, Entity, Tenant, Way

BROKEN_OFF = "broken off"
TOO_LONG = f"more rows than a sheet can have ({MOST_ROWS - 1:,}): the rest is left out, take CSV"


def filters_of(changelist: KeysetChangeList) -> list[str]:
    """Say what a list is filtered by: by name, for a value may name somebody."""
    filters = [f"by {one.title}" for one in changelist.filter_specs if one.words()]
    return [*filters, "by a search"] if changelist.query.strip() else filters


def query_of(request: HttpRequest, model_admin: Any) -> tuple[str, bool]:
    """Return the part of a list's address that says which rows it has, and whether that may name somebody."""
    pairs = pairs_of(request.GET)
    return urlencode(pairs), bool(refusal(request, model_admin, [pair for pair in pairs if pair[0] != ORDER_VAR]))


def record_taken(tenant: Tenant, by: Actor, what: str, form: str, rows: int, said: Sequence[str]) -> None:
    """Record who took how many rows of what, filtered by what."""
    record(AuditKind.EXPORTED, by, tenant_id=tenant.pk, details=[what, form, f"{rows} rows", *said])


def count_taken(tenant: Tenant, by: Actor, looked: Mapping[Entity, int], *, begins: bool) -> None:
    """Count that an export shows its taker records of persons; only where it `begins` it is one more look."""
    write_looks(
        Looks(tenant.pk, entity, Way.EXPORT, user_id=by.user_id, requests=1 if begins else 0, records=looked[entity])
        for entity in looked
        if entity in PERSONAL and looked[entity]
    )
