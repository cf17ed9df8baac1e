"""Files as they come: cut anywhere, or made while they are read."""

import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import pytest
from hypothesis import strategies as st

from hub.files.problems import FileProblem

MEGABYTE = 1024 * 1024
CUTS = st.lists(st.integers(0, 300), max_size=8)


def cut(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    """Yield data in pieces; `cuts` are places, modulo its length."""
    places = sorted({0, len(data), *(place % (len(data) + 1) for place in cuts)})
    return (data[begin:end] for begin, end in pairwise(places))


def refused(read: Callable[[], Iterable[object]]) -> FileProblem:
    """Read all there is, and return what is wrong with it."""
    with pytest.raises(FileProblem) as raised:
        for _ in read():
            pass
    return raised.value


def peak(read: Callable[[], object]) -> float:
    """Return how many MB more than before were held at once."""
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1] / MEGABYTE
    finally:
        tracemalloc.stop()
