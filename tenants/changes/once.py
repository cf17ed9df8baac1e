"""What is done once, however often it is asked for: a write and the answer to it in one transaction.

Whoever does it holds an advisory lock of its own, which nobody waits for; that two do not both do it, the unique key of
the kept answers promises.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from hub.sql.execute import execute_where_tenant_is
from tenants.changes.places import place
from tenants.models import KeptAnswer

KEPT_FOR = timedelta(hours=24)
CHUNK = 1000  # answers that the purge deletes at a time

# The lock is one of two numbers, and so none of the tenants' or the gate's, which have one.
CLAIM = """
SELECT pg_try_advisory_xact_lock(%(first)s::int, %(second)s::int) AS is_free,
       a.request = decode(%(request)s, 'hex') AS is_same,
       encode(a.answer, 'base64') AS answer
  FROM (VALUES (%(tenant_id)s::uuid)) AS asked(tenant_id)
  LEFT JOIN tenants_keptanswer a
         ON a.tenant_id = %(tenant_id)s AND a.name = decode(%(name)s, 'hex') AND a.created_at > %(since)s
"""
# One that is over is replaced, and gets a later id: the purge goes by them.
KEEP = """
INSERT INTO tenants_keptanswer AS a (tenant_id, name, request, answer, created_at)
VALUES (%(tenant_id)s, decode(%(name)s, 'hex'), decode(%(request)s, 'hex'), decode(%(answer)s, 'base64'), %(now)s)
    ON CONFLICT (tenant_id, name) DO UPDATE
   SET id = excluded.id, request = excluded.request, answer = excluded.answer, created_at = excluded.created_at
 WHERE a.created_at <= %(since)s
RETURNING id
"""


class StillRunning(Exception):
    """Somebody else is at it."""


class OtherRequest(Exception):
    """The name stands for another request."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be done once for a tenant: its name, and what tells it from all else under that name, 32 bytes each.

    Neither says a personal value: they are keyed hashes.
    """

    tenant_id: UUID
    name: bytes
    request: bytes


def do_once(claim: Claim, do: Callable[[], bytes | None]) -> bytes | None:
    """Call `do`, which writes, and keep what it returns for 24 hours, all in one transaction; return None.

    Where that was done before, return what is kept, and call nothing. Nothing is kept where `do` returns None, and
    nothing done or kept where it raises. Raises StillRunning and OtherRequest.
    """
    with place(claim.tenant_id), transaction.atomic():
        now = timezone.now()
        named = {
            "tenant_id": claim.tenant_id,
            "name": claim.name.hex(),
            "request": claim.request.hex(),
            "since": now - KEPT_FOR,
        }
        is_free, is_same, kept = execute_where_tenant_is(CLAIM, {**named, **_lock(claim.name)})[0]
        if kept is None and is_free:
            if (answer := do()) is not None:
                encoded = base64.b64encode(answer).decode()
                # What another did and kept since the look: all that was done here goes back.
                if not execute_where_tenant_is(KEEP, {**named, "answer": encoded, "now": now}):
                    raise StillRunning
            return None
    if kept is None:
        raise StillRunning
    if not is_same:
        raise OtherRequest
    return base64.b64decode(kept)


def _lock(name: bytes) -> dict[str, int]:
    return {key: int.from_bytes(name[i : i + 4], signed=True) for key, i in (("first", 0), ("second", 4))}


def purge_answers() -> int:
    """Delete the answers that are over, the oldest first and some at a time; return how many they were."""
    end, deleted = timezone.now() - KEPT_FOR, 0
    while True:
        oldest = KeptAnswer.objects.order_by("pk").values_list("pk", "created_at")[:CHUNK]
        over = [pk for pk, created_at in oldest if created_at <= end]
        deleted += KeptAnswer.objects.filter(pk__in=over).delete()[0] if over else 0
        if len(over) < CHUNK:
            return deleted
