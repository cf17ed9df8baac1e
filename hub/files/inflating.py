"""Packed files, unpacked as they come: gzip and zstd, in constant memory, and no bomb."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from backports import zstd

from hub.files.problems import FileProblem, problem

PACKINGS = ("", "gzip", "zstd")
PIECE = 1024 * 1024  # the most that is unpacked at once, whatever it is packed in
SLICE = 64 * 1024  # what zlib could not take yet it copies for each piece: slices keep that small
MOST_INFLATED = 50_000_000_000
# What a file of records may unpack into: FREE, and RATIO times what has come of it. Exports of shops shrink to a tenth
# or a thirtieth; deflate's worst is 1,032 and zstd's 30,000. The work is so in proportion to what was sent.
FREE, RATIO = 256 * 1024 * 1024, 250
MOST_MEMBERS = 1_000_000  # an empty one takes 20 bytes and 2 µs, and yields nothing
GZIP = 16 + zlib.MAX_WBITS
WINDOW_LOG = 23  # 8 MB: what RFC 9659 has of zstd in HTTP, and what its levels up to 19 use
WINDOW = {int(zstd.DecompressionParameter.window_log_max): WINDOW_LOG}
BROKEN = {"gzip": "not_gzip", "zstd": "not_zstd"}


class _Member(Protocol):
    """One of the parts that a packed file consists of, as the standard library unpacks them."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _GzipMember:
    """A member of gzip that keeps what it could not take yet, as zstd's does."""

    def __init__(self) -> None:
        self._inflate, self.needs_input = zlib.decompressobj(GZIP), True

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        found = self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)
        self.needs_input = not self._inflate.unconsumed_tail and len(found) < max_length
        return found


def _zstd_member() -> _Member:
    return zstd.ZstdDecompressor(options=WINDOW)


MEMBERS: dict[str, Callable[[], _Member]] = {"gzip": _GzipMember, "zstd": _zstd_member}


def inflated(pieces: Iterable[bytes], packing: str) -> Iterator[bytes]:
    """Yield what packed bytes hold, at most 1 MB at once; `packing` is one of PACKINGS, "" for bytes as they are.

    Several members or frames are one file, as everywhere. Raises FileProblem for what is broken or cut off, and for
    what unpacks into far more than records do.
    """
    if packing == "":
        return iter(pieces)
    if packing not in MEMBERS:
        raise problem("unknown_packing")
    return _bounded(pieces, packing)


def _bounded(pieces: Iterable[bytes], packing: str) -> Iterator[bytes]:
    """Unpack as long as that is in proportion to what has come."""
    packed = size = 0

    def counted() -> Iterator[bytes]:
        nonlocal packed
        for piece in pieces:
            for at in range(0, len(piece), SLICE):
                data = piece[at : at + SLICE]
                packed += len(data)
                yield data

    try:
        for found in _unpacked(counted(), MEMBERS[packing], padding=b"\0" if packing == "gzip" else b""):
            size += len(found)
            if size > min(FREE + RATIO * packed, MOST_INFLATED):
                raise problem("inflates_too_much")
            yield found
    except (zlib.error, zstd.ZstdError) as error:
        raise _broken(packing, error) from None


def _unpacked(slices: Iterable[bytes], begin: Callable[[], _Member], *, padding: bytes) -> Iterator[bytes]:
    """Yield what the members hold, PIECE at most at once; between and after them there may be padding."""
    member, members = None, 0
    for data in slices:
        while data or (member and not member.needs_input):
            if member is None:
                data = data.lstrip(padding) if padding and members else data
                if not data:
                    break
                member, members = begin(), members + 1
                if members > MOST_MEMBERS:
                    raise problem("too_many_members", n=MOST_MEMBERS)
            if found := member.decompress(data, PIECE):
                yield found
            data = member.unused_data if member.eof else b""
            member = None if member.eof else member
    if member or not members:
        raise problem("cut_off")


def _broken(packing: str, error: Exception) -> FileProblem:
    if "too much memory" in str(error):
        return problem("window_too_large", n=2**WINDOW_LOG // PIECE)
    return problem(BROKEN[packing])
