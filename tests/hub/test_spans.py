"""Traces for OpenTelemetry: from the request to its statements, under the hub's own trace id, without a value."""

import time
from collections.abc import Iterator
from io import StringIO

import pytest
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hub.spans import Tracing, exporting, job_span, sending, statement_span
from tests.conftest import CLIENT, Partner, lines
from tests.customers.records import customer
from tests.hub.test_tracing import INCOMING, TRACE_ID
from tests.spans import captured

pytestmark = pytest.mark.django_db


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    with captured() as exporter:
        yield exporter


def finished(spans: InMemorySpanExporter) -> list[ReadableSpan]:
    return list(spans.get_finished_spans())


def trace_of(span: ReadableSpan) -> str:
    assert span.context
    return f"{span.context.trace_id:032x}"


def test_a_request_and_its_statements_are_one_trace_the_callers(partner: Partner, spans: InMemorySpanExporter) -> None:
    response = partner.post("customers", [customer()], traceparent=INCOMING)

    *statements, request = finished(spans)
    assert request.context
    assert {trace_of(span) for span in finished(spans)} == {TRACE_ID}
    assert response["traceparent"] == f"00-{TRACE_ID}-{request.context.span_id:016x}-01"
    assert request.name.startswith("POST ^customers/")
    assert (request.attributes or {})["http.response.status_code"] == 200
    assert len(statements) >= 2
    assert all(span.parent and span.parent.trace_id == request.context.trace_id for span in statements)
    assert {span.name for span in statements} >= {"WITH"}


def test_a_request_without_a_trace_gets_one_that_the_log_and_the_changeset_have(
    partner: Partner, spans: InMemorySpanExporter, log: StringIO
) -> None:
    response = partner.post("customers", [customer()])

    found = trace_of(finished(spans)[-1])
    assert response["X-Request-Id"] == found == partner.changes()[0]["TraceId"]
    assert lines(log)[0]["trace_id"] == found


def test_no_span_holds_a_value(partner: Partner, spans: InMemorySpanExporter) -> None:
    secrets = ["ada@example.com", "C-secret", "Lovelace", partner.key]
    partner.post("customers", [customer(CustomerId="C-secret", Email="ada@example.com", Surname="Lovelace")])
    partner.get("/customers/{tenant}/C-secret")
    partner.get("/customers/{tenant}", Email="ada@example.com")
    partner.delete("/customers/{tenant}", email="ada@example.com")
    CLIENT.get("/nowhere/ada@example.com?email=ada@example.com")

    written = "".join(span.to_json() for span in finished(spans))

    assert len(finished(spans)) > 10
    assert [secret for secret in secrets if secret in written] == []


def test_an_error_is_noted_by_its_kind_alone(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="ada"), job_span("tenants.tasks.purge", 7), statement_span("SELECT %s"):
        raise ValueError("ada@example.com")

    written = "".join(span.to_json() for span in finished(spans))
    assert "ValueError" in written
    assert "ada@" not in written


def test_what_is_asked_beside_requests_and_jobs_makes_no_span(spans: InMemorySpanExporter) -> None:
    with statement_span("SELECT 1"):
        pass

    assert finished(spans) == []


class Stuck(SpanProcessor):
    """Sends to a collector that is away."""

    def shutdown(self) -> None:
        time.sleep(3600)


def test_a_collector_that_is_away_keeps_no_process_from_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.spans.ENDING_SECONDS", 0.1)

    with sending(Stuck()):
        assert Tracing.tracer is not None
    assert Tracing.tracer is None


def test_nothing_is_traced_where_no_endpoint_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)

    with exporting():
        assert Tracing.tracer is None


def test_an_endpoint_without_the_packages_is_told_and_no_more(monkeypatch: pytest.MonkeyPatch, log: StringIO) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("hub.spans.IS_INSTALLED", False)

    with exporting():
        assert Tracing.tracer is None
    assert lines(log)[0]["event"] == "traces are not sent: install requirements-tracing.txt"
