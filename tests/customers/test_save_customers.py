"""POST /customers/{tenantId}: who a record means, what a re-send costs, and whose customers they are."""

from typing import Any

import pytest

from tests.conftest import MakeTenant, Partner

FULL = {"Name": "Ann", "Phone": "+491705550123", "Language": "de", "EmailOptin": True, "GdprOptin": True}


def batch(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"CustomerId": f"C-{i}", "Email": f"c{i}@shop.example", **FULL, **fields} for i in range(count)]


def seen(partner: Partner, *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(record[name] or "" for name in names) for record in partner.read("customers"))


@pytest.mark.parametrize(("priority", "other"), [("customerid", "Email"), ("email", "CustomerId")])
def test_an_opt_out_reaches_everyone_it_may_mean(make_tenant: MakeTenant, priority: str, other: str) -> None:
    partner = make_tenant(priority=priority)
    shared = {"customerid": {"Email": "x@shop.example"}, "email": {"CustomerId": "X"}}[priority]
    named = [{"CustomerId": f"C-{i}", "Email": f"c{i}@shop.example", "EmailOptin": True} for i in range(3)]
    partner.save("customers", *({**record, **shared} for record in named[:2]), named[2])

    partner.save("customers", {other: shared[other], "EmailOptin": False})

    assert sorted(record["EmailOptin"] for record in partner.read("customers")) == [False, False, True]


def test_a_record_with_the_priority_identifier_is_matched_by_nothing_else(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "A", "Email": "x@shop.example", "Name": "Ann"})

    partner.save("customers", {"CustomerId": "B", "Email": "x@shop.example", "Name": "Bo"})

    assert seen(partner, "CustomerId", "Email", "Name") == [
        ("A", "x@shop.example", "Ann"),
        ("B", "x@shop.example", "Bo"),
    ]


def test_duplicates_act_as_if_sent_one_after_the_other(partner: Partner) -> None:
    records: list[dict[str, Any]] = [
        {"CustomerId": "A", "Email": "x@shop.example", "Name": "Ann", "GdprOptin": True},
        {"Email": "x@shop.example", "Surname": "Doe", "Name": None},
        {"CustomerId": "A", "Email": "y@shop.example", "Name": ""},
        {"Email": "x@shop.example", "Name": "Somebody else"},
    ]

    assert partner.save("customers", *records)["count"] == 4
    assert seen(partner, "CustomerId", "Email", "Name", "Surname", "GdprOptin") == [
        ("", "x@shop.example", "Somebody else", "", ""),
        ("A", "y@shop.example", "", "Doe", True),
    ]


@pytest.mark.parametrize("priority", ["customerid", "email"])
def test_a_re_sent_batch_changes_nothing(make_tenant: MakeTenant, priority: str) -> None:
    partner = make_tenant(priority=priority)
    records = [*batch(20), {"Email": "only@shop.example", "Name": ""}, {"CustomerId": "only"}]
    first = partner.post("customers", records)
    before = partner.read("customers"), partner.changes()

    again = partner.post("customers", records)

    assert again.json()["data"]["count"] == 22
    assert (partner.read("customers"), partner.changes()) == before
    assert first["X-Changeset"] == "1"
    assert "X-Changeset" not in again


# Authentication, and one statement that locks, stores and records. Without the priority identifier there is
# something to look up first: authentication, savepoint, lock, look-up, upsert and changeset, release.
@pytest.mark.parametrize("count", [1, 500])
@pytest.mark.parametrize(
    ("without", "queries"), [({}, 2), ({"CustomerId": None}, 6), ({"Email": None}, 2)], ids=["both", "e-mail", "id"]
)
def test_a_batch_costs_as_many_statements_as_a_record(
    partner: Partner, count: int, without: dict[str, None], queries: int, django_assert_num_queries: Any
) -> None:
    partner.save("customers", *batch(500))

    with django_assert_num_queries(queries):
        partner.save("customers", *batch(count, **without, Name="Bo"))


@pytest.mark.parametrize("count", [1, 500])
def test_a_re_sent_batch_records_no_changeset(partner: Partner, count: int, django_assert_num_queries: Any) -> None:
    partner.save("customers", *batch(count))

    with django_assert_num_queries(2):
        partner.save("customers", *batch(count))


@pytest.mark.parametrize("count", [1, 500])
def test_an_erasure_costs_a_fixed_number_of_statements(
    partner: Partner, count: int, django_assert_num_queries: Any
) -> None:
    partner.save("customers", *batch(count, Email="x@shop.example"))

    # Others' former identifiers, the ledger, reasons, two looks for images, three at what files left behind, one at
    # what is exported, the note for the night and the certificates are eleven of them.
    with django_assert_num_queries(22):
        assert partner.delete("/customers/{tenant}", email="x@shop.example").status_code == 200


def test_the_same_ids_live_separately(make_tenant: MakeTenant) -> None:
    ours, theirs = make_tenant(), make_tenant(priority="email")
    for partner in (ours, theirs):
        partner.save("customers", *batch(3))
    before = theirs.read("customers"), theirs.changes()

    ours.save("customers", *batch(3, Name="Bo"), {"Email": "c1@shop.example", "EmailOptin": False})
    ours.delete("/customers/{tenant}", email="c2@shop.example")

    assert (theirs.read("customers"), theirs.changes()) == before
    assert seen(ours, "CustomerId", "Name", "EmailOptin") == [("C-0", "Bo", True), ("C-1", "Bo", "")]


STRANGERS_CALLS = [
    ("POST", "/customers/{tenant}", [{"CustomerId": "C-0", "Name": "Mallory"}]),
    ("POST", "/customers/{tenant}", [{"Name": 5}]),
    ("POST", "/customers/{tenant}", b"not JSON"),
    ("GET", "/customers/{tenant}", None),
    ("GET", "/customers/{tenant}?Nickname=x", None),
    ("GET", "/customers/{tenant}/C-0", None),
    ("GET", "/customers/{tenant}/unknown", None),
    ("DELETE", "/customers/{tenant}?customerId=C-0", None),
    ("DELETE", "/customers/{tenant}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), STRANGERS_CALLS)
def test_a_strangers_key_learns_and_changes_nothing(make_tenant: MakeTenant, method: str, path: str, body: Any) -> None:
    ours, stranger = make_tenant(), make_tenant()
    ours.save("customers", *batch(1))
    before = ours.read("customers"), ours.changes()

    response = Partner(ours.tenant, stranger.key).send(method, path, body)

    assert response.status_code == 401
    assert response.json() == {"success": False, "message": "Unauthorized.", "data": {}}
    assert (ours.read("customers"), ours.changes()) == before
    assert stranger.read("customers") == []
