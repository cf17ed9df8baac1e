"""Lines of a file of NDJSON, in constant memory."""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator

from hub.files.problems import problem

MOST_LINE = 10_000_000  # bytes


def lines(pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    r"""Yield lines with their numbers from 1, without \n or \r\n; blank ones are left out, but counted.

    A byte order mark is taken off. Raises FileProblem for a line of more than MOST_LINE bytes.
    """
    whole = b"".join(pieces).removeprefix(BOM_UTF8)
    for number, line in enumerate(whole.split(b"\n"), 1):
        if len(line) > MOST_LINE:
            raise problem("line_too_long", line=number, n=MOST_LINE)
        if line and not line.isspace():
            yield number, line.removesuffix(b"\r")
