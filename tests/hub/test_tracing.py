"""W3C trace context: one id in the answer, the 400 body, the changeset and the log, and nobody's data in the log."""

import json
import os
import re
import subprocess
import sys
from io import StringIO

import pytest
import structlog
from django.contrib.auth.models import User
from django.test import Client

from tenants.models import ApiKey
from tests.conftest import CLIENT, Partner, lines
from tests.orders.records import order

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
INCOMING = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
WELL_FORMED = re.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-00")


def test_an_incoming_trace_goes_on_under_a_span_of_ours(partner: Partner) -> None:
    response = partner.post("orders", [order()], traceparent=INCOMING)

    answered = response["traceparent"]
    match = WELL_FORMED.fullmatch(answered)
    assert match
    assert match[1] == TRACE_ID
    assert match[2] != "00f067aa0ba902b7"
    assert response["X-Request-Id"] == TRACE_ID


@pytest.mark.parametrize("path", ["/health", "/nowhere", "/orders", "/api/customers/upload/", "/admin/login/"])
def test_every_answer_has_the_trace_id_as_its_request_id(db: None, path: str) -> None:
    response = CLIENT.get(path)

    assert response["X-Request-Id"] == response["traceparent"][3:35]


@pytest.mark.parametrize(
    "incoming",
    [
        "",
        "nonsense",
        INCOMING.upper(),
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID}-00f067aa0ba902b7",
        f"00-{TRACE_ID}-00f067aa0ba902b7-01-more",
        f"ff-{TRACE_ID}-00f067aa0ba902b7-01",
        f"00-{TRACE_ID[:-1]}-00f067aa0ba902b7-01",
        f" {INCOMING}é",
        "x" * 10_000,
    ],
    ids=lambda incoming: incoming[:30],
)
def test_a_traceparent_that_is_none_is_replaced(partner: Partner, incoming: str) -> None:
    first, second = (partner.post("orders", [], traceparent=incoming)["traceparent"] for _ in range(2))

    assert WELL_FORMED.fullmatch(first)
    assert first[3:35] not in (second[3:35], TRACE_ID, "0" * 32)


def test_the_changeset_and_the_log_carry_the_id(partner: Partner, log: StringIO) -> None:
    partner.post("orders", [order()], traceparent=INCOMING)

    (line,) = lines(log)
    assert line["trace_id"] == TRACE_ID
    assert partner.changes()[0]["TraceId"] == TRACE_ID


def test_the_refusal_carries_the_id_its_header_and_the_log_have(partner: Partner, log: StringIO) -> None:
    response = partner.post("orders", [{}], traceparent=INCOMING)

    (line,) = lines(log)
    assert response.json()["traceId"] == response["traceparent"]
    assert response.json()["traceId"][3:35] == line["trace_id"] == TRACE_ID


@pytest.mark.parametrize("path", ["/nowhere", "/orders/x", "/orders/{tenant}/%00", "/health", "/orders"])
def test_every_answer_has_a_trace(partner: Partner, path: str) -> None:
    assert WELL_FORMED.fullmatch(partner.send("GET", path)["traceparent"])


def test_a_request_is_one_line_without_path_query_key_or_body(partner: Partner, log: StringIO) -> None:
    secrets = ["ada@example.com", "O-secret", "C-secret", partner.key, partner.key[:8]]
    record = order(OrderId="O-secret", CustomerId="C-secret")
    answers = [
        partner.post("orders", [record]),
        partner.post("orders", [{**record, "Currency": "ada@example.com"}]),
        partner.get("/orders/{tenant}/O-secret"),
        partner.get("/orders/{tenant}", Email="ada@example.com"),
        partner.get("/orders/{tenant}", **{"ada@example.com": "1"}),
        partner.delete("/customers/{tenant}", email="ada@example.com"),
        partner.delete("/orders/{tenant}/O-secret/items", productId="O-secret", sku="C-secret"),
        partner.delete("/orders/{tenant}/O-secret"),
        partner.send("PATCH", "/orders/{tenant}/O-secret"),
        partner.get("/nowhere/ada@example.com"),
        partner.get("/orders/ada@example.com"),
        partner.get("/orders/{tenant}/O-secret%00"),
    ]

    written = log.getvalue()

    assert len(written.splitlines()) == len(answers)
    assert [secret for secret in secrets if secret in written] == []


