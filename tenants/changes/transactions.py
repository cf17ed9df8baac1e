"""The transaction of a write, in one of the tenant's places; that of a dry run is rolled back at its end."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from hub.sql.execute import roll_back
from tenants.changes.places import place

MOST_SHOWN = 50  # records that a dry run shows

Parameters = Mapping[str, object]  # of a write's statements
Rows = Mapping[int, Mapping[str, Any]]  # records by hub id, each by the columns of its row


class Touched(NamedTuple):
    """A record that a write changes: the index of the first one sent that means it, what becomes of it, its hub id."""

    first: int
    status: str
    hub_id: int


Look = Callable[[Parameters, list[int]], Rows]


@dataclass(slots=True)
class DryRun:
    """What a dry run notes before it is rolled back.

    `touched` are the first records that it changed, MOST_SHOWN at most, and `after` is what `look` found these to be
    then; `number` is the one that its changeset would have had, and `parameters` are those of its statements.
    """

    look: Look
    parameters: Parameters = field(default_factory=dict)
    number: int | None = None
    touched: list[Touched] = field(default_factory=list)
    after: Rows = field(default_factory=dict)

    def note(self, parameters: Parameters, number: int | None, touched: Iterable[Touched]) -> None:
        """Note what a write did, while its rows are as it left them; without a number it changed nothing."""
        if number is not None:
            self.parameters, self.number, self.touched = parameters, number, list(islice(touched, MOST_SHOWN))
            self.after = self.look(parameters, self.ids_of("created", "updated"))

    def ids_of(self, *statuses: str) -> list[int]:
        """Return the hub ids of those that were touched so."""
        return [each.hub_id for each in self.touched if each.status in statuses]


@contextmanager
def transacted(tenant_id: UUID, dry_run: DryRun | None) -> Iterator[None]:
    """Hold a place of the tenant, and run the block in a transaction: one that ends in nothing where it is dry."""
    with place(tenant_id), transaction.atomic():
        yield
        if dry_run:
            roll_back()
