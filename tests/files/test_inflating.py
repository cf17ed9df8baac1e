"""Packed files: what goes in comes out, and what is no honest file is refused in constant memory."""

import gzip
import zlib
from collections.abc import Callable
from functools import partial
from itertools import repeat

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from hub.files import inflating
from hub.files.inflating import PIECE, inflated
from tests.files.pieces import CUTS, MEGABYTE, cut, peak, refused

PACK: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstd.compress}
MEMBERS = st.lists(st.binary(max_size=300) | st.integers(0, 2 * MEGABYTE).map(bytes), min_size=1, max_size=4)
PACKINGS = pytest.mark.parametrize("packing", list(PACK))


@given(MEMBERS, st.sampled_from(list(PACK)), CUTS)
def test_members_come_as_one_file(members: list[bytes], packing: str, cuts: list[int]) -> None:
    data = b"".join(map(PACK[packing], members))

    found = list(inflated(cut(data, cuts), packing))

    assert b"".join(found) == b"".join(members)
    assert max(map(len, found), default=0) <= PIECE


@given(st.lists(st.binary()))
def test_bytes_that_are_not_packed_pass_through(pieces: list[bytes]) -> None:
    assert list(inflated(pieces, "")) == pieces


def test_zeros_after_gzip_are_padding() -> None:
    data = gzip.compress(b"a") + bytes(100) + gzip.compress(b"b") + bytes(100_000)

    assert b"".join(inflated(cut(data, [25, 80]), "gzip")) == b"ab"


@PACKINGS
def test_a_file_without_its_end_is_cut_off(packing: str) -> None:
    data = PACK[packing](bytes(range(256)) * 100)

    for end in range(0, len(data), 7):
        assert refused(partial(inflated, [data[:end]], packing)).code == "cut_off"


@PACKINGS
@pytest.mark.parametrize("broken", [b"{}\n", b"\0" * 30, b"PK\3\4", b"garbage behind"])
def test_what_is_not_packed_so_is_refused(packing: str, broken: bytes) -> None:
    data = PACK[packing](b"{}\n") + broken if broken == b"garbage behind" else broken

    assert refused(lambda: inflated([data], packing)).code == f"not_{packing}"


def test_a_damaged_byte_is_noticed() -> None:
    data = bytearray(gzip.compress(bytes(range(256)) * 100))
    data[-6] ^= 1

    assert refused(lambda: inflated([bytes(data)], "gzip")).code == "not_gzip"


def test_an_unknown_packing_is_refused() -> None:
    assert refused(lambda: inflated([], "br")).code == "unknown_packing"


@PACKINGS
def test_a_bomb_is_refused_long_before_its_end(packing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflating, "FREE", MEGABYTE)
    bomb = _bomb(packing, 60 * MEGABYTE)
    sizes: list[int] = []

    error = refused(lambda: map(sizes.append, map(len, inflated([bomb], packing))))

    assert error.code == "inflates_too_much"
    assert sum(sizes) <= inflating.FREE + inflating.RATIO * len(bomb)
    assert sum(sizes) < 30 * MEGABYTE


@PACKINGS
def test_a_bomb_is_never_held(packing: str) -> None:
    bomb = _bomb(packing, 60 * MEGABYTE)

    assert peak(lambda: [None for _ in inflated([bomb], packing)]) < 12  # the window of zstd is not Python's


def test_a_window_that_would_fill_memory_is_refused() -> None:
    options = {int(zstd.CompressionParameter.window_log): 27}
    packer = zstd.ZstdCompressor(options=options)
    data = packer.compress(b"x") + packer.flush()

    assert refused(lambda: inflated([data], "zstd")).code == "window_too_large"


def test_empty_members_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflating, "MOST_MEMBERS", 1000)

    assert refused(lambda: inflated(repeat(gzip.compress(b"")), "gzip")).code == "too_many_members"


def test_there_is_an_end_to_what_unpacks_honestly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflating, "MOST_INFLATED", 3 * MEGABYTE)
    data = gzip.compress(bytes(4 * MEGABYTE))

    assert refused(lambda: inflated([data], "gzip")).code == "inflates_too_much"


def _bomb(packing: str, size: int) -> bytes:
    """Pack zeros, without holding them."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31) if packing == "gzip" else zstd.ZstdCompressor()
    zeros = bytes(MEGABYTE)
    return b"".join([*(packer.compress(zeros) for _ in range(size // MEGABYTE)), packer.flush()])
