"""Spans as they would be sent to a collector."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hub.spans import around_statement, sending


@contextmanager
def captured() -> Iterator[InMemorySpanExporter]:
    """Keep the spans of a block; Django's connection of this thread is older than it, so it is told."""
    exporter = InMemorySpanExporter()
    wrappers = connections["default"].execute_wrappers
    with sending(SimpleSpanProcessor(exporter)):
        wrappers.append(around_statement)
        yield exporter
        wrappers.remove(around_statement)
