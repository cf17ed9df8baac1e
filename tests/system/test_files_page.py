"""What docs/files.md prints for sending a file is pasted into a shell, against a hub that runs, one after the other."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.system.running import ROOT, Hub, Shop
from tests.waiting import wait_until

pytestmark = pytest.mark.slow
SECTION = (ROOT / "docs" / "files.md").read_text().partition("## Sending a file")[2].partition("\n## ")[0]
COMMANDS = re.findall(r"^```sh\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)


def paste(commands: list[str], shop: Shop, folder: Path) -> list[dict[str, object]]:
    """Run commands in one shell and return the JSON objects that they print."""
    given = {"HUB": shop.hub.address, "TENANT": shop.id, "KEY": shop.key, "PATH": os.environ["PATH"], "ID": "1"}
    run = subprocess.run(["bash", "-c", "\necho\n".join(commands)], env=given, cwd=folder, capture_output=True)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith(b"{")]


def test_the_commands_of_the_page_do_what_it_says(hub: Hub, tmp_path: Path) -> None:
    shop = hub.shop("Page of files")
    whole, *parts = COMMANDS[:4]
    watch, reject, cancel, dry_run = COMMANDS[4:]

    (sent,) = paste([whole], shop, tmp_path)
    began, went_on, started = paste(parts, shop, tmp_path)

    size = (tmp_path / "customers.ndjson").stat().st_size
    assert [each["message"] for each in (sent, began, went_on, started)] == [
        "Import started.", "Bytes taken.", "Bytes taken.", "Import started.",
    ]  # fmt: skip
    ends = [each["data"]["size"] for each in (sent, began, went_on, started)]  # type: ignore[index]
    assert ends == [size, 50, size, size]
    id_ = started["data"]["id"]  # type: ignore[index]
    named = f"ID={id_}"

    def state() -> str:
        (found,) = paste([named, watch], shop, tmp_path)
        return str(found["data"]["state"])  # type: ignore[index]

    assert wait_until(lambda: state() == "finished")
    paste([named, reject], shop, tmp_path)
    (rejected,) = [json.loads(line) for line in (tmp_path / "rejected.ndjson").read_text().splitlines()]
    assert (rejected["CustomerId"], rejected["_rejected"]["line"]) == ("C-2", 2)
    assert [record["CustomerId"] for record in shop.read("customers")] == ["C-1"]
    (ended,) = paste([named, cancel], shop, tmp_path)
    assert ended["message"] == "Import ended before."
    paste([dry_run], shop, tmp_path)
    assert shop.send("GET", "/imports/{tenant}?limit=1").json()["data"]["results"][0]["dryRun"] is True


def test_the_answer_that_the_page_shows_has_its_members(hub: Hub) -> None:
    shop = hub.shop("Answer of files")
    (shown,) = re.findall(r"^```json\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)

    answer = shop.send(
        "POST", "/imports/{tenant}?entity=customers", b"{}\n", headers={"Content-Type": "application/x-ndjson"}
    )

    assert answer.status == 202
    assert answer.json()["data"].keys() == json.loads(shown)["data"].keys()
