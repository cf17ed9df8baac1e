"""A customer's timeline: consents, other changes, orders, notes and records that were left out, the newest first.

Each source is read from where the page before ended, by its index, no further than one page; then they are merged.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from customers.admin.ledger import changeset_link, with_changeset
from customers.admin.lines import lines, source_of, written
from customers.models import Customer, CustomerNote
from hub.sql.bigint import is_bigint
from hub.sql.prepared import Row
from tenants.admin.sections import ARRAYS, moment, money, record_link, touching
from tenants.changes.erasure import spelled_alike
from tenants.links import LAST, orders_of_customer
from tenants.models import Changeset, ConsentChange, Entity, Operation, QuarantinedRecord, Source

PAGE = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Before = tuple[datetime, int]  # of a source: the moment and the hub id that what is read comes before


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the timeline: when, of which kind, its word and what there was, through what, by whom, why, where."""

    at: datetime
    kind: str
    pk: int
    word: str
    what: SafeString | str
    through: str = ""
    by: str = ""
    why: str = ""
    link: SafeString | str = ""

    @property
    def moment(self) -> SafeString:
        return moment(self.at)

    @property
    def icon(self) -> str:
        return ICONS[self.kind]

    @property
    def place(self) -> tuple[datetime, int, int]:
        """What events are sorted by, the last first: of one moment by kind."""
        return self.at, RANKS[self.kind], self.pk

    @property
    def written_place(self) -> str:
        """The place as an address has it."""
        return f"{(self.at - EPOCH) // MICROSECOND}.{RANKS[self.kind]}.{self.pk}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of the timeline; `shown` is the kind it is of, "" for all, `older` where the next one begins, if any."""

    events: Sequence[Event]
    shown: str
    older: str
    is_later: bool

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """The kinds it can be of, each with its name."""
        return [("", "All"), *TITLES.items()]


def timeline_of(customer: Customer, *, show: str = "", before: str = "") -> Timeline:
    """Return a page of a customer's timeline: of a kind, and of what came before a place, as addresses have them."""
    shown = show if show in SOURCES else ""
    place = _place(before)
    kinds = [shown] if shown else list(SOURCES)
    found = [event for kind in kinds for event in SOURCES[kind](customer, _before(place, kind), PAGE + 1)]
    events = sorted(found, key=lambda event: event.place, reverse=True)
    page = events[:PAGE]
    older = page[-1].written_place if len(events) > PAGE else ""
    return Timeline(page, shown, older, place is not None)


def _place(text: str) -> tuple[datetime, int, int] | None:
    """Return the place that an address names; None for any other text."""
    parts = text.split(".")
    if len(parts) != 3 or not all(map(is_bigint, parts)):
        return None
    try:
        return EPOCH + int(parts[0]) * MICROSECOND, int(parts[1]), int(parts[2])
    except OverflowError:  # after the year 9999
        return None


def _before(place: tuple[datetime, int, int] | None, kind: str) -> Before:
    """Return what the events of a kind come before, that come before a place."""
    if place is None:
        return LAST
    at, rank, pk = place
    if RANKS[kind] == rank:
        return at, pk
    return at, LAST[1] if RANKS[kind] < rank else 0


def earlier(rows: QuerySet[Any], before: Before, most: int, column: str = "created_at") -> QuerySet[Any]:
    """Return the latest rows before a moment, and of that moment those with a lower hub id."""
    at, pk = before
    mine = rows.filter(Q(**{f"{column}__lt": at}) | Q(**{column: at}, pk__lt=pk))
    return mine.order_by(f"-{column}", "-pk")[:most]


def _consents(customer: Customer, before: Before, most: int) -> list[Event]:
    changes = ConsentChange.objects.filter(tenant_id=customer.tenant_id, customer=customer.pk)
    return [
        Event(
            change.created_at,
            "consents",
            change.pk,
            "Consent" if change.before is not None else "Came with",
            written(change) if change.before is not None else ", ".join(line.change for line in lines(change)),
            source_of(change),
            change.actor,
            change.reason,
            changeset_link(change),
        )
        for change in earlier(with_changeset(changes), before, most)
    ]


