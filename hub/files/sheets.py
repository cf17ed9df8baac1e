"""Rows of an XLSX workbook's sheet, streamed."""

from collections.abc import Iterator
from contextlib import closing
from posixpath import dirname, join, normpath
from typing import BinaryIO, NamedTuple

from hub.files.cells import SharedTexts, SheetReader
from hub.files.formats import BUILT_IN, Shown, shown_by
from hub.files.parts import MOST_INFLATED, Archive
from hub.files.problems import problem
from hub.files.tables import Row
from hub.files.texts import Texts

RELATIONSHIPS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id",
)


class _Sheet(NamedTuple):
    name: str
    part: str
    is_visible: bool


def sheet_names(file: BinaryIO) -> list[str]:
    """Return the names of a workbook's visible sheets, in order; raises FileProblem for what is no workbook."""
    return [sheet.name for sheet in _Workbook(Archive(file)).sheets if sheet.is_visible]


def sheet_rows(file: BinaryIO, sheet: str = "") -> Iterator[Row]:
    """Yield the rows of a sheet as text, the header first: the first visible sheet, or the one that is named.

    `file` can seek: a temporary file. Numbers come as people see them, dates and times in ISO 8601, formulas as the
    results that were stored, errors as they are shown (#N/A), of merged cells the first has the text. Blank rows are
    left out, but counted; so are empty cells at a row's end. Raises FileProblem for what is no workbook, for one that
    unpacks into too much, for a sheet that is not there.
    """
    archive = Archive(file)
    workbook = _Workbook(archive)
    chosen = next((found for found in workbook.sheets if (found.name == sheet if sheet else found.is_visible)), None)
    if chosen is None:
        raise problem("no_sheet")
    with closing(Texts()) as texts:
        reader = SheetReader(texts, workbook.shown(archive))
        workbook.fill(texts, archive)
        for _ in archive.read(chosen.part, reader.starts, reader.ends, reader.add_text, MOST_INFLATED):
            yield from reader.taken()


class _Workbook:
    """What a workbook consists of: its sheets, and where its texts and formats are."""

    def __init__(self, archive: Archive) -> None:
        top = _related(archive, "_rels/.rels")
        self._part = next((part for kind, part in top.values() if kind == "officeDocument"), "xl/workbook.xml")
        folder, _, name = self._part.rpartition("/")
        self._parts = _related(archive, f"{folder}/_rels/{name}.rels".lstrip("/"))
        self.since_1904 = False
        self._found: list[dict[str, str]] = []
        starts = {"sheet": self._found.append, "workbookPr": self._take_properties}
        _drain(archive.read(self._part, starts, {}))
        self.sheets = [sheet for attributes in self._found if (sheet := self._sheet(attributes))]

    def _take_properties(self, attributes: dict[str, str]) -> None:
        self.since_1904 = attributes.get("date1904") in ("1", "true")

    def _sheet(self, attributes: dict[str, str]) -> _Sheet | None:
        """Return a sheet of cells; charts are none."""
        name = next((attributes[name] for name in RELATIONSHIPS if name in attributes), "")
        kind, part = self._parts.get(name, ("", ""))
        is_visible = attributes.get("state", "visible") == "visible"
        return _Sheet(attributes.get("name", ""), part, is_visible) if kind == "worksheet" else None

    def _part_of(self, kind: str) -> str:
        return next((part for found, part in self._parts.values() if found == kind), "")

    def shown(self, archive: Archive) -> list[Shown]:
        """Return for each style what shows a number in it."""
        part = self._part_of("styles")
        styles = _Styles(since_1904=self.since_1904)
        if archive.has(part):
            _drain(archive.read(part, styles.starts, styles.ends))
        return styles.shown

    def fill(self, texts: Texts, archive: Archive) -> None:
        """Read the texts that cells share."""
        part = self._part_of("sharedStrings")
        shared = SharedTexts(texts)
        if archive.has(part):
            _drain(archive.read(part, shared.starts, shared.ends, shared.add_text, MOST_INFLATED))
        texts.complete()


def _related(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """Return the parts that one refers to by their ids, as what and where; both of a part without any are missing."""
    found: dict[str, tuple[str, str]] = {}
    folder = dirname(dirname(part))

    def take(attributes: dict[str, str]) -> None:
        target = normpath(join("/", folder, attributes.get("Target", ""))).lstrip("/")
        found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], target)

    _drain(archive.read(part, {"Relationship": take}, {}))
    return found


def _drain(reading: Iterator[None]) -> None:
    for _ in reading:
        pass


class _Styles:
    """Formats of numbers: those of the workbook by their ids, and which of them each style has."""

    def __init__(self, *, since_1904: bool) -> None:
        self.shown: list[Shown] = []
        self._since_1904, self._is_within = since_1904, ""
        self._codes: dict[str, str] = {str(number): code for number, code in BUILT_IN.items()}
        self.starts = {"numFmts": self._enter_formats, "numFmt": self._take_format} | {
            "cellXfs": self._enter_styles,
            "xf": self._take_style,
        }
        self.ends = {"numFmts": self._leave, "cellXfs": self._leave}

    def _enter_formats(self, _: dict[str, str]) -> None:
        self._is_within = "formats"

    def _enter_styles(self, _: dict[str, str]) -> None:
        self._is_within = "styles"

    def _leave(self) -> None:
        self._is_within = ""

    def _take_format(self, attributes: dict[str, str]) -> None:
        if self._is_within == "formats":
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")

    def _take_style(self, attributes: dict[str, str]) -> None:
        if self._is_within == "styles":
            code = self._codes.get(attributes.get("numFmtId", ""), "")
            self.shown.append(shown_by(code, since_1904=self._since_1904))
