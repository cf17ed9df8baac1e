"""Whose SQL names which table: an app its own ones, and beyond that what is written here with its reason.

A source is a file, `customers.sql.carriers`, or a statement as it is composed, `customers.ingest.FIND`.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatch

import pytest

from hub.sql.files import read_sql
from tests.statements.find import APPS, ROOT, statements, tables

# Written in one room alone; a file of tenants/sql belongs to the room that reads it.
WRITTEN_IN = {
    "tenants_feed": "tenants.changes.*",
    "tenants_changeset": "tenants.changes.*",
    "tenants_consentchange": "tenants.changes.*",
    "tenants_beforeimage": "tenants.changes.*",
    "tenants_keptanswer": "tenants.changes.*",
    "tenants_forgotten": "tenants.changes.*",
    "tenants_erasurecertificate": "tenants.changes.*",
    "tenants_ratecounter": "tenants.api.*",
    "tenants_failurecounter": "tenants.attempts.*",
    "tenants_quarantinedrecord": "tenants.quarantine.*",
}
LEDGER = "tenants_feed tenants_changeset tenants_consentchange"
BOTH_ENDS = "customers_customer orders_order orders_orderitem products_product products_variant"
# Sources, the tables each of them names or writes beyond that, and why.
EXCEPTIONS = [
    ("customers.sql.anonymise_orders customers.erasure.*", "orders_order",
     "erasing a person makes their orders anonymous in the same transaction: docs/decisions.md"),
    ("customers.sql.orders_that_follow customers.sql.rename_orders customers.rectifying.*", "orders_order",
     "a corrected customer's orders follow in the same transaction: docs/decisions.md"),
    ("customers.ingest.* customers.dialects.* customers.consents.* customers.acting.* orders.ingest.*"
     " products.ingest.*", LEDGER,
     "what is stored and its changeset are one statement, composed by tenants.changes"),
    ("customers.ingest.* customers.consents.* customers.acting.* orders.ingest.* products.ingest.*",
     "tenants_beforeimage",
     "so are the before-images of what is stored or deleted"),
    ("customers.restoring.* customers.dialects.* customers.sql.functions.note_withdrawn", "tenants_beforeimage",
     "who withdraws is found by customers' keys, and noted at their images, in the statement that stores"),
    ("customers.sql.search_* customers.searching.*", "tenants_feed tenants_changeset",
     "searched words are kept by the feed's numbers, which stand beside them on the tenant's node"),
    ("customers.sql.images_of_erased customers.erasure.*", "tenants_beforeimage",
     "which images an erasure takes is asked of customers, too; tenants.changes deletes them"),
    ("customers.merging.statements.*", f"{LEDGER} tenants_beforeimage orders_order",
     "two customers become one with what hangs on them: orders, ledger, images"),
    ("customers.sql.orders_of_merged customers.sql.follow_orders customers.sql.unfollow_orders", "orders_order",
     "so the orders that name either follow"),
    ("customers.sql.unmerge_plan customers.merged.*", "tenants_beforeimage",
     "what two customers were before they were merged is an image, by which an erasure finds who went into whom"),
    ("tenants.changes.trying.*", BOTH_ENDS, "a dry run shows records of all entities, as their apps say how: Kept"),
    ("tenants.changes.emptying.*",
     f"{BOTH_ENDS} customers_searchedwords customers_searchposition customers_customernote customers_duplicate"
     " tenants_quarantinedrecord",
     "a sandbox is emptied whole: every table that tenants own"),
    ("tenants.changes.undoing.*", BOTH_ENDS, "an undo puts rows of all entities back, as their apps say how: Kept"),
    ("tenants.sql.health_* tenants.health.*", BOTH_ENDS, "one reader has all figures in one place: tenants/health.py"),
    ("tenants.sql.*_of_* tenants.links.*", BOTH_ENDS, "a link by natural key is looked up from both of its ends"),
    ("tenants.sql.rekey* tenants.configuration.*", "customers_customer",
     "another identifier priority gives every customer another key"),
    ("tenants.demo.history.*", "tenants_changeset tenants_consentchange customers_customer orders_order"
     " products_product",
     "the demo's changesets and records are dated back"),
]  # fmt: skip
PERMITTED = {(who, table) for sources, named, _ in EXCEPTIONS for who in sources.split() for table in named.split()}
LOCK = re.compile(r"lock_tenant|pg_(?:try_)?advisory")


@pytest.fixture(scope="module")
def strangers() -> set[tuple[str, str]]:
    """Every (source, table) where a source names another app's table, or writes one that is another room's."""
    sources = [*_files(), *statements().items()]
    assert len(sources) > 50
    return {(source, table) for source, text in sources for table in _strange(source, text)}


def test_a_room_names_its_own_tables_and_the_written_exceptions(strangers: set[tuple[str, str]]) -> None:
    unwritten = {
        (source, table)
        for source, table in strangers
        if not any(fnmatch(source, who) and table == its for who, its in PERMITTED)
    }

    assert unwritten == set()


def test_every_exception_is_needed(strangers: set[tuple[str, str]]) -> None:
    idle = {
        (who, table)
        for who, table in PERMITTED
        if not any(fnmatch(source, who) and table == its for source, its in strangers)
    }

    assert idle == set()


def test_only_tenants_changes_knows_the_lock() -> None:
    sources = {str(path.relative_to(ROOT)): path.read_text() for app in APPS for path in (ROOT / app).rglob("*.py")}
    sources |= {source.replace(".", "/"): text for source, text in _files()}

    knowing = {source for source, text in sources.items() if LOCK.search(text) and "/migrations/" not in source}

    others = ("hub/sql/migrations.py", "hub/backups/loading.py")  # locks of their own, of no tenant
    assert {one for one in knowing if not one.startswith(("tenants/changes/", "tenants/sql/", *others))} == set()


def _files() -> Iterator[tuple[str, str]]:
    """Yield (source, SQL without comments) of every file in <app>/sql."""
    for app in APPS:
        for path in sorted((ROOT / app / "sql").rglob("*.sql")):
            name = path.relative_to(ROOT / app / "sql").with_suffix("")
            yield f"{app}.sql.{str(name).replace('/', '.')}", read_sql(app, str(name))


def _strange(source: str, text: str) -> set[str]:
    app, room, *_ = source.split(".")
    names = "|".join(sorted(tables()))
    foreign = {table for table in re.findall(rf"\b({names})\b", text) if not table.startswith(f"{app}_")}
    written = re.findall(rf'\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?({names})\b', text)
    if room == "sql":
        return foreign
    return foreign | {table for table in written if table in WRITTEN_IN and not fnmatch(source, WRITTEN_IN[table])}
