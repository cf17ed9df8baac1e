"""What the readers of files hand to the job: one record after the other, as text that a batch could hold."""

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from hub.records.faults import Fault


class FileRefused(Exception):
    """The whole file can't be read, or not further; the message is for whoever sent it, and holds no value of it."""


class Item(NamedTuple):
    """A record of a file: the line it begins at, how many rows of the file it is, and what it says as JSON.

    `record` is a JSON object under documented names, in bytes; of an NDJSON line whatever stands there. `cells` are the
    rows of a table that it was made of, None for a line. `faults` are what the reader found wrong, with the field at
    `loc[1]`: an item that has any is rejected, with what `parse` finds besides.
    """

    line: int
    rows: int
    record: bytes
    cells: Sequence[list[str]] | None = None
    faults: Sequence[Fault] = ()

    @property
    def sent(self) -> str:
        r"""How it came, as RejectedRow keeps it: an NDJSON line, or a JSON array of a table's rows.

        What no text can hold of a line is written as \xe4, which is no JSON: so it stays wrong.
        """
        if self.cells is not None:
            return orjson.dumps(self.cells).decode()
        return self.record.decode(errors="backslashreplace").replace("\0", r"\x00")
