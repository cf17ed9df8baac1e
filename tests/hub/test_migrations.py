"""Migrations since the last release lock no table for long, and only add: a hub is upgraded while it serves.

So the release goes on with a database that has them, while its processes are replaced and after a way back. What it had
stands in the backup of its data (tests/system/releases). Tables that are new since then are nobody's yet, and may be
changed in any way.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import connection, models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelTable,
    CreateModel,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
    RunSQL,
)
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.functions import Now

from hub.backups.reading import look_through

RELEASES = Path(__file__).parents[1] / "system/releases"
OURS = {"hub", "tenants", "customers", "orders", "products"}
INDEX = re.compile(r"\bCREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)", re.IGNORECASE)
CHECKED = re.compile(r"\bADD\s+CONSTRAINT\b(?!.*\b(NOT\s+VALID|USING\s+INDEX)\b)", re.IGNORECASE | re.DOTALL)
REWRITES = re.compile(r"\bALTER\s+COLUMN\s+\S+\s+(SET\s+NOT\s+NULL|(SET\s+DATA\s+)?TYPE)\b", re.IGNORECASE)
TAKES_AWAY = re.compile(r"\bDROP\s+(TABLE|COLUMN|FUNCTION|VIEW)\b|\bRENAME\s+(TO|COLUMN)\b", re.IGNORECASE)
TABLE = re.compile(r"\b(?:ALTER\s+TABLE(?:\s+ONLY)?|\bON)\s+\"?(\w+)", re.IGNORECASE)


def released() -> set[str]:
    """Return the migrations of the last release."""
    newest = max(RELEASES.glob("*.backup"), key=lambda path: tuple(map(int, path.stem.split("."))))
    return set(look_through(newest, "", bool).manifest.migrations)


def faults(operation: Operation, app: str, state: ProjectState, new: set[str]) -> Iterator[str]:
    """Yield what of an operation would lock a table that is not new for as long as it has rows."""
    if isinstance(operation, RunSQL):
        yield from faults_of_sql(str(operation.sql), new)
    table = f"{app}_{getattr(operation, 'model_name', '').lower()}"
    if table in new:
        return
    match operation:
        case AddIndexConcurrently() | AddConstraintNotValid() | ValidateConstraint():
            pass
        case AddIndex():
            yield f"an index of {table} that is not made by AddIndexConcurrently"
        case AddConstraint():
            yield f"a constraint of {table} that is not AddConstraintNotValid, validated by a later migration"
        case AddField(field=field):
            yield from faults_of_field(field, table)
        case AlterField(field=field):
            before = state.models[app, operation.model_name_lower].fields[operation.name]
            yield from faults_of_change(before, field, table)


def faults_of_sql(sql: str, new: set[str]) -> Iterator[str]:
    if set(TABLE.findall(sql)) <= new:
        return
    for kind in (INDEX, CHECKED, REWRITES):
        if found := kind.search(sql):
            yield f"{found[0]}, without CONCURRENTLY, NOT VALID or a way around it"


def faults_of_field(field: Any, table: str) -> Iterator[str]:
    if field.unique or field.db_index:
        yield f"an index of {table} that comes with {field.name}: add it by AddIndexConcurrently"
    if getattr(field, "db_constraint", False):
        yield f"a foreign key of {table} that is checked at once: {field.name}"
    if isinstance(getattr(field, "_db_default_expression", None), models.Func):
        yield f"a default that differs from row to row, for which {table} is written anew: {field.name}"


def faults_of_change(before: Any, after: Any, table: str) -> Iterator[str]:
    grows = isinstance(before, models.CharField) and (after.max_length or 10**9) >= (before.max_length or 10**9)
    if before.db_type(connection) != after.db_type(connection) and not (grows and isinstance(after, models.CharField)):
        yield f"another type, for which {table} is written anew: {after.name}"
    if before.null and not after.null:
        yield f"NOT NULL, for which all of {table} is read under its lock: {after.name}"
    if (after.unique or after.db_index) and not (before.unique or before.db_index):
        yield f"an index of {table} that comes with {after.name}: add it by AddIndexConcurrently"


def losses(operation: Operation, app: str, state: ProjectState, new: set[str]) -> Iterator[str]:
    """Yield what of an operation a hub that does not know it could not go on with."""
    table = f"{app}_{getattr(operation, 'model_name', getattr(operation, 'name', '')).lower()}"
    if table in new:
        return
    match operation:
        case DeleteModel() | RenameModel() | AlterModelTable() | RemoveField() | RenameField():
            yield f"{operation.describe()}: the release asks for what it had"
        case AddField(field=field) | AlterField(field=field) if not field.null and not field.has_db_default():
            before = state.models[app, operation.model_name_lower].fields.get(operation.name)
            if before is None or before.null or before.has_db_default():
                yield f"{table}.{operation.name} without db_default: the release inserts rows without it"
        case RunSQL(sql=sql) if (found := TAKES_AWAY.search(str(sql))) and not set(TABLE.findall(str(sql))) <= new:
            yield f"{found[0]}: the release asks for what it had"


def found_since(
    known: set[str],
    loader: MigrationLoader,
    judge: Callable[[Operation, str, ProjectState, set[str]], Iterator[str]],
) -> Iterator[str]:
    """Yield what is wrong with our migrations that are not among those known."""
    state, new = ProjectState(), set[str]()
    plan = [key for leaf in loader.graph.leaf_nodes() for key in loader.graph.forwards_plan(leaf)]
    for app, name in dict.fromkeys(plan):
        is_new = app in OURS and f"{app}.{name}" not in known
        for operation in loader.graph.nodes[app, name].operations:
            if is_new and isinstance(operation, CreateModel):
                new.add(f"{app}_{operation.name.lower()}")
            if is_new:
                yield from (f"{app}.{name}: {fault}" for fault in judge(operation, app, state, new))
            operation.state_forwards(app, state)


def test_migrations_since_the_release_lock_no_table_for_long() -> None:
    assert list(found_since(released(), MigrationLoader(None), faults)) == []


def test_migrations_since_the_release_take_nothing_away_from_it() -> None:
    assert list(found_since(released(), MigrationLoader(None), losses)) == []


NAME: dict[str, Any] = {"model_name": "customer"}
PLANTED = {
    "an index": AddIndex(**NAME, index=models.Index(fields=["name"], name="planted")),
    "a check": AddConstraint(**NAME, constraint=models.CheckConstraint(condition=models.Q(id__gt=0), name="planted")),
    "a unique constraint": AddConstraint(**NAME, constraint=models.UniqueConstraint(fields=["name"], name="planted")),
    "an indexed column": AddField(**NAME, name="city", field=models.TextField(null=True, db_index=True)),
    "a moving default": AddField(**NAME, name="seen", field=models.DateTimeField(db_default=Now())),
    "another type": AlterField(**NAME, name="given", field=models.BigIntegerField()),
    "a shorter text": AlterField(**NAME, name="name", field=models.CharField(max_length=50, null=True)),
    "not null": AlterField(**NAME, name="name", field=models.CharField(max_length=100)),
    "an index in SQL": RunSQL("CREATE INDEX planted ON customers_customer (name)"),
    "a check in SQL": RunSQL("ALTER TABLE customers_customer ADD CONSTRAINT planted CHECK (id > 0)"),
    "a type in SQL": RunSQL("ALTER TABLE customers_customer ALTER COLUMN given TYPE bigint"),
}
HARMLESS = {
    "an index": AddIndexConcurrently(**NAME, index=models.Index(fields=["name"], name="planted")),
    "a check": AddConstraintNotValid(
        **NAME, constraint=models.CheckConstraint(condition=models.Q(id__gt=0), name="planted")
    ),
    "a column": AddField(**NAME, name="city", field=models.TextField(null=True)),
    "a constant default": AddField(**NAME, name="is_vip", field=models.BooleanField(default=False, db_default=False)),
    "a longer text": AlterField(**NAME, name="name", field=models.CharField(max_length=150, null=True)),
    "an index in SQL": RunSQL("CREATE INDEX CONCURRENTLY planted ON customers_customer (name)"),
    "a check in SQL": RunSQL("ALTER TABLE customers_customer ADD CONSTRAINT planted CHECK (id > 0) NOT VALID"),
    "of a new table": RunSQL("CREATE UNIQUE INDEX planted ON customers_fresh (name)"),
}


@pytest.fixture(scope="module")
def now() -> ProjectState:
    return MigrationLoader(None).project_state()


@pytest.mark.parametrize("operation", PLANTED.values(), ids=PLANTED)
def test_what_locks_a_table_for_long_is_found(now: ProjectState, operation: Operation) -> None:
    assert list(faults(operation, "customers", now, {"customers_fresh"})) != []


@pytest.mark.parametrize("operation", HARMLESS.values(), ids=HARMLESS)
def test_what_locks_nothing_for_long_is_let_through(now: ProjectState, operation: Operation) -> None:
    assert list(faults(operation, "customers", now, {"customers_fresh"})) == []


TAKEN_AWAY = {
    "a table": DeleteModel("customernote"),
    "another name of a table": RenameModel("customernote", "note"),
    "a column": RemoveField(**NAME, name="name"),
    "another name of a column": RenameField(**NAME, old_name="name", new_name="first_name"),
    "a default in Python alone": AddField(**NAME, name="is_vip", field=models.BooleanField(default=False)),
    "not null": AlterField(**NAME, name="name", field=models.CharField(max_length=100)),
    "a column in SQL": RunSQL("ALTER TABLE customers_customer DROP COLUMN name"),
    "a name in SQL": RunSQL("ALTER TABLE customers_customer RENAME COLUMN name TO first_name"),
}


@pytest.mark.parametrize("operation", TAKEN_AWAY.values(), ids=TAKEN_AWAY)
def test_what_the_release_could_not_go_on_with_is_found(now: ProjectState, operation: Operation) -> None:
    assert list(losses(operation, "customers", now, {"customers_fresh"})) != []


@pytest.mark.parametrize("operation", HARMLESS.values(), ids=HARMLESS)
def test_what_only_adds_is_let_through(now: ProjectState, operation: Operation) -> None:
    assert list(losses(operation, "customers", now, {"customers_fresh"})) == []
