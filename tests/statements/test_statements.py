"""Each statement the hub sends by itself stands in a file here, as it runs, and runs as it stands there."""

import re
from pathlib import Path
from typing import cast

import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

from hub.sql.execute import execute_where_tenant_is, is_distributed
from hub.sql.upsert import Column
from tenants.changes.images import RETURNS_OLD
from tenants.configuration import Collision
from tenants.models import Tenant
from tests.statements.find import held_by, stands_alone, statements
from tests.statements.write import FOLDER, SAMPLES, files

COMPOSED = statements()
FILES = sorted(FOLDER.glob("*.sql"))
SET = re.compile(r"^\\set (\w+) ('[^'\\\n]*')\n", re.MULTILINE)
NEEDS_SHARDS = re.compile(r"FROM on_shard|'hub_ids'|\bpg_dist_|\bcitus_")
WRITES = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM|lock_tenant)\b")  # runs where the tenant is
VARIABLE = re.compile(r":'(\w+)'")


def test_each_file_holds_its_statement_as_it_is_composed() -> None:
    kept, composed = {path.name: path.read_text() for path in FILES}, files()

    differing = sorted(name for name in {*kept, *composed} if kept.get(name) != composed.get(name))

    assert not differing, f"run `make statements` and read the diff of {', '.join(differing)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_runs_as_it_stands(db: None, path: Path) -> None:
    """psql puts each variable in as a quoted literal; so does this, in a transaction that is rolled back."""
    Tenant.objects.create(pk=SAMPLES["tenant_id"], priority=SAMPLES["priority"])
    text = path.read_text()
    if NEEDS_SHARDS.search(text) and not is_distributed():
        pytest.skip("what it asks is there once tenants are distributed")
    if "(old)" in text and cast(DatabaseWrapper, connection).pg_version < RETURNS_OLD:
        pytest.skip("this server does not return what it replaced")
    values = dict(SET.findall(text))

    if is_distributed() and WRITES.search(text) and "tenant_id" in values:
        execute_where_tenant_is(COMPOSED[path.stem], {name: value.strip("'") for name, value in values.items()})
    else:
        with connection.cursor() as cursor:
            cursor.execute(VARIABLE.sub(lambda variable: values[variable[1]], SET.sub("", text)))


def test_statements_are_found_in_mappings_sequences_and_objects() -> None:
    with_slots, without = Collision("\n-- why\nDELETE FROM t", 0, []), Column("WITH x", "Select", bit=0)

    found = dict(held_by({"a": ["SELECT 1", with_slots], "b": without, "c": Path("SELECT 1")}, "NAME", set()))

    assert found == {"NAME.a.0": "SELECT 1", "NAME.a.1.identifier": "\n-- why\nDELETE FROM t", "NAME.b.name": "WITH x"}


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("SELECT id FROM tenants_tenant", True),
        ("WITH x AS (SELECT 1), y(a, b) AS MATERIALIZED (SELECT 1, 2) SELECT a FROM x JOIN y ON true", True),
        ("SELECT extract(epoch FROM now()) FROM unnest(%(ids)s::bigint[]) AS x FOR UPDATE", True),
        ("SELECT id FROM tenants_tenant WHERE {first} = 1", False),
        ("SELECT id FROM stored", False),
    ],
)
def test_a_part_of_a_statement_is_told_from_a_whole_one(text: str, alone: bool) -> None:
    assert stands_alone(text) is alone
