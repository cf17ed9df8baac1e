"""What comes to POST and PATCH /imports: what a file is by its headers, its bytes, and what is answered where they end.

The bytes go to the store a megabyte at a time, as they come (hub.middleware.streaming).
"""

from hashlib import sha256
from typing import cast

from django.http import HttpRequest

from hub.api.errors import ApiError
from hub.middleware.bodies import announced
from hub.middleware.streaming import INCOMPLETE, STREAM, CutOff, Stream, has_come
from tenants.imports import store
from tenants.imports.folder import PIECE
from tenants.imports.items import FileRefused
from tenants.imports.problems import MOST_BYTES, NoRoom, NotTaken, OtherFile, TooLarge, TooMany, WrongOffset
from tenants.imports.recognising import refuse_other
from tenants.models import FileFormat, Import

FULL_SECONDS = 60
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES = {
    "application/x-ndjson": FileFormat.NDJSON,
    "application/ndjson": FileFormat.NDJSON,
    "application/jsonl": FileFormat.NDJSON,
    "text/csv": FileFormat.CSV,
    XLSX: FileFormat.XLSX,
}
PACKINGS = {"": "", "identity": "", "gzip": "gzip", "zstd": "zstd"}
NO_MEDIA_TYPE = (
    f"Unsupported media type. Send Content-Type: application/x-ndjson, text/csv or, for Excel, {XLSX}; "
    "small batches as JSON go to /customers, /orders and /products."
)
NO_PACKING = "Unsupported content encoding. Send the file as it is, or packed with gzip or zstd."
OTHER_PACKING = "Unsupported content encoding: parts are packed as the upload was opened, or say nothing of it."
UPLOAD_OFFSET = "Upload-Offset"
NO_OFFSET = "Say in the header Upload-Offset how many bytes of the file have come: HEAD of this address tells it."
NO_LENGTH = f"The header Upload-Length must be how many bytes the file will have, from 1 to {MOST_BYTES}."
OTHER_LENGTH = "The header Upload-Length says another length than Content-Length."
BODY_OF_PARTS = "With upload=parts the file comes by PATCH: send this request without a body."


class Upload:
    """Takes the bytes of a job's file, from where it ends, and stores them by the megabyte; `digest` is theirs."""

    def __init__(self, job: Import, start: int) -> None:
        self.job, self.size, self.hash = job, start, sha256()
        self.held: list[bytes] = []
        self.bytes_held = 0

    def take(self, data: bytes, /) -> None:
        """Take the next bytes; raises what `store.append` does."""
        self.hash.update(data)
        self.held.append(data)
        self.bytes_held += len(data)
        if self.bytes_held >= PIECE:
            self.flush()

    def flush(self) -> None:
        """Store what was taken and is not stored yet; raises OtherFile for a beginning that is of no such file."""
        data, self.held, self.bytes_held = b"".join(self.held), [], 0
        if data:
            if not self.size:
                refuse_other(FileFormat(self.job.format), self.job.packing, data)
            self.size = store.append(self.job, self.size, data)

    @property
    def digest(self) -> bytes:
        """What tells these bytes from any others."""
        return self.hash.digest()


def format_of(request: HttpRequest) -> FileFormat:
    """Return what a file is by its Content-Type; raises ApiError 415."""
    media_type = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise ApiError(415, NO_MEDIA_TYPE)
    return MEDIA_TYPES[media_type]


def packing_of(request: HttpRequest) -> str:
    """Return how a file is packed by its Content-Encoding; raises ApiError 415."""
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in PACKINGS:
        raise ApiError(415, NO_PACKING)
    return PACKINGS[encoding]


def refuse_other_packing(request: HttpRequest, job: Import) -> None:
    """Raise ApiError 415 for a part that says to be packed otherwise than the file is."""
    if request.META.get("HTTP_CONTENT_ENCODING", "").strip() and packing_of(request) != job.packing:
        raise ApiError(415, OTHER_PACKING)


