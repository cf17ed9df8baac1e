"""What answers and logs give away: caches, strangers' headers, the deployment checks, whom to tell of a weakness."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.test import Client
from pytest_django import Settings

from hub.serving.answers import refusal
from tests.conftest import CLIENT, Partner, lines
from tests.customers.records import customer
from tests.tenants.routes import EVERY_CALL

ROOT = Path(__file__).resolve().parents[2]
DIALECTS = [
    ("POST", "/v1/programs/{tenant}/integrations/api"),
    ("DELETE", "/v1/programs/{tenant}/integrations/api?email=x@example.com"),
    ("POST", "/api/customers/upload/"),
    ("GET", "/api/data/customers/?external_id=C-1"),
    ("POST", "/api/events/upload/"),
    ("GET", "/api/nowhere"),
    ("GET", "/nowhere"),
    ("GET", "/customers"),
    ("GET", "/customers/%00"),
    ("GET", "/health"),
]


@pytest.mark.parametrize(("method", "path"), [*EVERY_CALL, *DIALECTS])
def test_no_cache_keeps_an_answer_of_the_api(partner: Partner, method: str, path: str) -> None:
    partner.save("customers", customer())
    keys = (
        {"api-key": partner.key, "Authorization": f"Token {partner.key}"} if "/v1/" in path or "/api/" in path else {}
    )

    for headers in (keys, {"x-replenit-auth-key": "", "api-key": "", "Authorization": ""}):
        assert partner.send(method, path, [], **headers)["Cache-Control"] == "no-store"


def test_what_the_web_server_refuses_by_itself_is_not_kept_either() -> None:
    assert (b"cache-control", b"no-store") in refusal(400, "No.")[1]


@pytest.mark.parametrize("path", ["/customers", "/admin/login/", "/nowhere"])
def test_a_strangers_host_is_no_error_and_its_text_in_no_log(db: None, log: StringIO, path: str) -> None:
    answer = CLIENT.get(path, headers={"Host": "log-inject.example"})

    assert answer.status_code == 400
    assert "log-inject" not in log.getvalue()
    assert {line["level"] for line in lines(log)} <= {"info", "debug"}


def test_what_a_stranger_looks_up_in_a_list_is_in_no_log(admin_client: Client, log: StringIO) -> None:
    assert admin_client.get("/admin/tenants/tenant/", {"log_inject__regex": "log-inject"}).status_code == 400

    assert "log-inject" not in log.getvalue()
    assert {line["level"] for line in lines(log)} <= {"info"}


def check_deploy(**environment: str) -> subprocess.CompletedProcess[str]:
    keys = {"SECRET_KEY": "k" * 20 + "0123456789ab", "ERASURE_KEY": "e" * 32, "DATABASE_URL": "postgresql://u@h/hub"}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **keys, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


PLAIN: dict[str, str] = {}
BEHIND_A_PROXY = {"HTTPS": "true", "PROXIES": "1"}
HARDENED = {**BEHIND_A_PROXY, "HSTS_SUBDOMAINS": "true", "HSTS_PRELOAD": "true"}


@pytest.mark.parametrize("environment", [PLAIN, BEHIND_A_PROXY, HARDENED], ids=["plain", "https", "hardened"])
def test_djangos_deployment_checks_have_nothing_to_say(environment: dict[str, str]) -> None:
    done = check_deploy(**environment)

    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_a_check_that_matters_still_speaks() -> None:
    assert "security.W018" in check_deploy(DEBUG="true").stderr


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"HTTPS": "true"}, "(hub.W001) HTTPS is on and PROXIES is 0"),
        ({"HOST": "192.0.2.1"}, "(hub.W002) The hub listens at 192.0.2.1, beyond this machine, and HTTPS is off"),
    ],
    ids=["nobody is believed", "in clear"],
)
def test_a_front_door_that_nobody_may_use_or_that_is_open_is_told(environment: dict[str, str], said: str) -> None:
    done = check_deploy(**environment)

    assert done.returncode == 1
    assert said in done.stderr


def test_every_silenced_check_has_its_reason_beside_it() -> None:
    text = (ROOT / "hub/settings.py").read_text().partition("SILENCED_SYSTEM_CHECKS")[2].partition("\n]\n")[0]
    silenced = [line for line in text.splitlines() if "security.W" in line]

    reasons = re.compile(r"# \w.{20,}")
    above = {line: text.splitlines()[text.splitlines().index(line) - 1] for line in silenced}
    assert [line for line in silenced if not reasons.search(line) and not reasons.search(above[line])] == []
    assert len(re.findall(r"security\.W\d+", text)) == len(settings.SILENCED_SYSTEM_CHECKS)


def test_what_is_silenced_would_speak() -> None:
    """No check is silenced that has nothing to say, but for those of keys, which depend on the key."""
    said = {message.id for message in run_checks(include_deployment_checks=True)}

    assert (
        set(settings.SILENCED_SYSTEM_CHECKS) - {"security.W009", "security.W025", "security.W005", "security.W021"}
        <= said
    )


SECURITY_TXT = "/.well-known/security.txt"


def test_without_a_contact_there_is_no_security_txt(db: None) -> None:
    assert CLIENT.get(SECURITY_TXT).status_code == 404


@pytest.fixture
def contact(settings: Settings) -> str:
    settings.SECURITY_CONTACT = ["mailto:security@hub.example"]
    return "mailto:security@hub.example"


def test_security_txt_names_the_contact_and_an_end_in_less_than_a_year(db: None, contact: str) -> None:
    answer = CLIENT.get(SECURITY_TXT)

    said: dict[str, Any] = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert said["Contact"] == contact
    until = datetime.fromisoformat(said["Expires"])
    assert timedelta(days=30) < until - datetime.now(UTC) < timedelta(days=365)
    assert said["Canonical"] == f"http://testserver{SECURITY_TXT}"
    assert CLIENT.head(SECURITY_TXT).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_security_txt_is_only_read(db: None, contact: str, method: str) -> None:
    answer = CLIENT.generic(method, SECURITY_TXT)

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_security_txt_answers_to_the_hubs_own_names_alone(db: None, contact: str) -> None:
    assert CLIENT.get(SECURITY_TXT, headers={"Host": "elsewhere.example"}).status_code == 400
