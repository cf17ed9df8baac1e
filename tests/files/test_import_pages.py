"""Files in the admin: uploaded, read, tried, confirmed and followed, by whom it is theirs to do and by nobody else."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tenants.imports import jobs, store
from tenants.models import Import, ImportState, Role
from tests.conftest import MakeTenant, Partner
from tests.members import browser, make_user, member, superuser, text

pytestmark = pytest.mark.django_db

LIST, ADD = "/admin/tenants/import/", "/admin/tenants/import/add/"
CSV = b"Customer ID;E-Mail;Email Opt-in;Language\nC-1;Ann@Shop.example;ja;sv-SE\nC-2;bo@shop.example;nein;far too long a language\n"
NDJSON = b'{"CustomerId": "C-1", "Name": "Ann"}\n{"CustomerId": "C-2", "Name": 7}\n'
XSS = "<script>alert(1)</script>"
LONG = "ملف" + "x" * 300


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


def upload(client: Client, partner: Partner, data: bytes = CSV, name: str = "people.csv", **more: Any) -> Any:
    """Send the whole form, as a browser without scripts does."""
    file = SimpleUploadedFile(name, data)
    return client.post(ADD, {"tenant": partner.id, "entity": "customers", "file": file, **more})


def begin(client: Client, partner: Partner, data: bytes = CSV, name: str = "people.csv") -> dict[str, str]:
    """Begin an upload in parts, as the page's script does, and return where it goes on."""
    answer = upload(client, partner, data[:65536], name, size=len(data))
    assert answer.status_code == 200, answer.content
    found: dict[str, str] = answer.json()
    return found


def send(client: Client, url: str, start: int | str, data: bytes) -> Any:
    headers = {"Upload-Offset": str(start)}
    return client.post(url, data, content_type="application/octet-stream", headers=headers)


def page(job: Import, name: str = "change") -> str:
    return f"{LIST}{job.pk}/{name}/"


def test_a_small_file_comes_with_the_form(staff: Client, partner: Partner) -> None:
    answer = upload(staff, partner)

    job = Import.objects.get()
    assert answer["Location"] == page(job, "preview")
    assert (job.format, job.packing, job.file_name, job.size, job.announced) == (
        "csv",
        "",
        "people.csv",
        len(CSV),
        len(CSV),
    )
    assert (job.state, job.is_dry_run, job.entity, job.user.is_staff) == ("uploading", True, "customers", True)
    assert b"".join(store.pieces(job)) == CSV


def test_a_file_comes_in_parts(staff: Client, partner: Partner) -> None:
    urls = begin(staff, partner)

    answers = [send(staff, urls["part"], start, CSV[start : start + 50]) for start in (0, 50, 100)]

    assert [answer.json() for answer in answers] == [{"size": 50}, {"size": 100}, {"size": len(CSV)}]
    job = Import.objects.get()
    assert urls["preview"] == page(job, "preview")
    assert b"".join(store.pieces(job)) == CSV


def test_who_was_cut_off_is_told_where_to_go_on(staff: Client, partner: Partner) -> None:
    urls = begin(staff, partner)
    send(staff, urls["part"], 0, CSV[:50])

    for start in (0, 40, 60, 999):
        answer = send(staff, urls["part"], start, CSV[start : start + 50])
        assert (answer.status_code, answer.json()) == (409, {"size": 50})

    assert staff.get(urls["part"]).json() == {"size": 50}


@pytest.mark.parametrize("start", ["", "-1", "x", "9" * 30, "1.5"])
def test_a_part_must_say_where_it_begins(start: str, staff: Client, partner: Partner) -> None:
    urls = begin(staff, partner)

    assert send(staff, urls["part"], start, CSV).status_code == 400
    assert Import.objects.get().size == 0
