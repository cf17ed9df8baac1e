"""Tables of tenants are, as migrations leave them, such as Citus can distribute by tenant_id; new ones, too."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader

from tenants.cluster import tenant_tables
from tenants.models import ApiKey, Invitation, Membership, SavedView, Tenant, Webhook
from tests.distribution import needs_plain_postgres
from tests.statements.find import APPS

# Who may call, who may look, who is told: asked before a tenant's node is known.
OF_THE_COORDINATOR = {ApiKey, Invitation, Membership, SavedView, Webhook}
# What must not be there. `owned` are the tables of tenants, `shared` those of nobody and of all of them.
FAULTS = {
    "a key or a unique index without tenant_id": """
        SELECT i.indexrelid::regclass FROM pg_index i
         WHERE i.indrelid = ANY (%(owned)s::regclass[]) AND i.indisunique
           AND NOT EXISTS (SELECT 1 FROM pg_attribute a
                            WHERE a.attrelid = i.indrelid AND a.attname = 'tenant_id'
                              AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))""",
    "no primary key": """
        SELECT t.oid::regclass FROM pg_class t
         WHERE t.oid = ANY (%(owned)s::regclass[])
           AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = t.oid AND i.indisprimary)""",
    "a foreign key between a tenant's table and one that is none": """
        SELECT conname FROM pg_constraint
         WHERE contype = 'f'
           AND (conrelid = ANY (%(owned)s::regclass[])) <> (confrelid = ANY (%(owned)s::regclass[]))""",
    "a foreign key inside a tenant that leaves out tenant_id": """
        SELECT conname FROM pg_constraint f
         WHERE f.contype = 'f' AND f.conrelid = ANY (%(owned)s::regclass[])
           AND NOT EXISTS (SELECT 1
                             FROM unnest(f.conkey, f.confkey) AS k(ours, theirs)
                             JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.ours
                             JOIN pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = k.theirs
                            WHERE a.attname = 'tenant_id' AND b.attname = 'tenant_id')""",
    "a foreign key that would set tenant_id": """
        SELECT conname FROM pg_constraint
         WHERE contype = 'f' AND conrelid = ANY (%(owned)s::regclass[])
           AND (confdeltype NOT IN ('a', 'r', 'c') OR confupdtype NOT IN ('a', 'r'))""",
    "a foreign key from another's table to tenants": """
        SELECT conname FROM pg_constraint
         WHERE contype = 'f' AND confrelid = %(tenants)s::regclass AND conrelid <> ALL (%(hub)s::regclass[])""",
    "an exclusion constraint": """
        SELECT conname FROM pg_constraint WHERE contype = 'x' AND conrelid = ANY (%(owned)s::regclass[])""",
    "a constraint that is checked later": """
        SELECT conname FROM pg_constraint WHERE condeferrable AND conrelid = ANY (%(owned)s::regclass[])""",
    "a trigger": """
        SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = ANY (%(owned)s::regclass[])""",
    "a rule": "SELECT rulename FROM pg_rewrite WHERE ev_class = ANY (%(owned)s::regclass[])",
    "a generated column": """
        SELECT attname FROM pg_attribute WHERE attgenerated <> '' AND attrelid = ANY (%(owned)s::regclass[])""",
    "inheritance": "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = ANY (%(owned)s::regclass[])",
    "rows hidden by a policy": "SELECT polname FROM pg_policy WHERE polrelid = ANY (%(owned)s::regclass[])",
    "a table with tenant_id that is no tenant's": """
        SELECT a.attrelid::regclass
          FROM pg_attribute a
          JOIN pg_class t ON t.oid = a.attrelid AND t.relkind IN ('r', 'p') AND t.relnamespace = 'public'::regnamespace
         WHERE a.attname = 'tenant_id'
           AND a.attrelid <> ALL (%(owned)s::regclass[] || %(coordinator)s::regclass[])""",
}
IDENTITY = """
    SELECT attrelid::regclass
      FROM pg_attribute
     WHERE attrelid = ANY (%(owned)s::regclass[]) AND attname = 'id'
       AND (attidentity <> 'd' OR atttypid <> 'bigint'::regtype)"""
PLANTED = {
    "CREATE UNIQUE INDEX x ON customers_customer (email)": "a key or a unique index without tenant_id",
    "CREATE UNIQUE INDEX x ON customers_customer (email) INCLUDE (tenant_id)":
        "a key or a unique index without tenant_id",
    "ALTER TABLE orders_orderitem DROP CONSTRAINT orders_orderitem_pkey": "no primary key",
    "ALTER TABLE tenants_feed ADD FOREIGN KEY (tenant_id) REFERENCES tenants_tenant":
        "a foreign key between a tenant's table and one that is none",
    "CREATE TABLE django_x (o bigint, t uuid, FOREIGN KEY (o, t) REFERENCES orders_order (id, tenant_id))":
        "a foreign key between a tenant's table and one that is none",
    "ALTER TABLE orders_order ADD x bigint, ADD y uuid, "
    "ADD FOREIGN KEY (x, y) REFERENCES customers_customer (id, tenant_id)":
        "a foreign key inside a tenant that leaves out tenant_id",
    "ALTER TABLE orders_order ADD x bigint,"
    " ADD FOREIGN KEY (x, tenant_id) REFERENCES customers_customer (id, tenant_id) ON DELETE SET NULL":
        "a foreign key that would set tenant_id",
    "CREATE TABLE procrastinate_x (t uuid REFERENCES tenants_tenant)": "a foreign key from another's table to tenants",
    "ALTER TABLE orders_order ADD EXCLUDE USING btree (tenant_id WITH =)": "an exclusion constraint",
    "ALTER TABLE orders_order ADD UNIQUE (tenant_id, email) DEFERRABLE": "a constraint that is checked later",
    "CREATE TRIGGER x BEFORE UPDATE ON orders_order FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()":
        "a trigger",
    "CREATE RULE x AS ON DELETE TO orders_order DO NOTHING": "a rule",
    "ALTER TABLE orders_order ADD x text GENERATED ALWAYS AS (currency) STORED": "a generated column",
    "CREATE TABLE x () INHERITS (orders_order)": "inheritance",
    "CREATE POLICY x ON orders_order": "rows hidden by a policy",
    "CREATE TABLE x (tenant_id uuid)": "a table with tenant_id that is no tenant's",
}  # fmt: skip
UNFIT = {
    "a trigger": re.compile(r"\bCREATE (?:OR REPLACE )?(?:CONSTRAINT )?TRIGGER\b"),
    "a generated column": re.compile(r"\bGENERATED ALWAYS AS\s*\("),
    "several constraints at once": re.compile(r"\bADD CONSTRAINT\b[^;]*\bADD CONSTRAINT\b"),
}


def found(statement: str) -> list[str]:
    """Return what a statement about the catalog names."""
    named: dict[str, Any] = {
        "owned": tenant_tables(),
        "hub": [model._meta.db_table for model in apps.get_models() if model._meta.app_label in APPS],
        "coordinator": [model._meta.db_table for model in OF_THE_COORDINATOR],
        "tenants": Tenant._meta.db_table,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, named)
        return [str(name) for (name,) in cursor.fetchall()]


def unfit(text: str) -> Iterator[str]:
    """Yield what a migration's SQL does that Citus does not take."""
    yield from (what for what, pattern in UNFIT.items() if pattern.search(text))


