"""Why a file is not taken, or not kept: each says, as its text, what whoever sent it can do."""

from tenants.imports.items import FileRefused

MOST_BYTES = 5 * 1024**3  # of one file
MOST_FILES = 20  # of a tenant that are not done with
MOST_TOGETHER = 4 * MOST_BYTES  # bytes of all these


class NotTaken(Exception):
    """Nothing was changed; the text says what can be done."""


class WrongOffset(NotTaken):
    """Bytes were sent that begin elsewhere than where the file ends: `size` is where they should."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size} bytes so far: go on there, with Upload-Offset: {size}.")
        self.size = size


class NotInThisState(NotTaken):
    """The job is not where this can be done to it."""


class TooLarge(NotTaken):
    """The file would have more than MOST_BYTES."""

    def __init__(self) -> None:
        super().__init__(f"A file may have {MOST_BYTES // 1024**3} GB. Pack it with gzip or zstd, or send several.")


class LongerThanAnnounced(NotTaken):
    """The file would have more bytes than was said."""

    def __init__(self, announced: int) -> None:
        super().__init__(f"The file was announced with {announced} bytes: cancel this import, and send the file anew.")


class OtherFile(NotTaken):
    """The file begins as something else than it was said to be."""


class TooMany(NotTaken):
    """The tenant has more files that are not done with than it may, in number or in bytes."""

    def __init__(self) -> None:
        super().__init__(
            f"At most {MOST_FILES} files of a tenant, with {MOST_TOGETHER // 1024**3} GB in all, can be on their way. "
            "Wait until one of them has been imported, or cancel one; a file of a dry run that is over counts, too, "
            "until it is started for real or deleted."
        )


class NoRoom(NotTaken):
    """The disk is full; the file is as it was."""

    def __init__(self) -> None:
        super().__init__(
            "The hub has no room left for this file. Its operators have to make some: what has come is kept, "
            "go on later where the file ends."
        )


class FileGone(FileRefused):
    """What was sent is not there, or not all of it."""

    def __init__(self) -> None:
        super().__init__("The file is not there any more, or not all of it: send it again.")
