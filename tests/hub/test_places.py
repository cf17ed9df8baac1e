"""Where processes count together: files with all their room from the start, for a full disk would kill who counts."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub.metrics.places import FILE_BYTES, FOLDER

COUNT = """
import json, os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from hub.metrics.counters import count_request, count_start
from hub.metrics.exposition import exposed
count_start("web server")
count_request("GET", "/health", 200, 0.1)
text, _ = exposed([], "")
print(json.dumps([line for line in text.decode().splitlines() if line.startswith("hub_requests_total")]))
"""


def counted(folder: Path, most_bytes: int) -> tuple[Any, str]:
    """Count a request in a process of its own that may write so long files; return what it exposes and its log."""
    ran = subprocess.run(
        [sys.executable, "-c", COUNT, str(most_bytes)],
        env={**os.environ, FOLDER: str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout.splitlines()[-1]), ran.stdout + ran.stderr


def test_files_have_all_their_room_from_the_start_and_the_next_process_counts_on(
    tmp_path: Path,
) -> None:
    once, _ = counted(tmp_path, 2 * FILE_BYTES)
    twice, _ = counted(tmp_path, 2 * FILE_BYTES)

    files = sorted(tmp_path.glob("*.db"))
    assert [path.name for path in files] == ["counter_0.db", "histogram_0.db"]
    assert all(path.stat().st_size == FILE_BYTES <= path.stat().st_blocks * 512 for path in files)
    assert [line.rpartition(" ")[2] for line in once + twice] == ["1.0", "2.0"]


@pytest.mark.parametrize("most_bytes", [0, FILE_BYTES // 2])
def test_a_process_for_whose_counts_there_is_no_room_counts_alone_and_says_so(tmp_path: Path, most_bytes: int) -> None:
    found, said = counted(tmp_path, most_bytes)

    assert [line.rpartition(" ")[2] for line in found] == ["1.0"]
    assert "this process counts alone" in said
