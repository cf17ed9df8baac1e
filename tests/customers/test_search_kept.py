"""The words that customers are searched by are those of the customers, whatever was written and whoever keeps them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from customers.erasure import erase_customers_by_id
from customers.models import Customer, SearchedWords, SearchPosition
from customers.searching import filling
from customers.searching.filling import begin, fill, follow, waiting
from customers.searching.words import searched_words
from customers.searching.worker import Worker, keeping
from tenants.audit.events import SERVER
from tenants.changes.changesets import Origin
from tenants.configuration import change_priority
from tenants.models import Changeset, Feed, Priority, Role, Source, Tenant
from tenants.sandboxes.emptying import empty_sandbox
from tests.conftest import MakeTenant, Partner, examples
from tests.distribution import needs_plain_postgres
from tests.members import member, text
from tests.orders.records import order
from tests.searching import searched
from tests.tenants.sandboxes import sandbox_for
from tests.undoing import latest, taken_back, undo_page
from tests.waiting import PATIENCE, wait_until

LIST = "/admin/customers/customer/"
BY_HAND = Origin(Source.ADMIN, "staff", "")
PEOPLE = ("A", "B", "C", "D")
NAMES = st.sampled_from(["Ann", "Jäger", "Иван", "", "  ", None])
RECORDS = st.fixed_dictionaries(
    {"CustomerId": st.sampled_from(PEOPLE)},
    optional={
        "Name": NAMES,
        "Surname": NAMES,
        "Email": st.sampled_from(["x@shop.example", "y@shop.example", None]),
        "Phone": st.sampled_from(["+358401234567", "040", ""]),
        "Username": NAMES,
    },
)
STEPS = st.lists(
    st.tuples(st.just("post"), st.lists(RECORDS, min_size=1, max_size=4))
    | st.tuples(st.just("erase"), st.sampled_from(PEOPLE))
    | st.tuples(st.sampled_from(["follow", "fill", "begin", "undo", "expire", "empty words"]), st.none()),
    min_size=1,
    max_size=12,
)


def kept(tenant: Tenant) -> dict[int, str]:
    return dict(SearchedWords.objects.filter(tenant=tenant).values_list("pk", "words"))


def due(tenant: Tenant) -> dict[int, str]:
    """Return what the words of a tenant's customers are to be, by the customers alone."""
    return {
        each.pk: searched_words(
            each.name, each.surname, each.email, each.phone, each.username, each.customer_id, each.tags,
            each.mailing_lists,
        )
        for each in Customer.objects.filter(tenant=tenant)
    }  # fmt: skip


