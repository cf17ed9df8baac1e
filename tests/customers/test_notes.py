"""Notes of staff on customers: written, read, deleted, gone with the customer, also one that is written meanwhile."""

import threading
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from customers.erasure import erase_customers_by_id
from customers.models import Customer, CustomerNote
from customers.notes import add_note
from tenants.changes.changesets import Origin
from tenants.models import Changeset, Role, Source
from tests.conftest import Partner
from tests.customers.records import customer
from tests.distribution import needs_plain_postgres
from tests.members import browser, make_user, member, superuser, text
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"
ORIGIN = Origin(Source.ADMIN, "maria", "0" * 32)


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


@pytest.fixture
def ada(partner: Partner) -> Customer:
    partner.save("customers", customer(Name="Ada"))
    return Customer.objects.get(tenant=partner.tenant)


def write(client: Client, customer: Customer, note: str) -> Any:
    return client.post(f"{LIST}{customer.pk}/notes/", {"note": note}, follow=True)


def delete(client: Client, customer: Customer, note: Any) -> int:
    return int(client.post(f"{LIST}{customer.pk}/notes/", {"delete": str(note)}).status_code)


def test_a_note_is_shown_newest_first_with_its_author(ada: Customer, staff: Client) -> None:
    write(staff, ada, "First <b>line</b>\nשורה שנייה 👩‍👩‍👧")
    page = text(write(staff, ada, "Then"))

    assert "First &lt;b&gt;line&lt;/b&gt;\nשורה שנייה 👩‍👩‍👧" in page.replace("\r", "")
    assert page.index("Then</bdi>") < page.index("First &lt;b&gt;")
    assert {note.author.split("-")[0] for note in CustomerNote.objects.all()} == {"staff"}


def test_a_nul_that_was_pasted_along_is_no_part_of_a_note(ada: Customer, staff: Client) -> None:
    write(staff, ada, "Called\0 back")

    assert CustomerNote.objects.get().text == "Called back"


def test_a_note_is_no_change_of_the_record_and_never_leaves(partner: Partner, ada: Customer, staff: Client) -> None:
    before = Changeset.objects.count(), ada.updated_at

    write(staff, ada, "Called")

    ada.refresh_from_db()
    assert (Changeset.objects.count(), ada.updated_at) == before
    assert b"Called" not in partner.get("/customers/{tenant}").content
    assert b"Called" not in partner.get("/changes/{tenant}?after=0&include=records").content


def test_a_note_stands_in_the_timeline(ada: Customer, staff: Client) -> None:
    write(staff, ada, "Called")

    shown = staff.get(f"{LIST}{ada.pk}/change/", {"show": "notes"}).context["timeline"].events

    assert [(event.word, "Called" in event.what) for event in shown] == [("Note", True)]


@pytest.mark.parametrize(("note", "said"), [("", "Write something first."), (" \n ", "Write something first.")])
def test_an_empty_note_is_refused(ada: Customer, staff: Client, note: str, said: str) -> None:
    answer = write(staff, ada, note)

    assert (answer.status_code, said in text(answer)) == (400, True)
    assert not CustomerNote.objects.exists()


def test_a_note_that_is_too_long_comes_back_as_it_was_typed(ada: Customer, staff: Client) -> None:
    assert write(staff, ada, "ä" * 4000).status_code == 200
    answer = write(staff, ada, "ö" * 4001)

    assert (answer.status_code, "ö" * 4001 in text(answer), "at most 4000 characters" in text(answer)) == (
        400, True, True,
    )  # fmt: skip
    assert CustomerNote.objects.count() == 1


def test_staff_delete_their_own_notes_and_admins_anybodys(partner: Partner, ada: Customer, staff: Client) -> None:
    write(staff, ada, "Mine")
    note = CustomerNote.objects.get()
    other, admin = (member(role, partner.tenant) for role in (Role.STAFF, Role.ADMIN))

    assert "Delete</button>" not in text(other.get(f"{LIST}{ada.pk}/change/"))
    assert delete(other, ada, note.pk) == 404
    assert delete(staff, ada, "1e3") == 404
    assert delete(admin, ada, note.pk) == 302
    write(staff, ada, "Mine again")
    assert delete(staff, ada, CustomerNote.objects.get().pk) == 302
    assert not CustomerNote.objects.exists()


def test_viewers_read_and_write_nothing(partner: Partner, ada: Customer, staff: Client) -> None:
    write(staff, ada, "Read me")
    viewer = member(Role.VIEWER, partner.tenant)
    page = text(viewer.get(f"{LIST}{ada.pk}/change/"))

    assert "Read me" in page
    assert "id_note" not in page
    assert write(viewer, ada, "x").status_code == delete(viewer, ada, CustomerNote.objects.get().pk) == 403
    assert CustomerNote.objects.count() == 1


def test_strangers_learn_and_change_nothing(partner: Partner, by_email: Partner, ada: Customer, staff: Client) -> None:
    write(staff, ada, "Secret")
    by_email.save("customers", {"Email": "bob@example.com"})
    bob = Customer.objects.get(tenant=by_email.tenant)
    stranger = member(Role.ADMIN, by_email.tenant)

    assert write(stranger, ada, "x").status_code == 404
    assert delete(stranger, ada, CustomerNote.objects.get().pk) == 404
    assert delete(stranger, bob, CustomerNote.objects.get().pk) == 404
    assert delete(superuser(), bob, CustomerNote.objects.get().pk) == 404
    assert [note.text for note in CustomerNote.objects.all()] == ["Secret"]


def test_an_erasure_takes_the_notes_of_the_person_alone(partner: Partner, ada: Customer, staff: Client) -> None:
    partner.save("customers", {"CustomerId": "C-2"})
    write(staff, ada, "Gone")
    write(staff, Customer.objects.get(customer_id="C-2"), "Stays")

    partner.delete("/customers/{tenant}", customerId="C-1")

    assert [note.text for note in CustomerNote.objects.all()] == ["Stays"]


@pytest.mark.django_db(transaction=True)
@needs_plain_postgres
def test_a_note_that_is_written_while_its_customer_is_erased_is_not_written(partner: Partner, ada: Customer) -> None:
    written: list[bool] = []

    def note() -> None:
        written.append(add_note(ada, "Too late", author="maria", user_id=None))
        connections.close_all()

    writer = threading.Thread(target=note)
    with transaction.atomic():
        erase_customers_by_id(partner.tenant, [ada.pk], origin=ORIGIN)
        writer.start()
        assert wait_until(somebody_waits)
    writer.join()

    assert written == [False]
    assert not CustomerNote.objects.exists()


@pytest.mark.django_db(transaction=True)
@needs_plain_postgres
def test_an_erasure_waits_for_a_note_and_takes_it(partner: Partner, ada: Customer) -> None:
    def erase() -> None:
        erase_customers_by_id(partner.tenant, [ada.pk], origin=ORIGIN)
        connections.close_all()

    eraser = threading.Thread(target=erase)
    with transaction.atomic():
        assert add_note(ada, "Just in time", author="maria", user_id=None)
        eraser.start()
        assert wait_until(somebody_waits)
    eraser.join()

    assert not CustomerNote.objects.exists()
    assert not Customer.objects.exists()


def somebody_waits() -> bool:
    """Say whether another connection waits for a lock, of any kind, that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchall()[0][0])


def test_who_wrote_a_note_may_be_gone(ada: Customer, partner: Partner) -> None:
    user = make_user("gone", superuser=True)
    write(browser(user), ada, "Still here")
    user.delete()

    assert "Still here" in text(member(Role.STAFF, partner.tenant).get(f"{LIST}{ada.pk}/change/"))
