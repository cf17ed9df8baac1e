"""A file's items, whatever its format."""

from collections.abc import Iterator

from hub.files.inflating import inflated
from tenants.imports.items import Item
from tenants.imports.ndjson import items as ndjson_items
from tenants.imports.store import pieces as stored_pieces
from tenants.models import Import


def items(job: Import, pieces: Iterator[bytes] | None = None) -> Iterator[Item]:
    """Yield the items of a job's file, or of what `pieces` hold of it; raises FileProblem and FileRefused."""
    return ndjson_items(inflated(stored_pieces(job) if pieces is None else pieces, job.packing))