def test_a_trace_ends_with_its_request(partner: Partner) -> None:
    partner.post("orders", [order()])

    assert structlog.contextvars.get_contextvars() == {}


def test_a_line_says_route_status_and_time(partner: Partner, log: StringIO) -> None:
    partner.delete("/orders/{tenant}/O-1")

    (line,) = lines(log)
    assert line["route"].startswith("^orders/(?P<tenant_id>")
    assert (line["method"], line["status"], line["tenant"]) == ("DELETE", 200, partner.id)
    assert line["ms"] > 0


def test_a_line_names_the_key_by_its_id(partner: Partner, log: StringIO) -> None:
    partner.delete("/orders/{tenant}/O-1")
    CLIENT.get("/nowhere")

    keys = [(line["key"], line["user"]) for line in lines(log)]
    assert keys == [(ApiKey.objects.get(tenant=partner.tenant).pk, None), (None, None)]


def test_a_line_names_who_is_logged_in_by_their_id(db: None, log: StringIO) -> None:
    user = User.objects.create_user("maria", password="correct horse battery", is_staff=True)
    client = Client()
    client.get("/admin/")
    client.post("/admin/login/", {"username": "maria", "password": "wrong"})
    client.post("/admin/login/", {"username": "maria", "password": "correct horse battery"})
    client.get("/admin/")
    client.get("/admin/customers/customer/7/change/")

    assert [line["user"] for line in lines(log)] == [None, None, user.pk, user.pk, user.pk]
    assert "maria" not in log.getvalue()


def test_a_line_names_no_address(partner: Partner, log: StringIO) -> None:
    CLIENT.get("/nowhere", REMOTE_ADDR="203.0.113.7")

    assert "203.0.113.7" not in log.getvalue()


FORWARDED = {  # by X-Forwarded-For as one trusted proxy sends it: the address and its network as they are logged
    "192.0.2.1, 203.0.113.7": ("203.0.113.7", "203.0.113.0/24"),
    "203.0.113.7:4711": ("203.0.113.7", "203.0.113.0/24"),
    "::ffff:203.0.113.7": ("203.0.113.7", "203.0.113.0/24"),
    "2001:DB8:1:2:3:4:5:6": ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
    "nobody": ("10.0.0.1", "10.0.0.0/24"),
}
ASK = f"""
import django; django.setup()
from django.test import Client
client = Client(REMOTE_ADDR="10.0.0.1")
for forwarded in {list(FORWARDED)}:
    client.get("/nowhere", headers={{"X-Forwarded-For": forwarded}})
"""


@pytest.mark.parametrize(("value", "place"), [("true", 0), ("On", 0), ("truncated", 1), ("false", None), ("", None)])
def test_lines_name_the_address_or_its_network_or_nothing_as_it_is_set(value: str, place: int | None) -> None:
    """In a process of its own: what is set when the hub starts decides what a request passes through."""
    given = {"DJANGO_SETTINGS_MODULE": "hub.settings", "LOG_ADDRESSES": value, "PROXIES": "1", "DEBUG": "true"}
    set_to = {**os.environ, **given, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "LOG_LEVEL": "INFO"}
    ran = subprocess.run([sys.executable, "-c", ASK], env=set_to, capture_output=True, text=True, check=True)

    told = [line for line in map(json.loads, ran.stderr.splitlines()) if line["event"] == "request"]
    assert [line.get("address") for line in told] == [
        None if place is None else logged[place] for logged in FORWARDED.values()
    ]


def test_the_next_request_of_the_thread_has_another_trace(partner: Partner, log: StringIO) -> None:
    partner.post("orders", [], traceparent=INCOMING)
    CLIENT.get("/nowhere")

    assert [line["trace_id"] == TRACE_ID for line in lines(log)] == [True, False]
