"""Files in the admin: uploaded, read, tried, confirmed and followed, by whom it is theirs to do and by nobody else."""

import gzip
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tenants.imports import store
from tenants.imports.running import run
from tenants.models import ApiKey, Changeset, Import, Look, Role, Way
from tests.conftest import MakeTenant, Partner
from tests.members import browser, make_user, member, text

pytestmark = pytest.mark.django_db

LIST, ADD = "/admin/tenants/import/", "/admin/tenants/import/add/"
CSV = b"""\
Customer ID,E-Mail,Email Opt-in,Language,Joined
C-1,Ann@Shop.example,ja,sv-SE,x
C-2,bo@shop.example,nein,far too long a language,y
"""
NDJSON = b'{"CustomerId": "C-1", "Name": "Ann"}\n{"CustomerId": "C-2", "Name": 7}\n'
XSS = "<script>alert(1)</script>"
LONG = "ملف" + "x" * 300


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


def upload(client: Client, partner: Partner, data: bytes = CSV, name: str = "people.csv", /, **more: Any) -> Any:
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

    wrongs: list[dict[str, Any]] = [{"tenant": ""}, {"tenant": stranger.id}, {"entity": "users"}, {"file": ""}]
    for wrong in (*wrongs, {"size": "-1"}):
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


def preview_of(client: Client, partner: Partner, data: bytes = CSV, name: str = "people.csv", **more: Any) -> str:
    """Upload a file, and return the address of its preview."""
    address: str = upload(client, partner, data, name, **more)["Location"]
    return address


def test_the_preview_shows_columns_and_the_first_records_with_their_faults(staff: Client, partner: Partner) -> None:
    shown = staff.get(preview_of(staff, partner))

    assert shown.status_code == 200
    page = text(shown)
    assert "as found: comma ," in page
    assert "as found: UTF-8" in page
    assert "ann@shop.example" in page  # in its one form, as it will be stored
    assert "The field Language must be a string with a maximum length of 10." in page
    assert "One of them would be rejected." in page
    assert "Not known; say which field it is, or leave it out." in page


def test_what_is_said_of_a_table_is_shown_at_once(staff: Client, partner: Partner) -> None:
    address = preview_of(staff, partner, b"Kundennummer|Name\nC-1|Ann|\n", "people.txt")

    shown = staff.post(address, {"delimiter": "|", "column:0": "CustomerId", "column:1": "Surname"})

    assert shown.status_code == 200
    assert 'value="CustomerId" selected' in text(shown)
    assert '<th scope="col"><bdi>Surname</bdi></th>' in text(shown)


def test_a_table_without_an_identifier_is_told_at_once(staff: Client, partner: Partner) -> None:
    address = preview_of(staff, partner, b"What,Name\nC-1,Ann\n")

    shown = text(staff.get(address))
    assert "No column of the table gives CustomerId or Email." in shown
    assert 'value="Name" selected' in shown
    assert staff.post(address, {"try": "1"}).status_code == 400
    assert Import.objects.get().state == "uploading"

    answer = staff.post(address, {"try": "1", "column:0": "CustomerId", "column:1": "Name"})
    assert answer.status_code == 302


def test_two_columns_of_one_field_are_refused(staff: Client, partner: Partner) -> None:
    answer = staff.post(preview_of(staff, partner), {"try": "1", "column:0": "Email", "column:1": "Email"})

    assert answer.status_code == 400
    assert "Two columns give Email." in text(answer)


ORDERS = b"""\
OrderId,CustomerId,OrderDate,TotalRevenue,Currency,Sku,ProductId,Quantity,Price
O-1,C-1,03/04/2026,9,EUR,S,P,1,9
"""


def test_what_is_ambiguous_is_asked_and_never_guessed(staff: Client, partner: Partner) -> None:
    address = preview_of(staff, partner, ORDERS, "orders.csv", entity="orders")

    assert "Which of the numbers is the day?" in text(staff.get(address))
    answer = staff.post(address, {"try": "1"})
    assert answer.status_code == 400
    assert "Say it first, so that nothing is guessed: Dates." in text(answer)

    assert staff.post(address, {"try": "1", "dates": "dmy"}).status_code == 302
    assert Import.objects.get().options["dates"] == "dmy"


