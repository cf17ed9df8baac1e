"""A file's job: what it stores, how it ends, how it goes on, and that two never do the same."""

import gzip
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError
from django.utils import timezone

from tenants.imports import chunks, running, storing
from tenants.imports.jobs import cancel
from tenants.imports.jobs import start as start_job
from tenants.imports.running import run
from tenants.models import Changeset, Import, ImportState
from tests.conftest import MakeTenant, Partner
from tests.files.jobs import TRACE, imported, job_of, ndjson
from tests.orders.records import line, order
from tests.products.records import product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MOST_ITEMS", 3)


def customer(n: int, **fields: Any) -> dict[str, Any]:
    return {"CustomerId": f"C-{n}", "Email": f"c{n}@shop.example", **fields}


def stored(partner: Partner) -> list[str]:
    return sorted(each["CustomerId"] for each in partner.read("customers"))


def test_the_records_of_a_file_are_stored_and_counted(partner: Partner) -> None:
    partner.save("customers", customer(0), customer(1, Name="Ann"))

    job = imported(partner, ndjson([customer(0), customer(1, Name="Bo"), customer(2)]))

    assert (job.state, job.read, job.created, job.updated, job.unchanged, job.rejected) == ("finished", 3, 1, 1, 1, 0)
    assert stored(partner) == ["C-0", "C-1", "C-2"]
    assert (job.started_at is not None, job.ended_at is not None, job.has_file, job.held_by) == (True, True, False, "")


@pytest.mark.parametrize(
    ("entity", "records"),
    [
        ("orders", [order(OrderId=f"O-{n}", OrderItems=[line(Sku=f"S-{i}") for i in range(3)]) for n in range(5)]),
        ("products", [product(ProductId=f"P-{n}") for n in range(5)]),
    ],
)
def test_every_kind_of_record_is_imported(partner: Partner, entity: str, records: list[Any]) -> None:
    job = imported(partner, ndjson(records), entity)

    assert (job.state, job.created, len(partner.read(entity))) == ("finished", 5, 5)


def test_a_chunk_is_one_changeset_in_the_jobs_trace(partner: Partner) -> None:
    imported(partner, ndjson(customer(n) for n in range(7)))

    found = Changeset.objects.order_by("number").values_list("source", "actor", "trace_id", "received")
    assert list(found) == [("import", "ann", TRACE, 3), ("import", "ann", TRACE, 3), ("import", "ann", TRACE, 1)]


def test_a_packed_file_goes_on_where_it_was(partner: Partner) -> None:
    job = job_of(partner, gzip.compress(ndjson(customer(n) for n in range(8))), packing="gzip")

    first = run(job.pk, partner.tenant.pk, is_stopping=after(partner, 3))
    assert first is not None
    assert (first.state, first.position, first.held_by, stored(partner)) == ("waiting", 3, "", ["C-0", "C-1", "C-2"])

    second = run(job.pk, partner.tenant.pk)
    assert second is not None
    assert (second.state, second.read, second.created, len(stored(partner))) == ("finished", 8, 8, 8)


def after(partner: Partner, position: int) -> Any:
    """Return what tells that a job is to stop once it is somewhere."""
    return lambda: Import.objects.get(tenant=partner.tenant).position >= position


def test_a_job_ends_between_chunks_when_somebody_asks(partner: Partner) -> None:
    job = job_of(partner, ndjson(customer(n) for n in range(9)))

    def ask(_: Import) -> None:
        cancel(job)

    ended = run(job.pk, partner.tenant.pk, beat=ask)

    assert ended is not None
    assert (ended.state, ended.position, ended.has_file) == ("cancelled", 6, False), "it ends with the chunk under way"
    assert len(stored(partner)) == 6, "what was stored stays"
    assert run(job.pk, partner.tenant.pk) is None, "what has ended is not run again"


