"""POST and DELETE /v1/programs/{programId}/integrations/api (document 002)."""

from typing import Any

import pytest
from django.db import connection

from tenants.models import ConsentChange
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import (
    PROGRAM,
    assert_keys_true,
    send_users,
    statuses,
    the_customer,
    update,
    upload,
    user,
)

A, B, C = "a@example.com", "b@example.com", "c@example.com"

pytestmark = pytest.mark.parametrize("partner", ["customerid", "email"], indirect=True)


@pytest.fixture
def partner(request: pytest.FixtureRequest, make_tenant: MakeTenant) -> Partner:
    """A tenant of either priority: the dialect goes by e-mail for both."""
    return make_tenant(priority=request.param)


def delete(partner: Partner, query: str) -> Any:
    return partner.send("DELETE", f"{PROGRAM}?{query}", **{"api-key": partner.key})


def test_a_customer_is_created_and_updated(partner: Partner) -> None:
    results = update(partner, user("Jane@Example.com", "1", name="Jane Doe", phone="+14155550123", emailVerified=True))

    assert results == [{"index": 0, "email": "Jane@Example.com", "status": "created"}]
    customer = the_customer(partner)
    assert (customer["CustomerId"], customer["Email"]) == ("1", "jane@example.com")
    assert (customer["Name"], customer["Phone"]) == ("Jane Doe", "+14155550123")
    assert customer["Attributes"] == {"emailVerified": True}
    assert statuses(partner, user("jane@example.com", "1", name="Jane")) == ["updated"]


def test_fields_left_out_keep_their_value(partner: Partner) -> None:
    update(partner, user(A, "1", name="Jane", phone="+14155550123", emailVerified=True))

    update(partner, user(A, "1"), user(A, "1", phone=None, emailVerified=None, email=None))

    customer = the_customer(partner)
    assert (customer["Name"], customer["Phone"]) == ("Jane", "+14155550123")
    assert customer["Attributes"] == {"emailVerified": True}


def test_a_null_name_is_cleared_and_defaults_are_null_and_false(partner: Partner) -> None:
    update(partner, user(A, "1", name="Jane"), user(A, "1", name=None), user(B, "2"))

    for customer in partner.read("customers"):
        assert (customer["Name"], customer["Phone"]) == (None, None)
        assert customer["Attributes"] == {"emailVerified": False}


def test_a_rename_is_followed_within_the_batch(partner: Partner) -> None:
    update(partner, user(A, "1", name="Jane"))
    hub_id = the_customer(partner)["HubId"]

    assert statuses(partner, user(A, "1", email=B), user(B, "1", email=C), user(C, "1", phone="1")) == ["updated"] * 3

    customer = the_customer(partner)
    assert (customer["HubId"], customer["Email"], customer["Name"], customer["Phone"]) == (hub_id, C, "Jane", "1")
    assert_keys_true(partner)


def test_customers_may_exchange_their_emails(partner: Partner) -> None:
    update(partner, user(A, "1"), user(B, "2"))

    assert statuses(partner, user(A, "1", email=C), user(B, "2", email=A), user(C, "1", email=B)) == ["updated"] * 3

    assert {(c["CustomerId"], c["Email"]) for c in partner.read("customers")} == {("1", B), ("2", A)}
    assert_keys_true(partner)
    assert partner.changes()[-1]["Created"] == []


def test_a_rename_sent_twice_is_one(partner: Partner) -> None:
    update(partner, user(A, "1"))

    assert statuses(partner, user(A, "1", email=B)) == ["updated"]
    assert statuses(partner, user(A, "1", email=B)) == ["updated"]

    assert the_customer(partner)["Email"] == B


def test_an_email_that_is_taken_fails_that_record_alone(partner: Partner) -> None:
    update(partner, user(A, "1"), user(B, "2"))

    assert statuses(partner, user(A, "1", email=B, name="No"), user(B, "2", name="Yes")) == ["failed", "updated"]

    assert {(c["CustomerId"], c["Email"], c["Name"]) for c in partner.read("customers")} == {
        ("1", A, None),
        ("2", B, "Yes"),
    }


def test_an_id_that_another_customer_carries(partner: Partner) -> None:
    update(partner, user(A, "1"))

    (status,) = statuses(partner, user(B, "1"))

    by_id = partner.tenant.priority == "customerid"
    assert status == ("failed" if by_id else "created")
    assert len(partner.read("customers")) == (1 if by_id else 2)


