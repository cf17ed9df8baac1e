"""The ends of exports: a person is erased, a day has passed since the file was ready, thirty since the export ended."""

from datetime import UTC, datetime, timedelta

from tenants.changes.writing import Write
from tenants.exports import store
from tenants.exports.jobs import KEPT, ON_THEIR_WAY
from tenants.models import Export, ExportState

LISTED_FOR = timedelta(days=30)
# Whose worker is at it is told so at its next piece, and it begins anew after the erasure; a query that may name
# somebody goes, and with it what would begin. The rows are locked from here on, so that the parts deleted next are all
# there are.
TAKE = """
UPDATE tenants_export
   SET state = CASE
                   WHEN state = 'ready' OR state IN ('waiting', 'running') AND may_name THEN 'removed'
                   WHEN state = 'running' THEN 'waiting'
                   ELSE state
               END,
       held_by = '',
       is_repeatable = is_repeatable AND NOT (may_name AND query <> ''),
       query = CASE WHEN may_name THEN '' ELSE query END
 WHERE tenant_id = %(tenant_id)s AND (state IN ('waiting', 'running', 'ready') OR may_name AND query <> '')
RETURNING id
"""
TAKE_PARTS = """
DELETE FROM tenants_exportpart
 WHERE tenant_id = %(tenant_id)s
RETURNING id
"""


def forget_exported(write: Write) -> None:
    """Delete the files of a tenant's exports, and the queries that may name somebody, whoever stands in them.

    Exports on their way begin anew after the erasure; those whose query is cleared do not. Only they have files.
    """
    if write.execute(TAKE):
        write.execute(TAKE_PARTS)


def purge_exports() -> int:
    """Delete the files that were kept for a day, and exports that ended long ago; return how many of both."""
    over = list(Export.objects.filter(state=ExportState.READY, ended_at__lt=datetime.now(UTC) - KEPT))
    for export in over:
        of_row = Export.objects.filter(tenant=export.tenant_id, pk=export.pk, state=ExportState.READY)
        if of_row.update(state=ExportState.EXPIRED):
            store.remove(export.tenant_id, export.pk)
    ended = Export.objects.exclude(state__in=[*ON_THEIR_WAY, ExportState.READY])
    return len(over) + ended.filter(created_at__lt=datetime.now(UTC) - LISTED_FOR).delete()[0]
