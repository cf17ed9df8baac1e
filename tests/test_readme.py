"""The README is true: its requests, run in order, get the answers it prints; its tables name what there is."""

import itertools
import json
import re
import shlex
from pathlib import Path
from typing import Any

from django.core.management import get_commands

from hub.environment import Environment
from hub.records.faults import TEXTS
from tests.conftest import Partner
from tests.documents.examples import differences

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
REQUEST_AND_ANSWER = re.compile(r"```sh\n(curl .*?)```\n```json\n(.*?)```", re.DOTALL)
HUB_ID = re.compile(r'"HubId": \d+')


def send(partner: Partner, command: str) -> Any:
    words = shlex.split(command.replace("$HUB", "").replace("$TENANT", partner.id).replace("$KEY", partner.key))
    options = dict(itertools.pairwise(words))
    body = options.get("-d")
    method = options.get("-X", "GET")
    path = next(word for word in words[1:] if word.startswith("/"))
    return partner.send(method, path, body.encode() if body else None)


def test_requests_get_the_answers_that_are_printed(partner: Partner) -> None:
    examples = REQUEST_AND_ANSWER.findall(README)
    assert len(examples) == 12
    for command, answer in examples:
        response = send(partner, command)
        actual = json.loads(HUB_ID.sub('"HubId": 1', json.dumps(response.json())))
        assert list(differences(json.loads(answer), actual, "exact")) == [], command


def test_settings_table_names_every_variable() -> None:
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE)) == set(Environment.model_fields)


def test_commands_table_names_the_projects_own_commands() -> None:
    ours = {name for name, app in get_commands().items() if app in ("hub", "tenants", "customers")}
    table = README.partition("## Commands")[2].partition("## The tree")[0]
    assert set(re.findall(r"^\| `([a-z_]+)[ `](?!…)", table, re.MULTILINE)) == ours


def test_api_page_lists_every_kind_of_error_with_its_text() -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    assert dict(re.findall(r"^\| `([a-z0-9_]+)` \| (.+) \|$", page, re.MULTILINE)) == TEXTS
