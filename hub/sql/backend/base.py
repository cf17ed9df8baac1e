"""The database backend: each connection knows whether the tables of tenants are distributed (manage.py distribute)."""

from django.db.backends.postgresql import base, features

DISTRIBUTED = "SELECT to_regproc('on_shard') IS NOT NULL"
# Citus plans by the tenant it is told, so a plan for whichever tenant is none.
PLAN_EACH = "SET plan_cache_mode = auto"


class DatabaseFeatures(features.DatabaseFeatures):
    """Groups by every column that is selected: a table's key is (id, tenant_id), so `id` alone determines nothing."""

    allows_group_by_selected_pks = False


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that knows, from its beginning, whether tenants live on several nodes."""

    features_class = DatabaseFeatures
    is_distributed = False

    def init_connection_state(self) -> None:
        """Ask once a connection; `distribute` ends those that were open before."""
        super().init_connection_state()
        assert self.connection is not None  # noqa: S101 — Django has just connected
        with self.connection.cursor() as cursor:
            row = cursor.execute(DISTRIBUTED).fetchone()
            self.is_distributed = bool(row and row[0])
            if self.is_distributed:
                cursor.execute(PLAN_EACH)