def wait_for_row_lock() -> bool:
    """Say whether somebody's statement waits for a row that this connection has locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchall()[0][0])


@pytest.mark.django_db
@examples(40)
@given(steps=STEPS)
def test_after_any_writes_and_turns_the_words_are_the_customers(make_tenant: MakeTenant, steps: Any) -> None:
    partner = make_tenant()
    Tenant.objects.filter(pk=partner.tenant.pk).update(keeps_images=True)
    admin = member(Role.ADMIN, partner.tenant)

    for step, value in steps:
        take(partner, admin, step, value)
        assert kept(partner.tenant).keys() <= due(partner.tenant).keys()
    searched()

    assert kept(partner.tenant) == due(partner.tenant)
    assert not waiting()


def take(partner: Partner, admin: Any, step: str, value: Any) -> None:
    """Take one step of a sequence."""
    if step == "post":
        assert partner.send("POST", "/customers/{tenant}", value).status_code == 200
    elif step == "erase":
        partner.delete("/customers/{tenant}", customerId=value)
    elif step == "undo":
        undo_the_latest(partner, admin)
    elif step == "expire":
        feed = Feed.objects.filter(tenant=partner.tenant).first()
        Feed.objects.filter(tenant=partner.tenant).update(expired=feed.number if feed else 0)
        Changeset.objects.filter(tenant=partner.tenant).delete()
    elif step == "empty words":
        SearchPosition.objects.filter(tenant=partner.tenant).delete()
    else:
        {"follow": follow, "fill": fill, "begin": begin}[step](partner.tenant.pk)


def undo_the_latest(partner: Partner, admin: Any) -> None:
    """Take the latest changeset back, where there is one that can be."""
    if Changeset.objects.filter(tenant=partner.tenant).exists():
        address = undo_page(partner, latest(partner))
        plan = (admin.get(address).context or {}).get("plan")
        if plan:
            admin.post(address, {"planned": plan.digest})


@pytest.mark.django_db
def test_an_existing_database_is_filled_from_nothing(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "MOST", 3)
    partner.save("customers", *({"CustomerId": f"C-{n}", "Name": f"Name {n}"} for n in range(10)))

    assert not kept(partner.tenant)
    searched()

    assert kept(partner.tenant) == due(partner.tenant)
    assert len(kept(partner.tenant)) == 10


@pytest.mark.django_db
def test_who_comes_while_all_are_gone_through_is_found_before_the_end(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "MOST", 3)
    partner.save("customers", *({"CustomerId": f"C-{n}"} for n in range(10)))
    begin(partner.tenant.pk)
    fill(partner.tenant.pk)
    partner.save("customers", {"CustomerId": "new", "Name": "Neumann"})

    follow(partner.tenant.pk)

    assert len(kept(partner.tenant)) == 4
    assert any("neumann" in words for words in kept(partner.tenant).values())


@pytest.mark.django_db
def test_what_has_expired_before_it_was_read_is_gone_through_anew(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "A", "Name": "Ann"})
    searched()
    partner.save("customers", {"CustomerId": "A", "Name": "Berta"})
    Changeset.objects.filter(tenant=partner.tenant).delete()
    Feed.objects.filter(tenant=partner.tenant).update(expired=2)

    searched()

    assert kept(partner.tenant) == due(partner.tenant)


@pytest.mark.django_db
def test_a_customer_takes_the_words_along_and_brings_them_back(partner: Partner) -> None:
    admin = member(Role.ADMIN, partner.tenant)
    partner.save("customers", {"CustomerId": "A", "Name": "Ann"})
    searched()

    taken_back(admin, partner, latest(partner))
    assert kept(partner.tenant) == {}
    searched()
    assert kept(partner.tenant) == {}

    taken_back(admin, partner, latest(partner))
    searched()
    assert list(kept(partner.tenant).values()) == [" ann a "]


@pytest.mark.django_db
def test_another_priority_changes_no_words(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "A", "Email": "a@shop.example", "Name": "Ann"})
    searched()
    before = kept(partner.tenant)
    change_priority(partner.tenant, Priority.EMAIL, origin=BY_HAND)

    searched()

    assert kept(partner.tenant) == before == due(partner.tenant)


@pytest.mark.django_db
def test_a_sandbox_is_searched_and_emptied(partner: Partner) -> None:
    sandbox = sandbox_for(partner)
    for each in (partner, sandbox):
        each.save("customers", {"CustomerId": "A", "Name": "Ann"})
    searched()
    assert len(kept(sandbox.tenant)) == 1

    empty_sandbox(sandbox.tenant, by=SERVER)
    searched()
    sandbox.save("customers", {"CustomerId": "B", "Name": "Berta"})
    searched()

    assert list(kept(sandbox.tenant).values()) == [" berta b "]
    assert kept(partner.tenant) == due(partner.tenant)


@pytest.mark.django_db
def test_who_has_nothing_new_costs_no_turn(partner: Partner, make_tenant: MakeTenant) -> None:
    make_tenant().save("customers", {"CustomerId": "A"})
    searched()
    assert waiting() == []

    partner.save("orders", order())

    assert [each.tenant_id for each in waiting()] == [partner.tenant.pk]


@pytest.mark.django_db
def test_an_idle_round_asks_one_question(partner: Partner, django_assert_num_queries: Any) -> None:
    partner.save("customers", {"CustomerId": "A"})
    searched()
    worker = Worker()

    with django_assert_num_queries(1):
        assert not worker.round()


@pytest.mark.slow
@needs_plain_postgres
@pytest.mark.django_db(transaction=True)
def test_no_words_come_after_an_erasure_that_waited_for_them(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "A", "Name": "Ann"}, {"CustomerId": "B", "Name": "Berta"})
    begin(partner.tenant.pk)
    ann = Customer.objects.get(customer_id="A").pk

    def erase() -> None:
        erase_customers_by_id(partner.tenant, [ann], origin=BY_HAND)
        connections.close_all()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            assert fill(partner.tenant.pk) == 2
            erasure = other.submit(erase)
            assert wait_until(wait_for_row_lock), "the erasure does not wait for the words"
        erasure.result(PATIENCE)

    assert list(kept(partner.tenant).values()) == [" berta b "]


@pytest.mark.slow
@needs_plain_postgres
@pytest.mark.django_db(transaction=True)
def test_who_is_being_erased_is_not_waited_for_and_gets_no_words(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "A", "Name": "Ann"}, {"CustomerId": "B", "Name": "Berta"})
    begin(partner.tenant.pk)
    ann = Customer.objects.get(customer_id="A").pk
    erased, go_on = threading.Event(), threading.Event()

    def erase() -> None:
        with transaction.atomic():
            erase_customers_by_id(partner.tenant, [ann], origin=BY_HAND)
            erased.set()
            go_on.wait(PATIENCE)
        connections.close_all()

    with ThreadPoolExecutor(1) as other:
        erasure = other.submit(erase)
        erased.wait(PATIENCE)
        assert fill(partner.tenant.pk) == 0  # Ann's row is held: to be tried again
        assert list(kept(partner.tenant).values()) == [" berta b "]
        go_on.set()
        erasure.result(PATIENCE)
    searched()

    assert list(kept(partner.tenant).values()) == [" berta b "]


@pytest.mark.slow
@needs_plain_postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_does_a_tenant(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "A", "Name": "Ann"})
    begin(partner.tenant.pk)

    def other() -> tuple[int, bool]:
        did = fill(partner.tenant.pk), follow(partner.tenant.pk)
        connections.close_all()
        return did

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        assert fill(partner.tenant.pk) == 1
        assert pool.submit(other).result(PATIENCE) == (0, False)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_worker_follows_by_itself(partner: Partner) -> None:
    with keeping(Worker(poll=0.05)):
        partner.save("customers", {"CustomerId": "A", "Name": "Ann"})
        assert wait_until(lambda: kept(partner.tenant) == due(partner.tenant))
        partner.save("customers", {"CustomerId": "A", "Name": "Berta"})
        assert wait_until(lambda: list(kept(partner.tenant).values()) == [" berta a "])


@pytest.mark.django_db
def test_the_list_says_how_far_behind_names_are(partner: Partner) -> None:
    viewer = member(Role.VIEWER, partner.tenant)
    partner.save("customers", {"CustomerId": "A"})
    assert "The index of names is being built" in text(viewer.get(LIST))
    searched()
    assert "earched as of" not in text(viewer.get(LIST))

    partner.save("customers", {"CustomerId": "B"})
    recent = timezone.now() + timedelta(minutes=1)  # however slow the machine is: not two seconds ago
    Changeset.objects.filter(tenant=partner.tenant, number=2).update(created_at=recent)
    assert "earched as of" not in text(viewer.get(LIST))
    made = timezone.now() - timedelta(seconds=3)
    Changeset.objects.filter(tenant=partner.tenant, number=2).update(created_at=made)

    page = text(viewer.get(LIST))
    assert "Names are searched as of" in page
    assert f"{made:%H:%M:%S}" in page
    searched()
    assert "earched as of" not in text(viewer.get(LIST))


@pytest.mark.django_db
def test_another_tenants_index_is_not_talked_of(partner: Partner, make_tenant: MakeTenant) -> None:
    make_tenant().save("customers", {"CustomerId": "A"})

    assert "index of names" not in text(member(Role.VIEWER, partner.tenant).get(LIST))


@pytest.mark.django_db
def test_orders_alone_do_not_make_names_old(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "A"})
    searched()
    partner.save("orders", order())
    Changeset.objects.filter(tenant=partner.tenant).update(created_at=timezone.now() - timedelta(hours=1))

    assert "earched as of" not in text(member(Role.VIEWER, partner.tenant).get(LIST))


@pytest.mark.django_db
def test_a_command_makes_the_words_anew(partner: Partner, make_tenant: MakeTenant) -> None:
    other = make_tenant()
    for each in (partner, other):
        each.save("customers", {"CustomerId": "A", "Name": "Ann"}, {"CustomerId": "B", "Name": "Berta"})
    searched()
    SearchedWords.objects.all().update(words=" wrong ")

    said = StringIO()
    call_command("rebuild_search", tenant=partner.slug, stdout=said)

    assert kept(partner.tenant) == due(partner.tenant)
    assert set(kept(other.tenant).values()) == {" wrong "}
    assert said.getvalue() == f"2 customers of {partner.tenant}\n"

    call_command("rebuild_search", stdout=said)
    assert kept(other.tenant) == due(other.tenant)
    assert waiting() == []


@pytest.mark.django_db
def test_a_command_that_was_broken_off_goes_on(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "MOST", 1)
    partner.save("customers", {"CustomerId": "A", "Name": "Ann"}, {"CustomerId": "B", "Name": "Berta"})
    begin(partner.tenant.pk)
    fill(partner.tenant.pk)
    first = set(kept(partner.tenant))
    SearchedWords.objects.update(words=" as it was left ")

    call_command("rebuild_search", tenant=str(partner.tenant.pk), stdout=StringIO())

    assert kept(partner.tenant)[first.pop()] == " as it was left "
    assert len(kept(partner.tenant)) == 2


@pytest.mark.django_db
def test_a_command_knows_its_tenants() -> None:
    with pytest.raises(CommandError, match="There is no tenant 'nobody'"):
        call_command("rebuild_search", tenant="nobody")
