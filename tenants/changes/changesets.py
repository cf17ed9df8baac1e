"""What a write says of itself: through what it came, what it changed, and the changeset that records it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hub.sql.files import read_sql
from tenants.changes.transactions import DryRun, Touched
from tenants.models import ConsentPolicy, Entity, Operation, Source, Tenant

RECORD_CHANGESET = read_sql("tenants", "record_changeset")
# Of which flags a withdrawal by staff sticks, as bits: a parameter, so that one statement serves both policies.
EVERY_FLAG, NO_FLAG = -1, 0
Warnings = dict[str, list[str]]  # by place: {"[3]": [text]}
Beside = Callable[[Mapping[str, object], "Receipt"], None]  # takes `write_parameters`, and what became of the write


@dataclass(frozen=True, slots=True)
class Origin:
    """Through what a write comes, by whom, in which trace, and why, where somebody said so.

    `legal_basis` and `reference`, of an erasure, are on what ground and at which request; certificates say them.
    `dry_run` is there where it is not to be: it does all that a write does, and is rolled back at its end.
    `beside` is what is done beside the records, in the write's own transaction, once they are stored.
    """

    source: Source
    actor: str
    trace_id: str
    api_key_id: int | None = None
    user_id: int | None = None
    reason: str = ""
    legal_basis: str = ""
    reference: str = ""
    dry_run: DryRun | None = None
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """A change of a customer's flags: hub id, and the bits before and after (customers.flags).

    Of a customer that has come, `before` is None and `supplied` are those somebody said something about.
    """

    customer: int
    before: int | None
    after: int
    supplied: int | None = None


@dataclass(slots=True)
class Changes:
    """What a write did, by hub id. `received` counts records as sent, `unchanged` those that changed nothing.

    `parts` counts the parts that records lost: line items, variants.
    `warnings` say which records were not stored as sent, and why. What a write changes beside its own matter may be
    kept, too: before-images in `images`, recorded by the statement `recorded_by` (`Write.keep`).
    """

    received: int = 0
    unchanged: int = 0
    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    parts: int = 0
    consents: list[Consent] = field(default_factory=list)
    warnings: Warnings = field(default_factory=dict)
    recorded_by: str = ""
    images: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.created) + len(self.updated) + len(self.deleted)

    @property
    def touched(self) -> list[Touched]:
        """What is gone, and what changed by losing parts: all of it what the one request named."""
        kinds = {"deleted": self.deleted, "updated": self.updated}
        return [Touched(0, kind, id_) for kind, ids in kinds.items() for id_ in ids]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a write: records received, rows created, updated and left alone, and the changeset's number.

    There is no number where nothing changed. `removed` counts records, or parts of records, that are gone. `results`
    say what became of each record received (tenants.changes.results), None where nobody asked. `changes` are those of a
    dry run (tenants.changes.trying), None where the write is one.
    """

    number: int | None = None
    received: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    warnings: Warnings = field(default_factory=dict)
    removed: int = 0
    results: Sequence[Mapping[str, Any]] | None = None
    changes: Sequence[Mapping[str, Any]] | None = None

    def joined(self, noted: "Receipt") -> "Receipt":
        """Return the receipt of a write that also changed something else, in the changeset after its own.

        The number is that of its own changeset, if there is one: who erases somebody who had no more than orders has
        the orders'.
        """
        updated, removed = self.updated + noted.updated, self.removed + noted.removed
        return replace(self, number=self.number or noted.number, updated=updated, removed=removed)

    @property
    def counts(self) -> dict[str, object]:
        """What every native answer to a write says of it."""
        tried = {} if self.changes is None else {"dryRun": True, "changes": self.changes}
        return {
            "changeset": self.number,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            **tried,
        }


def lock_key(tenant: Tenant) -> int:
    """Return the key of the tenant's advisory lock."""
    return int.from_bytes(tenant.pk.bytes[:8], signed=True)


def write_parameters(tenant: Tenant, entity: Entity, operation: Operation, origin: Origin) -> dict[str, object]:
    """Return what every statement of a write may name: whose rows, when, what, through what, by whom and why."""
    return {
        "tenant_id": tenant.pk,
        "priority": tenant.priority,
        "key": lock_key(tenant),
        "now": datetime.now(UTC),
        "entity": entity.value,
        "operation": operation.value,
        "source": origin.source.value,
        "actor": origin.actor,
        "api_key_id": origin.api_key_id,
        "user_id": origin.user_id,
        "trace_id": origin.trace_id,
        "reason": origin.reason,
        "legal_basis": origin.legal_basis,
        "reference": origin.reference,
        "sticking": EVERY_FLAG if tenant.consent_policy == ConsentPolicy.OPT_OUT_STICKS else NO_FLAG,
    }


def recording(changed: str, *, ctes: str = "", more: str = "", kept: str = "", undoes: bool = False) -> str:
    """Compose a statement that records what a query `changed` selects as one changeset.

    `changed` selects (id, kind, before, after, supplied, against_staff): kind is created, updated or deleted, the rest
    consent bits or null. A row of the ledger is written where flags changed or, of one created (before is null), where
    some were supplied. `ctes` come before it in the same statement, and `kept` (tenants.changes.images) after it.
    Returns one row: the changeset's number, null where nothing changed, how many rows of each kind, and `more`.
    Parameters: those of `write_parameters`, `received` and `distinct`: records as sent, and rows they were folded into;
    of a changeset that undoes another one the other's number, `undoes`.
    """
    ctes, more, kept = ctes and f"{ctes},\n", more and f", {more}", kept and f"{kept}\n"
    column, value = ("undoes, ", "%(undoes)s, ") if undoes else ("", "")
    return RECORD_CHANGESET.format(changed=changed, ctes=ctes, more=more, kept=kept, undoes=column, undone=value)


LISTED = """SELECT *, 0
      FROM unnest(%(ids)s::bigint[], %(kinds)s::text[], %(before)s::smallint[], %(after)s::smallint[],
                  %(supplied)s::smallint[])"""
NO_CONSENT = (None, None, None)
RECORD = recording(LISTED)


def listed(changes: Changes) -> dict[str, str]:
    """Return the parameters of LISTED: one array a column of the rows that changed."""
    consents = {consent.customer: (consent.before, consent.after, consent.supplied) for consent in changes.consents}
    kinds = {"created": changes.created, "deleted": changes.deleted, "updated": changes.updated}
    rows = [(id_, kind, *consents.get(id_, NO_CONSENT)) for kind, ids in kinds.items() for id_ in ids]
    columns = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return dict(zip(("ids", "kinds", "before", "after", "supplied"), map(as_array, columns), strict=True))


def as_array(values: Iterable[object]) -> str:
    """Write an array as PostgreSQL reads it; for numbers and plain words.

    One parameter type whatever the values, so one prepared statement, and psycopg writes lists item by item: 8 ms for
    500 digests.
    """
    return f"{{{','.join('NULL' if value is None else str(value) for value in values)}}}"
