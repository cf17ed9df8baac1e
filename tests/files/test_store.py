"""The bytes of a file: in a shared folder or in the database, whole or as they were, never under a client's name."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenants.changes.changesets import Origin
from tenants.imports import folder, jobs, store
from tenants.imports.problems import FileGone, NoRoom, NotInThisState, TooLarge, TooMany, WrongOffset
from tenants.models import Entity, FileFormat, FilePart, Import, Source
from tests.conftest import Partner

ORIGIN = Origin(Source.API, "key 0123abcd", "0af7651916cd43dd8448eb211c80319c")
MEGABYTE = 1024 * 1024


@pytest.fixture(params=["folder", "database"])
def files(request: Any, settings: Any, tmp_path: Path) -> Path | None:
    """Where files are kept: each test runs with a shared folder, and with the database."""
    settings.FILES = tmp_path if request.param == "folder" else None
    return settings.FILES  # type: ignore[no-any-return]


@pytest.fixture
def job(partner: Partner) -> Import:
    return create(partner)


def create(partner: Partner, **how: Any) -> Import:
    return jobs.create(partner.tenant, ORIGIN, entity=Entity.CUSTOMERS, format=FileFormat.NDJSON, **how)


def whole(job: Import, start: int = 0) -> bytes:
    return b"".join(store.pieces(job, start))


def test_what_was_appended_is_read_back_from_any_byte_on(files: Path | None, job: Import) -> None:
    data = os.urandom(2 * MEGABYTE + 17)
    assert [store.append(job, 0, data[:5]), store.append(job, 5, data[5:9])] == [5, 9]
    assert store.append(job, 9, data[9:]) == len(data)

    assert whole(job) == data
    for start in (0, 1, 5, 8, 9, MEGABYTE, len(data) - 1, len(data)):
        assert whole(job, start) == data[start:]
    assert max(map(len, store.pieces(job))) <= MEGABYTE


def test_a_wrong_offset_changes_nothing_and_says_the_right_one(files: Path | None, job: Import) -> None:
    store.append(job, 0, b"abc")

    for start in (0, 2, 4, 2**62):
        with pytest.raises(WrongOffset) as refused:
            store.append(job, start, b"xyz")
        assert refused.value.size == 3
    assert whole(jobs.find(job.tenant, job.pk) or job) == b"abc"
