"""Traces for OpenTelemetry: a span for each request and job, and within it one for each statement.

There where its packages are installed (requirements-tracing.txt) and OTEL_EXPORTER_OTLP_ENDPOINT says where to send
them; its other variables hold, too. Else nothing is done. The trace of a request is the hub's own: the id in its
answer, its log line and its changeset. A statement's text is as the hub composed it, without a value.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from threading import Thread
from typing import Any

import structlog

try:
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError:
    IS_INSTALLED = False
else:
    IS_INSTALLED = True
try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
except ImportError:
    IS_INSTALLED = False

log = structlog.get_logger("hub.spans")
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
ENDING_SECONDS = 2.0  # for the last spans to be sent
VERB = re.compile(r"(?:\s|--[^\n]*\n)*(\w+)")
NOTHING: AbstractContextManager[Any] = nullcontext()
Labels = Mapping[str, str | int]


class Tracing:
    """Who makes spans; nobody where they are not sent anywhere."""

    tracer: "trace.Tracer | None" = None


@dataclass(frozen=True, slots=True)
class RequestSpan:
    """The span of a request, from its beginning to the end of its answer."""

    span: Any

    @property
    def traceparent(self) -> str:
        """The trace and the span as W3C's header writes them."""
        said = self.span.get_span_context()
        return f"00-{said.trace_id:032x}-{said.span_id:016x}-{int(said.trace_flags):02x}"

    def current(self) -> AbstractContextManager[Any]:
        """Have what is done within the block be part of it."""
        return trace.use_span(self.span, end_on_exit=False, record_exception=False, set_status_on_exception=False)

    def end(self, method: str, route: str, status: int) -> None:
        """Name and end it. The name has the route's pattern, never the path."""
        self.span.update_name(f"{method} {route}")
        known = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        self.span.set_attributes(known)
        if status >= 500:
            self.span.set_status(trace.StatusCode.ERROR)
        self.span.end()


def begin_request(parent: str) -> RequestSpan | None:
    """Begin the span of a request, in the trace that a valid traceparent names; return None where spans go nowhere."""
    if Tracing.tracer is None:
        return None
    within = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    return RequestSpan(Tracing.tracer.start_span("request", within, kind=trace.SpanKind.SERVER))


def job_span(task: str, job: int | None) -> AbstractContextManager[Any]:
    """Have the block be a span of a job; an error in it is noted by its kind alone."""
    return NOTHING if Tracing.tracer is None else _span(task, {"hub.job": job or 0}, trace.SpanKind.CONSUMER)


def statement_span(statement: str) -> AbstractContextManager[Any]:
    """Have the block be a span of a statement with placeholders, within a request or a job; elsewhere of none."""
    if Tracing.tracer is None or not trace.get_current_span().get_span_context().is_valid:
        return NOTHING
    verb = VERB.match(statement)
    known = {"db.system.name": "postgresql", "db.query.text": statement}
    return _span(verb[1].upper() if verb else "statement", known, trace.SpanKind.CLIENT)


def around_statement(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """Run a statement of Django's own in a span (an execute_wrapper)."""
    with statement_span(str(sql)):
        return execute(sql, params, many, context)


@contextmanager
def _span(name: str, known: Labels, kind: Any) -> Iterator[None]:
    assert Tracing.tracer  # noqa: S101 — asked before
    with Tracing.tracer.start_as_current_span(
        name, kind=kind, attributes=known, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except Exception as error:
            span.set_attribute("error.type", type(error).__qualname__)  # a message may quote a row
            span.set_status(trace.StatusCode.ERROR)
            raise


@contextmanager
def sending(processor: "SpanProcessor") -> Iterator[None]:
    """Have spans made, and given to a processor, until the end of the block."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "data-hub")}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(processor)
    Tracing.tracer = provider.get_tracer("hub")
    try:
        yield
    finally:
        Tracing.tracer = None
        ending = Thread(target=provider.shutdown, name="traces", daemon=True)  # 30 s, where the collector is away
        ending.start()
        ending.join(ENDING_SECONDS)


@contextmanager
def exporting() -> Iterator[None]:
    """Send spans where the environment says so, while this process serves or works (BESIDE_ANSWERS, BESIDE_JOBS)."""
    if not any(map(os.environ.get, ENDPOINTS)):
        yield
    elif not IS_INSTALLED:
        log.warning("traces are not sent: install requirements-tracing.txt")
        yield
    else:
        with sending(BatchSpanProcessor(OTLPSpanExporter())):
            yield
