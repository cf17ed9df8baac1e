"""Before-images: what records were before a write, kept for a week beside its changeset, for an undo to go by.

Kept of staff's edits and of what anybody deletes; of batches where the tenant wants it (`Tenant.keeps_images`). Whoever
keeps them has the tenant's exclusive lock, so what is read before the write is what the write replaces, and whoever
comes after knows that withdrawals are to be noted at them (`heard_until`).
An image is JSON as PostgreSQL writes and reads it, never Python's: amounts keep their last digit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.models import Model, QuerySet
from django.utils import timezone

from hub.sql.files import read_sql
from hub.sql.prepared import Row
from hub.sql.upsert import Table, recordset, upsert_statement
from tenants.changes.changesets import LISTED, as_array, recording
from tenants.changes.results import Telling
from tenants.models import BeforeImage, Entity

KEPT_FOR, MERGES_KEPT_FOR = timedelta(days=7), timedelta(days=30)
CHUNK = 1000  # images that the purge deletes at a time
RETURNS_OLD = 180_000  # the server's version from which RETURNING knows the row that was replaced

# What an image says a person is named by, phones by their digits: an erasure's own spelling is any.
NAMES = """NULLIF(array_remove(
               ARRAY[k.image->>'customer_id', k.image->>'email', regexp_replace(k.image->>'phone', '^00|\\D', '', 'g')]
               || CASE WHEN k.image->'former_ids' <> 'null'
                       THEN ARRAY(SELECT jsonb_array_elements_text(k.image->'former_ids')) END
               || CASE WHEN k.image->'former_emails' <> 'null'
                       THEN ARRAY(SELECT jsonb_array_elements_text(k.image->'former_emails')) END, NULL), '{}')"""
SENT = "SELECT b.record, b.image FROM jsonb_to_recordset(%(images)s::jsonb) AS b(record bigint, image jsonb)"
OF_CHANGED = f"{SENT}\n             JOIN changed c ON c.id = b.record AND c.kind <> 'created'"
# Withdrawals that change nothing leave no trace with the customer, so they are noted at its images for a week after one
# was kept. A day more, so that not every write has to say so.
HEAR = """
INSERT INTO tenants_feed AS f (tenant_id, number, heard_until)
VALUES (%(tenant_id)s, 0, %(now)s::timestamptz + interval '8 days')
    ON CONFLICT (tenant_id) DO UPDATE
   SET heard_until = excluded.heard_until
 WHERE f.heard_until > excluded.heard_until - interval '1 day' IS NOT TRUE
RETURNING heard_until
"""
# The same for as long as a merge can be taken back.
HEAR_LONG = """
INSERT INTO tenants_feed AS f (tenant_id, number, heard_until)
VALUES (%(tenant_id)s, 0, %(now)s::timestamptz + interval '31 days')
    ON CONFLICT (tenant_id) DO UPDATE
   SET heard_until = excluded.heard_until
RETURNING heard_until
"""
FORGET = "DELETE FROM tenants_beforeimage WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[]) RETURNING id"

# Of somebody who is merged into another: nothing goes back by them any more, for the merge touched the record.
DROP_USUAL = """
DELETE FROM tenants_beforeimage
 WHERE tenant_id = %(tenant_id)s AND entity = 'customers' AND record = %(lost)s AND kept_until IS NULL
RETURNING id
"""
# Of somebody whose own merges can be undone: what is withdrawn from the other one from now on, these do not hear.
DEAFEN = """
UPDATE tenants_beforeimage
   SET grants = 0
 WHERE tenant_id = %(tenant_id)s AND entity = 'customers' AND record = %(lost)s AND grants <> 0
