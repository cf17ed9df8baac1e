"""Exports that are made in the background: how far they are, who takes the file, when it goes, and dead workers."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from tenants.admin import export_rows, export_worker
from tenants.exports import jobs, store
from tenants.exports.ends import purge_exports
from tenants.models import AuditEvent, Export, ExportPart, ExportState, Look, Membership, Role
from tests.conftest import MakeTenant, Partner
from tests.exporting import ask, asked, made
from tests.members import browser, make_user, member, superuser, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(partner: Partner) -> Partner:
    partner.save(
        "customers",
        {"CustomerId": "C-1", "Email": "ada@example.com", "EmailOptin": True},
        {"CustomerId": "C-2", "Email": "bob@example.com", "EmailOptin": False},
        {"CustomerId": "C-3", "Email": "eve@example.com"},
    )
    return partner


@pytest.fixture
def maria(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


def page(client: Client, export: Export) -> str:
    return text(client.get(f"/admin/tenants/export/{export.pk}/change/"))


def download(client: Client, export: Export) -> Any:
    return client.get(f"/admin/tenants/export/{export.pk}/download/")


def post(client: Client, export: Export, what: str) -> Any:
    return client.post(f"/admin/tenants/export/{export.pk}/{what}/", follow=True)


def rows(answer: Any) -> list[dict[str, str]]:
    content = b"".join(answer.streaming_content)
    assert len(content) == int(answer["Content-Length"])
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_long_list_is_made_in_the_background_and_downloaded(shop: Partner, maria: Client) -> None:
    export = asked(maria, shop.tenant)
    assert "Waiting to be made" in page(maria, export)

    export = made(export)

    assert "Download" in page(maria, export)
    assert {row["E-mail"] for row in rows(download(maria, export))} == {
        f"{name}@example.com" for name in ("ada", "bob", "eve")
    }
    assert "Customers" in text(maria.get("/admin/tenants/export/"))


def test_it_has_the_rows_of_the_list_as_it_is_filtered_searched_and_sorted(shop: Partner, maria: Client) -> None:
    sorted_by_email = made(asked(maria, shop.tenant, o="-email"))
    filtered = made(asked(maria, shop.tenant, email_optin="no", q="C-"))

    assert [row["Customer ID"] for row in rows(download(maria, sorted_by_email))] == ["C-3", "C-2", "C-1"]
    assert [row["Customer ID"] for row in rows(download(maria, filtered))] == ["C-2"]


def test_it_is_a_workbook_where_that_was_asked_for(shop: Partner, maria: Client) -> None:
    export = made(asked(maria, shop.tenant, form="xlsx"))

    sheet: Any = load_workbook(BytesIO(b"".join(download(maria, export).streaming_content))).active

    assert sheet.max_row == 4


def test_a_list_that_is_counted_to_its_end_comes_at_once(shop: Partner, maria: Client) -> None:
    assert ask(maria, shop.tenant).streaming
    assert not Export.objects.exists()


def test_the_page_says_how_far_it_is_and_loads_itself_without_a_script(shop: Partner, maria: Client) -> None:
    export = asked(maria, shop.tenant)
    Export.objects.update(state=ExportState.RUNNING, expected=20_000, read=5_000)

    shown, told = page(maria, export), maria.get(f"/admin/tenants/export/{export.pk}/progress/").json()

    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in shown
    assert 'max="100" value="25"' in shown
    assert (told["percent"], told["read"], told["goesOn"]) == (25, "5,000 of 20,000", True)


@pytest.mark.within("a day")
def test_who_took_how_much_is_recorded_when_it_is_taken(shop: Partner, maria: Client) -> None:
    export = made(asked(maria, shop.tenant, q="ada@example.com", email_optin="yes"))
    assert not AuditEvent.objects.filter(kind="exported").exists()
    assert not Look.objects.filter(way="export").exists()

    for _ in range(2):
        rows(download(maria, export))

    events = AuditEvent.objects.filter(kind="exported")
    assert [event.details for event in events] == [
        ["customers", "csv", "1 rows", "by E-mail opt-in", "by a search"]
    ] * 2
    assert (Look.objects.get(way="export").records, Look.objects.get(way="export").requests) == (2, 2)


@pytest.mark.parametrize("what", ["change", "progress", "download", "cancel", "again"])
def test_nobody_else_gets_it(shop: Partner, maria: Client, make_tenant: MakeTenant, what: str) -> None:
    export = made(asked(maria, shop.tenant))
    others = {
        "a colleague": member(Role.ADMIN, shop.tenant),
        "a superuser": superuser(),
        "a stranger": member(Role.STAFF, make_tenant().tenant),
        "a viewer": member(Role.VIEWER, shop.tenant),
    }

    for client in others.values():
        address = f"/admin/tenants/export/{export.pk}/{what}/"
        assert (client.get(address).status_code, client.post(address).status_code) == (404, 404)
        assert f"export/{export.pk}/" not in text(client.get("/admin/tenants/export/"))

    assert Export.objects.get().state == ExportState.READY


@pytest.mark.parametrize("role", [Role.VIEWER, None], ids=["viewer", "no member"])
def test_who_lost_the_role_takes_nothing_any_more(shop: Partner, role: Role | None) -> None:
    user = make_user("otto")
    shop.tenant.memberships.create(user=user, role=Role.STAFF)
    ready, waiting = (asked(browser(user), shop.tenant) for _ in range(2))
    ready = made(ready)

    Membership.objects.filter(user=user).update(role=role) if role else Membership.objects.filter(user=user).delete()

    assert download(browser(user), ready).status_code == 404
    assert (made(waiting).state, made(waiting).message) == (ExportState.FAILED, export_worker.FORBIDDEN)


def test_a_disabled_user_has_nothing_made(shop: Partner) -> None:
    user = make_user("otto")
    shop.tenant.memberships.create(user=user, role=Role.STAFF)
    export = asked(browser(user), shop.tenant)

    User.objects.filter(pk=user.pk).update(is_active=False)

    assert made(export).state == ExportState.FAILED
    assert not ExportPart.objects.exists()


def test_an_erasure_takes_every_file_of_its_tenant_and_the_page_says_so(
    shop: Partner, maria: Client, make_tenant: MakeTenant
) -> None:
    other = make_tenant()
    other.save("customers", {"CustomerId": "X"})
    otto = member(Role.STAFF, other.tenant)
    kept = made(asked(otto, other.tenant))
    export = made(asked(maria, shop.tenant))

    shop.delete("/customers/{tenant}", customerId="C-1")

    assert not ExportPart.objects.filter(tenant=shop.tenant).exists()
    assert "no file may hold somebody who was erased" in page(maria, export)
    assert download(maria, export).status_code == 302
    assert len(rows(download(otto, kept))) == 1


def test_what_an_erasure_took_is_made_again_without_the_person(shop: Partner, maria: Client) -> None:
    export = made(asked(maria, shop.tenant))
    shop.delete("/customers/{tenant}", customerId="C-1")

    post(maria, export, "again")

    anew = made(Export.objects.latest("pk"))
    assert {row["Customer ID"] for row in rows(download(maria, anew))} == {"C-2", "C-3"}


def test_what_was_searched_for_goes_with_an_erasure(shop: Partner, maria: Client) -> None:
    ready, waiting = made(asked(maria, shop.tenant, q="bob@")), asked(maria, shop.tenant, q="bob@")

    shop.delete("/customers/{tenant}", customerId="C-1")

    for export in (ready, waiting):
        stored = Export.objects.get(pk=export.pk)
        assert (stored.query, stored.state) == ("", ExportState.REMOVED)
        assert "Make it again" not in page(maria, stored)
        assert post(maria, stored, "again").status_code == 200
    assert Export.objects.count() == 2


def pages_with(do: Any) -> Any:
    """Return what reads a list's pages, and does something before the second one."""

    def pieces(self: Any) -> Iterator[bytes]:
        for number, piece in enumerate(reading(self)):
            if number == 2:
                do()
            yield piece

    reading = export_rows.ListRows.pieces
    return pieces


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a page of one record, and a piece of a byte."""
    monkeypatch.setattr(export_rows, "A_PAGE", 1)
    monkeypatch.setattr(export_worker, "PIECE", 1)


def test_an_erasure_while_it_is_made_has_it_begin_anew(
    shop: Partner, maria: Client, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = asked(maria, shop.tenant)
    with monkeypatch.context() as patch:
        erase = pages_with(lambda: shop.delete("/customers/{tenant}", customerId="C-3"))
        patch.setattr(export_rows.ListRows, "pieces", erase)
        interrupted = made(export)
    assert (interrupted.state, ExportPart.objects.count()) == (ExportState.WAITING, 0)

    assert {row["Customer ID"] for row in rows(download(maria, made(export)))} == {"C-1", "C-2"}


def test_it_is_cancelled_while_it_is_made(
    shop: Partner, maria: Client, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = asked(maria, shop.tenant)
    monkeypatch.setattr(export_rows.ListRows, "pieces", pages_with(lambda: post(maria, export, "cancel")))

    assert (made(export).state, ExportPart.objects.count()) == (ExportState.CANCELLED, 0)
    assert "Nothing of it is kept" in page(maria, export)


def test_a_file_is_deleted_by_who_asked_for_it(shop: Partner, maria: Client) -> None:
    export = made(asked(maria, shop.tenant))

    assert "Make it again" in text(post(maria, export, "cancel"))
    assert not ExportPart.objects.exists()


class Killed(BaseException):
    """The worker is gone, and nothing that it would still do is done."""


def test_a_job_whose_worker_was_killed_begins_anew_and_is_whole(
    shop: Partner, maria: Client, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die() -> None:
        raise Killed

    export = asked(maria, shop.tenant)
    with monkeypatch.context() as patch:
        patch.setattr(export_rows.ListRows, "pieces", pages_with(die))
        with pytest.raises(Killed):
            made(export)
    half = Export.objects.get()
    assert (half.state, download(maria, half).status_code) == (ExportState.RUNNING, 302)
    assert half.size > 0
    assert made(half).state == ExportState.RUNNING  # for whoever held it may still be there
    assert not jobs.to_run()

    Export.objects.update(beat_at=timezone.now() - timedelta(seconds=31))
    assert [found[0] for found in jobs.to_run()] == [export.pk]

    assert len(rows(download(maria, made(half)))) == 3


def test_a_worker_that_comes_back_late_writes_nothing_into_anothers_file(shop: Partner, maria: Client) -> None:
    export = asked(maria, shop.tenant)
    late = jobs.take_up(export.pk, export.tenant_id, "late")
    assert late is not None
    Export.objects.update(beat_at=timezone.now() - timedelta(seconds=31))
    whole = made(export)

    with pytest.raises(jobs.Overtaken):
        jobs.add(late, b"more")
    with pytest.raises(jobs.Overtaken):
        jobs.end(late, ExportState.READY)

    assert len(rows(download(maria, whole))) == 3


def test_one_that_is_begun_again_and_again_fails(shop: Partner, maria: Client) -> None:
    export = asked(maria, shop.tenant)
    Export.objects.update(begun=jobs.MOST_BEGUN)

    assert (made(export).state, made(export).message) == (ExportState.FAILED, jobs.TOO_OFTEN)


def test_a_stopped_worker_leaves_it_to_the_next(shop: Partner, maria: Client) -> None:
    export = asked(maria, shop.tenant)

    export_worker.run(export.pk, export.tenant_id, is_stopping=lambda: True)
    assert (Export.objects.get().state, ExportPart.objects.count()) == (ExportState.WAITING, 0)

    assert made(export).state == ExportState.READY


def test_a_fault_of_the_hubs_is_said_and_not_retried(
    shop: Partner, maria: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Any) -> Iterator[bytes]:
        raise RuntimeError("ada@example.com")

    export = asked(maria, shop.tenant)
    monkeypatch.setattr(export_rows.ListRows, "pieces", fail)

    failed = made(export)

    assert failed.state == ExportState.FAILED
    assert failed.trace_id in page(maria, failed)
    assert "ada@" not in failed.message


def test_too_large_a_file_is_given_up(shop: Partner, maria: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_BYTES", 10)

    export = made(asked(maria, shop.tenant))

    assert (export.state, export.message, ExportPart.objects.count()) == (ExportState.FAILED, jobs.TOO_LARGE, 0)


def test_a_file_is_kept_for_a_day(shop: Partner, maria: Client) -> None:
    export = made(asked(maria, shop.tenant))
    Export.objects.update(ended_at=timezone.now() - timedelta(hours=24, seconds=1))

    assert download(maria, export).status_code == 302
    assert "A file is kept for 24 hours" in page(maria, export)
    purge_exports()

    assert (Export.objects.get().state, ExportPart.objects.count()) == (ExportState.EXPIRED, 0)
    Export.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert (purge_exports(), Export.objects.count()) == (1, 0)


def test_a_user_has_five_at_a_time(shop: Partner, maria: Client) -> None:
    for _ in range(jobs.MOST_KEPT):
        asked(maria, shop.tenant)

    with pytest.raises(AssertionError, match="You have 5 exports already"):
        asked(maria, shop.tenant)

    post(maria, Export.objects.latest("pk"), "cancel")
    assert asked(maria, shop.tenant)


def test_a_piece_that_goes_while_it_is_read_breaks_the_download_off(shop: Partner, maria: Client) -> None:
    export = made(asked(maria, shop.tenant))
    answer = download(maria, export)

    shop.delete("/customers/{tenant}", customerId="C-1")

    with pytest.raises(store.FileGone):
        b"".join(answer.streaming_content)
