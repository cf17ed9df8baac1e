"""What the OpenAPI document says of the endpoints below /imports, and of how a table is to be read."""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired

from pydantic import Field

from hub.api.openapi.answers import Body, Failed, Failure, Nothing, Problem, Written, succeeded
from hub.api.openapi.operations import Answer, Operation
from hub.api.parameters import meaning
from hub.records.types import required_text
from tenants.api.answers import Change, Count, Number
from tenants.api.operations import AT, failed
from tenants.api.uploads import XLSX
from tenants.models import Entity, FileFormat, ImportState

MOST_OPTION, MOST_MAPPING = 100, 20_000  # characters
# How a table is read (tenants.imports.options), each as a text that its reader there understands.
OPTIONS: Mapping[str, Any] = {
    name: meaning(Annotated[str, required_text(most)], text)
    for name, most, text in (
        ("encoding", MOST_OPTION, "Of a table, its encoding; found out without it."),
        ("delimiter", MOST_OPTION, "Of a table, what stands between its cells, or `tab`; found out without it."),
        ("quote", MOST_OPTION, "Of a table, what its cells are quoted with; found out without it."),
        ("dates", MOST_OPTION, "Of a table, the order of its dates: `iso`, `dmy`, `mdy` or `ymd`."),
        ("decimal", MOST_OPTION, "Of a table, what stands before decimals: a point or a comma."),
        ("timeZone", MOST_OPTION, "Of a table, the zone of moments that name none; the tenant's without it."),
        ("mapping", MOST_MAPPING, "Of a table, as JSON, which field a header's column gives; null: it is not taken."),
        ("constants", MOST_MAPPING, "Of a table, as JSON, texts for fields that no column gives."),
    )
}
State = Annotated[str, Field(json_schema_extra={"enum": ImportState.values})]
Rate = Annotated[float, Field(ge=0)]


class Table(Body):
    """How a table is read."""

    encoding: str
    """Its encoding."""
    delimiter: str
    """What stands between its cells."""
    columns: dict[str, list[str]]
    """The fields that each column gives, by its header; none for a column that is not taken."""
    constants: dict[str, str]
    """What all records say, for no column does."""


class Import(Body):
    """A file of records and the job that stores them."""

    id: Number
    """By which it is asked for."""
    state: State
    """How far it is. Finished, failed and cancelled ones have ended."""
    entity: Entity
    """What the file holds."""
    format: Annotated[str, Field(json_schema_extra={"enum": FileFormat.values})]
    """What the file is."""
    dryRun: bool
    """Whether nothing is stored."""
    fileName: str | None
    """What the file is called."""
    size: Count
    """Bytes of the file that have come."""
    read: Count
    """Records read: created, updated, unchanged, rejected and folded ones together."""
    created: Count
    """Records that were created."""
    updated: Count
    """Records that were changed."""
    unchanged: Count
    """Records that were so already."""
    rejected: Count
    """Records that were not stored for their faults."""
    folded: Count
    """Records that were one with another of the file, and those of forgotten persons."""
    rowsPerSecond: Rate | None
    """Records read a second; null before it begins."""
    secondsLeft: Count | None
    """Seconds until all is read, going on as it has; null where nobody knows."""
    message: str | None
    """Why it failed."""
    reason: str | None
    """Why the records are written, as it was said."""
    createdAt: Written
    """When its upload began, in UTC."""
    startedAt: Written | None
    """When it began to run, in UTC."""
    endedAt: Written | None
    """When it ended, in UTC."""
    changes: NotRequired[Annotated[list[Change], Field(max_length=50)]]
    """Of a dry run: what would change, of the first records; only for keys that may read them."""


class ToldImport(Import):
    """An import that was asked for."""

    table: NotRequired[Table]
    """Of a table whose first row was read: how it is read."""


class Imports(Body):
    """A page of imports."""

    results: list[Import]
    """The newest first, without `changes`."""
    next: Number | None
    """The `before` of the next page; null on the last one."""


class Unfinished(Body):
    """An import as a refusal names it."""

    id: Number
    """By which it is asked for."""
    state: State
    """How far it is."""
    size: Count
    """Bytes of its file that have come."""


class Unready(Failed):
    """The envelope of what an import was not ready for."""

    data: Unfinished | Nothing


