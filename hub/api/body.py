"""The request body: media type, encoding and size, before anyone looks inside."""

import zlib
from codecs import BOM_UTF8
from typing import Any

import orjson
from django.http import HttpRequest

from hub.api.errors import ApiError
from hub.middleware.bodies import Source, announced, most_bytes, source_of
from hub.middleware.streaming import INCOMPLETE
from hub.records.faults import unreadable

CHUNK = 64 * 1024
MOST_DRAINED = 8  # times the limit: read and thrown away, so that a client that sends too much still sees why
GZIP = 16 + zlib.MAX_WBITS
MOST_MEMBERS = 10_000
NO_GZIP = "The request body is not valid gzip."


def read_body(request: HttpRequest) -> bytes:
    """Return the body, inflated and without a byte order mark.

    Raises ApiError: 413 over the bound of its address, 415 not JSON, 400 cut off or broken.
    """
    _require_json(request.META.get("CONTENT_TYPE", ""))
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise ApiError(415, "Unsupported content encoding. Send the body as it is or as gzip.")
    most = most_bytes(request.path_info)
    raw, length = _read(source_of(request), most), announced(request)
    if length > most:  # the hub's web server says how long it would have been
        raise _too_large(most)
    if len(raw) < length:
        raise ApiError(400, INCOMPLETE)
    body = _inflate(raw, most) if encoding == "gzip" else raw
    return body.removeprefix(BOM_UTF8)


def read_json(body: bytes) -> Any:
    """Return a body's JSON, for a dialect that shapes it before it is parsed; raises ApiError 400 for other text."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        fault = unreadable(body, at=f" (line {error.lineno}, column {error.colno})")
        raise ApiError(400, fault.text) from None


def _require_json(content_type: str) -> None:
    """Accept JSON and nothing else; an absent content type is taken for JSON."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type and media_type not in ("application/json", "text/json") and not media_type.endswith("+json"):
        raise ApiError(415, "Unsupported media type. Send Content-Type: application/json.")


def _read(source: Source, limit: int) -> bytes:
    chunks, size = [], 0
    while chunk := _next(source):
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        elif size > MOST_DRAINED * limit:
            break
    if size > limit:
        raise _too_large(limit)
    return b"".join(chunks)


def _next(source: Source) -> bytes:
    try:
        return source.read(CHUNK)
    except Exception:  # the server's own kinds: a broken chunk, a client that fell silent or went away
        raise ApiError(400, INCOMPLETE) from None


def _inflate(raw: bytes, limit: int) -> bytes:
    """Inflate gzip, of several members too, never beyond the limit: a small bomb stays small."""
    try:
        body = _members(memoryview(raw), limit)
    except zlib.error:
        raise ApiError(400, NO_GZIP) from None
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _members(raw: memoryview, limit: int) -> bytes:
    """Return what the members of gzip hold, or more than the limit; zeros between them are padding.

    Half a million empty members in 10 MB took 1.5 s; whoever sends a record in each stays far below MOST_MEMBERS.
    Raises zlib.error for what is broken or cut off, or has too many members.
    """
    body, at = bytearray(), 0
    for _ in range(MOST_MEMBERS):
        member = zlib.decompressobj(GZIP)
        while not member.eof:
            if at >= len(raw):
                raise zlib.error("cut off")
            chunk = raw[at : at + CHUNK]
            body += member.decompress(chunk, limit + 1 - len(body))
            at += len(chunk) - len(member.unused_data) - len(member.unconsumed_tail)
            if len(body) > limit:
                return bytes(body)
        at = _after_zeros(raw, at)
        if at == len(raw):
            return bytes(body)
    raise zlib.error("too many members")


def _after_zeros(raw: memoryview, at: int) -> int:
    """Return where something other than zeros goes on."""
    while at < len(raw) and raw[at] == 0:
        chunk = bytes(raw[at : at + CHUNK])
        at += len(chunk) - len(chunk.lstrip(b"\0"))
    return at


def _too_large(limit: int) -> ApiError:
    return ApiError(413, f"The request body is larger than {limit // (1024 * 1024)} MB. Send smaller batches.")
