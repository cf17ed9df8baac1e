"""What a file is, by its content and its name: NDJSON, CSV or XLSX, packed or not."""

import zlib
from collections.abc import Iterator, Mapping

from hub.files.inflating import inflated
from hub.files.problems import FileProblem
from tenants.imports.items import FileRefused
from tenants.imports.problems import OtherFile
from tenants.models import FileFormat

HEAD = 64 * 1024  # bytes that tell
PACKINGS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
SHEET = b"PK\x03\x04"
# What people take for a file of records, and is none, by how it begins.
OTHERS = {
    b"\xd0\xcf\x11\xe0": "This is a workbook of Excel 97 to 2003 (.xls). Save it as .xlsx or as CSV.",
    b"%PDF": "This is a PDF. Records are read from CSV, XLSX and NDJSON.",
    b"BZh": "This is packed with bzip2. Send it as it is, or packed with gzip or Zstandard.",
    b"\xfd7zXZ": "This is packed with xz. Send it as it is, or packed with gzip or Zstandard.",
    b"7z\xbc\xaf": "This is a 7-Zip archive. Send the file that is in it.",
    b"\x89PNG": "This is a picture.",
    b"\xff\xd8\xff": "This is a picture.",
}
EMPTY = "The file is empty."
ARCHIVE = "This is a ZIP archive. Send the file that is in it."
ARRAY = "This is a JSON array. Send NDJSON: one record a line, without brackets around them and commas between them."
PACKED = "This is packed with {packing}: say so with Content-Encoding: {packing}."
WORKBOOK = "This is an Excel workbook, or another ZIP archive: of a workbook, say so in Content-Type."
BLANKS = b"\xef\xbb\xbf \t\r\n"


def recognised(name: str, head: bytes) -> tuple[FileFormat, str]:
    """Return the format and the packing of a file by its name and its first bytes; raises FileRefused for others."""
    packing = _begins(head, PACKINGS)
    text = _unpacked(head, packing) if packing else head
    if not text.strip(BLANKS):
        raise FileRefused(EMPTY)
    if what := _begins(text, OTHERS):
        raise FileRefused(what)
    if text.startswith(SHEET):
        if packing or not _is_sheet(name, text):
            raise FileRefused(ARCHIVE)
        return FileFormat.XLSX, ""
    return _format_of_text(text), packing


def refuse_other(form: FileFormat, packing: str, head: bytes) -> None:
    """Raise OtherFile where a file begins as something else than it is said to be; what is packed is seen later."""
    if packing:
        return
    if found := _begins(head, PACKINGS):
        raise OtherFile(PACKED.format(packing=found))
    if what := _begins(head, OTHERS):
        raise OtherFile(what)
    if form != FileFormat.XLSX and head.startswith(SHEET):
        raise OtherFile(WORKBOOK)
    if form == FileFormat.NDJSON and _is_array(head):
        raise OtherFile(ARRAY)


def _begins(head: bytes, known: Mapping[bytes, str]) -> str:
    """Return what is known of a file by how it begins, "" where nothing is."""
    return next((what for beginning, what in known.items() if head.startswith(beginning)), "")


def _is_array(text: bytes) -> bool:
    first = text.lstrip(BLANKS)
    return first.startswith(b"[") and first[1:].lstrip(BLANKS).startswith((b"{", b"]"))


def _is_sheet(name: str, head: bytes) -> bool:
    return name.lower().endswith((".xlsx", ".xlsm")) or b"[Content_Types].xml" in head or b"xl/" in head


def _format_of_text(text: bytes) -> FileFormat:
    if _is_array(text):
        raise FileRefused(ARRAY)
    return FileFormat.NDJSON if text.lstrip(BLANKS).startswith(b"{") else FileFormat.CSV


def _unpacked(head: bytes, packing: str) -> bytes:
    """Return the beginning of what is packed; the head of a file ends in the middle of it."""
    found = b""
    try:
        for piece in inflated(iter([head]), packing):
            found += piece
            if len(found) >= HEAD:
                break
    except (FileProblem, EOFError, zlib.error):
        if not found:
            raise FileRefused("The file says that it is packed, and can't be unpacked.") from None
    return found[:HEAD]


def pieces_of(data: bytes, size: int) -> Iterator[bytes]:
    """Yield bytes in pieces."""
    yield from (data[start : start + size] for start in range(0, len(data), size))