def test_two_who_run_one_job_store_each_chunk_once(partner: Partner) -> None:
    job = job_of(partner, ndjson(customer(n) for n in range(9)))

    def overtake(state: Import) -> None:
        """Let another one take the job up after the first chunk, as if this one had not been seen for long."""
        if state.position == 3:
            Import.objects.update(beat_at=timezone.now() - timedelta(minutes=1))
            second.append(run(job.pk, partner.tenant.pk))

    second: list[Import | None] = []
    first = run(job.pk, partner.tenant.pk, beat=overtake)

    assert second[0] is not None
    assert (second[0].state, second[0].created, second[0].read) == ("finished", 9, 9)
    assert first is not None
    assert (first.state, Changeset.objects.count()) == ("finished", 3), "the first one has ended, and stored no more"


def test_a_job_that_runs_is_taken_up_when_its_runner_was_not_seen(partner: Partner) -> None:
    job = job_of(partner, ndjson([customer(1)]))
    Import.objects.update(state=ImportState.RUNNING, held_by="another", beat_at=timezone.now())
    assert run(job.pk, partner.tenant.pk) is None

    Import.objects.update(beat_at=timezone.now() - timedelta(seconds=running.GONE_SECONDS + 1))

    ended = run(job.pk, partner.tenant.pk)
    assert ended is not None
    assert ended.state == "finished"


def test_a_tenants_jobs_run_one_after_the_other(make_tenant: MakeTenant) -> None:
    shop, other = make_tenant(), make_tenant()
    first, second = job_of(shop, ndjson([customer(1)])), job_of(shop, ndjson([customer(2)]))
    theirs = job_of(other, ndjson([customer(3)]))
    Import.objects.filter(pk=first.pk).update(state=ImportState.RUNNING, held_by="x", beat_at=timezone.now())

    assert run(second.pk, shop.tenant.pk) is None
    assert run(theirs.pk, other.tenant.pk) is not None


def test_another_tenant_does_not_run_it(make_tenant: MakeTenant) -> None:
    shop, stranger = make_tenant(), make_tenant()
    job = job_of(shop, ndjson([customer(1)]))

    assert run(job.pk, stranger.tenant.pk) is None
    assert stored(shop) == stored(stranger) == []