def test_another_id_for_a_known_email_is_the_customers_new_one(partner: Partner) -> None:
    update(partner, user(A, "1", name="Jane"))

    assert statuses(partner, user(A, "9"), user(B, "1")) == ["updated", "created"]

    assert {(c["CustomerId"], c["Name"]) for c in partner.read("customers")} == {("9", "Jane"), ("1", None)}
    assert_keys_true(partner)


def test_of_several_with_one_email_the_id_tells_which(make_tenant: MakeTenant, partner: Partner) -> None:
    family = make_tenant(priority="customerid")
    family.save("customers", {"CustomerId": "1", "Email": A}, {"CustomerId": "2", "Email": A})

    assert statuses(family, user(A, "2", name="Bo"), user(A, "3")) == ["updated", "failed"]

    assert {(c["CustomerId"], c["Name"]) for c in family.read("customers")} == {("1", None), ("2", "Bo")}


@pytest.mark.parametrize(
    "record",
    [
        user(A, ""),
        {"email": A, "feature": "users", "payload": {"name": "Nobody"}},
        {"email": A, "feature": "users", "payload": {"externalCustomerId": None}},
        {"email": A, "feature": "users", "payload": {"externalCustomerId": 1}},
        {"email": A, "feature": "users", "payload": []},
        {"email": A, "feature": "users"},
        {"email": A, "feature": "points", "payload": {"externalCustomerId": "1"}},
        {"email": A, "payload": {"externalCustomerId": "1"}},
        {"email": "no address", "feature": "users", "payload": {"externalCustomerId": "1"}},
        {"feature": "users", "payload": {"externalCustomerId": "1"}},
        user(A, "1", email="no address"),
        user(A, "1", name="N" * 101),
        user(A, "1", name="\0"),
        user(A, "1", emailVerified="true"),
        user(A, "1", phone=1),
        user(A, "1", unknown=[[[[[]]]] * 2]) | {"email": 7},
        "text",
        None,
    ],
)
def test_a_faulty_record_fails_and_says_why(record: Any, partner: Partner) -> None:
    (alone,) = update(partner, record)
    assert alone["status"] == "failed"
    assert alone["error"]
    assert partner.read("customers") == []

    assert statuses(partner, record, user(B, "2")) == ["failed", "created"]


@pytest.mark.parametrize("body", [{"email": A}, b"", b"[", b"\xff", [user(A, "1")] * 101, b"[" * 2000 + b"]" * 2000])
def test_a_faulty_body_is_refused(body: Any, partner: Partner) -> None:
    response = send_users(partner, body)

    assert response.status_code == 400
    assert response.json()["results"] == []
    assert response.json()["error"]


def test_an_empty_batch_works(partner: Partner) -> None:
    assert send_users(partner, []).json() == {"results": []}
    assert send_users(partner, []).status_code == 201


def test_a_customer_is_deleted_by_email(partner: Partner) -> None:
    update(partner, user(A, "1"), user(B, "2"))

    for removed in (1, 0):
        response = delete(partner, "email=A%40example.com")
        assert response.status_code == 201
        assert response.json() == {"email": "a@example.com", "status": "deleted", "removed": removed}

    assert the_customer(partner)["Email"] == B
    assert [change["Source"] for change in partner.changes()] == ["jericommerce"] * 2


def test_a_plus_that_was_not_encoded_is_one(partner: Partner) -> None:
    update(partner, user("jane+news@example.com", "1"))

    assert delete(partner, "email=+Jane+News@example.com").json()["removed"] == 1
    assert partner.read("customers") == []


NO_EMAIL, ONCE = "The field email must be a valid e-mail address.", "The query parameter must be given once."
UNKNOWN = "Unknown query parameter."


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("", {}),
        ("email=", {}),
        ("email=no-address", {"email": NO_EMAIL}),
        (f"Email={A}", {"Email": UNKNOWN}),
        (f"email={A}&Email={A}", {"Email": UNKNOWN}),
        (f"email={A}&email={B}", {"email": ONCE}),
    ],
)
def test_a_delete_that_names_nobody_clearly_is_refused(query: str, wrong: dict[str, str], partner: Partner) -> None:
    update(partner, user(A, "1"), user(B, "2"))

    response = delete(partner, query)

    said = " ".join(f"{name}: {text}" for name, text in wrong.items()) or "The query parameter email is required."
    errors = {"errors": {name: [text] for name, text in wrong.items()}} if wrong else {}
    assert (response.status_code, response.json()) == (400, {"results": [], "error": said, **errors})
    assert len(partner.read("customers")) == 2


