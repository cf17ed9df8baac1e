"""POST /api/events/upload/: an unsubscribe withdraws from everyone it names, and nothing else is kept."""

from typing import Any

import pytest

from tenants.models import ConsentChange
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import EMAIL, PHONE, basic, by_id, the_customer, upload

EVENTS = "/api/events/upload/"
ANN = {"external_id": "1", "email": EMAIL, "phone_number": PHONE}
PERMITTED = dict.fromkeys(("can_email", "can_sms", "can_push", "can_profile", "can_post"), True)
UNSUBSCRIBE = {"type": "MAIL_UNSUBSCRIBE", "date": "2026-11-01 10:00:00"}


def send_events(partner: Partner, body: Any) -> Any:
    return partner.send("POST", EVENTS, body, **basic(partner.slug, partner.key))


def happen(partner: Partner, *events: Any) -> Any:
    """Send events that must be accepted, and return the answer."""
    response = send_events(partner, {"events": list(events)})
    assert response.status_code == 200, response.content
    assert response.json()["count"] == len(events)
    return response.json()


@pytest.mark.parametrize(("kind", "flag"), [("MAIL_UNSUBSCRIBE", "EmailOptin"), ("SMS_UNSUBSCRIBE", "SmsOptin")])
@pytest.mark.parametrize(
    "named",
    [
        {"email": EMAIL},
        {"email": " ANN@example.org "},
        {"external_id": "1"},
        {"customer_id": "1"},
        {"customer_id": 1},
        {"phone_number": "00358 (0)10 123 4567"},
        {"email": EMAIL, "customer_id": "0"},
        {"email": EMAIL, "customer_id": None},
    ],
)
@pytest.mark.parametrize("priority", ["customerid", "email"])
def test_an_unsubscribe_withdraws_one_permission(
    kind: str, flag: str, named: dict[str, Any], priority: str, make_tenant: MakeTenant
) -> None:
    partner = make_tenant(priority=priority)
    upload(partner, {**ANN, **PERMITTED, "first_name": "Ann", "tags": ["vip"]})
    before = the_customer(partner)

    answer = happen(partner, {"type": kind, "date": "2026-11-01 10:00:00", "store_id": "1", **named})

    assert answer == {"response": "ok", "count": 1}
    after = the_customer(partner)
    assert after == {**before, flag: False, "UpdatedAt": after["UpdatedAt"]}
    assert [(c["Operation"], c["Source"]) for c in partner.changes()] == [("upsert", "custobar")] * 2
    (change,) = ConsentChange.objects.filter(tenant=partner.tenant).exclude(before=None)
    assert change.customer == before["HubId"]


def test_an_unsubscribe_reaches_everyone_it_names(partner: Partner) -> None:
    upload(partner, *({"external_id": str(i), "email": EMAIL, **PERMITTED} for i in range(3)))
    upload(partner, {"external_id": "9", "phone_number": PHONE, **PERMITTED}, {"external_id": "5", **PERMITTED})

    upload(partner, {"external_id": "7", **PERMITTED})

    happen(partner, {**UNSUBSCRIBE, "email": EMAIL, "external_id": "9", "customer_id": 7})

    opted_in = {customer["CustomerId"] for customer in partner.read("customers") if customer["EmailOptin"]}
    assert opted_in == {"5"}


def test_one_upload_may_unsubscribe_many_times(partner: Partner) -> None:
    upload(partner, {**ANN, **PERMITTED}, {"external_id": "2", **PERMITTED})

    happen(
        partner,
        {**UNSUBSCRIBE, "email": EMAIL},
        {"type": "MAIL_SUBSCRIBE", "email": EMAIL},
        {"type": "SMS_UNSUBSCRIBE", "external_id": "1"},
        {**UNSUBSCRIBE, "email": EMAIL},
        {**UNSUBSCRIBE, "external_id": "2"},
    )

    flags = {name: (c["EmailOptin"], c["SmsOptin"]) for name, c in by_id(partner).items()}
    assert flags == {"1": (False, False), "2": (False, True)}
    assert len(partner.changes()) == 2


@pytest.mark.parametrize(
    "event", [{"type": "MAIL_SUBSCRIBE", "email": EMAIL}, {"type": "BROWSE"}, {"type": "MAIL_OPEN"}]
)
def test_other_events_are_accepted_and_ignored(event: dict[str, Any], partner: Partner) -> None:
    upload(partner, ANN)

    assert happen(partner, event) == {"response": "ok", "count": 1}

    assert len(partner.changes()) == 1
    assert the_customer(partner)["EmailOptin"] is False


def test_an_unsubscribe_of_nobody_creates_nobody(partner: Partner) -> None:
    answer = happen(partner, {**UNSUBSCRIBE, "email": EMAIL})

    assert answer["warnings"] == {"[0]": ["Nobody is known by it, so nothing was withdrawn."]}
    assert partner.read("customers") == []
    assert partner.changes() == []


