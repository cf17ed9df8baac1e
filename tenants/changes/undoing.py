"""The statements of an undo, of each entity: what it would meet, what goes, what goes back and what comes back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from django.db.models import Field, Model
from django.utils.module_loading import import_string

from hub.sql.files import read_sql
from tenants.changes.images import Kept
from tenants.entities import entity_config
from tenants.models import BeforeImage, Entity

# What a record has of its own life, not of the image that it goes back to.
STAYS = {"id", "tenant_id", "created_at", "updated_at", "previous_flags"}
PLAN, IMAGES = read_sql("tenants", "undo_plan"), read_sql("tenants", "undo_images")
CHOSEN = "unnest(%(ids)s::bigint[]) AS n(id)"


@dataclass(frozen=True)
class Undoing:
    """The statements for one entity; some are about hub `ids`. `aside` makes room where keys are exchanged."""

    plan: str
    sample: str
    images: str
    recorded_by: str
    go: str
    aside: str
    go_back: str
    come_back: str
    drop_parts: str = ""
    put_parts: str = ""


def columns_of(model: type[Model]) -> list[str]:
    """Return the columns of a model's table."""
    return [str(field.column) for field in model._meta.concrete_fields]


def hidden_columns(model: type[Model]) -> list[str]:
    """Return the columns that nobody is shown: whose row it is, and the hub's bookkeeping of what was sent and when."""
    fields = cast(Sequence["Field[object, object]"], model._meta.concrete_fields)
    return [str(one.column) for one in fields if one.primary_key or one.is_relation or not one.editable]


def undoing(kept: Kept) -> Undoing:
    """Compose the statements for records that are kept so."""
    table = kept.table
    images = IMAGES.format(table=table, withdrew=kept.withdrew, restored=kept.restored)
    by_id = "WHERE tenant_id = %(tenant_id)s AND id = ANY (%(ids)s::bigint[])\nRETURNING id"
    return Undoing(
        plan=PLAN.format(table=table, key=kept.key, differs=_differs(kept), images=images),
        sample=f"SELECT n.id, ({kept.image})::text AS stored, r.target::text AS target\n  FROM {CHOSEN}\n{images}",  # noqa: S608 — constants, as all here
        images=kept.images_where("t.id = ANY (%(ids)s::bigint[])"),
        recorded_by=kept.recording(undoes=True),
        go=f"DELETE FROM {table}\n {by_id}",  # noqa: S608
        aside=f"UPDATE {table}\n   SET {kept.key} = '#' || id\n {by_id}",  # noqa: S608
        go_back=_go_back(kept, images),
        come_back=_come_back(kept, images),
        **_parts(kept),
    )


def _differs(kept: Kept) -> str:
    """Compose whether anybody is shown a difference between a stored row, with its parts, and its image."""
    hidden = _array(hidden_columns(kept.model))
    compared = [f"to_jsonb(t) - {hidden} <> (to_jsonb(t) || r.target) - {hidden} - 'parts'"]
    if kept.said:
        compared.append(f"(t.given # (r.target->>'given')::int) & {sum(kept.said.values())} <> 0")
    if kept.parts:
        parts, hidden = kept.parts, _array(hidden_columns(kept.parts.model))
        compared.append(f"""ARRAY(
           SELECT to_jsonb(p) - {hidden}
             FROM {parts.model._meta.db_table} p
            WHERE p.tenant_id = %(tenant_id)s AND p.{parts.of} = t.id
            ORDER BY p.{parts.place}) <> ARRAY(
           SELECT ('{defaults_of(parts.model)}'::jsonb || e.part) - {hidden}
             FROM jsonb_array_elements(r.target->'parts') WITH ORDINALITY AS e(part, place)
            ORDER BY e.place)""")  # noqa: S608 — composed from constants
    return f"coalesce({' OR '.join(compared)}, true)"


def _array(names: Sequence[str]) -> str:
    return "ARRAY[" + ", ".join(f"'{name}'" for name in names) + "]"


