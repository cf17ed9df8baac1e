"""The bytes of a file: in a shared folder or in the database, whole or as they were, never under a client's name."""

import errno
import os
import stat
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from tenants.imports import jobs, parts, problems, store
from tenants.imports.problems import (
    FileGone,
    LongerThanAnnounced,
    NoRoom,
    NotInThisState,
    NotTaken,
    TooLarge,
    TooMany,
    WrongOffset,
)
from tenants.imports.purge import purge_uploads
from tenants.models import Entity, FileFormat, FilePart, Import, ImportState
from tests.conftest import MakeTenant, Partner
from tests.files.sending import MEGABYTE, ORIGIN


def create(partner: Partner, **how: Any) -> Import:
    return jobs.create(partner.tenant, ORIGIN, entity=Entity.CUSTOMERS, format=FileFormat.NDJSON, **how)


@pytest.fixture
def job(partner: Partner) -> Import:
    return create(partner)


def whole(job: Import, start: int = 0) -> bytes:
    return b"".join(store.pieces(job, start))


def stored(job: Import) -> Import:
    return Import.objects.get(pk=job.pk)


def lies(files: Path | None, job: Import) -> bool:
    """Tell whether there is anything of a job's file."""
    in_folder = files is not None and (files / str(job.tenant_id) / str(job.pk)).exists()
    return in_folder or FilePart.objects.filter(tenant=job.tenant_id, import_id=job.pk).exists()


def test_what_was_appended_is_read_back_from_any_byte_on(files: Path | None, job: Import) -> None:
    data = os.urandom(2 * MEGABYTE + 17)
    assert [store.append(job, 0, data[:5]), store.append(job, 5, data[5:9])] == [5, 9]
    assert store.append(job, 9, data[9:]) == len(data) == job.size

    assert whole(stored(job)) == data
    for start in (0, 1, 5, 8, 9, MEGABYTE, len(data) - 1, len(data)):
        assert whole(job, start) == data[start:]
    assert max(map(len, store.pieces(job))) <= MEGABYTE


def test_it_is_where_the_setting_says(files: Path | None, job: Import) -> None:
    store.append(job, 0, b"abc")

    if files:
        path = files / str(job.tenant_id) / str(job.pk)
        assert path.read_bytes() == b"abc"
        assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert FilePart.objects.filter(tenant=job.tenant_id).exists() == (files is None)


def test_a_part_has_a_megabyte_at_most(settings: Any, job: Import) -> None:
    settings.FILES = None
    store.append(job, 0, b"a" * (2 * MEGABYTE + 1))

    found = FilePart.objects.filter(tenant=job.tenant_id, import_id=job.pk).order_by("start")
    assert [(part.start, len(part.data)) for part in found] == [(0, MEGABYTE), (MEGABYTE, MEGABYTE), (2 * MEGABYTE, 1)]


def test_a_wrong_offset_changes_nothing_and_says_the_right_one(files: Path | None, job: Import) -> None:
    store.append(job, 0, b"abc")

    for start in (0, 2, 4, 2**62):
        with pytest.raises(WrongOffset) as refused:
            store.append(job, start, b"xyz")
        assert refused.value.size == 3
    assert whole(stored(job)) == b"abc"


@pytest.mark.django_db(transaction=True)
def test_of_two_writers_at_once_one_is_told_where_the_file_ends(files: Path | None, partner: Partner) -> None:
    job, both = create(partner), threading.Barrier(6)
    outcomes: list[int | NotTaken] = []

    def write(letter: bytes) -> None:
        both.wait()
        try:
            outcomes.append(store.append(Import.objects.get(pk=job.pk), 0, letter * 1000))
        except NotTaken as problem:
            outcomes.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c", b"d", b"e", b"f")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [each for each in outcomes if isinstance(each, int)] == [1000]
    assert {each.size for each in outcomes if isinstance(each, WrongOffset)} == {1000}
    assert len(set(whole(stored(job)))) == 1, "of one writer"


def test_what_a_killed_writer_left_behind_is_overwritten(settings: Any, tmp_path: Path, job: Import) -> None:
    settings.FILES = tmp_path
    store.append(job, 0, b"abc")
    path = tmp_path / str(job.tenant_id) / str(job.pk)
    path.write_bytes(b"abcdefghij")  # written, and killed before the row said so

    assert whole(stored(job)) == b"abc"
    assert store.append(job, 3, b"XY") == 5
    assert path.read_bytes() == b"abcXY"


