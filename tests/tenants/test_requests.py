"""The request log: every call as it was answered, without any value that was sent, and never in an answer's way."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from hub.api.errors import BUSY, ApiError
from hub.records.mistakes import masked, masked_name
from tenants.models import ApiKey, Changeset, LoggedRequest, RequestCount, StrangerCount, StrangerRequest
from tenants.requests import strangers, writer
from tenants.requests.purge import purge_requests
from tenants.requests.writer import WRITER, Writer
from tests.conftest import CLIENT, MakeTenant, Partner, examples, lines
from tests.requests_log import logged

TRACE = "0af7651916cd43dd8448eb211c80319c"
PROGRAM, UPLOAD, EVENTS = "/v1/programs/{tenant}/integrations/api", "/api/customers/upload/", "/api/events/upload/"


def send(partner: Partner, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """Send a request with the key in every dialect's header."""
    keys = {"api-key": partner.key, "Authorization": f"Bearer {partner.key}"}
    return partner.send(method, path, body, **{**keys, **headers})


def test_a_write_is_logged_with_what_became_of_it(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1"})
    body = b'[{"CustomerId": "C-1"}, {"CustomerId": "C-2"}, {"CustomerId": "C-1", "Name": "Ann"}]'
    partner.post("customers", body, traceparent=f"00-{TRACE}-b7ad6b7169203331-01")

    _, row = logged(partner)

    assert (row.method, row.route, row.status, row.source) == ("POST", "/customers/{tenantId}", 200, "api")
    assert (row.received, row.created, row.updated, row.unchanged, row.removed) == (3, 1, 1, 0, 0)
    assert (row.changeset, row.size, row.trace_id) == (2, len(body), TRACE)
    assert row.api_key_id == ApiKey.objects.get(tenant=partner.tenant).pk
    assert (row.faults, row.codes, row.errors) == (0, [], [])
    assert row.milliseconds > 0
    assert timedelta() < timezone.now() - row.created_at < timedelta(minutes=1)


def test_a_refused_batch_is_logged_with_each_error_once(partner: Partner) -> None:
    partner.post("customers", [{"CustomerId": "1", "Language": "x" * 11}] * 240 + [{}])

    (row,) = logged(partner)

    assert (row.status, row.faults, row.codes) == (400, 241, ["too_long", "identifier_missing"])
    assert row.errors == [
        {
            "code": "too_long",
            "field": "Language",
            "text": "The field Language must be a string with a maximum length of 10.",
            "is_warning": False,
            "times": 240,
            "records": list(range(100)),
        },
        {
            "code": "identifier_missing",
            "field": "",
            "text": "At least one of the following properties must have a value: CustomerId, Email",
            "is_warning": False,
            "times": 1,
            "records": [240],
        },
    ]


def test_a_route_is_written_as_the_documents_do(partner: Partner) -> None:
    partner.send("DELETE", "/orders/{tenant}/O-1/items?productId=SECRET&sku=SECRET")

    (row,) = logged(partner)

    assert row.route == "/orders/{tenantId}/{orderId}/items"
    assert row.removed == 0
    assert "SECRET" not in repr(vars(row))


# Every status of every dialect: what is asked, and (status, dialect, route, codes).
CALLS: list[tuple[dict[str, Any], tuple[int, str, str, list[str]]]] = [
    ({"method": "GET", "path": "/customers/{tenant}"}, (200, "api", "/customers/{tenantId}", [])),
    (
        {"method": "GET", "path": "/customers/{tenant}?Nonsense=1"},
        (400, "api", "/customers/{tenantId}", ["unknown_parameter"]),
    ),
    (
        {"method": "DELETE", "path": "/customers/{tenant}"},
        (400, "api", "/customers/{tenantId}", ["bad_request"]),
    ),
    (
        {"method": "GET", "path": "/customers/{tenant}/C-9"},
        (404, "api", "/customers/{tenantId}/{id}", ["not_found"]),
    ),
    (
        {"method": "PUT", "path": "/orders/{tenant}"},
        (405, "api", "/orders/{tenantId}", ["method_not_allowed"]),
    ),
    ({"method": "HEAD", "path": "/orders/{tenant}"}, (200, "api", "/orders/{tenantId}", [])),
    (
        {"method": "POST", "path": "/products/{tenant}", "body": b"[" + b" " * 10 * 1024 * 1024 + b"]"},
        (413, "api", "/products/{tenantId}", ["body_too_large"]),
    ),
    (
        {"method": "POST", "path": "/products/{tenant}", "body": b"x", "content_type": "text/plain"},
        (415, "api", "/products/{tenantId}", ["media_type"]),
    ),
    (
        {"method": "POST", "path": UPLOAD, "body": {"customers": [{"external_id": "a1"}]}},
        (200, "custobar", "/api/customers/upload", []),
    ),
    (
        {"method": "POST", "path": UPLOAD, "body": {"customers": [{"city": "x"}]}},
        (400, "custobar", "/api/customers/upload", ["identifier_missing"]),
    ),
    (
        {"method": "POST", "path": EVENTS, "body": {"events": [{"type": "MAIL_UNSUBSCRIBE", "email": "a@b.example"}]}},
        (200, "custobar", "/api/events/upload", ["warning"]),
    ),
    (
        {"method": "GET", "path": "/api/data/customers/?email="},
        (400, "custobar", "/api/data/customers", ["empty_parameter"]),
    ),
    (
        {"method": "POST", "path": PROGRAM, "body": [{"email": "a@b.example", "feature": "x", "payload": {}}]},
        (404, "jericommerce", "/v1/programs/{programId}/integrations/api", ["refused"]),
    ),
    (
        {"method": "POST", "path": PROGRAM, "body": {}},
        (400, "jericommerce", "/v1/programs/{programId}/integrations/api", ["bad_request"]),
    ),
    (
        {"method": "DELETE", "path": PROGRAM + "?email=a@b.example"},
        (201, "jericommerce", "/v1/programs/{programId}/integrations/api", []),
    ),
]


@pytest.mark.parametrize(("call", "expected"), CALLS, ids=lambda value: str(value)[:60])
def test_every_status_and_dialect_is_logged(
    partner: Partner, call: dict[str, Any], expected: tuple[int, str, str, list[str]]
) -> None:
    answer = send(partner, **call)

    (row,) = logged(partner)
    assert (row.status, row.source, row.route, row.codes) == expected
    assert (row.status, row.method) == (answer.status_code, call["method"])
    assert row.trace_id == answer["X-Request-Id"]
    assert (row.faults > 0) == bool(row.codes)


def test_a_disabled_tenant_an_exhausted_one_and_a_failure_are_logged(
    make_tenant: MakeTenant, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = make_tenant(per_minute=1)
    few.get("/customers/{tenant}")
    few.get("/customers/{tenant}")
    assert [(row.status, row.codes) for row in logged(few)] == [(200, []), (429, ["rate_limited"])]

    monkeypatch.setattr("customers.views.upsert_customers", None)
    partner.post("customers", [{"CustomerId": "1"}])
    monkeypatch.setattr("customers.views.upsert_customers", away)
    partner.post("customers", [{"CustomerId": "1"}])
    partner.tenant.is_enabled = False
    partner.tenant.save()
    partner.get("/customers/{tenant}")
    assert [(row.status, row.codes) for row in logged(partner)] == [
        (500, ["unexpected"]),
        (503, ["unavailable"]),
        (403, ["forbidden"]),
    ]


def away(*_: Any, **__: Any) -> None:
    raise ApiError(503, BUSY)


@pytest.mark.within("a day")
def test_refusals_that_no_limit_bounds_are_counted_and_ten_kept_whole(make_tenant: MakeTenant) -> None:
    partner = make_tenant(per_minute=1)
    for _ in range(31):
        partner.get("/customers/{tenant}")

    assert [row.status for row in logged(partner)] == [200, *[429] * 10]
    assert dict(RequestCount.objects.values_list("status", "requests")) == {200: 1, 429: 30}


@pytest.mark.within("a day")
def test_warnings_of_every_dialect_are_logged(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1", "Phone": "5", "Emailoptn": True})
    upload = [{"external_id": "a1", "can_email": "maybe", "shoe": 1}, {"external_id": "?"}]
    send(partner, "POST", UPLOAD, {"customers": upload})
    good = {"email": "a@b.example", "feature": "users", "payload": {"externalCustomerId": "9"}}
    send(partner, "POST", PROGRAM, [good, {"email": "x", "feature": "users", "payload": {}}])

    native, custobar, jericommerce = (
        {(error["code"], error["field"], error["is_warning"], *error["records"]) for error in row.errors}
        for row in logged(partner)
    )

    assert native == {("warning", "Phone", True, 0), ("unknown_field", "E…n", True, 0)}
    assert custobar == {
        ("not_a_boolean", "can_email", True, 0),
        ("unknown_field", "s…e", True, 0),
        ("letters_digits_dashes", "external_id", False, 1),
    }
    assert jericommerce == {("email", "email", False, 1)}
    assert [row.status for row in logged(partner)] == [200, 200, 201]
    assert {row.warned for row in RequestCount.objects.all()} == {1, 2}


# What a client has made up: values that no field may have, under names that look like documented ones.
MADE_UP = [
    ("POST", "/customers/{tenant}", '[{"CustomerId": "1", "NAME": "\\u0000"}]', {"forbidden_character"}),
    ("POST", "/customers/{tenant}", '[{"CustomerId": "1", "NAME": {"NAME": "\\ud800"}}]', {"lone_surrogate"}),
    ("POST", "/customers/{tenant}", '[{"CustomerId": "1", "NAME": NaN}]', {"not_a_number"}),
    ("POST", "/customers/{tenant}", '[{"CustomerId": "1", "NAME": 1}]', {"unknown_field"}),
    ("POST", "/customers/{tenant}", '{"NAME": [{"CustomerId": "1"}]}', {"not_json_array"}),
    ("POST", "/orders/{tenant}", '[{"OrderId": "1", "NAME": "\\u0000"}]', {"forbidden_character"}),
    ("POST", "/orders/{tenant}", '[{"OrderId": "1", "OrderItems": [{"NAME": "\\u0000", "Sku": 1}]}]',
     {"forbidden_character", "not_a_string"}),
    ("POST", "/products/{tenant}", '[{"ProductId": "1", "ProductVariants": [{"NAME": "\\u0000"}]}]',
     {"forbidden_character"}),
    ("GET", "/customers/{tenant}?NAME=NAME&Email=(NAME)", "", {"unknown_parameter", "email"}),
    ("DELETE", "/customers/{tenant}?NAME=NAME", "", {"unknown_parameter"}),
    ("NAME", "/customers/{tenant}", "", {"method_not_allowed"}),
    ("DELETE", PROGRAM + "?email=a@b.example&NAME=1", "", {"unknown_parameter"}),
    ("POST", PROGRAM + "?NAME=1", "[]", {"unknown_parameter"}),
    ("POST", PROGRAM, '[{"email": "NAME", "feature": "NAME", "NAME": "\\u0000", "payload": {"NAME": "\\u0000"}}]',
     {"forbidden_character"}),
    ("POST", UPLOAD, '{"customers": [{"email": "(NAME)", "NAME": 1, "NAME__NAME": "\\u0000"}]}', {"email"}),
    ("POST", UPLOAD, '{"customers": [{"external_id": "1", "NAME": 1, "NAME__NAME": "\\u0000"}]}',
     {"forbidden_character"}),
    ("POST", EVENTS, '{"events": [{"type": "MAIL_UNSUBSCRIBE", "email": "(NAME)", "NAME": 1}]}', {"email"}),
    ("POST", EVENTS, '{"events": [{"type": "NAME_UNSUBSCRIBED", "email": "NAME", "NAME": 1}]}', {"warning"}),
]  # fmt: skip


@pytest.mark.parametrize("name", ["anna.svensson", "Anna", "OrderItems.anna", "anna@example.com", "anna__svensson"])
@pytest.mark.parametrize(("method", "path", "body", "codes"), MADE_UP, ids=[str(i) for i in range(len(MADE_UP))])
def test_names_that_a_client_made_up_are_not_kept(
    partner: Partner, method: str, path: str, body: str, codes: set[str], name: str
) -> None:
    send(partner, method.replace("NAME", name), path.replace("NAME", name), body.replace("NAME", name).encode())

    (row,) = logged(partner)

    assert "anna" not in repr(vars(row)).lower()
    assert codes <= set(row.codes)


LETTERS = st.text(st.characters(codec="utf-8", categories=("Lu", "Ll", "Nd", "So")), min_size=4, max_size=60)
VALUES = st.one_of(
    LETTERS, st.builds("{}@{}.{}".format, LETTERS, LETTERS, LETTERS), st.integers(1000, 10**15), st.none()
)
FIELDS = st.sampled_from(["CustomerId", "Email", "Phone", "Language", "GdprOptin", "email", "phone_number", "payload"])
RECORDS = st.lists(st.dictionaries(FIELDS | LETTERS, VALUES, max_size=5), max_size=4)
WRAPS: list[tuple[str, Any]] = [
    ("/customers/{tenant}", lambda records: records),
    ("/orders/{tenant}", lambda records: records),
    (UPLOAD, lambda records: {"customers": records}),
    (EVENTS, lambda records: {"events": [{"type": "MAIL_UNSUBSCRIBE", **record} for record in records]}),
    (PROGRAM, lambda records: [{"email": "a@b.example", "feature": "users", "payload": each} for each in records]),
]


@examples(60)
@given(records=RECORDS, way=st.sampled_from(WRAPS), query=st.dictionaries(FIELDS | LETTERS, LETTERS, max_size=2))
def test_no_value_and_no_name_that_was_sent_is_kept(
    partner: Partner, records: list[dict[str, Any]], way: tuple[str, Any], query: dict[str, str]
) -> None:
    path, wrap = way
    WRITER.forget()
    LoggedRequest.objects.all().delete()
    send(partner, "POST", path, wrap(records), **{"X-Odd": "1"})
    CLIENT.get(f"/customers/{partner.id}", query, headers={"x-replenit-auth-key": partner.key})

    kept = [text for row in logged(partner) for text in texts_of(row)]

    sent = {str(value) for record in records for value in record.values() if value is not None} | set(query.values())
    names = {name for record in records for name in record} | set(query)
    made_up = {text for text in sent | names if len(text) >= 4 and text not in OURS}
    assert [(value, text) for value in made_up for text in kept if value in text and text not in OURS_WHOLE] == []


def texts_of(row: LoggedRequest) -> list[str]:
    said = [error[name] for error in row.errors for name in ("text", "field", "code")]
    return [row.method, row.route, row.source, *row.codes, *said]


# Words that the hub's own sentences have; a client may well send one.
OURS = {"CustomerId", "Email", "Phone", "Language", "GdprOptin", "email", "phone_number", "payload"}
OURS_WHOLE = {"GET", "POST"}


def test_what_looks_like_an_address_is_masked() -> None:
    assert masked("No customer has jane.doe@example.com, sorry.") == "No customer has j…@e….com, sorry."
    assert masked("Nobody.") == "Nobody."
    assert [masked_name(name) for name in ("Emailoptn", "a", "", "Ann", "åäöå", "a\0bc!")] == [
        *("E…n", "…", "…", "…", "…", "…"),
    ]


# Strangers


@pytest.mark.within("an hour")
def test_calls_without_a_tenant_are_counted_by_network_and_hour(partner: Partner) -> None:
    wrong = Partner(partner.tenant, "wrong")
    for _ in range(3):
        wrong.get("/customers/{tenant}")
    partner.send("GET", "/nowhere")
    partner.send("GET", "/customers/no-guid")
    partner.send("SECRET", "/customers")
    partner.send("GET", "/health")
    CLIENT.get("/admin/nowhere/")

    assert logged(partner) == []
    assert dict(StrangerCount.objects.values_list("status", "requests")) == {401: 3, 404: 1, 400: 2}
    assert {row.network for row in StrangerCount.objects.all()} == {"127.0.0.1"}
    rows = StrangerRequest.objects.order_by("pk").values_list("status", "code", "method", "route")
    assert list(rows)[2:] == [
        (401, "unauthorised", "GET", "/customers/{tenantId}"),
        (404, "not_found", "GET", ""),
        (400, "bad_request", "GET", "/customers/{tenantId}"),
        (400, "bad_request", "other", "/(?:customers|orders|products|changes|exports|imports|requests)"),
    ]


@pytest.mark.within("an hour")
def test_a_flood_of_strangers_does_not_grow_the_tables(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "MOST_KEPT", 20)
    monkeypatch.setattr(strangers, "MOST_NETWORKS", 10)
    for turn in range(3):
        WRITER.forget()
        for number in range(30):
            address = f"192.0.{turn}.{number}"
            CLIENT.get("/nowhere", REMOTE_ADDR=address)
        WRITER.flush()

    assert StrangerRequest.objects.count() == 20
    assert StrangerRequest.objects.latest("pk").network == "192.0.2.29"
    counted = dict(StrangerCount.objects.values_list("network", "requests"))
    assert len(counted) <= 11
    assert sum(counted.values()) == 90
    assert counted["others"] >= 80


# What an answer pays, and what is lost


def test_a_call_costs_no_query_more(partner: Partner, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):  # the key, and what was asked for
        partner.get("/changes/{tenant}")


def test_a_line_that_can_not_be_made_leaves_the_answer_alone(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.api.recording.trace_id", None)  # anything may fail

    response = partner.post("customers", [{}])

    assert response.status_code == 400
    assert response.json()["errors"]


def test_what_can_not_be_written_waits_and_comes_in_order(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(writer, "execute", broken)
        patch.setattr(strangers, "execute", broken)
        for number in range(3):
            partner.get("/customers/{tenant}", CustomerId=str(number))
            with pytest.raises(OperationalError):
                WRITER.flush()
        partner.send("GET", "/nowhere")
        WRITER.attempt()
        assert WRITER.is_away
    partner.delete("/customers/{tenant}", customerId="1")

    assert [row.method for row in logged(partner)] == ["GET", "GET", "GET", "DELETE"]
    assert StrangerCount.objects.get().requests == 1


def broken(*_: Any) -> None:
    raise OperationalError("the database is away")


def test_what_there_is_no_room_for_is_counted_and_told(
    partner: Partner, monkeypatch: pytest.MonkeyPatch, log: Any
) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 2)
    for _ in range(5):
        partner.get("/customers/{tenant}")

    WRITER.attempt()

    assert len(logged(partner)) == 2
    (line,) = (line for line in lines(log) if line["event"] == "requests are missing in the request log")
    assert line["number"] == 3


def test_a_line_that_no_table_takes_keeps_no_other_back(
    partner: Partner, monkeypatch: pytest.MonkeyPatch, log: Any
) -> None:
    for number in range(4):
        with monkeypatch.context() as patch:
            if number == 2:
                patch.setattr("tenants.api.recording.trace_id", lambda request: "x" * 33)
            partner.get("/customers/{tenant}")

    assert len(logged(partner)) == 3
    assert [line["event"] for line in lines(log) if line["level"] == "error"] == ["a request could not be logged"]
    WRITER.lost = 0


@pytest.mark.django_db(transaction=True)
def test_a_thread_writes_and_the_last_is_written_at_the_end(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Writer()
    monkeypatch.setattr("tenants.api.recording.WRITER", own)
    monkeypatch.setattr(writer, "PAUSE_SECONDS", 3600)
    own.serve()
    partner.get("/customers/{tenant}")
    assert own.thread
    assert not LoggedRequest.objects.exists()

    own.end()

    assert LoggedRequest.objects.count() == 1
    assert not own.thread.is_alive()


# Links and its end


def test_a_request_names_its_changeset_and_is_found_by_its_trace(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1"})

    (row,) = logged(partner)
    changeset = Changeset.objects.get()

    assert (row.changeset, row.trace_id) == (changeset.number, changeset.trace_id)


def test_an_erased_person_leaves_nothing(partner: Partner) -> None:
    anna = {"CustomerId": "marker-17", "Email": "marker@example.com", "Name": "Markeranna", "Phone": "+46709999999"}
    partner.save("customers", anna)
    partner.post("customers", [{**anna, "Language": "Markeranna markeranna", "Markername": "marker@example.com"}])
    partner.get("/customers/{tenant}", Email="marker@example.com", Marker="marker")
    partner.get("/customers/{tenant}/marker-17")
    send(partner, "POST", PROGRAM, [{"email": "marker@", "feature": "marker", "payload": {"marker": 1}}])
    send(partner, "POST", UPLOAD, {"customers": [{"external_id": "marker 17", "phone_number": "marker"}]})
    partner.delete("/customers/{tenant}", email="marker@example.com")

    WRITER.flush()
    kept = str(
        [list(model.objects.values()) for model in (LoggedRequest, RequestCount, StrangerRequest, StrangerCount)]
    )

    assert LoggedRequest.objects.count() == 7
    assert "marker" not in kept.lower()
    assert "9999999" not in kept


def test_what_is_older_than_thirty_days_is_purged(partner: Partner) -> None:
    partner.post("customers", [{}])
    partner.post("customers", [{}])
    old, _ = logged(partner)
    LoggedRequest.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))

    assert purge_requests() == 1

    assert LoggedRequest.objects.count() == 1
