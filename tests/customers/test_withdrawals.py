"""An opt-out reaches everyone it may mean and is never refused; what else an ambiguous record says reaches nobody."""

from typing import Any

import pytest

from customers.flags import FLAGS, WITHDRAWN
from tenants.models import ConsentChange
from tests.conftest import MakeTenant, Partner

TILL = "kasse@shop.example"
CARRIERS = 1000
FIRST = {"customerid": "CustomerId", "email": "Email"}
PRIORITIES = pytest.mark.parametrize(("priority", "other"), [("customerid", "Email"), ("email", "CustomerId")])
EVERY_WITHDRAWAL = pytest.mark.parametrize(("flag", "value"), WITHDRAWN.items())


WITHDRAWN_FROM_ALL = "what it withdraws is withdrawn from all of them"


def said_of(number: int, what: str) -> list[str]:
    return [f"{number:,} customers are meant: {what}."]


def sharing(partner: Partner, other: str, number: int, **fields: Any) -> dict[str, str]:
    """Store customers who share an identifier that is not the priority one; return it."""
    shared = {other: TILL}
    own = [{"CustomerId": f"C-{i}", "Email": f"c{i}@shop.example"} for i in range(number)]
    partner.save("customers", *({**identifiers, **shared, **fields} for identifiers in own))
    return shared


def without_times(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in record.items() if name != "UpdatedAt"} for record in records]


@PRIORITIES
def test_a_record_that_means_a_thousand_renames_and_opts_in_nobody(
    make_tenant: MakeTenant, priority: str, other: str
) -> None:
    partner = make_tenant(priority=priority)
    shared = sharing(partner, other, CARRIERS, Name="Ann")
    before = partner.read("customers")

    data = partner.save("customers", {**shared, "Name": "Mallory", "EmailOptin": True, "Phone": "+491705550123"})

    assert data["count"] == 1
    assert data["warnings"] == {
        f"[0].{other}": said_of(CARRIERS, f"it is applied to none. Send {FIRST[priority]} to say who is meant")
    }
    assert partner.read("customers") == before
    assert len(partner.changes()) == 1


@PRIORITIES
def test_what_withdraws_in_an_ambiguous_record_reaches_all(make_tenant: MakeTenant, priority: str, other: str) -> None:
    partner = make_tenant(priority=priority)
    shared = sharing(partner, other, 3, EmailOptin=True, SmsOptin=False)
    before = partner.read("customers")

    data = partner.save("customers", {**shared, "EmailOptin": False, "SmsOptin": True, "Surname": "Doe"})

    assert data["warnings"] == {
        f"[0].{other}": said_of(
            3, f"{WITHDRAWN_FROM_ALL}, everything else is applied to none. Send {FIRST[priority]} to say who is meant"
        )
    }
    after = [{**record, "EmailOptin": False} for record in before]
    assert without_times(partner.read("customers")) == without_times(after)
    assert list(ConsentChange.objects.exclude(before=None).values_list("before", "after")) == [(1, 0)] * 3


@EVERY_WITHDRAWAL
def test_each_withdrawal_alone_reaches_all_and_says_how_many(partner: Partner, flag: str, value: bool) -> None:
    shared = sharing(partner, "Email", 2, **{flag: not value})

    data = partner.save("customers", {**shared, flag: value})

    assert data["warnings"] == {"[0].Email": said_of(2, WITHDRAWN_FROM_ALL)}
    assert [record[flag] for record in partner.read("customers")] == [value, value]


@EVERY_WITHDRAWAL
def test_the_opposite_of_a_withdrawal_reaches_nobody(partner: Partner, flag: str, value: bool) -> None:
    shared = sharing(partner, "Email", 2, **{flag: value})

    partner.save("customers", {**shared, flag: not value})

    assert [record[flag] for record in partner.read("customers")] == [value, value]


