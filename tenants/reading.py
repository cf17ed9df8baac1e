"""What the replica may answer, and when: as soon as it has replayed the last write of every tenant that is read.

Every write to records, changesets and the consent ledger raises its tenant's number in the feed, in one transaction
with what it wrote (tenants/sql/record_changeset.sql). So a replica that has the number has all of it, whoever wrote:
partners, staff, a dialect, an erasure, a re-keying, on any machine.
"""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from django.db.models import Model

from hub.sql.execute import execute
from hub.sql.files import read_sql
from hub.sql.prepared import Row
from hub.sql.replica import PRIMARY, REPLICA, Answer, NoReplica, may_be_asked, read_from_replica, reads_from
from tenants.changes.changesets import as_array
from tenants.models import Changeset, ConsentChange, Entity

NUMBERS = read_sql("tenants", "feed_numbers").format(whose="WHERE tenant_id = ANY (%(tenants)s::uuid[])")
NUMBERS_OF_ALL = read_sql("tenants", "feed_numbers").format(whose="")
REPLAYED = read_sql("tenants", "feed_replayed")
HISTORY = (Changeset, ConsentChange)


class ReplicaRouter:
    """Django's router: the replica, while it reads, is asked for what the feed tells of, and for nothing else.

    Tenants, members, sessions, keys and what is measured or counted are the primary's. Migrations, too.
    """

    def db_for_read(self, model: type[Model], **_: Any) -> str:
        return reads_from() if model in HISTORY or model._meta.app_label in Entity.values else PRIMARY

    def db_for_write(self, model: type[Model], **_: Any) -> str:
        """Return the primary; raises RuntimeError where something is written while the replica reads."""
        if reads_from() == REPLICA:
            raise RuntimeError(f"{model._meta.label} is written by what only reads.")
        return PRIMARY

    def allow_relation(self, *_: Model, **__: Any) -> bool:
        return True

    def allow_migrate(self, database: str, *_: str, **__: Any) -> bool:
        return database == PRIMARY


def read_for(tenants: Collection[UUID] | None, read: Callable[[], Answer]) -> Answer:
    """Return what `read` returns of the records and the history of some tenants, or of all (None).

    From the replica where there is one that has replayed the last write of each, else from the primary. `read` only
    reads, and may run twice.
    """
    if not may_be_asked():
        return read()
    whose = NUMBERS_OF_ALL if tenants is None else NUMBERS
    numbers = execute(whose, {"tenants": as_array(tenants or ())}).fetchall()[0]
    return read_from_replica(read, is_current=lambda: _has_replayed(numbers))


def _has_replayed(numbers: Row) -> bool:
    """Tell whether the database that is read has the numbers of the feed that the primary had before."""
    is_replica, has_all = execute(REPLAYED, {"tenants": numbers[0], "numbers": numbers[1]}).fetchall()[0]
    if not is_replica:
        raise NoReplica
    return bool(has_all)
