"""What somebody asks an export for, and the queries of it."""

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from io import StringIO
from typing import Any

from django.db.models import QuerySet

from hub.sql.copying import CSV, PLAIN
from hub.sql.lines import Layout, header, json_query, table_query
from tenants.entities import Exporting, entity_config
from tenants.models import Entity, FileFormat, Tenant

CONTENT_TYPES = {FileFormat.NDJSON: "application/x-ndjson", FileFormat.CSV: "text/csv; charset=utf-8"}
FORMATS = tuple(CONTENT_TYPES)


@dataclass(frozen=True)
class Export:
    """All records of an entity that filters leave, as a file: NDJSON as reads answer them, or CSV.

    `filters` are values by the names of the entity's FilterSet, `fields` the members to write, None for all. A CSV has
    a row for each part of a record, one where there is none; `escapes` is for people's spreadsheets: what these would
    run as a formula has an apostrophe before it.
    """

    tenant: Tenant
    entity: Entity
    format: FileFormat = FileFormat.NDJSON
    filters: Mapping[str, Any] = field(default_factory=dict)
    fields: Collection[str] | None = None
    escapes: bool = False

    @cached_property
    def exporting(self) -> Exporting:
        """How the entity's records are exported."""
        return entity_config(self.entity).exporting

    @cached_property
    def layout(self) -> Layout:
        """What of each record is written."""
        return self.exporting.layout.narrowed(self.fields)

    @property
    def has_rows_of_parts(self) -> bool:
        """Whether a record may be several rows."""
        return self.format == FileFormat.CSV and self.layout.parts is not None

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.format]

    @property
    def file_name(self) -> str:
        """A name to keep it under: of letters, digits, dashes and dots."""
        return f"{self.tenant.slug}-{self.entity}-{datetime.now(UTC):%Y-%m-%d}.{self.format}"

    @property
    def header(self) -> bytes:
        """What the file begins with, before its records."""
        if self.format == FileFormat.NDJSON:
            return b""
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerow(header(self.layout))
        return text.getvalue().encode()

    def between(self, after: str, last: str) -> QuerySet[Any]:
        """Return the query of the records behind a key, up to another one, that the filters leave."""
        key = self.layout.key
        rows = self.exporting.rows(self.tenant.pk).filter(**{f"{key}__gt": after, f"{key}__lte": last})
        found: QuerySet[Any] = self.exporting.filters(dict(self.filters), rows).qs
        return found.order_by()

    def written(self, records: QuerySet[Any]) -> tuple[str, Sequence[Any], str]:
        """Return the query of records as the file has them, its parameters, and the form that COPY writes it in."""
        rows, parameters = records.values_list(*self.layout.columns).query.sql_with_params()
        if self.format == FileFormat.NDJSON:
            return json_query(self.layout, rows), parameters, PLAIN
        return table_query(self.layout, rows, escapes=self.escapes), parameters, CSV
