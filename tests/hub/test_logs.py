"""What libraries say of themselves is logged without what they quote."""

import json
import subprocess
import sys
from pathlib import Path

from tests.hub.failing_unseen import EMAIL

ROOT = Path(__file__).resolve().parents[2]


def test_what_fails_in_a_loop_is_told_by_its_kind_and_place() -> None:
    command = [sys.executable, "-m", "tests.hub.failing_unseen"]
    log = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr

    told = {line["event"]: line["exception"] for line in map(json.loads, log.splitlines())}
    assert told == {"Exception in callback _refuse": "ValueError", "Task exception was never retrieved": "ValueError"}
    assert EMAIL not in log