def test_an_event_that_cannot_be_read_does_not_stop_the_others(partner: Partner) -> None:
    upload(partner, {**ANN, **PERMITTED})

    answer = happen(
        partner,
        7,
        {"email": EMAIL},
        {"type": ["MAIL_UNSUBSCRIBE"]},
        UNSUBSCRIBE,
        {**UNSUBSCRIBE, "email": "person"},
        {**UNSUBSCRIBE, "email": "\0@example.org", "customer_id": "0"},
        {**UNSUBSCRIBE, "email": "person", "external_id": "1"},
    )

    assert list(answer["rejected"]) == [f"[{i}]" for i in range(6)]
    assert answer["rejected"]["[4]"] == ["The field email must be a valid e-mail address."]
    assert answer["warnings"] == {"[6].email": ["The field email must be a valid e-mail address. Left out."]}
    assert the_customer(partner)["EmailOptin"] is False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"events": []}, 200),
        ([{**UNSUBSCRIBE, "email": EMAIL}], 200),
        (b'\xef\xbb\xbf{"events":[{"type":"X"}]}', 200),
        ({"events": [UNSUBSCRIBE, 7]}, 400),
        ({"events": {}}, 400),
        ({"customers": []}, 400),
        (b"{", 400),
        (b"", 400),
        ({"events": [{"type": "X"}] * 1001}, 400),
    ],
)
def test_odd_bodies(body: Any, status: int, partner: Partner) -> None:
    response = send_events(partner, body)

    assert response.status_code == status, response.content
    assert response.json()["response"] == ("ok" if status == 200 else "error")


def test_what_is_wrong_with_every_event_is_named_by_place(partner: Partner) -> None:
    errors = send_events(partner, [{**UNSUBSCRIBE, "email": "x"}, {}, UNSUBSCRIBE]).json()["error"]["errors"]

    assert list(errors) == ["[2]", "[0].email", "[1].type"]


def test_a_forgotten_person_stays_forgotten(partner: Partner) -> None:
    upload(partner, {**ANN, **PERMITTED}, {**ANN, "is_forgotten": True})

    happen(partner, {**UNSUBSCRIBE, "email": EMAIL})

    assert partner.read("customers") == []
    assert upload(partner, ANN)["skipped"] == [0]


def test_strangers_withdraw_nothing(partner: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()
    upload(partner, {**ANN, **PERMITTED})

    happen(stranger, {**UNSUBSCRIBE, "email": EMAIL})
    refused = partner.send("POST", EVENTS, [UNSUBSCRIBE], **basic(partner.slug, stranger.key))

    assert refused.status_code == 401
    assert refused.json()["error"]["reason"] == "Unauthorized."
    assert the_customer(partner)["EmailOptin"] is True


def test_500_unsubscribes_cost_a_fixed_number_of_statements(partner: Partner, django_assert_num_queries: Any) -> None:
    upload(partner, *({"external_id": str(i), "email": f"{i}@example.org", **PERMITTED} for i in range(500)))

    # authorise, BEGIN, lock, by external_id, by phone, by e-mail, store and changeset, COMMIT
    with django_assert_num_queries(8):
        events = [{**UNSUBSCRIBE, name: value} for i in range(166) for name, value in
                  (("email", f"{i}@example.org"), ("external_id", str(i + 166)), ("phone_number", PHONE))]  # fmt: skip
        happen(partner, *events)

    assert sum(customer["EmailOptin"] for customer in partner.read("customers")) == 500 - 2 * 166


def test_magentos_guest_alone_names_nobody_and_is_no_fault(partner: Partner) -> None:
    answer = happen(partner, {**UNSUBSCRIBE, "customer_id": 0})

    assert answer["warnings"] == {"[0]": ["Nobody is known by it, so nothing was withdrawn."]}
    assert "rejected" not in answer


def test_names_are_read_in_any_case_and_a_list_with_gaps_as_the_list_it_is(partner: Partner) -> None:
    upload(partner, {"email": EMAIL, "can_sms": True})

    body = {"Events": {"0": {"Type": "SMS_UNSUBSCRIBE", "Email": EMAIL}, "2": {"type": "OTHER"}}}
    response = send_events(partner, body)

    assert response.json() == {"response": "ok", "count": 2}
    assert the_customer(partner)["SmsOptin"] is False


@pytest.mark.parametrize("kind", ["UNSUBSCRIBE", "MAIL_UNSUBSCRIBED", "email_unsubscribe"])
def test_what_looks_like_an_unsubscribe_is_not_ignored_in_silence(partner: Partner, kind: str) -> None:
    answer = happen(partner, {"type": kind, "email": EMAIL})

    near = "Ignored: what withdraws is MAIL_UNSUBSCRIBE and SMS_UNSUBSCRIBE."
    assert answer["warnings"] == {"[0].type": [near]}
