"""The parts of a backup in one tar, written and read as a stream, in constant memory.

`manifest.json` comes first, `digests.json` last: it has the SHA-256 of every part before it, so a file without it is
cut off. A tar must say ahead how long a member is, and nobody knows that of a dump: so long parts are members of 8 MB
at most, `database/00000001`, `database/00000002` …, which `tar xOf FILE database` puts together again.
"""

import hashlib
import json
import tarfile
import time
from collections.abc import Iterable, Iterator
from typing import IO, Any, cast

from hub.backups.age import Sink, Source
from hub.backups.problems import Damaged

PIECE = 8 * 1024 * 1024
MOST_OF_A_MEMBER = 64 * 1024 * 1024
BLOCK = 1024 * 1024  # bytes that are read and written at once
DIGESTS = "digests.json"


class Writer:
    """Writes parts, one after the other; `close` writes their digests and the tar's end."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._digests: dict[str, str] = {}
        self._made = int(time.time())

    def put(self, name: str, content: Any) -> None:
        """Write a part that is JSON."""
        data = json.dumps(content, indent=1, ensure_ascii=False).encode()
        self._member(name, data)
        self._digests[name] = hashlib.sha256(data).hexdigest()

    def put_stream(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a part of any length."""
        digest = hashlib.sha256()
        for number, piece in enumerate(_pieces(chunks), 1):
            digest.update(piece)
            self._member(f"{name}/{number:08}", piece)
        self._digests[name] = digest.hexdigest()

    def close(self) -> None:
        """Write the digests, and the tar's end."""
        self._member(DIGESTS, json.dumps(self._digests, indent=1, ensure_ascii=False).encode())
        self._sink.write(bytes(tarfile.RECORDSIZE))

    def _member(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = len(data), self._made, 0o600
        self._sink.write(member.tobuf())
        self._sink.write(data)
        self._sink.write(bytes(-len(data) % tarfile.BLOCKSIZE))


def read(source: Source) -> Iterator[tuple[str, bytes]]:
    """Yield parts in pieces, as (name of the part, bytes); raises Damaged, at the end at the latest.

    The end is reached only where all digests are right.
    """
    digests: dict[str, Any] = {}
    said: object = None
    for name, data in _members(source):
        if said is not None:
            raise Damaged("something follows its end")
        if name == DIGESTS:
            said = json_of(data)
            continue
        part = name if name.endswith(".json") else name.rpartition("/")[0]
        digests.setdefault(part, hashlib.sha256()).update(data)
        yield part, data
    if said is None:
        raise Damaged("it was cut off")
    if said != {part: digest.hexdigest() for part, digest in digests.items()}:
        raise Damaged("its parts are not what its digests say")


def json_of(data: bytes) -> object:
    """Return what a part says that is JSON."""
    try:
        return json.loads(data)
    except ValueError:
        raise Damaged("one of its parts was changed") from None


def _members(source: Source) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(mode="r|", fileobj=cast("IO[bytes]", source), bufsize=BLOCK) as tar:
            while member := tar.next():
                if not member.isreg() or member.size > MOST_OF_A_MEMBER:
                    raise Damaged("it holds what no backup has")
                content = tar.extractfile(member)
                yield member.name, content.read() if content else b""
                tar.members = []  # type: ignore[attr-defined]  # else all are kept, 100,000 of a terabyte
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise Damaged("it was cut off or changed") from error


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces of PIECE, the last of them shorter; one piece at least."""
    held, is_first = bytearray(), True
    for chunk in chunks:
        held += chunk
        while len(held) >= PIECE:
            yield bytes(memoryview(held)[:PIECE])
            del held[:PIECE]
            is_first = False
    if held or is_first:
        yield bytes(held)
