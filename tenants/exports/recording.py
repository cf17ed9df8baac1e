"""Exports are recorded: whom they show is counted page by page, before these go, and at the end who took how many."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError

from tenants.audit.events import Actor, record
from tenants.audit.looks import PERSONAL, Looks, count_look
from tenants.exports.export import Export
from tenants.exports.pages import pages
from tenants.models import AuditKind, Way

BROKEN_OFF = "broken off"


@dataclass(frozen=True)
class Taker:
    """Who takes an export: a user, or a key, or with neither a command on the server; in which trace."""

    user_id: int | None = None
    api_key_id: int | None = None
    trace_id: str = ""


@dataclass
class Taken:
    """How many records were given so far."""

    records: int = 0


def recorded(export: Export, by: Taker, taken: Taken | None = None) -> Iterator[bytes]:
    """Write an export piece by piece, and record it; `taken` is told how far it is.

    Raises the database's error where it fails for good: what was given until then is no whole file.
    """
    taken = taken or Taken()
    try:
        yield export.header
        for page in pages(export):
            _count(export, by, page.records, is_first=not taken.records)
            taken.records += page.records
            yield from page.pieces()
    except BaseException:
        with suppress(DatabaseError, InterfaceError):  # what broke it off is what there is to tell
            _record(export, by, taken, BROKEN_OFF)
        raise
    _record(export, by, taken)


def _count(export: Export, by: Taker, records: int, *, is_first: bool) -> None:
    if records and export.entity in PERSONAL:
        looks = Looks(
            export.tenant.pk,
            export.entity,
            Way.EXPORT,
            user_id=by.user_id,
            api_key_id=by.api_key_id,
            requests=int(is_first),
            records=records,
        )
        count_look(looks)


def _record(export: Export, by: Taker, taken: Taken, *said: str) -> None:
    """Record who took how many, of what and by which filters: their names alone, for a value may name somebody."""
    asked = [f"by {name}" for name in sorted(export.filters)]
    details = [export.entity.value, export.format.value, f"{taken.records} records", *asked, *said]
    actor = Actor(by.user_id, by.trace_id)
    record(AuditKind.EXPORTED, actor, tenant_id=export.tenant.pk, api_key_id=by.api_key_id, details=details)
