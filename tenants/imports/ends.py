"""The ends of what is kept of files: a person is erased, or 30 days have passed; jobs stay as long as the audit."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from tenants.changes.changesets import as_array
from tenants.changes.reasons import Known
from tenants.changes.writing import Write
from tenants.models import Import, ImportState, RejectedRow

KEPT_FOR = timedelta(days=30)
CHUNK = 1000  # rows that the purge deletes at a time
ENDED = (ImportState.FINISHED, ImportState.FAILED, ImportState.CANCELLED)
# By the index on names: there may be a million rows, and few of them name somebody.
FORGET = """
DELETE FROM tenants_rejectedrow
 WHERE tenant_id = %(tenant_id)s AND names && %(names)s::text[]
RETURNING id
"""
CLEAR_CHANGES = """
UPDATE tenants_import
   SET changes = '[]'
 WHERE tenant_id = %(tenant_id)s AND changes <> '[]'
RETURNING id
"""
SAID = """
SELECT id, reason, file_name
  FROM tenants_import
 WHERE tenant_id = %(tenant_id)s AND (reason <> '' OR file_name <> '')
"""
CLEAR_SAID = """
UPDATE tenants_import
   SET reason = '', file_name = ''
 WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[])
RETURNING id
"""


def forget_imported(write: Write, names: Sequence[str], known: Known) -> int:
    """Delete the rejected rows that hold something erased persons are named by, and return how many.

    The differences of dry runs go, whosever they are, and the reason and the file's name where persons stand in them.
    """
    rejected = write.execute(FORGET, names=list(names))
    write.execute(CLEAR_CHANGES)
    said = write.execute(SAID)
    about = [id_ for id_, *texts in said if any(map(known.stands_in, texts))]
    if about:
        write.execute(CLEAR_SAID, ids=as_array(about))
    return len(rejected) + len(about)


def purge_imported() -> int:
    """Delete rejected rows after 30 days, and jobs after AUDIT_DAYS; return how many of both."""
    return _purge_rejected() + _purge_jobs()


def _purge_rejected() -> int:
    """Delete the oldest rejected rows, some at a time: later ones have later ids."""
    end, deleted = timezone.now() - KEPT_FOR, 0
    while True:
        oldest = RejectedRow.objects.order_by("pk").values_list("pk", "created_at")[:CHUNK]
        over = [pk for pk, created_at in oldest if created_at <= end]
        deleted += RejectedRow.objects.filter(pk__in=over).delete()[0] if over else 0
        if len(over) < CHUNK:
            return deleted


def _purge_jobs() -> int:
    end = timezone.now() - timedelta(days=settings.AUDIT_DAYS)
    return Import.objects.filter(state__in=ENDED, has_file=False, ended_at__lt=end).delete()[0]