def test_a_column_may_set_a_flag_wherever_it_is_filled(staff: Client, partner: Partner) -> None:
    data = b"OrderId,OrderDate,Cancelled at\nO-1,2026-11-29,2026-11-30\n"
    address = preview_of(staff, partner, data, "orders.csv", entity="orders")

    assert '<option value="?IsOrderCancelled" selected>IsOrderCancelled, where filled</option>' in text(
        staff.get(address)
    )
    assert staff.post(address, {"try": "1", "column:2": "?IsOrderCancelled"}).status_code == 302
    job = Import.objects.get()
    assert job.options["mapping"]["Cancelled at"] == "?IsOrderCancelled"
    assert "IsOrderCancelled, where filled" in text(staff.get(page(job)))


def test_a_field_that_no_column_gives_has_one_value_for_all(staff: Client, partner: Partner) -> None:
    partner.tenant.required_fields = ["Language"]
    partner.tenant.save()
    address = preview_of(staff, partner, b"CustomerId\nC-1\n")

    assert "No column gives these" in text(staff.get(address))
    shown = text(staff.post(address, {"constant:Language": "sv"}))

    assert "would be rejected" not in shown
    assert "<bdi>sv</bdi>" in shown


@pytest.mark.parametrize("form", [{"encoding": "x"}, {"delimiter": "xx"}, {"column:0": "nope"}, {"dates": "x" * 9999}])
def test_forged_options_are_said_to_be_wrong(form: dict[str, str], staff: Client, partner: Partner) -> None:
    answer = staff.post(preview_of(staff, partner), {"try": "1", **form})

    assert answer.status_code == 400
    assert 'role="alert"' in text(answer)
    assert Import.objects.get().state == "uploading"


def test_ndjson_is_shown_as_it_is(staff: Client, partner: Partner) -> None:
    shown = text(staff.get(preview_of(staff, partner, NDJSON, "people.ndjson")))

    assert "<bdi>Ann</bdi>" in shown
    assert "The field Name must be a string." in shown
    assert "What the columns are" not in shown


def test_sixty_columns_and_strange_headers_are_shown(staff: Client, partner: Partner) -> None:
    header = ["CustomerId", XSS, "", "Name", "name", LONG, *(f"Column {i}" for i in range(54))]
    data = "\n".join(",".join(row) for row in (header, ["C-1", XSS, *["ن" * 50] * 58])).encode()

    shown = staff.get(preview_of(staff, partner, data))

    assert shown.status_code == 200
    assert XSS not in text(shown)
    assert "Column 53" in text(shown)
    assert "The header stands twice in the table, or is empty" in text(shown)


def test_a_file_that_cannot_be_read_says_so(staff: Client, partner: Partner) -> None:
    shown = staff.get(preview_of(staff, partner, b"CustomerId,Name\nC-1," + b"x" * 1_100_000 + b"\n"))

    assert shown.status_code == 422
    assert "has more than 1,000,000 characters" in text(shown)


# Tried, confirmed, followed


def tried(client: Client, partner: Partner, data: bytes = CSV, name: str = "people.csv", **form: Any) -> Import:
    """Return the job of a file that was uploaded, and tried by the worker."""
    answer = client.post(preview_of(client, partner, data, name), {"try": "1", **form})
    assert answer.status_code == 302, answer.content.decode()
    return ran()


def ran() -> Import:
    """Run the newest job as the worker does, and return it."""
    job = Import.objects.latest("pk")
    found = run(job.pk, job.tenant_id)
    assert found
    return Import.objects.get(pk=job.pk)


