"""Files in the admin: uploaded, read, tried, confirmed and followed, by whom it is theirs to do and by nobody else."""

import gzip
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tenants.imports import store
from tenants.models import Import, Role
from tests.conftest import MakeTenant, Partner
from tests.members import browser, make_user, member, text

pytestmark = pytest.mark.django_db

LIST, ADD = "/admin/tenants/import/", "/admin/tenants/import/add/"
CSV = b"""\
Customer ID;E-Mail;Email Opt-in;Language
C-1;Ann@Shop.example;ja;sv-SE
C-2;bo@shop.example;nein;far too long a language
"""
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
    assert (job.format, job.packing, job.file_name, job.size) == ("csv", "", "people.csv", job.announced)
    assert (job.state, job.is_dry_run, job.entity) == ("uploading", True, "customers")
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


def test_what_is_uploaded_has_the_size_that_was_announced(staff: Client, partner: Partner) -> None:
    urls = begin(staff, partner)

    assert send(staff, urls["part"], 0, CSV + b"more").status_code == 400

    send(staff, urls["part"], 0, CSV)
    assert send(staff, urls["part"], len(CSV), b"x").status_code == 400
    assert Import.objects.get().size == len(CSV)


@pytest.mark.parametrize(
    ("name", "data", "text_"),
    [
        ("empty.csv", b"", "The file is empty."),
        ("blank.csv", b" \r\n", "The file is empty."),
        ("old.xls", b"\xd0\xcf\x11\xe0rest", "Excel 97 to 2003"),
        ("letter.pdf", b"%PDF-1.7", "This is a PDF."),
        ("all.zip", b"PK\x03\x04people.csv", "This is a ZIP archive."),
        ("people.json", b'[{"CustomerId": "C-1"}]', "This is a JSON array."),
        ("broken.csv.gz", b"\x1f\x8bnothing", "can&#x27;t be unpacked"),
    ],
    ids=["empty", "blank", "xls", "pdf", "zip", "json", "gzip"],
)
def test_what_is_no_file_of_records_is_refused(
    name: str, data: bytes, text_: str, staff: Client, partner: Partner
) -> None:
    answer = upload(staff, partner, data, name)

    assert answer.status_code == 400
    assert text_ in text(answer)
    assert upload(staff, partner, data, name, size=10).json()["errors"]
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("people", CSV, ("csv", "")),
        ("people.csv", NDJSON, ("ndjson", "")),
        ("people.csv.gz", gzip.compress(CSV), ("csv", "gzip")),
        ("people", gzip.compress(NDJSON), ("ndjson", "gzip")),
        ("people.xlsx", b"PK\x03\x04[Content_Types].xml", ("xlsx", "")),
    ],
    ids=["csv", "ndjson", "csv.gz", "ndjson.gz", "xlsx"],
)
def test_a_file_is_what_is_in_it(
    name: str, data: bytes, found: tuple[str, str], staff: Client, partner: Partner
) -> None:
    begin(staff, partner, data, name)

    job = Import.objects.get()
    assert (job.format, job.packing) == found


def test_a_file_has_a_tenant_and_a_kind(staff: Client, partner: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()

    for wrong in ({"tenant": ""}, {"tenant": stranger.id}, {"entity": "users"}, {"file": ""}, {"size": "-1"}):
        assert upload(staff, partner, **wrong).status_code == 400

    assert not Import.objects.exists()


def test_a_viewer_may_look_and_no_more(staff: Client, partner: Partner) -> None:
    urls = begin(staff, partner)
    send(staff, urls["part"], 0, CSV)
    job, viewer = Import.objects.get(), member(Role.VIEWER, partner.tenant)

    assert viewer.get(LIST).status_code == 200
    assert viewer.get(page(job)).status_code == 200
    assert viewer.get(page(job, "progress")).status_code == 200
    assert "Import a file" not in text(viewer.get(LIST))
    assert viewer.get(ADD).status_code == 403
    assert upload(viewer, partner).status_code == 403
    for url in (*urls.values(), page(job, "confirm"), page(job, "rejected")):
        assert viewer.post(url).status_code == 403
    assert Import.objects.get().state == "uploading"


def test_a_stranger_finds_nothing(staff: Client, partner: Partner, make_tenant: MakeTenant) -> None:
    urls = begin(staff, partner)
    send(staff, urls["part"], 0, CSV)
    job, stranger = Import.objects.get(), member(Role.ADMIN, make_tenant().tenant)

    assert "people.csv" not in text(stranger.get(LIST))
    for url in (*urls.values(), *(page(job, name) for name in ("change", "progress", "confirm", "rejected"))):
        for answer in (stranger.get(url), stranger.post(url)):
            assert answer.status_code == 404
            assert "people.csv" not in text(answer)
    assert upload(stranger, partner).status_code == 400
    assert Import.objects.get().state == "uploading"


def test_only_who_began_an_upload_goes_on_with_it(staff: Client, partner: Partner) -> None:
    urls, other = begin(staff, partner), member(Role.STAFF, partner.tenant)

    assert send(other, urls["part"], 0, CSV).status_code == 403
    assert "can go on with it for a day" in text(other.get(page(Import.objects.get())))
    assert "Choose the same file again" in text(staff.get(page(Import.objects.get())))


@pytest.mark.parametrize("pk", ["0", "9" * 18, "9" * 30])
@pytest.mark.parametrize("name", ["part", "preview", "progress", "confirm", "cancel", "rejected", "change"])
def test_what_is_not_there_is_a_page_that_says_so(name: str, pk: str, staff: Client) -> None:
    assert staff.get(f"{LIST}{pk}/{name}/").status_code == 404
    assert staff.post(f"{LIST}{pk}/{name}/").status_code == 404


def test_a_part_needs_the_forms_token(partner: Partner) -> None:
    user = make_user("staff")
    partner.tenant.memberships.create(user=user, role=Role.STAFF)
    urls = begin(browser(user), partner)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    assert send(client, urls["part"], 0, CSV).status_code == 403
    assert Import.objects.get().size == 0


def test_an_upload_is_cancelled(staff: Client, partner: Partner) -> None:
    urls = begin(staff, partner)
    send(staff, urls["part"], 0, CSV[:50])

    staff.post(urls["cancel"])

    job = Import.objects.get()
    assert (job.state, job.has_file) == ("cancelled", False)
    assert send(staff, urls["part"], 50, CSV[50:]).status_code == 410


def test_names_are_texts_on_every_page(staff: Client, partner: Partner) -> None:
    for name in (f"{XSS}.csv", f"{LONG}.csv", "‮gpj.csv", "a\0b.csv"):
        address = upload(staff, partner, f"CustomerId,{XSS}\nC-1,{XSS}\n".encode(), name)["Location"]
        for url in (LIST, address, address.replace("preview", "change")):
            shown = staff.get(url)
            assert shown.status_code == 200
            assert XSS not in text(shown)


# The preview


def preview_of(client: Client, partner: Partner, data: bytes = CSV, name: str = "people.csv") -> str:
    """Upload a file, and return the address of its preview."""
    address: str = upload(client, partner, data, name)["Location"]
    return address


def test_the_preview_shows_columns_and_the_first_records_with_their_faults(staff: Client, partner: Partner) -> None:
    shown = staff.get(preview_of(staff, partner))

    assert shown.status_code == 200
    page = text(shown)
    assert "as found: semicolon ;" in page
    assert "as found: UTF-8" in page
    assert "ann@shop.example" in page  # in its one form, as it will be stored
    assert "The field Language must be a string with a maximum length of 10." in page
    assert "One of them would be rejected." in page