TAKEN = "[Upload-Offset]"
SHOWN: dict[str, Any] = {
    "id": 17, "state": "waiting", "entity": "customers", "format": "ndjson", "dryRun": False, "fileName": None,
    "size": 245, "read": 0, "created": 0, "updated": 0, "unchanged": 0, "rejected": 0, "folded": 0,
    "rowsPerSecond": None, "secondsLeft": None, "message": None, "reason": None, "createdAt": AT, "startedAt": None,
    "endedAt": None,
}  # fmt: skip
NDJSON = '{"CustomerId": "C-1", "Email": "ann@shop.example"}\n{"CustomerId": "C-2", "Email": "bo@shop.example"}\n'
CSV = "CustomerId,Email\nC-1,ann@shop.example\nC-2,bo@shop.example\n"
FILES: Mapping[str, str] = {"application/x-ndjson": NDJSON, "text/csv": CSV, XLSX: ""}
NOT_READY = "The import is not where this can be done to it"
CONFLICT = Answer(Unready, f"{NOT_READY}; or the first request under this Idempotency-Key runs.", ("[Retry-After]",))
BROKEN = Answer(
    Problem | Unready, "What the address or the body holds is wrong, or the body was cut off: go on by PATCH.", (TAKEN,)
)
SLOW = Answer(Unready, "The body fell silent, or took too long: go on by PATCH.", (TAKEN,))
FULL = Answer(
    Unready, "Away, busy or full for now, or restarting: what has come of a file is kept.", ("Retry-After", TAKEN)
)
TOO_LARGE = Answer(Failure, "The file has more than 5 GB.")


def told(message: str, description: str, headers: tuple[str, ...] = (), **shown: object) -> Answer:
    """Return how an answer tells an import."""
    return Answer(
        succeeded(ToldImport), description, headers, {"success": True, "message": message, "data": SHOWN | shown}
    )


IMPORTS: Mapping[str, Operation] = {
    "create": Operation(
        "Imports",
        "Send a file of records",
        "A file of NDJSON, CSV or Excel, up to 5 GB, whose records are stored in the background: good ones are, and "
        "the others rejected. With `upload=parts` nothing is sent yet: the file follows by PATCH, and is started. "
        "At most 20 files of a tenant, with 20 GB in all, can be on their way.",
        {
            202: told("Import started.", "It has come, and waits for its turn; or its upload has begun.", (TAKEN,)),
            400: BROKEN,
            408: SLOW,
            409: Answer(
                Unready,
                "Too many files are on their way; or the first request under this key runs.",
                ("[Retry-After]",),
            ),
            413: TOO_LARGE,
            415: Answer(Failure, "The Content-Type is none of those of files, or the Content-Encoding is not known."),
            503: FULL,
        },
        takes=("Content-Encoding", "Upload-Length"),
        files=FILES,
    ),
    "append": Operation(
        "Imports",
        "Send the next bytes of a file",
        "Bytes of a file that comes in parts, from `Upload-Offset` on: as many as have come before.",
        {
            202: Answer(
                succeeded(Unfinished),
                "They are kept.",
                ("Upload-Offset",),
                {"success": True, "message": "Bytes taken.", "data": {"id": 17, "state": "uploading", "size": 245}},
            ),
            400: BROKEN,
            408: SLOW,
            409: Answer(
                Unready,
                "The file ends elsewhere, where Upload-Offset says; or nothing can be added to it.",
                (TAKEN,),
                failed("The file has 245 bytes so far: go on there, with Upload-Offset: 245.")
                | {"data": {"id": 17, "state": "uploading", "size": 245}},
            ),
            413: TOO_LARGE,
            415: Answer(Failure, "The Content-Encoding is another than that with which the upload began."),
            503: FULL,
        },
        takes=("Content-Encoding", "Upload-Offset"),
        files={"application/octet-stream": ""},
    ),
    "start": Operation(
        "Imports",
        "Start an import",
        "Whose file has come in parts; or for real, of which there was a dry run: its file is kept for a day.",
        {202: told("Import started.", "It waits for its turn."), 409: CONFLICT},
    ),
    "retrieve": Operation(
        "Imports",
        "Watch an import",
        "How far it is, in counts. HEAD tells where a file ends that comes in parts, by `Upload-Offset`.",
        {
            200: told("Import found.", "The import as it is.", (TAKEN,), state="running", read=12000, created=12000,
                      rowsPerSecond=8000.5, secondsLeft=117, startedAt=AT),
        },
    ),
    "list": Operation(
        "Imports",
        "List imports",
        "Imports of what the key may read or write, the newest first.",
        {200: Answer(succeeded(Imports), "Imports, none where there are none.")},
    ),
    "rejected": Operation(
        "Imports",
        "Read what was rejected",
        "The rejected rows in the format in which they came, with line number and faults, ready to be mended and sent "
        "again: `_rejected` in each object of NDJSON, the columns `_line` and `_errors` of a table (of an Excel sheet, "
        "too, as CSV). They are kept for 30 days after the import.",
        {
            200: Answer(
                str,
                "The rows, as a stream.",
                ("Content-Disposition",),
                media_type="application/x-ndjson",
                also=("text/csv",),
            ),
        },
    ),
    "cancel": Operation(
        "Imports",
        "Cancel an import",
        "One that runs ends with the records it is at; what it has stored stays stored. The file is deleted, that of a "
        "dry run which is over, too. What has ended stays as it is.",
        {200: told("Import cancelled.", "It has ended, or ends soon.", state="cancelled", endedAt=AT), 409: CONFLICT},
    ),
}  # fmt: skip
