"""The Connect page's examples work as they stand: pasted into a shell, Python or Node."""

import os
import shutil
import subprocess
import sys

import pytest
from pytest_django.live_server_helper import LiveServer

from tenants.admin.connect import LANGUAGES, endpoints
from tenants.entities import customer_fields
from tests.conftest import MakeTenant
from tests.waiting import PATIENCE

PROGRAMS = {
    "curl": ["bash", "-c"],
    "python": [sys.executable, "-c"],
    "node": ["node", "--input-type=module", "-e"],
}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_works_as_pasted(language: str, live_server: LiveServer, make_tenant: MakeTenant) -> None:
    program = PROGRAMS[language]
    if shutil.which("curl" if language == "curl" else program[0]) is None:
        pytest.skip(f"{language} is not installed")
    partner = make_tenant(required=list(customer_fields()))

    for endpoint in endpoints(partner.tenant, live_server.url):
        (code,) = (code.text for code in endpoint.codes if code.language == language)
        done = subprocess.run(
            [*program, code],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env={**os.environ, "HUB_KEY": partner.key, "NO_PROXY": "*"},
        )
        answer = done.stdout.replace("True", "true").replace("'", '"').replace(" ", "")
        assert '"success":true' in answer or "success:true" in answer, (endpoint.name, done.stdout, done.stderr)
