"""Reconciliation: what is stored beside what a partner has, told by keys and content hashes in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from hub.sql.execute import execute
from hub.sql.files import read_sql

MOST_EXTRA = 10_000  # records that an answer names, which were not sent
COMPARE = read_sql("tenants", "reconcile")
# Whether texts are in the order of their code points, by default, as an index has them. PostgreSQL's own locales are.
BY_CODE_POINT = """
SELECT datlocprovider = 'b' OR (datlocprovider = 'c' AND datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8'))
  FROM pg_database
 WHERE datname = current_database()
"""


@dataclass(frozen=True)
class Question:
    """What a partner has: ids as they were sent, in their normal form, and content hashes where these came.

    `least` and `greatest` are the ends of the range in which others are looked for; None where there is no range.
    """

    sent: Sequence[str]
    ids: Sequence[str]
    hashes: Sequence[str]
    least: str | None
    greatest: str | None


@dataclass(frozen=True)
class Differences:
    """What differs: ids as they were sent, and stored ones by code point; `next` is where more of these begin."""

    missing: Sequence[str]
    extra: Sequence[str]
    different: Sequence[str]
    next: str | None


@dataclass(frozen=True)
class Reconciliation:
    """The statement that compares an entity's records: where the order of texts is that of code points, and elsewhere.

    Elsewhere no index has that order, so all keys of the tenant are read where others are looked for.
    """

    by_code_point: str
    by_another_order: str


def reconciliation(table: str, key: str, hash_sql: str) -> Reconciliation:
    """Compose it of a table, its unique key, and the content hash of a row `t` of the tenant `%(tenant_id)s`."""
    by_code_point, by_another_order = (
        COMPARE.format(table=table, key=key, hash=hash_sql, collation=collation) for collation in ("", ' COLLATE "C"')
    )
    return Reconciliation(by_code_point, by_another_order)


def reconcile(tenant_id: UUID, how: Reconciliation, question: Question, *, prefix: str = "") -> Differences:
    """Return what differs from what a tenant has stored. `prefix` makes an id a key."""
    ends = (question.least, question.greatest)
    least, greatest = (f"{prefix}{end}" for end in ends) if None not in ends else (None, None)
    parameters = {
        "tenant_id": tenant_id,
        "keys": [f"{prefix}{each}" for each in question.ids],
        "hashes": list(question.hashes),
        "least": least,
        "greatest": greatest,
        "most": MOST_EXTRA + 1,
    }
    rows = execute(how.by_code_point if _is_by_code_point() else how.by_another_order, parameters).fetchall()
    places = {what: sorted(place for kind, place, _ in rows if kind == what) for what in ("missing", "different")}
    missing, different = ([question.sent[place - 1] for place in places[what]] for what in places)
    extra = sorted(key.removeprefix(prefix) for what, _, key in rows if what == "extra")
    return Differences(missing, extra[:MOST_EXTRA], different, extra[MOST_EXTRA] if len(extra) > MOST_EXTRA else None)


@lru_cache(maxsize=1)
def _is_by_code_point() -> bool:
    """Tell whether the database has texts in the order of their code points; it stays as it was created."""
    return bool(execute(BY_CODE_POINT).fetchall()[0][0])
