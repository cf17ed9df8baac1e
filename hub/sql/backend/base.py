"""The database backend: each connection knows whether the tables of tenants are distributed (manage.py distribute)."""

from typing import Any, Self

from django.db.backends.postgresql import base, features, schema

from hub.spans import Tracing, around_statement
from hub.sql.prepared import Prepared

DISTRIBUTED = "SELECT to_regproc('on_shard') IS NOT NULL"
# Citus plans by the tenant it is told, so a plan for whichever tenant is none.
PLAN_EACH = "SET plan_cache_mode = auto"
ONE_AFTER_THE_OTHER = "SET LOCAL citus.multi_shard_modify_mode = 'sequential'"


class DatabaseFeatures(features.DatabaseFeatures):
    """Groups by every column that is selected: a table's key is (id, tenant_id), so `id` alone determines nothing."""

    minimum_database_version = (15,)  # each process looks once, when it first connects
    allows_group_by_selected_pks = False


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Changes rows, tables and functions in one transaction of a distributed database, over one connection a node.

    Else Citus refuses what concerns whole nodes, such as a function, after what concerned a node's shards.
    """

    connection: "DatabaseWrapper"

    def __enter__(self) -> Self:
        super().__enter__()
        if self.connection.is_distributed and self.atomic_migration:
            self.execute(ONE_AFTER_THE_OTHER)
        return self


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that knows, from its beginning, whether tenants live on several nodes."""

    SchemaEditorClass = DatabaseSchemaEditor
    features_class = DatabaseFeatures
    is_distributed = False
    prepared: Prepared

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if Tracing.tracer is not None:
            self.execute_wrappers.append(around_statement)

    def renew(self) -> None:
        """Close a connection that the server has ended, so that the next statement opens another."""
        if self.connection is not None and not self.in_atomic_block and not self.is_usable():
            self.close()

    def init_connection_state(self) -> None:
        """Ask once a connection; `distribute` ends those that were open before."""
        super().init_connection_state()
        assert self.connection is not None  # noqa: S101 — Django has just connected
        self.prepared = Prepared(self.connection)
        with self.connection.cursor() as cursor:
            row = cursor.execute(DISTRIBUTED).fetchone()
            self.is_distributed = bool(row and row[0])
            if self.is_distributed:
                cursor.execute(PLAN_EACH)
