"""What docs/changes.md claims of webhooks: its programs verify what the hub signs, its table says the waits."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tenants.webhooks import leases
from tenants.webhooks.messages import Message, message_of
from tenants.webhooks.sealing import new_secret

PAGE = (Path(__file__).parents[2] / "docs/changes.md").read_text()
BLOCKS = dict(re.findall(r"```(python|js|php)\n(.*?)```", PAGE.partition("## Verify a webhook")[2], re.DOTALL))
EXAMPLE = json.loads(PAGE.partition("POST /hooks")[2].partition("\n\n")[2].partition("```")[0])
RUNS = {
    "python": ([sys.executable, "-c"], "import json, sys\ns, h, b = json.load(sys.stdin)\n"
               "print(json.dumps(verified(s, h, b.encode())))"),
    "js": (["node", "-e"], "const [s, h, b] = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n"
           "console.log(JSON.stringify(verified(s, h, b)));"),
    "php": (["php", "-r"], "[$s, $h, $b] = json_decode(file_get_contents('php://stdin'), true);\n"
            "echo json_encode(verified($s, $h, $b));"),
}  # fmt: skip


@dataclass
class Program:
    """One of the page's programs."""

    language: str

    def verifies(self, secret: str, headers: dict[str, str], body: str) -> bool:
        start, end = RUNS[self.language]
        text = BLOCKS[self.language].removeprefix("<?php") + "\n" + end
        done = subprocess.run(
            [*start, text], input=json.dumps([secret, headers, body]), capture_output=True, text=True, check=True
        )
        return bool(json.loads(done.stdout))


@pytest.fixture(params=RUNS)
def program(request: pytest.FixtureRequest) -> Program:
    if not shutil.which(RUNS[request.param][0][0]):
        pytest.skip(f"{RUNS[request.param][0][0]} is not installed: `make setup-browser` installs it")
    return Program(request.param)


@pytest.fixture
def message() -> Message:
    item: dict[str, Any] = {**EXAMPLE["data"], "Source": "ädmin"}  # more bytes than characters
    return message_of(item, tenant_id=UUID(int=1), webhook_id=1)


def test_a_program_verifies_what_the_hub_signs(program: Program, message: Message) -> None:
    secret, other = new_secret(), new_secret()
    headers = message.headers([secret], datetime.now(UTC))

    assert program.verifies(secret, headers, message.body)
    assert program.verifies(secret, message.headers([other, secret], datetime.now(UTC)), message.body)


def test_a_program_refuses_what_the_hub_did_not_sign(program: Program, message: Message) -> None:
    secret, now = new_secret(), datetime.now(UTC)
    headers = message.headers([secret], now)

    assert not program.verifies(new_secret(), headers, message.body)
    assert not program.verifies(secret, headers, message.body.replace("4711", "4712"))
    assert not program.verifies(secret, {**headers, "webhook-id": "msg_1"}, message.body)
    assert not program.verifies(secret, {**headers, "webhook-timestamp": str(int(now.timestamp()) - 9)}, message.body)
    assert not program.verifies(secret, message.headers([secret], now - timedelta(minutes=6)), message.body)


def test_the_page_shows_a_message_as_it_is_sent() -> None:
    sent = json.loads(message_of(EXAMPLE["data"], tenant_id=UUID(int=1), webhook_id=1).body)

    assert sent == EXAMPLE


def test_the_page_names_the_waits_between_attempts() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| again |"))

    assert "after 5 and 30 seconds, 2, 10 and 30 minutes, then every hour" in row
    assert [leases.seconds_until_next(attempts, 0) for attempts in range(8)] == [5, 30, 120, 600, 1800, *[3600] * 3]