def test_a_dry_run_says_what_would_change(staff: Client, partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": "ann@shop.example", "Language": "en", "SmsOptin": True})

    job = tried(staff, partner)

    shown = text(staff.get(page(job)))
    assert "Tried: nothing is stored yet" in shown
    assert (job.created, job.updated, job.rejected) == (0, 1, 1)
    assert '<bdi class="import-before">en</bdi> → <bdi>sv-SE</bdi>' in shown
    assert job.consents == {"EmailOptin": [1, 0]}
    assert "This file gives consent: 1 in all." in shown
    assert "1 would be given" in shown
    assert partner.read("customers")[0]["Language"] == "en"


def orders(*rows: str) -> bytes:
    """Write a file of orders of one customer."""
    header = "Email,CustomerId,OrderId,OrderDate,TotalRevenue,Currency,Sku,ProductId,Quantity,Price"
    return "\n".join([header, *(f"ann@shop.example,C-1,{row}" for row in rows)]).encode()


def test_a_dry_run_is_read_from_the_top_and_its_differences_are_folded(staff: Client, partner: Partner) -> None:
    rows = ["O-1,2026-04-03,9,EUR,S-1,P,2,4", "O-1,2026-04-03,9,EUR,S-2,P,1,1", "O-2,2026-04-03,9,EURRR,S,P,1,9"]

    staff.post(preview_of(staff, partner, orders(*rows), "orders.csv", entity="orders"), {"try": "1"})
    job = ran()

    shown = text(staff.get(page(job)))
    assert (job.created, job.rejected) == (1, 1)
    parts = ["Confirm: store it", "Rejected records", "Download the rejected ones", "What came", "What it would change"]
    places = [shown.index(part) for part in parts]
    assert places == sorted(places)
    _, change = shown.split('<ol class="import-differences">')
    assert change.count("<details>") == 1
    assert "<b>New</b> <bdi>O-1</bdi>" in change
    assert "2 lines: S-1 × 2, " in change
    assert "; S-2 × 1, " in change
    assert "<bdi>No</bdi>" not in change
    assert "<bdi>–</bdi>" not in change
    assert "{" not in change.split("</ol>")[0]


def test_a_viewer_is_not_told_to_correct(staff: Client, partner: Partner) -> None:
    staff.post(page(tried(staff, partner), "confirm"))
    job, viewer = ran(), member(Role.VIEWER, partner.tenant)

    shown = text(viewer.get(page(job)))

    assert "Correct the rejected ones" in text(staff.get(page(job)))
    assert "Correct the rejected ones" not in shown
    assert "Download the rejected ones" not in shown
    assert "The rejected ones in the quarantine" in shown


def test_moments_of_the_preview_have_one_form(staff: Client, partner: Partner) -> None:
    data = orders("O-1,2026-04-03,9,EUR,S,P,1,9", "O-2,2026-04-03,9,EURRR,S,P,1,9")

    shown = text(staff.get(preview_of(staff, partner, data, "orders.csv", entity="orders")))

    assert shown.count("<bdi>2026-04-03T00:00:00Z</bdi>") == 2
    assert "One of them would be rejected." in shown


def test_consents_are_counted_as_they_would_be_written(staff: Client, partner: Partner) -> None:
    optins = {"EmailOptin": True, "SmsOptin": True}
    partner.save("customers", *({"CustomerId": f"C-{i}", **optins} for i in range(4)))
    rows = [f"C-{i},{'no' if i % 2 else 'yes'},no,{'yes' if i == 0 else 'no'}" for i in range(6)]

    job = tried(staff, partner, "\n".join(["CustomerId,EmailOptin,SmsOptin,IsExcluded", *rows]).encode())

    assert job.consents == {"EmailOptin": [1, 2], "SmsOptin": [0, 4], "IsExcluded": [0, 1]}
    shown = text(staff.get(page(job)))
    assert "2 would be withdrawn" in shown
    assert "1 would be so" in shown


def test_what_was_tried_is_confirmed_with_a_reason(staff: Client, partner: Partner) -> None:
    job = tried(staff, partner)

    answer = staff.post(page(job, "confirm"), {"reason": "  Moved   from the old shop "})

    assert answer["Location"] == page(job)
    assert text(staff.get(page(job))).count("Waiting to be stored") == 1
    job = ran()
    assert (job.state, job.is_dry_run, job.created, job.rejected) == ("finished", False, 1, 1)
    changeset = Changeset.objects.get()
    assert (changeset.source, changeset.user_id, changeset.trace_id) == ("import", job.user_id, job.trace_id)
    assert changeset.reason == "Moved from the old shop"
    shown = text(staff.get(page(job)))
    assert f"/admin/tenants/changeset/?q={job.trace_id}" in shown
    assert f"/admin/tenants/quarantinedrecord/?q={job.trace_id}&amp;source=import" in shown
    listed = staff.get(f"/admin/tenants/quarantinedrecord/?q={job.trace_id}&source=import").context["cl"].result_list
    assert [row.identifiers["CustomerId"] for row in listed] == ["C-2"]


def test_a_file_is_confirmed_once(staff: Client, partner: Partner) -> None:
    job = tried(staff, partner)

    staff.post(page(job, "confirm"))
    answer = staff.post(page(job, "confirm"), follow=True)

    assert "Somebody has decided about this import meanwhile" in text(answer)
    ran()
    assert staff.post(page(job, "preview"), {"try": "1"})["Location"] == page(job)
    assert Changeset.objects.count() == 1


def test_a_file_is_read_otherwise_and_tried_again(staff: Client, partner: Partner) -> None:
    job = tried(staff, partner)

    job = tried_again(staff, job, {"column:0": "CustomerId", "column:1": "Email"})

    assert (job.created, job.rejected, job.consents) == (2, 0, {})


def tried_again(client: Client, job: Import, form: dict[str, str]) -> Import:
    left_out = {f"column:{place}": "" for place in range(5)}
    assert client.post(page(job, "preview"), {"try": "1", **left_out, **form})["Location"] == page(job)
    return ran()


def test_the_rejected_ones_are_downloaded_and_that_is_known(staff: Client, partner: Partner) -> None:
    job = tried(staff, partner)
    seen = looks()

    answer: Any = staff.get(page(job, "rejected"))

    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == "_line,_errors,Customer ID,E-Mail,Email Opt-in,Language,Joined"
    assert len(lines) == 2
    assert "C-2" in lines[1]
    assert answer["Content-Disposition"] == f'attachment; filename="rejected-{job.pk}.csv"'
    assert looks() == seen + 1


def looks() -> int:
    return sum(Look.objects.filter(way=Way.IMPORT).values_list("records", flat=True))


def test_whoever_is_shown_records_of_a_file_is_known(staff: Client, partner: Partner) -> None:
    address = preview_of(staff, partner)

    staff.get(address)

    look = Look.objects.get(way=Way.IMPORT)
    assert (look.entity, look.records, look.requests) == ("customers", 2, 1)


def test_progress_is_told_to_the_script(staff: Client, partner: Partner) -> None:
    staff.post(preview_of(staff, partner), {"try": "1"})
    job = Import.objects.get()

    told = staff.get(page(job, "progress")).json()
    assert (told["state"], told["goesOn"], told["percent"]) == ("waiting", True, 0)
    assert "Waiting for the background worker, which does not seem to run" in told["warning"]

    ran()
    told = staff.get(page(job, "progress")).json()
    assert (told["state"], told["goesOn"], told["percent"]) == ("finished", False, 100)
    assert told["counts"]["rejected"] == "1"


def test_what_failed_says_why_and_what_to_do(staff: Client, partner: Partner) -> None:
    data = b"CustomerId,Name\n" + b"C-1,Ann\n" * 300 + b'C-2,"Bo\n'

    job = tried(staff, partner, data)

    shown = text(staff.get(page(job)))
    assert job.state == "failed"
    assert "is never closed" in shown
    assert "Nothing was stored. Mend the file and upload it again." in shown
    assert f"{ADD}?again={job.pk}" in shown
    assert 'value="customers" required checked' in text(staff.get(f"{ADD}?again={job.pk}"))


def test_what_a_key_sent_is_its_senders_to_start(staff: Client, partner: Partner) -> None:
    job = tried(staff, partner)
    Import.objects.update(api_key_id=ApiKey.objects.get(tenant=partner.tenant).pk)

    assert "Confirm: store it" not in text(staff.get(page(job)))
    staff.post(page(job, "confirm"))

    assert Import.objects.get().is_dry_run


def test_the_list_is_searched_and_filtered(staff: Client, partner: Partner) -> None:
    upload(staff, partner)
    upload(staff, partner, NDJSON, "goods.ndjson", entity="products")
    people = Import.objects.get(entity="customers")

    def found(**query: str) -> list[str]:
        return [job.file_name for job in staff.get(LIST, query).context["cl"].result_list]

    assert found() == ["goods.ndjson", "people.csv"]
    assert found(q="PEOPLE") == found(q=people.trace_id) == found(entity="customers") == ["people.csv"]
    assert found(format="ndjson", state="uploading", through="admin") == ["goods.ndjson"]
    assert found(through="api") == found(state="failed") == found(q="nothing") == []
    assert len(found(created_at_from="2020-01-01", actor="staff")) == 2
