"""The statements of a merge, and of taking one back, composed."""

from dataclasses import dataclass, replace

from customers.flags import FLAGS, FLAGS_SQL
from customers.former import FORMER_COLUMNS
from customers.ingest import KEPT
from customers.merging.choices import FIELDS
from customers.models import Customer
from customers.restoring import GRANTS
from hub.sql.files import read_sql
from tenants.changes.changesets import LISTED, recording
from tenants.changes.images import MERGES_KEPT_FOR, NAMES
from tenants.changes.undoing import columns_of, defaults_of
from tenants.identity import by_priority

LOST = "k.image->'merged'->'lost'"
# The image of a merge: the kept customer's row and, in `merged`, the other one's, the row that came out, and what
# followed. It is found by what either is named by, and hears of withdrawals of what either granted.
MERGE = replace(
    KEPT,
    grants=f"(({GRANTS}) | ({GRANTS.replace('k.image', LOST)}))",
    names=f"({NAMES} || {NAMES.replace('k.image', LOST)})",
    until=f"%(now)s::timestamptz + interval '{MERGES_KEPT_FOR.days} days'",
)
RECORD_MERGE, RECORD_PARTING = MERGE.recording(), recording(LISTED, undoes=True)
IMAGE = """
SELECT json_build_object('record', %(kept)s::bigint, 'image', %(kept_row)s::jsonb || jsonb_build_object('merged',
           jsonb_build_object('lost', %(lost_row)s::jsonb, 'after', %(after_row)s::jsonb,
                              'orders', %(orders)s::jsonb, 'followed', %(followed)s::jsonb)))::text AS image
"""
ROWS = """
SELECT t.id, t.updated_at, to_jsonb(t)::text AS row
  FROM customers_customer t
 WHERE t.tenant_id = %(tenant_id)s AND t.id = ANY (%(ids)s::bigint[])
 ORDER BY t.match_key
   FOR UPDATE
"""
HOLDERS = """
SELECT c.id, c.match_key
  FROM customers_customer c
 WHERE c.tenant_id = %(tenant_id)s AND c.match_key = ANY (%(keys)s::text[])
"""
GO = """
DELETE FROM customers_customer
 WHERE tenant_id = %(tenant_id)s AND id = %(lost)s
RETURNING id
"""
CHOSEN = (*FIELDS, "tags", "mailing_lists", *FLAGS, *FORMER_COLUMNS.values())
CHOSEN = (*CHOSEN, "match_key", "given", "overridden", "withdrawn_by_staff")
ASSIGNED = ",\n       ".join(f"{column} = v.{column}" for column in CHOSEN)
# What a customer's attributes are where nothing says that those that were true still are: of `before`, what `t` has.
HELD = """(
               SELECT coalesce(jsonb_object_agg(a.name, a.value) FILTER (WHERE a.value IS NOT NULL), '{{}}')
                 FROM (SELECT e.key AS name,
                              CASE WHEN e.value = 'true' THEN t.attributes->e.key ELSE e.value END AS value
                         FROM jsonb_each({before}) e) a)"""
MERGE_INTO = read_sql("customers", "merge").format(assignments=ASSIGNED, flags=FLAGS_SQL)
PLAN = read_sql("customers", "unmerge_plan")
PUT_BACK = read_sql("customers", "put_back").format(
    assignments=ASSIGNED, flags=FLAGS_SQL, held=HELD.format(before="%(image)s::jsonb->'attributes'")
)
COLUMNS = columns_of(Customer)
STILL_TRUE = HELD.format(before="p.attributes")
COMES = {
    "updated_at": "%(now)s",
    "attributes": f"CASE WHEN %(attributes)s::text = 'before' THEN p.attributes ELSE {STILL_TRUE} END",
}
COME_BACK = read_sql("customers", "come_back").format(
    columns=", ".join(COLUMNS),
    values=",\n       ".join(COMES.get(name, f"p.{name}") for name in COLUMNS),
    defaults=defaults_of(Customer),
)
ORDERS = by_priority(read_sql("customers", "orders_of_merged"))
COUNT_ORDERS = {priority: f"SELECT count(*) FROM ({orders}) AS o" for priority, orders in ORDERS.items()}  # noqa: S608 — constants
FOLLOW_ORDERS = {
    priority: read_sql("customers", "follow_orders").format(orders=orders) for priority, orders in ORDERS.items()
}
UNFOLLOW_ORDERS = read_sql("customers", "unfollow_orders")


@dataclass(frozen=True)
class Follows:
    """A table whose rows hang on a customer by hub id in a column of theirs: they follow, and go back.

    `remembers`: its column `merged_from` says for ever whom a row was about.
    """

    table: str
    column: str
    remembers: bool = False

    @property
    def follow(self) -> str:
        """Have the rows of the lost customer be the kept one's; returns their ids."""
        remember = ", merged_from = coalesce(merged_from, %(lost)s)" if self.remembers else ""
        return f"""UPDATE {self.table}
   SET {self.column} = %(kept)s{remember}
 WHERE tenant_id = %(tenant_id)s AND {self.column} = %(lost)s
RETURNING id"""  # noqa: S608 — composed from constants

    @property
    def go_back(self) -> str:
        """Have rows, by their own ids, be the lost customer's again, where they are the kept one's still."""
        forget = ", merged_from = NULLIF(merged_from, %(lost)s)" if self.remembers else ""
        return f"""UPDATE {self.table}
   SET {self.column} = %(lost)s{forget}
 WHERE tenant_id = %(tenant_id)s AND {self.column} = %(kept)s AND id = ANY (%(ids)s::bigint[])
RETURNING id"""  # noqa: S608 — composed from constants


# Everything that hangs on a customer: a table more is a line more.
FOLLOWING = (
    Follows("tenants_consentchange", "customer", remembers=True),
    Follows("customers_customernote", "customer_id"),
)
FOLLOW = {each.table: each.follow for each in FOLLOWING}
GO_BACK = {each.table: each.go_back for each in FOLLOWING}