def _changes(customer: Customer, before: Before, most: int) -> list[Event]:
    """Return changes in which no consent changed: the others are told by the ledger."""
    consents = ConsentChange.objects.filter(
        tenant_id=OuterRef("tenant_id"), customer=customer.pk, changeset_number=OuterRef("number")
    )
    mine = touching(Changeset.objects.filter(tenant_id=customer.tenant_id), Entity.CUSTOMERS, customer.pk)
    others = mine.exclude(Exists(consents)).annotate(came=Q(created_ids__contains=[customer.pk]))
    return [
        Event(
            changeset.created_at,
            "changes",
            changeset.pk,
            "Created" if changeset.came else DONE[Operation(changeset.operation)],
            record_link("tenants_changeset", changeset.pk, f"number {changeset.number:,}"),
            str(Source(changeset.source).label),
            changeset.actor,
            changeset.reason,
        )
        for changeset in earlier(others, before, most).defer(*ARRAYS)
    ]


def latest_orders(customer: Customer) -> list[Row]:
    """Return the latest orders of a customer, as many as a page of the timeline may tell; asked once for a page."""
    if not hasattr(customer, "latest_orders"):
        latest = orders_of_customer(customer.tenant, customer.customer_id, customer.email, PAGE + 1)
        customer.latest_orders = latest  # type: ignore[attr-defined]
    rows: list[Row] = customer.latest_orders  # type: ignore[attr-defined]
    return rows


def _orders(customer: Customer, before: Before, most: int) -> list[Event]:
    is_latest = before == LAST and most == PAGE + 1
    of_customer = customer.tenant, customer.customer_id, customer.email
    rows = latest_orders(customer) if is_latest else orders_of_customer(*of_customer, most, before)
    return [
        Event(
            date,
            "orders",
            pk,
            "Cancelled order" if cancelled else "Order",
            format_html("{} <bdi>{}</bdi>", record_link("orders_order", pk, order_id), money(revenue, currency)),
        )
        for pk, order_id, date, revenue, currency, cancelled in rows
    ]


def _notes(customer: Customer, before: Before, most: int) -> list[Event]:
    notes = CustomerNote.objects.filter(tenant_id=customer.tenant_id, customer_id=customer.pk)
    return [
        Event(
            note.created_at,
            "notes",
            note.pk,
            "Note",
            format_html('<bdi class="record-note">{}</bdi>', note.text),
            by=note.author,
        )
        for note in earlier(notes, before, most)
    ]


def _requests(customer: Customer, before: Before, most: int) -> list[Event]:
    """Return the records left out of batches that name the customer, which are kept for 30 days."""
    phones = [digits for _, digits in spelled_alike([("Phone", customer.phone)])]
    names = [*filter(None, (customer.customer_id, customer.email)), *phones]
    rows = QuarantinedRecord.objects.filter(tenant_id=customer.tenant_id, names__overlap=names)
    return [
        Event(
            row.last_at,
            "requests",
            row.pk,
            "Left out",
            format_html_join(", ", "<bdi>{}</bdi>", ((code,) for code in row.codes[:3])) or "a record",
            str(Source(row.source).label),
            row.actor,
            link=record_link("tenants_quarantinedrecord", row.pk, f"a record of {row.entity}, {row.state}"),
        )
        for row in earlier(rows, before, most, "last_at")
    ]


DONE: Mapping[Operation, str] = {
    Operation.UPSERT: "Updated",
    Operation.EDIT: "Edited",
    Operation.DELETE: "Deleted",
    Operation.ERASE: "Touched by an erasure",
    Operation.REKEY: "Named anew",
    Operation.UNDO: "Taken back",
    Operation.MERGE: "Merged",
}
TITLES = {"consents": "Consents", "changes": "Changes", "orders": "Orders", "notes": "Notes", "requests": "Left out"}
ICONS = {
    "consents": "how_to_reg",
    "changes": "edit",
    "orders": "shopping_bag",
    "notes": "sticky_note_2",
    "requests": "error",
}
SOURCES: Mapping[str, Callable[[Customer, Before, int], list[Event]]] = {
    "consents": _consents,
    "changes": _changes,
    "orders": _orders,
    "notes": _notes,
    "requests": _requests,
}
RANKS = {kind: rank for rank, kind in enumerate(SOURCES)}