def _go_back(kept: Kept, images: str) -> str:
    """Compose what takes rows back to their images; a column that an image has not keeps its value."""
    columns = columns_of(kept.model)
    flags = kept.flags if "previous_flags" in columns else "NULL::smallint"
    assignments = [f"{name} = b.{name}" for name in columns if name not in STAYS]
    if "previous_flags" in columns:
        assignments.append("previous_flags = b.flags")
    return f"""WITH back AS MATERIALIZED (
    SELECT p.*, {flags} AS flags
      FROM {CHOSEN}
    {images}
     CROSS JOIN LATERAL jsonb_populate_record(NULL::{kept.table}, to_jsonb(t) || r.target) p
)
UPDATE {kept.table} t
   SET {_list(assignments)},
       updated_at = %(now)s
  FROM back b
 WHERE t.tenant_id = %(tenant_id)s AND t.id = b.id
RETURNING t.id, b.flags AS before, {kept.flags} AS after"""  # noqa: S608


def _come_back(kept: Kept, images: str) -> str:
    """Compose what inserts rows as they were, under their hub ids; a column that an image has not gets its default."""
    columns = columns_of(kept.model)
    values = ["%(now)s" if name == "updated_at" else f"p.{name}" for name in columns]
    return f"""INSERT INTO {kept.table} AS t ({", ".join(columns)})
SELECT {_list(values)}
  FROM {CHOSEN}
{images}
 CROSS JOIN LATERAL jsonb_populate_record(NULL::{kept.table}, '{defaults_of(kept.model)}'::jsonb || r.target) p
 WHERE i.id IS NOT NULL
RETURNING t.id, {kept.flags} AS after, {kept.supplied} AS supplied"""  # noqa: S608


def _parts(kept: Kept) -> dict[str, str]:
    """Compose what puts the parts of images in the place of those that documents have, with their ids."""
    if not kept.parts:
        return {}
    table, columns = kept.parts.model._meta.db_table, columns_of(kept.parts.model)
    drop = f"""WITH dropped AS (
    DELETE FROM {table}
     WHERE tenant_id = %(tenant_id)s AND {kept.parts.of} = ANY (%(ids)s::bigint[])
    RETURNING id
)
SELECT count(*) AS parts FROM dropped"""  # noqa: S608
    put = f"""WITH put AS (
    INSERT INTO {table} ({", ".join(columns)})
    SELECT {", ".join(f"p.{name}" for name in columns)}
      FROM {CHOSEN}
     CROSS JOIN LATERAL (
           SELECT s.image
             FROM tenants_beforeimage s
            WHERE s.tenant_id = %(tenant_id)s AND s.entity = %(entity)s AND s.record = n.id
              AND s.changeset_number = %(undoes)s
           OFFSET 0) i
     CROSS JOIN LATERAL jsonb_array_elements(i.image->'parts') AS e(part)
     CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, '{defaults_of(kept.parts.model)}'::jsonb || e.part) p
    RETURNING id
)
SELECT count(*) AS parts FROM put"""  # noqa: S608
    return {"drop_parts": drop, "put_parts": put}


def defaults_of(model: type[Model]) -> str:
    """Return the defaults of a model's columns as JSON: a column that came since an image was kept is in none."""
    fields = cast(Sequence["Field[object, object]"], model._meta.concrete_fields)
    return json.dumps({field.column: field.get_default() for field in fields if field.has_default()})


def _list(parts: Sequence[str]) -> str:
    return ",\n       ".join(parts)


def _tables(kept: Kept) -> list[str]:
    parts = [kept.parts.model._meta.db_table] if kept.parts else []
    return [kept.table, *parts, BeforeImage._meta.db_table]


KEPT: dict[Entity, Kept] = {entity: import_string(entity_config(entity).kept) for entity in Entity}
UNDOING = {entity: undoing(kept) for entity, kept in KEPT.items()}
TABLES = {entity: _tables(kept) for entity, kept in KEPT.items()}  # in which an undo looks up records