def test_a_parameter_that_nobody_knows_stores_nothing(partner: Partner) -> None:
    response = partner.send("POST", f"{PROGRAM}?dryRun=true", [user(A, "1")], **{"api-key": partner.key})

    assert response.status_code == 400
    assert response.json()["errors"] == {"dryRun": ["Unknown query parameter."]}
    assert partner.read("customers") == []


def test_a_customer_of_another_dialect_is_the_same_customer(partner: Partner) -> None:
    upload(partner, {"email": A, "can_email": True, "tags": ["vip"], "city": "Turku"})

    assert statuses(partner, user(A, "1", name="Jane", emailVerified=True)) == ["updated"]

    customer = the_customer(partner)
    assert (customer["CustomerId"], customer["Name"], customer["EmailOptin"]) == ("1", "Jane", True)
    assert customer["Attributes"] == {"city": "Turku", "emailVerified": True}
    assert customer["Tags"] == ["vip"]
    assert_keys_true(partner)
    assert not ConsentChange.objects.filter(tenant=partner.tenant, before__isnull=False).exists()


def test_100_customers_cost_a_fixed_number_of_statements(partner: Partner, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(
        9
    ):  # authorise, BEGIN, lock, look up by each identifier, upsert, changeset, COMMIT
        update(partner, *(user(f"{i}@example.com", str(i)) for i in range(100)))
    with django_assert_max_num_queries(14):  # and relatives, step aside, re-key
        update(partner, *(user(f"{i}@example.com", f"N-{i}", email=f"n.{i}@example.com") for i in range(100)))

    assert {c["Email"] for c in partner.read("customers")} == {f"n.{i}@example.com" for i in range(100)}


@pytest.mark.parametrize("program", ["id", "slug"])
def test_who_is_let_in(program: str, partner: Partner) -> None:
    path = PROGRAM.format(tenant=getattr(partner, program))
    for headers in (
        {"api-key": partner.key},
        {"Authorization": partner.key},
        {"Authorization": f"Bearer {partner.key}"},
        {"Authorization": f"bearer  {partner.key}"},
    ):
        assert partner.send("POST", path, [], **headers).status_code == 201
        assert partner.send("POST", path + "/", [], **headers).status_code == 201


def test_strangers_are_turned_away(partner: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()
    update(partner, user(A, "1"))
    for headers in ({"api-key": stranger.key}, {"Authorization": f"Bearer {stranger.key}"}, {"api-key": ""}):
        for method, path in (("POST", PROGRAM), ("DELETE", f"{PROGRAM}?email={A}")):
            response = partner.send(method, path, [user(B, "2")], **headers)
            assert response.status_code == 401
            assert response.json() == {"results": [], "error": "Unauthorized."}
            assert "X-RateLimit-Limit" in response.headers
    assert the_customer(partner)["Email"] == A
    assert stranger.read("customers") == []


@pytest.mark.parametrize("program", ["no-such-program", "00000000-0000-0000-0000-000000000000", "%20"])
@pytest.mark.parametrize("query", ["", f"?email={A}"])
def test_a_program_that_nobody_has_is_told_from_anothers_by_nothing(
    program: str, query: str, partner: Partner, make_tenant: MakeTenant
) -> None:
    method, other = "DELETE" if query else "POST", make_tenant()
    answers = [
        partner.send(method, PROGRAM.format(tenant=name) + query, [], **{"api-key": partner.key})
        for name in (program, other.slug, other.id)
    ]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert len({answer.content for answer in answers}) == 1
    assert len({frozenset(answer.headers) for answer in answers}) == 1


def test_a_program_with_nul_is_no_address(partner: Partner) -> None:
    response = partner.send("POST", "/v1/programs/a%00b/integrations/api", [], **{"api-key": partner.key})

    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"


def test_the_unforeseen_wears_the_vendors_shape(partner: Partner) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE customers_customer RENAME TO elsewhere")

    response = send_users(partner, [user(A, "1")])

    assert response.status_code == 500
    assert response.json() == {"results": [], "error": "An unexpected error occurred. Please try again."}