def test_who_alone_carries_it_gets_everything_and_no_warning(partner: Partner) -> None:
    shared = sharing(partner, "Email", 1)

    data = partner.save("customers", {**shared, "Name": "Ann", "EmailOptin": True})

    (stored,) = partner.read("customers")
    assert (stored["CustomerId"], stored["Name"], stored["EmailOptin"]) == ("C-0", "Ann", True)
    assert "warnings" not in data


def test_a_record_before_in_the_batch_decides_how_many_are_meant(partner: Partner) -> None:
    sharing(partner, "Email", 2, EmailOptin=True)

    data = partner.save(
        "customers",
        {"Email": TILL, "Name": "Nobody's"},
        {"CustomerId": "C-1", "Email": "own@shop.example"},
        {"Email": TILL, "Name": "Ann", "EmailOptin": False},
    )

    assert data["warnings"] == {"[0].Email": said_of(2, "it is applied to none. Send CustomerId to say who is meant")}
    stored = {record["CustomerId"]: (record["Name"], record["EmailOptin"]) for record in partner.read("customers")}
    assert stored == {"C-0": ("Ann", False), "C-1": (None, True)}


def test_warnings_of_names_and_of_several_stand_side_by_side(partner: Partner) -> None:
    shared = sharing(partner, "Email", 2)

    data = partner.save("customers", {**shared, "Nickname": "Ann", "Phone": "unlisted", "GdprOptin": False})

    assert data["warnings"] == {
        "[0].Nickname": ["Unknown field, ignored."],
        "[0].Phone": ["Does not look like a phone number; stored as sent."],
        "[0].Email": said_of(
            2, f"{WITHDRAWN_FROM_ALL}, everything else is applied to none. Send CustomerId to say who is meant"
        ),
    }


# A tenant's required fields


@pytest.fixture
def demanding(make_tenant: MakeTenant) -> Partner:
    return make_tenant(required=["Language", "GdprOptin", "CustomerId"])


@EVERY_WITHDRAWAL
def test_an_opt_out_is_not_refused_for_a_required_field(demanding: Partner, flag: str, value: bool) -> None:
    demanding.save(
        "customers", {"CustomerId": "C-1", "Email": TILL, "Language": "de", "GdprOptin": True, flag: not value}
    )

    demanding.save("customers", {"Email": TILL, flag: value})

    (stored,) = demanding.read("customers")
    assert stored[flag] is value


def test_an_opt_out_that_matches_nobody_creates_one(demanding: Partner) -> None:
    demanding.save("customers", {"Email": TILL, "CustomerId": None, "EmailOptin": False, "Name": None})

    (stored,) = demanding.read("customers")
    assert (stored["Email"], stored["CustomerId"], stored["EmailOptin"]) == (TILL, None, False)


@pytest.mark.parametrize(
    "more",
    [
        {"EmailOptin": True},
        {"EmailOptin": False, "SmsOptin": True},
        {"EmailOptin": False, "Name": "Ann"},
        {"EmailOptin": False, "Name": ""},
        {"IsExcluded": False},
        {},
    ],
    ids=str,
)
def test_a_record_that_says_more_needs_them(demanding: Partner, more: dict[str, Any]) -> None:
    response = demanding.post("customers", [{"Email": TILL, **more}, {"Email": TILL, "SmsOptin": False}])

    assert response.status_code == 400
    assert response.json()["errors"] == {
        f"[0].{name}": [f"The {name} field is required."] for name in ("CustomerId", "Language", "GdprOptin")
    }
    assert demanding.read("customers") == []


def test_an_opt_out_with_another_fault_is_told_that_fault_alone(demanding: Partner) -> None:
    response = demanding.post("customers", [{"Email": "kasse", "EmailOptin": False}])

    assert response.json()["errors"] == {"[0].Email": ["The field Email must be a valid e-mail address."]}


def test_every_flag_can_withdraw() -> None:
    assert len(WITHDRAWN) == len(FLAGS)
