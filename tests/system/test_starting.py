"""What a process imports when it starts: a command little; what answers or works all that it will ever need.

By names, not by seconds: each import is written on standard error, between what the process itself says there.
"""

import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from tests.system.running import ROOT, Hub
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

APPS = ("hub", "tenants", "customers", "orders", "products")
COMMAND = """
import runpy, sys
import tests.system.telling

sys.argv[0] = "manage.py"
runpy.run_path("manage.py", run_name="__main__")
"""
# What only pages, endpoints and jobs need, and the libraries that come with it.
NOT_FOR_COMMANDS = {
    *("hub.urls", "hub.admin.site", "hub.api.pages", "customers.views", "tenants.accounts.urls", "tenants.tasks"),
    *(f"{app}.admin" for app in APPS[1:]),
    *("fido2", "httpx", "openpyxl", "phonenumbers", "unfold.admin", "uvicorn", "zxcvbn"),
}
SERVING = """
import sys
import tests.system.telling
import hub.serving.web
from django.test import RequestFactory
from hub.serving.application import make_application

application = make_application()
print("It answers.", file=sys.stderr)
for path in ("/admin/login/", "/health", "/openapi.json", "/nowhere", "/customers/shop"):
    b"".join(application(RequestFactory().get(path).environ, lambda *_: None))
application.close()
print("It has ended.")
"""
CHECKING = """
import tests.system.telling
import django
from django.core.checks import run_checks

django.setup()
print(run_checks(tags=["admin"]))
"""
# What only commands import, and beside that only the one kind of process.
OF_COMMANDS = """.management .migrations hub.backups hub.wsgi hub.sql.extensions hub.sql.trials tenants.staging
    hub.serving.processes hub.serving.refusals hub.serving.room hub.serving.sessions hub.serving.signals
    customers.demo tenants.demo.life tenants.superusers tenants.changes.fingerprint
    tenants.cluster tenants.distribution tenants.moves tenants.shards"""
OF_WORKERS = """customers.searching.filling customers.searching.worker tenants.admin.export_worker
    tenants.webhooks.worker tenants.webhooks.deliveries tenants.webhooks.leases tenants.webhooks.messages
    tenants.webhooks.sending"""
OF_WEB_PROCESSES = """hub.middleware hub.serving tenants.admin.zones tenants.api.recording
    tenants.requests.pages tenants.requests.strangers tenants.requests.writer"""
WHERE_ASKED_FOR = "tenants.api.addresses"  # LOG_ADDRESSES
KEEP_THEIR_CHECKS = {"init"}  # which changes the database, as migrate does


@pytest.mark.parametrize(
    "command", [["version"], ["create_tenant", "Soon"], ["serve", "--workers", "999"]], ids=lambda words: words[0]
)
def test_a_command_imports_neither_the_admin_nor_addresses_nor_tasks(hub: Hub, command: list[str]) -> None:
    done = told(hub, COMMAND, *command)

    assert "Data hub" in done.stdout or "Soon" in done.stdout or "--workers must be" in done.stderr
    assert imported(done.stderr) & NOT_FOR_COMMANDS == set()
    assert "tenants.models" in imported(done.stderr)


def test_no_command_of_ours_has_the_code_checked_first() -> None:
    commands = {name: load_command_class(app, name) for name, app in get_commands().items() if app in APPS}

    assert len(commands) > 15
    assert {name for name, command in commands.items() if command.requires_system_checks} == KEEP_THEIR_CHECKS


def test_a_worker_has_imported_everything_before_it_begins(hub: Hub) -> None:
    done = told(hub, COMMAND, "procrastinate", "worker", "--one-shot")

    before, begins, after = done.stderr.partition("the background worker starts")
    assert done.returncode == 0, done.stderr
    assert begins
    assert all_but(OF_COMMANDS, OF_WEB_PROCESSES, WHERE_ASKED_FOR) - imported(before) == set()
    assert all_but() & imported(after) == set()


def test_a_web_process_has_imported_everything_before_it_answers(hub: Hub) -> None:
    done = told(hub, SERVING)

    before, _, after = done.stderr.partition("It answers.")
    assert done.stdout == "It has ended.\n", done.stderr
    assert all_but(OF_COMMANDS, OF_WORKERS, WHERE_ASKED_FOR) - imported(before) == set()
    assert all_but() & imported(after) == set()


def test_every_module_of_tasks_is_named() -> None:
    found = {f"{path.parent.name}.tasks" for app in APPS for path in (ROOT / app).glob("tasks.py")}

    assert found == {*settings.PROCRASTINATE_IMPORT_PATHS}


def test_a_check_looks_at_the_admin(hub: Hub) -> None:
    """The check itself loads the admin: of one that is not loaded it would find nothing."""
    done = told(hub, CHECKING)

    assert done.stdout == "[]\n"
    assert {"customers.admin", "orders.admin", "products.admin", "tenants.admin"} <= imported(done.stderr)


def told(hub: Hub, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program that tells what it imports, with the hub's settings."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**hub.environment, "DJANGO_SETTINGS_MODULE": "hub.settings", "ALLOWED_HOSTS": "testserver"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def imported(said: str) -> set[str]:
    """Return the modules that a process says it has imported."""
    return set(re.findall(r"^imports (\S+)$", said, re.MULTILINE))


def all_but(*left_out: str) -> set[str]:
    """Return the hub's modules but for some, which are named by how their names begin, or by a part (`.part`)."""
    words = " ".join(left_out).split()
    files = [path.relative_to(ROOT).with_suffix("") for app in APPS for path in (ROOT / app).rglob("*.py")]
    found = {".".join(path.parts).removesuffix(".__init__") for path in files}
    return {
        name
        for name in found
        if not any(word in name if word.startswith(".") else f"{name}.".startswith(f"{word}.") for word in words)
    }
