"""A job whose file lies on another host: this worker leaves it to one that has the file, and says so."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tenants.imports import worker
from tenants.imports.running import run
from tenants.imports.worker import Worker
from tenants.models import Import
from tests.conftest import Partner, lines
from tests.files.jobs import job_of, ndjson

pytestmark = pytest.mark.django_db
FILE = ndjson([{"CustomerId": "C-1"}])


class Looking(Worker):
    """A worker that notes what it would run."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[int] = []
        self.executor = ThreadPoolExecutor(1)

    def _run(self, import_id: int, tenant_id: Any) -> None:
        self.taken.append(import_id)

    def looks(self) -> list[int]:
        """Look once for jobs, and return which would have been run."""
        self.running, self.taken = set(), []  # what was taken is not run, and found again
        self._begin()
        self.executor.submit(int).result()
        return sorted(self.taken)


@pytest.fixture
def looking() -> Looking:
    return Looking()


@pytest.fixture
def elsewhere(settings: Any, tmp_path: Path, partner: Partner) -> Import:
    """A job whose file came to a host with another folder; `settings.FILES` is this host's now."""
    for name in ("theirs", "ours"):
        (tmp_path / name).mkdir()
    settings.FILES = tmp_path / "theirs"
    job = job_of(partner, FILE)
    settings.FILES = tmp_path / "ours"
    return job


def test_it_is_left_waiting_and_the_log_says_so_once(elsewhere: Import, looking: Looking, log: StringIO) -> None:
    assert [looking.looks() for _ in range(3)] == [[], [], []]

    elsewhere.refresh_from_db()
    assert (elsewhere.state, elsewhere.has_file) == ("waiting", True)
    said = [line for line in lines(log) if line.get("import_id") == elsewhere.pk]
    assert [(line["level"], line["event"]) for line in said] == [("warning", worker.ELSEWHERE)]


def test_it_is_taken_up_once_its_file_is_there(
    elsewhere: Import, looking: Looking, settings: Any, tmp_path: Path
) -> None:
    assert looking.looks() == []

    settings.FILES = tmp_path / "theirs"

    assert looking.looks() == [elsewhere.pk]


@pytest.mark.usefixtures("elsewhere")
def test_others_of_other_tenants_go_on(make_tenant: Any, looking: Looking) -> None:
    job = job_of(make_tenant(), FILE)

    assert looking.looks() == [job.pk]


def test_after_ten_minutes_on_no_host_it_ends_and_says_that_the_file_must_come_again(
    elsewhere: Import, looking: Looking, log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking.looks()
    monkeypatch.setattr(worker, "AWAIT_SECONDS", 0)

    assert looking.looks() == [elsewhere.pk]
    run(elsewhere.pk, elsewhere.tenant_id)

    elsewhere.refresh_from_db()
    assert (elsewhere.state, "send it again" in elsewhere.message) == ("failed", True)
    assert worker.NOWHERE in [line["event"] for line in lines(log) if line["level"] == "error"]


def test_a_folder_that_cannot_be_asked_has_no_files(
    partner: Partner, looking: Looking, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FILES = tmp_path
    job = job_of(partner, FILE)

    def stale(path: Path, **how: Any) -> bool:
        raise OSError(116, "Stale file handle")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", stale)
        assert looking.looks() == []

    assert looking.looks() == [job.pk]


def test_what_came_before_there_was_a_folder_is_taken_up_on_any_host(
    partner: Partner, looking: Looking, settings: Any, tmp_path: Path
) -> None:
    settings.FILES = None
    job = job_of(partner, FILE)

    settings.FILES = tmp_path

    assert looking.looks() == [job.pk]
