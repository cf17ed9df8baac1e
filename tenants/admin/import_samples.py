"""The first records of a file as they will be stored: read by the job's own readers, with what is wrong with each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from hub.files.inflating import inflated
from hub.files.sheets import sheet_rows
from hub.files.sniffing import Dialect
from hub.files.tables import Row, rows
from hub.records.reading import Pairs
from hub.records.types import normal_moment
from tenants.admin.differences import plain_text
from tenants.entities import entity_config
from tenants.imports import ndjson, store
from tenants.imports.chunks import Chunk, Cutter, of_chunks
from tenants.imports.items import FileRefused, Item
from tenants.models import Import, Source
from tenants.quarantine.keeping import plain, said_of

SHOWN = 20  # records
SAMPLED = 200  # rows, of which the questions are made
IN_MEMORY = 8 * 1024 * 1024
MOST_OF_A_SHEET = 200_000_000  # bytes that a page waits for
TOO_LARGE = "The workbook is too large to be shown here. Save its sheet as CSV, and upload that."


@dataclass(frozen=True)
class Shown:
    """A record of the preview: the line it begins at, its fields as texts, and what is wrong with it."""

    line: int
    values: Mapping[str, str]
    faults: Sequence[str]

    def cells(self, names: Sequence[str]) -> list[str]:
        """Return its values for some fields."""
        return [self.values.get(name, "") for name in names]


def unpacked(job: Import) -> Iterator[bytes]:
    """Yield a job's file as it was before it was packed."""
    return inflated(store.pieces(job), job.packing)


def rows_of(job: Import, dialect: Dialect | None) -> list[Row]:
    """Return the first rows of a table, its header first. Raises FileProblem, and FileRefused for a huge sheet."""
    if dialect:
        return list(islice(rows(unpacked(job), dialect), SAMPLED))
    if job.size > MOST_OF_A_SHEET:
        raise FileRefused(TOO_LARGE)
    with SpooledTemporaryFile(IN_MEMORY) as file:
        file.writelines(store.pieces(job))
        file.seek(0)
        return list(islice(sheet_rows(cast(BinaryIO, file)), SAMPLED))


def lines_of(job: Import) -> list[Item]:
    """Return the first records of an NDJSON file."""
    return list(islice(ndjson.items(unpacked(job)), SHOWN))


def shown(job: Import, items: Iterator[Item] | Sequence[Item]) -> list[Shown]:
    """Return items as they will be stored, or as they came where something is wrong with them."""
    schema = of_chunks(entity_config(job.entity).taking(Source.IMPORT).schema(job.tenant))
    chunks = Cutter(schema).cut(islice(items, SHOWN))
    return sorted(chain.from_iterable(map(_of_chunk, chunks)), key=lambda each: each.line)


def _of_chunk(chunk: Chunk) -> Iterator[Shown]:
    for place, record in zip(chunk.batch.places, chunk.batch.records, strict=True):
        yield Shown(chunk.taken[place].line, _texts(record), ())
    for left in chunk.left_out():
        values = plain(left.value) if isinstance(left.value, Pairs | dict) else {}
        yield Shown(left.item.line, _texts(values), [said["text"] for said in said_of(left.faults)])


def _texts(record: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): plain_text(_alike(value)) for name, value in record.items() if value is not None}


def _alike(value: Any) -> Any:
    """Write the moments of what can't be stored as those of what can."""
    return (normal_moment(value) or value) if isinstance(value, str) else value


def names_of(job: Import, records: Sequence[Shown]) -> list[str]:
    """Return the fields that some records have, documented ones first and in their order."""
    documented = entity_config(job.entity).taking(Source.IMPORT).fields
    found = dict.fromkeys(name for record in records for name in record.values)
    return [*(name for name in documented if name in found), *(name for name in found if name not in documented)]
