"""A file's items, whatever its format."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from hub.files.inflating import inflated
from hub.files.problems import problem
from hub.files.sheets import sheet_rows
from hub.files.sniffing import SAMPLE, Dialect
from hub.files.tables import Row, rows
from tenants.entities import entity_config
from tenants.imports.ahead import Ask
from tenants.imports.glancing import dialect_of
from tenants.imports.headers import REJECTED, match
from tenants.imports.items import FileRefused, Item
from tenants.imports.mapping import settled, table_items
from tenants.imports.ndjson import items as ndjson_items
from tenants.imports.options import Options, OptionsRefused, read_options
from tenants.imports.remembering import remember
from tenants.imports.store import pieces as stored_pieces
from tenants.models import FileFormat, Import


def at_once(call: Callable[[], Any]) -> Any:
    """Call; for whoever reads a file where the database may be asked."""
    return call()


def items(job: Import, pieces: Iterator[bytes] | None = None, ask: Ask = at_once) -> Iterator[Item]:
    """Yield the items of a job's file, whose bytes are `pieces`; the job's layout is set before the first.

    A job that goes on is read as it was before. `ask` has the database asked where that may be.
    Raises FileProblem and FileRefused.
    """
    found = inflated(stored_pieces(job) if pieces is None else pieces, job.packing)
    return ndjson_items(found) if job.format == FileFormat.NDJSON else _table_items(job, found, ask)


def _table_items(job: Import, found: Iterator[bytes], ask: Ask) -> Iterator[Item]:
    said = _options(job, job.options)
    goes_on = job.position > 0 and bool(job.layout)
    if job.format == FileFormat.XLSX:
        dialect, table = Dialect(has_bom=True), _sheet(found)
    else:
        head, found = _head(found)
        dialect = Dialect.from_json(job.layout["dialect"]) if goes_on else dialect_of([head], said)
        table = rows(found, dialect)
    if (header := next(table, None)) is None:
        raise problem("empty_file")
    if goes_on:
        options = _options(job, job.layout["options"])
    else:
        options = ask(lambda: settled(job.tenant, job.entity, header.cells, said))
        job.layout = {"header": header.cells, "dialect": dialect.to_json(), "options": options.json}
    yield from table_items(job.tenant, job.entity, chain([header], table), options)


def _options(job: Import, said: Mapping[str, Any]) -> Options:
    try:
        return read_options(said, entity_config(job.entity).columns)
    except OptionsRefused as refused:
        raise FileRefused(str(refused)) from None


def _head(found: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the beginning of a file, and all of it."""
    head: list[bytes] = []
    size = 0
    for piece in found:
        head.append(piece)
        size += len(piece)
        if size >= SAMPLE:
            break
    return b"".join(head), chain(head, found)


def _sheet(found: Iterator[bytes]) -> Iterator[Row]:
    """Yield the rows of a workbook, which is in a temporary file meanwhile: it can't be read from its beginning on."""
    with TemporaryFile() as file:
        file.writelines(found)
        file.seek(0)
        yield from sheet_rows(cast(BinaryIO, file))


def table_told(job: Import) -> dict[str, Any]:
    """Return how the table of a job is read: encoding, delimiter, the fields that each column gives, constants.

    Nothing before the first row was read, and of what is no table.
    """
    if not job.layout:
        return {}
    options, dialect = _options(job, job.layout["options"]), Dialect.from_json(job.layout["dialect"])
    found = match(entity_config(job.entity).columns, job.layout["header"], options)
    columns = {column.header: list(column.fields) for column in found.columns if column.header not in REJECTED}
    told = {"encoding": dialect.encoding, "delimiter": dialect.delimiter, "columns": columns}
    return {**told, "constants": dict(options.constants)}


def remember_layout(job: Import) -> None:
    """Remember how the table of a job was read, for the next one like it: where some of it could be taken.

    Of a dry run nothing is decided yet.
    """
    if job.layout and not job.is_dry_run and job.created + job.updated + job.unchanged:
        remember(job.tenant, job.entity, job.layout["header"], _options(job, job.layout["options"]))
