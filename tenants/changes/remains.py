"""What erasures leave in the database: dead row versions, entries of indexes, and samples in the planner's statistics.

PostgreSQL sees to that by itself when a fifth of a table is dead, which of a big one may take months.
"""

from collections.abc import Sequence
from datetime import datetime

from django.apps import apps
from django.db import connection
from django.db.models import Model
from psycopg.sql import SQL, Identifier

from hub.sql.execute import execute
from tenants.entities import model_label
from tenants.models import (
    BeforeImage,
    Changeset,
    ConsentChange,
    Entity,
    ErasureCertificate,
    Export,
    ExportPart,
    Feed,
    Import,
    QuarantinedRecord,
    RejectedRow,
)

TOUCHED = (Entity.CUSTOMERS, Entity.ORDERS)  # whose tables an erasure deletes from, or rewrites rows of; and reasons
WITH_A_CUSTOMER = ("customers.SearchedWords", "customers.CustomerNote")  # what goes with one
# Whose rows an erasure deletes, or takes a person's values out of: of certificates a reference that names somebody.
TELLING = (
    Changeset,
    ConsentChange,
    BeforeImage,
    QuarantinedRecord,
    RejectedRow,
    Import,
    Export,
    ExportPart,
    ErasureCertificate,
)
# Where few rows are dead PostgreSQL leaves the indexes alone, and these have identifiers, too; pg_statistic has some
# hundreds of each column's values.
VACUUM = SQL("VACUUM (INDEX_CLEANUP ON, ANALYZE) {}")
# Whoever still sees the rows of a moment keeps VACUUM from removing what was erased after it: a long backup does.
# Since when processes of another user see rows, as autovacuum's do, only a superuser is told: they may be the oldest.
OLDEST_VIEW = """
SELECT min(coalesce(xact_start, 'epoch'))
  FROM pg_stat_activity
 WHERE datname = current_database() AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
"""


def vacuum_erased() -> Sequence[str]:
    """Vacuum the tables that erasures touch, where there was one since it was last done; return which these were.

    Outside of a transaction. What was erased while somebody had an old view of the rows is due again the next time; so
    is everything where this fails.
    """
    erasures = list(Feed.objects.filter(erased_at__isnull=False).values_list("erased_at", flat=True))
    if not erasures:
        return ()
    oldest: datetime | None = execute(OLDEST_VIEW).fetchall()[0][0]
    labels = [*map(model_label, TOUCHED), *WITH_A_CUSTOMER]
    models: list[type[Model]] = [*map(apps.get_model, labels), *TELLING]
    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(VACUUM.format(Identifier(table)))
    done = [erased_at for erased_at in erasures if erased_at and (oldest is None or erased_at < oldest)]
    Feed.objects.filter(erased_at__in=done).update(erased_at=None)
    return tables
