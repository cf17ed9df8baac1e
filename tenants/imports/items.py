"""What the readers of files hand to the job: one record after the other, as text that a batch could hold."""

from collections.abc import Sequence
from typing import NamedTuple

from hub.records.faults import Fault


class FileRefused(Exception):
    """The whole file can't be read, or not further; the message is for whoever sent it, and holds no value of it."""


class Item(NamedTuple):
    """A record of a file: the line it begins at, how many rows of the file it is, and what it says as JSON.

    `sent` is how it came, as RejectedRow keeps it: an NDJSON line, or a JSON array of a table's rows. `record` is a
    JSON object under documented names, in bytes; of an NDJSON line whatever stands there. `faults` are what the reader
    found wrong, with the field at `loc[1]`: an item that has any is rejected, with what `parse` finds besides.
    """

    line: int
    rows: int
    record: bytes
    sent: str
    faults: Sequence[Fault] = ()