@pytest.mark.parametrize("fault", FAULTS)
def test_tables_of_tenants_can_be_distributed(db: None, fault: str) -> None:
    assert found(FAULTS[fault]) == []


@needs_plain_postgres
@pytest.mark.parametrize(("change", "fault"), PLANTED.items(), ids=str)
def test_a_change_that_could_not_be_distributed_is_found(db: None, change: str, fault: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(change)

    assert found(FAULTS[fault])


@needs_plain_postgres
def test_hub_ids_come_from_an_identity(db: None) -> None:
    assert found(IDENTITY) == []


def test_every_model_with_a_tenant_is_distributed_or_known_to_stay() -> None:
    of_tenants = {model for model in apps.get_models() if hasattr(model, "tenant_id")}

    assert {model._meta.db_table for model in of_tenants - OF_THE_COORDINATOR} == set(tenant_tables())


def test_migrations_do_nothing_that_could_not_be_distributed() -> None:
    migrations: dict[tuple[str, str], Any] = MigrationLoader(None).disk_migrations
    texts = {
        (*name, str(operation.sql))
        for name, migration in migrations.items()
        for operation in migration.operations
        if name[0] in APPS and isinstance(operation, RunSQL)
    }

    assert texts
    assert {(name, what) for *name, text in texts for what in unfit(text)} == set()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON orders_order EXECUTE FUNCTION f()", ["a trigger"]),
        ("ALTER TABLE t ADD x int GENERATED ALWAYS AS (y + 1) STORED", ["a generated column"]),
        (
            "ALTER TABLE t ADD CONSTRAINT a CHECK (x > 0), ADD CONSTRAINT b CHECK (y > 0)",
            ["several constraints at once"],
        ),
        ("ALTER TABLE t ADD CONSTRAINT a CHECK (x > 0); ALTER TABLE t ADD CONSTRAINT b CHECK (y > 0)", []),
        ("ALTER TABLE t ALTER id ADD GENERATED BY DEFAULT AS IDENTITY", []),
    ],
)
def test_sql_that_citus_does_not_take_is_found(text: str, what: list[str]) -> None:
    assert list(unfit(text)) == what