def test_a_full_disk_is_a_clear_failure_and_nothing_half(
    settings: Any, tmp_path: Path, job: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FILES = tmp_path
    store.append(job, 0, b"abc")
    left = [7]

    def pwrite(file: int, data: Any, offset: int) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = original(file, bytes(data)[: left[0]], offset)
        left[0] -= written
        return written

    original = os.pwrite
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", pwrite)
        with pytest.raises(NoRoom):
            store.append(job, 3, b"0123456789")

    assert (stored(job).size, whole(stored(job))) == (3, b"abc")
    assert (tmp_path / str(job.tenant_id) / str(job.pk)).stat().st_size == 3
    assert store.append(job, 3, b"0123456789") == 13


def test_a_full_database_is_the_same_failure(settings: Any, job: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FILES = None
    store.append(job, 0, b"abc")

    def refuse(*_: Any) -> None:
        raise psycopg.errors.DiskFull("could not extend file")

    with monkeypatch.context() as patch:
        patch.setattr(parts, "execute", refuse)
        with pytest.raises(NoRoom):
            store.append(job, 3, b"def")

    assert (stored(job).size, whole(stored(job))) == (3, b"abc")


def test_another_fault_of_the_disk_is_not_called_a_full_one(settings: Any, tmp_path: Path, job: Import) -> None:
    settings.FILES = tmp_path
    (tmp_path / str(job.tenant_id)).write_text("in the way")

    with pytest.raises(OSError, match="exists"):
        store.append(job, 0, b"abc")
    assert stored(job).size == 0


def test_a_link_in_the_place_of_a_file_is_not_followed(settings: Any, tmp_path: Path, job: Import) -> None:
    settings.FILES = tmp_path / "files"
    (tmp_path / "files" / str(job.tenant_id)).mkdir(parents=True)
    (tmp_path / "secret").write_text("mine")
    (tmp_path / "files" / str(job.tenant_id) / str(job.pk)).symlink_to(tmp_path / "secret")

    with pytest.raises(OSError):  # noqa: PT011 — of the system
        store.append(job, 0, b"abc")
    assert (tmp_path / "secret").read_text() == "mine"


def test_a_file_that_is_lost_is_told_so(files: Path | None, job: Import) -> None:
    store.append(job, 0, b"abc" * 100)
    store.forget(job.tenant_id, job.pk)

    with pytest.raises(FileGone, match="send it again"):
        whole(job)
    if files:
        with pytest.raises(FileGone):
            store.append(job, 300, b"def")


def test_a_file_of_which_the_end_is_lost_is_told_so(settings: Any, tmp_path: Path, job: Import) -> None:
    settings.FILES = tmp_path
    store.append(job, 0, b"abcdef")
    os.truncate(tmp_path / str(job.tenant_id) / str(job.pk), 4)

    with pytest.raises(FileGone):
        whole(job)
    with pytest.raises(FileGone):
        store.append(job, 6, b"ghi")


def test_a_hub_that_has_a_folder_from_now_on_goes_on_with_what_it_had(
    settings: Any, tmp_path: Path, job: Import
) -> None:
    settings.FILES = None
    store.append(job, 0, b"abc")
    settings.FILES = tmp_path
    store.append(job, 3, b"def")

    assert whole(job) == b"abcdef"
    store.remove(job)
    assert not lies(tmp_path, job)


def test_nothing_is_added_to_what_is_no_upload(files: Path | None, job: Import) -> None:
    store.append(job, 0, b"abc")
    for state in [state for state in ImportState if state != ImportState.UPLOADING]:
        Import.objects.filter(pk=job.pk).update(state=state)
        with pytest.raises(NotInThisState, match=state.value):
            store.append(job, 3, b"def")
    assert whole(stored(job)) == b"abc"


def test_nothing_is_added_to_what_is_gone(files: Path | None, job: Import) -> None:
    Import.objects.filter(pk=job.pk).delete()

    with pytest.raises(NotInThisState, match="gone"):
        store.append(job, 0, b"abc")
    assert not lies(files, job)


def test_a_file_has_an_end(files: Path | None, partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_BYTES", 10)
    job = create(partner)
    store.append(job, 0, b"0123456789")

    with pytest.raises(TooLarge, match="5 GB"):
        store.append(job, 10, b"x")
    assert whole(stored(job)) == b"0123456789"


def test_a_file_has_no_more_than_it_was_announced_with(files: Path | None, partner: Partner) -> None:
    job = create(partner, announced=3)

    with pytest.raises(LongerThanAnnounced, match="3 bytes"):
        store.append(job, 0, b"abcd")
    assert store.append(job, 0, b"abc") == 3


def test_the_files_of_a_tenant_are_bounded_in_number_and_in_bytes(
    files: Path | None, partner: Partner, by_email: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST_FILES", 2)
    monkeypatch.setattr(store, "MOST_TOGETHER", 10)
    first, second = create(partner), create(partner)

    with pytest.raises(TooMany, match="Wait until one"):
        create(partner)
    store.append(first, 0, b"0123456")
    with pytest.raises(TooMany):
        store.append(second, 0, b"0123")
    assert store.append(second, 0, b"012") == 3
    assert store.append(create(by_email), 0, b"0123456789") == 10, "another tenant's are not counted"
    jobs.cancel(first)
    assert create(partner).pk > second.pk
    assert store.append(second, 3, b"0123456") == 10


@pytest.mark.django_db(transaction=True)
def test_of_many_files_begun_at_once_no_more_are_taken_than_may_be(partner: Partner) -> None:
    outcomes: list[bool] = []

    def begin() -> None:
        try:
            create(partner)
            outcomes.append(True)
        except TooMany:
            outcomes.append(False)
        finally:
            connection.close()

    for _ in range(problems.MOST_FILES - 1):
        create(partner)
    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [False, False, False, True]


def test_two_tenants_have_files_of_their_own(files: Path | None, partner: Partner, by_email: Partner) -> None:
    ours, theirs = create(partner), create(by_email)
    store.append(ours, 0, b"ours")
    store.append(theirs, 0, b"theirs")

    store.remove(ours)

    assert (whole(theirs), lies(files, ours), lies(files, theirs)) == (b"theirs", False, True)
    assert (stored(ours).has_file, stored(theirs).has_file) == (False, True)
    store.remove(ours)


# What the background worker deletes every hour


def age(job: Import, **fields: Any) -> Import:
    Import.objects.filter(pk=job.pk).update(**fields)
    return stored(job)


def test_an_upload_that_nobody_goes_on_with_ends_after_a_day(files: Path | None, partner: Partner) -> None:
    behind, goes_on = create(partner), create(partner)
    store.append(behind, 0, b"abc")
    age(behind, beat_at=stored(behind).created_at - 1.01 * store.STAYS)
    age(goes_on, beat_at=stored(goes_on).created_at - 1.01 * store.STAYS)
    store.append(goes_on, 0, b"abc")

    purge_uploads()

    ended = stored(behind)
    assert (ended.state, ended.has_file, bool(ended.ended_at)) == ("cancelled", False, True)
    assert "24 hours" in ended.message
    assert not lies(files, behind)
    assert (stored(goes_on).state, whole(goes_on)) == ("uploading", b"abc")


@pytest.mark.parametrize(
    ("state", "is_dry_run", "hours", "stays"),
    [
        ("waiting", False, 100, True),
        ("running", False, 100, True),
        ("finished", False, 0, False),
        ("failed", False, 0, False),
        ("cancelled", True, 0, False),
        ("finished", True, 23, True),
        ("finished", True, 25, False),
    ],
)
def test_a_file_goes_that_was_left_behind(
    files: Path | None, partner: Partner, state: str, is_dry_run: bool, hours: int, stays: bool
) -> None:
    job = create(partner, is_dry_run=is_dry_run)
    store.append(job, 0, b"abc")
    ended_at = stored(job).created_at - hours / 24 * store.STAYS
    age(job, state=state, ended_at=None if state in ("waiting", "running") else ended_at)

    purge_uploads()

    assert (stored(job).has_file, lies(files, job)) == (stays, stays)
    assert stored(job).state == state


def test_bytes_without_a_job_go(files: Path | None, make_tenant: MakeTenant, partner: Partner) -> None:
    stray, kept = create(partner), create(partner)
    for job in (stray, kept):
        store.append(job, 0, b"abc")
    Import.objects.filter(pk=stray.pk).delete()
    if files:
        (files / "lost+found").mkdir()
        (files / str(partner.tenant.pk) / "notes.txt").write_text("an operator's")

    purge_uploads()

    assert (lies(files, stray), whole(kept)) == (False, b"abc")
    if files:
        assert (files / str(partner.tenant.pk) / "notes.txt").exists()


def test_what_is_read_needs_the_memory_of_a_piece(files: Path | None, job: Import) -> None:
    for at in range(3):
        store.append(job, at * MEGABYTE, b"a" * MEGABYTE)

    pieces = store.pieces(job)

    assert len(next(pieces)) == MEGABYTE
    pieces.close()  # type: ignore[attr-defined]  # nothing is left open
