"""Undos beside eight writers: nobody deadlocks, nothing is lost, each puts back exactly what its changeset replaced."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from tenants.changes import places
from tenants.models import Changeset, Role
from tests.conftest import MakeTenant, Partner
from tests.members import member
from tests.undoing import undo_page
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WRITERS = 8
TURNS = 12
PEOPLE = [f"C-{n}" for n in range(12)]
Values = dict[str, str]


def write(partner: Partner, writer: int, start: threading.Barrier) -> dict[int, Values]:
    """Post names for some of the same people, in any order, and for a new one; return what each changeset sent."""
    dice, client, sent = random.Random(writer), Client(), {}
    start.wait(PATIENCE)
    for turn in range(TURNS):
        people = [*dice.sample(PEOPLE, 4), f"new-{writer}-{turn}"]
        names = {person: f"{writer}-{turn}-{person}" for person in people}
        answer = client.post(
            f"/customers/{partner.id}",
            [{"CustomerId": person, "Name": name} for person, name in names.items()],
            content_type="application/json",
            headers={"x-replenit-auth-key": partner.key},
        )
        assert answer.status_code == 200, answer.content
        sent[int(answer["X-Changeset"])] = names
    connections.close_all()
    return sent


def take_back(partner: Partner, admin: Client, dice: random.Random) -> int:
    """Take one of the latest changesets back; return the status of the answer."""
    numbers = Changeset.objects.filter(tenant=partner.tenant).order_by("-number").values_list("number", flat=True)
    number = dice.choice(numbers[:3])
    plan = admin.get(undo_page(partner, number)).context.get("plan")  # none of what is taken back already
    return int(admin.post(undo_page(partner, number), {"planned": plan.digest if plan else ""}).status_code)


def undo_all_the_while(partner: Partner, admin: Client, start: threading.Barrier, over: threading.Event) -> list[int]:
    """Take changesets back until the writers are done, and then until one could be."""
    statuses: list[int] = []
    dice = random.Random(0)
    start.wait(PATIENCE)
    while not over.is_set() or (302 not in statuses and len(statuses) < 1000):
        statuses.append(take_back(partner, admin, dice))
    connections.close_all()
    return statuses


def replayed(partner: Partner, sent: dict[int, Values]) -> dict[int, str | None]:
    """Return the names by hub id as the feed tells of them: an undo puts back what its changeset found."""
    ids = {row["HubId"]: row["CustomerId"] for row in partner.read("customers")}
    now: dict[int, str | None] = {}
    found: dict[tuple[int, int], str | None] = {}
    for changeset in Changeset.objects.filter(tenant=partner.tenant).order_by("number"):
        for hub_id in changeset.deleted_ids:
            found[changeset.number, hub_id] = now.pop(hub_id)
        for hub_id in (*changeset.created_ids, *changeset.updated_ids):
            found[changeset.number, hub_id] = now.get(hub_id)
            if changeset.undoes is None:
                now[hub_id] = sent[changeset.number].get(ids.get(hub_id, ""), "gone since")
            else:
                now[hub_id] = found[changeset.undoes, hub_id]
    return now


@pytest.mark.parametrize("keeps", [True, False], ids=["images kept", "no images"])
def test_nothing_is_lost_beside_undos(make_tenant: MakeTenant, keeps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST", WRITERS + 1)  # they stand for those of several processes: none is "busy"
    partner = make_tenant(keeps_images=keeps)
    admin = member(Role.ADMIN, partner.tenant)
    partner.save("customers", *({"CustomerId": person, "Name": "first"} for person in PEOPLE))
    first: dict[int, Values] = {1: dict.fromkeys(PEOPLE, "first")}
    start, over = threading.Barrier(WRITERS + 1), threading.Event()

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        undoing = pool.submit(undo_all_the_while, partner, admin, start, over)
        writing = [pool.submit(write, partner, writer, start) for writer in range(WRITERS)]
        sent: dict[int, Values] = {**first, **{n: v for one in writing for n, v in one.result().items()}}
        over.set()
        statuses = undoing.result()

    assert set(statuses) <= {302, 409}
    assert 302 in statuses
    numbers = list(Changeset.objects.filter(tenant=partner.tenant).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    stored: dict[int, Any] = {row["HubId"]: row["Name"] for row in partner.read("customers")}
    assert stored == replayed(partner, sent)
