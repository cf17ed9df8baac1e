"""The files of exports, in the database wherever imports have theirs: rows of ExportPart, each with a megabyte or so.

An erasure takes them in its own transaction, which no folder's file takes part in.
"""

from collections.abc import Iterator
from uuid import UUID

from hub.sql.execute import execute
from tenants.models import Export, ExportPart

PIECE = 1024 * 1024
AT_ONCE = 100  # parts that are deleted in one transaction
# Past Django's cursor, which writes bytes as text into the statement.
ADD_PART = """
INSERT INTO tenants_exportpart (tenant_id, export_id, start, data)
VALUES (%(tenant_id)s, %(export_id)s, %(start)s, %(data)s)
RETURNING id
"""
READ_PART = """
SELECT data
  FROM tenants_exportpart
 WHERE tenant_id = %(tenant_id)s AND export_id = %(export_id)s AND start = %(start)s
"""


class FileGone(Exception):
    """The file went while it was read: an erasure took it, or its time was over."""


def add(export: Export, data: bytes) -> None:
    """Add bytes at the end of an export's file, in the transaction that is open."""
    named = {"tenant_id": export.tenant_id, "export_id": export.pk}
    execute(ADD_PART, {**named, "start": export.size, "data": data})


def pieces(export: Export) -> Iterator[bytes]:
    """Yield the file of an export that is ready; raises FileGone where it went meanwhile."""
    start, named = 0, {"tenant_id": export.tenant_id, "export_id": export.pk}
    while start < export.size:
        found = execute(READ_PART, {**named, "start": start}, binary=True).fetchone()
        if not found:
            raise FileGone
        start += len(found[0])
        yield bytes(found[0])


def remove(tenant_id: UUID, export_id: int) -> None:
    """Delete a file, some parts at a time; one that is gone is no fault."""
    parts = ExportPart.objects.filter(tenant=tenant_id, export_id=export_id)
    while chunk := list(parts.values_list("pk", flat=True)[:AT_ONCE]):
        parts.filter(pk__in=chunk).delete()