@pytest.mark.parametrize(
    "error", [OperationalError("away"), psycopg.OperationalError("away"), psycopg.errors.LockNotAvailable("held")]
)
def test_a_chunk_that_the_database_refuses_is_tried_again(
    partner: Partner, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = iter([error, error])
    stores = storing.Store.store

    def refusing(self: Any, chunk: Any) -> None:
        if refusal := next(refusals, None):
            raise refusal
        stores(self, chunk)

    monkeypatch.setattr(running, "WAITS", (0, 0))
    monkeypatch.setattr(storing.Store, "store", refusing)

    job = imported(partner, ndjson(customer(n) for n in range(4)))

    assert (job.state, job.created, Changeset.objects.count()) == ("finished", 4, 2)


def test_a_chunk_whose_commit_was_lost_on_the_way_is_not_stored_twice(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([OperationalError("lost")])
    stores = storing.Store.store

    def losing(self: Any, chunk: Any) -> None:
        job = Import.objects.get()
        stores(storing.Store(self.tenant, job, self.holder, self.origin, self.taking), chunk)
        if loss := next(losses, None):
            raise loss
        self.job.refresh_from_db()

    monkeypatch.setattr(running, "WAITS", (0, 0))
    monkeypatch.setattr(storing.Store, "store", losing)

    job = imported(partner, ndjson(customer(n) for n in range(4)))

    assert (job.state, job.read, job.created, Changeset.objects.count()) == ("finished", 4, 4, 2)


def test_what_the_database_refuses_for_ever_fails_the_job(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(self: Any, chunk: Any) -> None:
        raise OperationalError("no")

    monkeypatch.setattr(running, "WAITS", (0,))
    monkeypatch.setattr(running, "MOST_REFUSALS", 3)
    monkeypatch.setattr(storing.Store, "store", refusing)

    job = imported(partner, ndjson([customer(1)]))

    assert (job.state, job.message, job.has_file) == ("failed", running.REFUSED, False)


def test_a_bug_fails_the_job_without_a_value_in_sight(
    partner: Partner, monkeypatch: pytest.MonkeyPatch, log: Any
) -> None:
    def broken(self: Any, chunk: Any) -> None:
        if chunk.start:
            raise ValueError("about c3@shop.example")
        stores(self, chunk)

    stores = storing.Store.store
    monkeypatch.setattr(storing.Store, "store", broken)

    job = imported(partner, ndjson(customer(n) for n in range(4)))

    assert (job.state, job.message, job.position) == ("failed", running.BUG.format(trace_id=TRACE), 3)
    assert stored(partner) == ["C-0", "C-1", "C-2"], "what was stored stays"
    assert "an import failed" in log.getvalue()
    assert '"exception":"ValueError"' in log.getvalue()
    assert "c3@shop.example" not in log.getvalue()


def test_a_file_that_ends_in_the_middle_is_stored_as_far_as_it_goes(partner: Partner) -> None:
    whole = gzip.compress(ndjson(customer(n) for n in range(4)))

    job = imported(partner, whole[:-8] + b"no", packing="gzip")

    assert job.state == "failed"
    assert job.message
    assert "shop.example" not in job.message


def test_a_disabled_tenants_job_fails(partner: Partner) -> None:
    job = job_of(partner, ndjson([customer(1)]))
    type(partner.tenant).objects.filter(pk=partner.tenant.pk).update(is_enabled=False)

    ended = run(job.pk, partner.tenant.pk)

    assert ended is not None
    assert (ended.state, ended.message, ended.created) == ("failed", running.DISABLED, 0)


@pytest.mark.parametrize("keeps_images", [False, True])
def test_a_dry_run_stores_nothing_and_then_all(make_tenant: MakeTenant, keeps_images: bool) -> None:
    shop = make_tenant(keeps_images=keeps_images)
    shop.save("customers", customer(0, Name="Ann"), customer(1))
    data = ndjson([customer(0, Name="Bo"), customer(1), customer(2), b"{", customer(3), {"Name": "nobody"}])

    job = imported(shop, data, is_dry_run=True)

    counts = (job.state, job.read, job.created, job.updated, job.unchanged, job.rejected, job.has_file)
    assert counts == ("finished", 6, 2, 1, 1, 2, True)
    assert [(each["line"], each["status"]) for each in job.changes] == [(1, "updated"), (3, "created"), (5, "created")]
    assert (job.changes[0]["before"], job.changes[0]["after"]) == ({"Name": "Ann"}, {"Name": "Bo"})
    assert (stored(shop), Changeset.objects.count()) == (["C-0", "C-1"], 1)

    start_job(job)
    ended = run(job.pk, shop.tenant.pk)

    assert ended is not None
    counts = (ended.state, ended.read, ended.created, ended.updated, ended.unchanged, ended.rejected, ended.has_file)
    assert counts == ("finished", 6, 2, 1, 1, 2, False)
    assert len(stored(shop)) == 4


def test_a_dry_run_shows_fifty_differences_and_counts_all(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MOST_ITEMS", 20)

    job = imported(partner, ndjson(customer(n) for n in range(75)), is_dry_run=True)

    assert (job.created, len(job.changes), job.changes[-1]["line"]) == (75, 50, 50)
    assert stored(partner) == []


def test_the_caller_hears_of_every_chunk(partner: Partner) -> None:
    job = job_of(partner, ndjson(customer(n) for n in range(7)))
    heard: list[int] = []

    run(job.pk, partner.tenant.pk, beat=lambda state: heard.append(state.read))

    assert heard == [3, 6, 7]


def test_a_withdrawal_that_reaches_several_customers_is_counted_for_each(partner: Partner) -> None:
    partner.save("customers", customer(1, Email="x@shop.example"), customer(2, Email="x@shop.example"))

    job = imported(partner, ndjson([{"Email": "x@shop.example", "EmailOptin": False}]))

    assert job.read == job.created + job.updated + job.unchanged + job.rejected + job.folded == 1
