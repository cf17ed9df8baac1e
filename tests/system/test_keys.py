"""The two keys of a hub that runs: one may change, with the other the data would lose what it remembers."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.customers.dialects.vendors import UPLOAD, basic
from tests.system.inside import session_of
from tests.system.processes import one_line
from tests.system.running import KEYS, ROOT, Hub, Shop
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow
ANN = {"external_id": "ann-1", "email": "ann@example.org", "first_name": "Ann"}
WRONG = "ERASURE_KEY is not the one this database was used with"


def moved(hub: Hub) -> dict[str, str]:
    """The settings of a hub that uses the embedded database of another as README says, by DATABASE_URL and its key."""
    key = (hub.data / "erasure_key").read_text()
    return {"DATABASE_URL": hub.database.url(), "SECRET_KEY": KEYS["SECRET_KEY"], "ERASURE_KEY": key}


def outside(*command: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run a program that imports the hub as a server of one's own does."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


# Another erasure key


@pytest.mark.parametrize(
    "command",
    [["serve"], ["procrastinate", "worker"], ["init"], ["demo", "--into", "hub"]],
    ids=lambda command: command[0],
)
def test_with_another_erasure_key_nothing_that_writes_starts(hub: Hub, command: list[str]) -> None:
    settings = {**moved(hub), "ERASURE_KEY": KEYS["ERASURE_KEY"], "PORT": str(Hub(hub.data).port)}

    refused = hub.manage(*command, **settings)

    assert refused.returncode == 1
    assert one_line(refused.stderr).startswith(WRONG)
    assert refused.stdout in ("", "The hub has stopped.\n")


def test_a_server_of_ones_own_starts_with_the_key_of_the_database_alone(hub: Hub) -> None:
    right = outside("-c", "import hub.wsgi", **moved(hub))
    wrong = outside("-c", "import hub.wsgi", **{**moved(hub), "ERASURE_KEY": KEYS["ERASURE_KEY"]})

    assert (right.returncode, right.stdout, right.stderr) == (0, "", "")
    assert wrong.returncode == 3
    assert one_line(wrong.stderr).startswith(WRONG)


@pytest.mark.parametrize("options", [[], ["--preload"]], ids=["in its workers", "before them"])
def test_gunicorn_of_ones_own_ends_with_another_key(hub: Hub, options: list[str]) -> None:
    settings = {**moved(hub), "ERASURE_KEY": KEYS["ERASURE_KEY"]}

    ended = outside("-m", "gunicorn", *options, "--bind=127.0.0.1:0", "hub.wsgi:application", **settings)

    assert ended.returncode == 3
    assert ended.stderr.count(WRONG) == 1
    assert "Traceback" not in ended.stderr


def test_a_server_of_ones_own_says_that_the_database_is_away(hub: Hub) -> None:
    away = outside("-c", "import hub.wsgi", **moved(hub) | {"DATABASE_URL": "postgresql://hub@127.0.0.1:1/hub"})

    assert away.returncode == 3
    assert one_line(away.stderr).startswith("The database cannot be used: ")


def test_a_data_folder_that_lost_its_erasure_key_is_refused_until_it_is_back(own: Hub) -> None:
    assert own.manage("erasure_key").returncode == 0
    kept = (own.data / "erasure_key").rename(own.data / "elsewhere")

    lost = own.manage("serve")
    left = (own.data / "erasure_key").exists()
    still_mends = own.manage("showmigrations")
    kept.rename(own.data / "erasure_key")
    found = own.manage("erasure_key")

    assert lost.returncode == 1
    assert not left, "a new key stands where the lost one did"
    assert f"Bring back the file {own.data}/erasure_key" in one_line(lost.stderr)
    assert still_mends.returncode == found.returncode == 0
    assert own.remnants() == []


# Another secret key


@pytest.fixture
def keyed(own: Hub) -> Iterator[Hub]:
    """A hub to be started with a secret key that it was told; its sessions are ended afterwards."""
    own.settings["SECRET_KEY"] = KEYS["SECRET_KEY"]
    own.start("--no-worker")
    yield own
    own.query("DELETE FROM django_session")


def uploaded(shop: Shop, **record: Any) -> dict[str, Any]:
    answer = shop.hub.send("POST", UPLOAD, {"customers": [record]}, headers=basic("forgetful", shop.key))
    assert answer.status == 200, answer.body
    return dict(answer.json())


def test_a_forgotten_person_stays_forgotten_under_a_new_secret_key(keyed: Hub) -> None:
    shop = keyed.shop("Forgetful", "--slug", "forgetful")
    uploaded(shop, **ANN, is_forgotten=True)
    keyed.stop()
    keyed.settings["SECRET_KEY"] = "another secret key of a hub in tests"

    keyed.start("--no-worker")

    assert uploaded(shop, **ANN)["skipped"] == [0]
    assert shop.read("customers") == []


def test_a_session_goes_on_under_a_new_secret_key_with_the_former_as_a_fallback(keyed: Hub) -> None:
    with keyed.inside():
        session = session_of("keyed")
    keyed.stop()
    keyed.settings |= {
        "SECRET_KEY": "another secret key of a hub in tests",
        "SECRET_KEY_FALLBACKS": KEYS["SECRET_KEY"],
    }

    keyed.start("--no-worker")

    page = keyed.send("GET", "/admin/", headers={"Cookie": f"sessionid={session}"})
    assert page.status == 200
    assert keyed.send("GET", "/admin/", headers={"Cookie": "sessionid=another"}).status == 302
