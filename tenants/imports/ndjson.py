"""Files of NDJSON: a record a line."""

from collections.abc import Iterable, Iterator

from hub.files.lines import lines
from hub.records.faults import ValidationFailed
from hub.records.reading import Pairs, as_sent, read_pairs
from tenants.imports.items import Item

REJECTED = "_rejected"  # what rows that were rejected have when they are read again (tenants.imports.rejects)
MARK = b'"_rejected"'


def items(pieces: Iterable[bytes]) -> Iterator[Item]:
    """Yield what stands in each line that is not blank; what earlier rejections said of it is taken off.

    Raises FileProblem for a line that is too long.
    """
    for number, line in lines(pieces):
        record = line.strip()
        if MARK in record:
            record = unmarked(record)
        yield Item(number, 1, record)


def unmarked(line: bytes) -> bytes:
    """Return a line without what was said of it when it was rejected; of one that was no object, the text it was."""
    try:
        elements = read_pairs(b"[%b]" % line)
    except (ValueError, ValidationFailed):
        return line
    if len(elements) != 1 or not isinstance(record := elements[0], Pairs):
        return line
    said = [value for name, value in record if name == REJECTED]
    rest = Pairs(pair for pair in record if pair[0] != REJECTED)
    if not said:
        return line
    text = dict(said[-1]).get("text") if isinstance(said[-1], Pairs) else None
    return text.encode(errors="replace") if not rest and isinstance(text, str) else as_sent(rest).encode()
