"""What a read answers of its records: all documented members, or those that `fields` names, with columns to match.

`Hash`, the content hash of docs/reconcile.md, is answered only where it is asked for: it reads all of a record.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.expressions import RawSQL
from rest_framework.serializers import CharField, Serializer

from hub.api.parameters import Parameters, meaning, some_of
from hub.api.weights import Growing

HASH, HASH_COLUMN = "Hash", "content_hash"
MEANING = "Which members to answer with, and no other."


def selectable(serializer: type[Serializer[Any]]) -> Parameters:
    """Return the parameter `fields` of what a serializer writes."""
    return Parameters({"fields": meaning(some_of("fields", [*serializer().fields, HASH]), MEANING)})


@dataclass(frozen=True)
class Selection:
    """The members that an answer has, all but the hash where `names` is None; `hash_sql` is how that is computed."""

    serializer_class: type[Serializer[Any]]
    names: Collection[str] | None
    hash_sql: str = ""

    @cached_property
    def serializer(self) -> Serializer[Any]:
        """What writes a record, its members in the documented order."""
        serializer = self.serializer_class()
        if self.names is None:
            return serializer
        for name in set(serializer.fields) - set(self.names):
            del serializer.fields[name]
        if HASH in self.names:
            serializer.fields[HASH] = CharField(source=HASH_COLUMN)
        return serializer

    @cached_property
    def sources(self) -> list[str]:
        """The columns and relations that the members come from."""
        return [str(field.source) for field in self.serializer.fields.values()]

    def narrow(self, records: QuerySet[Any], keyset: str) -> QuerySet[Any]:
        """Have records read with what is answered of them, and what names them and their page."""
        if self.names is None:
            return records
        if HASH in self.names:
            # SQL of ours, no client's.
            records = records.annotate(**{HASH_COLUMN: RawSQL(self.hash_sql, [], TextField())})  # noqa: S611
        columns = {field.name for field in records.model._meta.concrete_fields}
        return records.only("id", "tenant_id", keyset, *(source for source in self.sources if source in columns))

    def narrow_growing(self, growing: Growing) -> Growing:
        """Return how such records are read: parts that nobody asked for are not."""
        return growing if self.names is None else growing.narrowed(self.sources)