RETURNING id
"""

Execute = Callable[..., list[Row]]  # of an open write: a statement and its parameters


@dataclass(frozen=True)
class Parts:
    """The parts of a document: their model, the column of their document's hub id, and the one of their place.

    `merged`: those that a write sends join those that are stored; else they take their place, all of them.
    """

    model: type[Model]
    of: str
    place: str
    merged: bool = False


@dataclass(frozen=True)
class Kept:
    """How the records of an entity are kept, and go back.

    `key` is the column that names a record within its tenant. The rest is SQL. An image `k.image` `grants` consents, as
    bits. Of an image `i` and the stored row `t`, all null where there is none, `withdrew` are the bits that the image
    grants and the row does not, and `restored` is what the record becomes where those of `h.held` stay withdrawn.
    `flags` of a row `t` are what the ledger compares, `supplied` those that somebody said something about. `said` has
    the columns of flags that staff see whether anybody ever said something about, by their bits in the column `given`.
    `names` are what an image names a person by, `until` is how long it is kept, where that is not the usual week.
    """

    entity: Entity
    model: type[Model]
    key: str
    parts: Parts | None = None
    restored: str = "i.image"
    grants: str = "0"
    withdrew: str = "0"
    flags: str = "NULL::smallint"
    supplied: str = "NULL::smallint"
    said: Mapping[str, int] = field(default_factory=dict)
    names: str = NAMES
    until: str = ""

    @property
    def table(self) -> str:
        """The table of the records."""
        return self.model._meta.db_table

    @property
    def image(self) -> str:
        """The SQL of the image of a row `t`: null where there is none."""
        if not self.parts:
            return "to_jsonb(t)"
        parts = self.parts.model._meta.db_table
        return f"""to_jsonb(t) || jsonb_build_object('parts', (
                   SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.{self.parts.place}), '[]')
                     FROM {parts} p
                    WHERE p.tenant_id = %(tenant_id)s AND p.{self.parts.of} = t.id))"""  # noqa: S608 — constants

    def keep(self, images: str) -> str:
        """Compose the end of record_changeset that keeps images; `images` selects (record, image)."""
        column, value = ("kept_until, ", f"{self.until}, ") if self.until else ("", "")
        blanks = {"names": self.names, "grants": self.grants, "column": column, "until": value}
        return read_sql("tenants", "keep_images").format(images=images, **blanks)

    def images_where(self, condition: str) -> str:
        """Compose a query for the images of the records `t` that a condition finds, each as JSON for `Write.keep`."""
        return f"""SELECT json_build_object('record', t.id, 'image', {self.image})::text AS image
  FROM {self.table} t
 WHERE t.tenant_id = %(tenant_id)s AND {condition}
 ORDER BY t.id"""  # noqa: S608 — composed from constants

    def images_of_sent(self, fields: str, key: str) -> str:
        """Compose a query for the images of the records that a batch names: `fields` of its rows `s`, `key` in them."""
        return f"""SELECT json_build_object('record', t.id, 'image', {self.image})::text AS image
  FROM json_to_recordset(%(records)s::json) AS s({fields})
 CROSS JOIN LATERAL (
       SELECT *
         FROM {self.table} r
        WHERE r.tenant_id = %(tenant_id)s AND r.{self.key} = {key}
       OFFSET 0) t"""  # noqa: S608 — composed from constants

    def recording(self, *, undoes: bool = False) -> str:
        """Compose the statement that records what is listed, with the images that the write has read."""
        return recording(LISTED, kept=self.keep(OF_CHANGED), undoes=undoes)


@dataclass(frozen=True)
class Keeping:
    """An upsert that keeps before-images, as servers need it that return the row that was replaced, and older ones."""

    returned: str
    looked_up: str

    @property
    def statement(self) -> str:
        """What this server is sent."""
        server = cast(DatabaseWrapper, connections["default"]).pg_version
        return self.returned if server >= RETURNS_OLD else self.looked_up


def keeping(table: Table, kept: Kept, stored: str, *, telling: Telling | None = None) -> Keeping:
    """Compose an upsert of records without parts that keeps images; `stored` selects what changed from the CTE.

    `telling` has it tell what became of each row, too.
    """
    table = telling.returning(table) if telling else table
    columns = "id, is_new, before, after, supplied, against_staff"
    upsert = upsert_statement(replace(table, returning=f"{table.returning},\n          to_jsonb(old) AS image"))
    images = "SELECT id, image FROM stored WHERE NOT is_new"
    returned = f"stored({columns}) AS (\n{upsert}\n)"
    (key,) = table.key.values()
    found = f"""prior AS MATERIALIZED (
    SELECT t.id, to_jsonb(t) AS image
      FROM {recordset(table)}
     CROSS JOIN LATERAL (
           SELECT *
             FROM {table.name} r
            WHERE r.tenant_id = %(tenant_id)s AND r.{kept.key} = {key}
           OFFSET 0) t
), stored({columns}) AS (\n{upsert_statement(table)}\n)"""  # noqa: S608 — composed from constants
    looked_up = "SELECT p.id, p.image FROM prior p JOIN stored s ON s.id = p.id AND NOT s.is_new"
    more = telling.outcomes if telling else ""
    return Keeping(
        recording(stored, ctes=returned, kept=kept.keep(images), more=more),
        recording(stored, ctes=found, kept=kept.keep(looked_up), more=more),
    )


def forget_images(execute: Execute, ids: Sequence[int]) -> None:
    """Delete images, by their own ids, for they name somebody who is erased."""
    if ids:
        execute(FORGET, ids=as_array(ids))


def purge_images() -> int:
    """Delete the images that are over, the oldest first and some at a time; return how many they were."""
    usual, merges = BeforeImage.objects.filter(kept_until=None), BeforeImage.objects.filter(kept_until__isnull=False)
    return _purge(usual.order_by("pk"), "created_at", timezone.now() - KEPT_FOR) + _purge(
        merges.order_by("kept_until"), "kept_until", timezone.now()
    )


def _purge(images: QuerySet[BeforeImage], moment: str, end: datetime) -> int:
    deleted = 0
    while True:
        over = [pk for pk, at in images.values_list("pk", moment)[:CHUNK] if at < end]
        deleted += BeforeImage.objects.filter(pk__in=over).delete()[0] if over else 0
        if len(over) < CHUNK:
            return deleted
