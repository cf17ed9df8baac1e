"""The parts of an XLSX workbook: a ZIP archive of XML, each part read once, in order, in constant memory."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from hub.files.problems import problem

PIECE = 16 * 1024  # bytes of XML that are read at once
MOST_DIRECTORY = 1_000_000  # bytes of the archive's list of parts: 10,000 of them
MOST_SMALL = 20_000_000  # bytes of a part that is none of cells or texts
MOST_INFLATED = 8_000_000_000  # bytes of one of those: 1,048,576 rows of 100 cells
FREE, RATIO = 100_000_000, 300  # bytes of those that any archive may have, and how often its own size besides
MOST_TOKEN = 1_000_000  # bytes of a tag or comment, which expat holds as a whole
OLE2, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/package/2006/relationships",
)
Starts = Mapping[str, Callable[[dict[str, str]], None]]
Ends = Mapping[str, Callable[[], None]]


class Archive:
    """A workbook's archive; raises FileProblem for what is none, or one that unpacks into too much."""

    def __init__(self, file: BinaryIO) -> None:
        self._refuse_others(file)
        try:
            self._zip = ZipFile(_Bounded(file))
        except (BadZipFile, OSError, ValueError, NotImplementedError):
            raise problem("not_xlsx") from None
        self._parts = {info.filename.lower().replace("\\", "/"): info for info in self._zip.infolist()}
        if self.has("mimetype") and not self.has("[content_types].xml"):
            raise problem("not_xlsx_but_ods")

    @staticmethod
    def _refuse_others(file: BinaryIO) -> None:
        """Refuse what is no ZIP archive; older Excel's and protected workbooks are both OLE2."""
        file.seek(0)
        head = file.read(512)
        if head.startswith(OLE2):
            file.seek((int.from_bytes(head[48:52], "little") + 1) << int.from_bytes(head[30:32], "little") % 16)
            raise problem("encrypted" if ENCRYPTED in file.read(4096) else "not_xlsx_but_xls")
        if not head.startswith(ZIP):
            raise problem("not_xlsx")

    def has(self, name: str) -> bool:
        return name.lower() in self._parts

    def read(
        self, name: str, starts: Starts, ends: Ends, text: Callable[[str], None] | None = None, most: int = MOST_SMALL
    ) -> Iterator[None]:
        """Read a part from its beginning to its end; yield now and then, what the handlers have seen is then complete.

        Handlers stand for elements of spreadsheets by their local names. Raises FileProblem for a part that is missing
        or broken, and for what is in no workbook: document types and entities.
        """
        info = self._parts.get(name.lower())
        if info is None:
            raise problem("not_xlsx")
        self._refuse_bomb(info, most)
        parser = _parser(starts, ends, text)
        fed = 0
        try:
            with self._zip.open(info) as part:
                while piece := part.read(PIECE):
                    parser.Parse(piece, False)
                    fed += len(piece)
                    if fed - parser.CurrentByteIndex > MOST_TOKEN:
                        raise problem("sheet_too_large")
                    yield
                parser.Parse(b"", True)
                yield
        except (BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, expat.ExpatError):
            raise problem("not_xlsx") from None

    def _refuse_bomb(self, info: ZipInfo, most: int) -> None:
        """Refuse a part by its size as the archive tells it: more than that zipfile does not unpack."""
        if info.file_size > min(FREE + RATIO * info.compress_size, most):
            raise problem("sheet_too_large")
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):  # what zipfile unpacks of others is not bounded
            raise problem("not_xlsx")


class _Bounded:
    """A file that is not read in large pieces: an archive's list of a million parts would be."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(min(size, MOST_DIRECTORY + 1) if size >= 0 else MOST_DIRECTORY + 1)
        if len(found) > MOST_DIRECTORY:
            raise problem("sheet_too_large")
        return found


def _parser(starts: Starts, ends: Ends, text: Callable[[str], None] | None) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    known_starts = {f"{space} {name}": handler for space in NAMESPACES for name, handler in starts.items()}
    known_ends = {f"{space} {name}": handler for space in NAMESPACES for name, handler in ends.items()}

    def start(name: str, attributes: dict[str, str]) -> None:
        if handler := known_starts.get(name):
            handler(attributes)

    def end(name: str) -> None:
        if handler := known_ends.get(name):
            handler()

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = _refuse_document_type
    return parser


def _refuse_document_type(*_: object) -> None:
    """Refuse what entities are declared in: no workbook has any, and billions of laughs do."""
    raise problem("not_xlsx")