def length_in(request: HttpRequest) -> int | None:
    """Return how many bytes the file will have by Upload-Length, None where nobody says; raises ApiError."""
    length = _number(request.META.get("HTTP_UPLOAD_LENGTH"), NO_LENGTH)
    if length == 0:
        raise ApiError(400, NO_LENGTH)
    if length is not None and length > MOST_BYTES:
        raise ApiError(413, str(TooLarge()))
    return length


def refuse_other_length(request: HttpRequest) -> None:
    """Raise ApiError for a request whose body has another length than Upload-Length says, or that says none."""
    length = length_in(request)
    if length is not None and not has_come(request) and announced(request) not in (0, length):
        raise ApiError(400, OTHER_LENGTH)


def refuse_shorter(upload: Upload) -> None:
    """Raise CutOff for a body without a length of its own that ended before Upload-Length."""
    if upload.size < (upload.job.announced or 0):
        raise CutOff(400, INCOMPLETE)


def offset_in(request: HttpRequest) -> int:
    """Return where the bytes begin by Upload-Offset; raises ApiError 400 where nobody says."""
    offset = _number(request.META.get("HTTP_UPLOAD_OFFSET"), NO_OFFSET)
    if offset is None:
        raise ApiError(400, NO_OFFSET)
    return offset


def _number(text: str | None, otherwise: str) -> int | None:
    if text is None:
        return None
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_BYTES))):
        raise ApiError(400, otherwise)
    return int(text)


def refuse_body(request: HttpRequest) -> None:
    """Raise ApiError 400 for a request that opens an upload and has a body."""
    if announced(request) or request.META.get("HTTP_TRANSFER_ENCODING"):
        raise ApiError(400, BODY_OF_PARTS)


def begun(request: HttpRequest) -> Upload | None:
    """Return what takes a body that the hub's web server hands over, and has been cut off; None with any other."""
    stream: Stream | None = request.META.get(STREAM)
    return cast(Upload, stream.taker) if stream and stream.taker else None


def as_it_is(job: Import) -> dict[str, object]:
    """Return what a refusal says of a job: where it is, and where its file ends."""
    return {"id": job.pk, "state": job.state, "size": job.size}


def refusal(problem: NotTaken | FileRefused, job: Import | None = None) -> ApiError:
    """Return the answer to what was not taken: 400 another file than was said, 413 too large, 503 no room, else 409."""
    data = as_it_is(job) if job else None
    if isinstance(problem, OtherFile):
        return ApiError(400, str(problem), data=data)
    if isinstance(problem, TooLarge):
        return ApiError(413, str(problem))
    if isinstance(problem, NoRoom):
        return ApiError(503, str(problem), data=data, headers={"Retry-After": str(FULL_SECONDS)})
    offset = {UPLOAD_OFFSET: str(problem.size)} if isinstance(problem, WrongOffset) else {}
    return ApiError(409, str(problem), data=data, headers=offset)


def is_in_vain(problem: Exception) -> bool:
    """Tell whether a file that did not come whole never can."""
    return isinstance(problem, OtherFile | TooLarge | TooMany | FileRefused) or (
        isinstance(problem, CutOff) and problem.status == 413
    )


def kept(problem: CutOff | NotTaken | FileRefused, job: Import) -> ApiError:
    """Return the answer to bytes that did not all come: those that have are kept, and this is how to go on."""
    if not isinstance(problem, CutOff):
        return refusal(problem, job)
    how = (
        f" {job.size} bytes have come and are kept: send the rest with PATCH /imports/{job.tenant_id}/{job.pk} and "
        f"Upload-Offset: {job.size}, then POST /imports/{job.tenant_id}/{job.pk}/start."
    )
    headers = {**problem.headers, UPLOAD_OFFSET: str(job.size)}
    return ApiError(problem.status, f"{problem}{how}", data=as_it_is(job), headers=headers)
