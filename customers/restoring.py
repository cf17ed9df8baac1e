"""How customers go back to what they were: everything but consent, which an undo takes and does not give.

Consents are the six flags, the mailing lists one is on, and attributes that are true: a vendor's permissions are such.
A withdrawal is given back only where staff ask for it, and never where somebody withdrew since, which a row that has
nothing left to withdraw does not show: so it is noted at the images.
"""

from collections.abc import Mapping
from typing import Any

from customers.flags import ALL, FLAGS, FLAGS_SQL, INVERTED, WITHDRAWN, grants_sql, withdrawals
from customers.former import FORMER_COLUMNS, MOST_FORMER
from customers.models import Customer
from hub.sql.files import read_sql
from hub.sql.upsert import Table
from tenants.changes.images import Kept
from tenants.identity import COLUMNS, key_sql
from tenants.models import Entity

# Bits of consents, beside those of flags; stored for a week.
LISTS, ATTRIBUTES = 64, 128
BITS = {name: 1 << bit for name, bit in zip(WITHDRAWN, FLAGS.values(), strict=True)}  # by documented name
WITHDRAWS = dict(zip(FLAGS, WITHDRAWN.values(), strict=True))  # by column, the value that withdraws
GRANTS = " +\n           ".join(
    [
        *(f"((k.image->>'{name}')::boolean <> {value})::int * {1 << FLAGS[name]}" for name, value in WITHDRAWS.items()),
        f"(k.image->'mailing_lists' <> '[]')::int * {LISTS}",
        f"jsonb_path_exists(k.image->'attributes', '$.* ? (@ == true)')::int * {ATTRIBUTES}",
    ]
)
# The flags of an image, as bits, those of what a customer becomes, and which of them the undo changes.
IMAGED = " + ".join(f"(i.image->>'{name}')::boolean::int * {1 << bit}" for name, bit in FLAGS.items())
TARGET = f"((({IMAGED}) & ~(h.held & {ALL})) | (h.held & {INVERTED}))"
CHANGED = f"(coalesce({FLAGS_SQL}, {IMAGED}) # {TARGET})"
# SQL that notes what is `withdrawn`: SQL of an object, bits by match_key.
NOTE = "note_withdrawn('tenants_beforeimage', 'customers_customer', %(tenant_id)s, {withdrawn})"
NOTE_BY_KEY = f"SELECT {NOTE.format(withdrawn='%(masks)s::jsonb')} AS noted"
BY_ID = """(
       SELECT jsonb_object_agg(c.match_key, m.bits::int)
         FROM json_each_text(%(withdrawn)s::json) AS m(id, bits)
        CROSS JOIN LATERAL (
              SELECT r.match_key
                FROM customers_customer r
               WHERE r.tenant_id = %(tenant_id)s AND r.id = m.id::bigint
              OFFSET 0) c)"""
NOTE_BY_ID = f"SELECT {NOTE.format(withdrawn=BY_ID)} AS noted"
# Of the rows `sent` of a statement that stores at once.
OF_SENT = """(
           SELECT jsonb_object_agg(w.key, w.bits)
             FROM (SELECT {key} AS key,
                          {bits} AS bits
                     FROM sent s
                   OFFSET 0) w
            WHERE w.bits <> 0)"""
FORMER = """'{former}', coalesce((
        SELECT to_jsonb((array_agg(u.value ORDER BY u.place)
                         || ARRAY(SELECT jsonb_array_elements_text(NULLIF(i.image->'{former}', 'null'))))[:{most}])
          FROM unnest(t.{column} || t.{former}) WITH ORDINALITY AS u(value, place)
         WHERE u.value <> ALL (ARRAY(SELECT jsonb_array_elements_text(NULLIF(i.image->'{former}', 'null'))))
           AND u.value IS NOT NULL AND u.value IS DISTINCT FROM i.image->>'{column}'
        HAVING count(*) > 0), i.image->'{former}')"""


def kept_customers(given: Mapping[str, int], supplied: str) -> Kept:
    """Return how customers are kept and go back; `given` has the columns' bits in the bitmask of what was supplied.

    `supplied` is the SQL of the flags that a row `t` was ever given.
    """
    columns = {**{1 << bit: name for name, bit in FLAGS.items()}, LISTS: "mailing_lists", ATTRIBUTES: "attributes"}
    restored = read_sql("customers", "restored").format(
        email=key_sql("Email", "(i.image->>'email')"),
        customer_id=key_sql("CustomerId", "(i.image->>'customer_id')"),
        former=",\n    ".join(map(_former, FORMER_COLUMNS)),
        flags=",\n    ".join(f"'{name}', {_restored(name)}" for name in FLAGS),
        given=" | ".join(
            f"(h.held & {bit} <> 0)::int * coalesce(t.given & {1 << given[name]}, 0)" for bit, name in columns.items()
        ),
        lists=LISTS,
        attributes=ATTRIBUTES,
        overridden=f"coalesce(t.overridden # ({FLAGS_SQL}), (i.image->>'overridden')::int # ({IMAGED})) # {TARGET}",
        withdrawn=f"(coalesce(t.withdrawn_by_staff, (i.image->>'withdrawn_by_staff')::int) | {CHANGED})"
        f" & ~({CHANGED} & {grants_sql(TARGET)})",
    )
    withdrew = read_sql("customers", "withdrew").format(
        flags=" +\n    ".join(map(_withdrew, FLAGS)), lists=LISTS, attributes=ATTRIBUTES
    )
    return Kept(
        Entity.CUSTOMERS,
        Customer,
        "match_key",
        restored=restored,
        grants=GRANTS,
        withdrew=withdrew,
        flags=FLAGS_SQL,
        supplied=supplied,
        said={name: 1 << given[name] for name in FLAGS},
    )


def _former(identifier: str) -> str:
    return FORMER.format(former=FORMER_COLUMNS[identifier], column=COLUMNS[identifier], most=MOST_FORMER)


def _restored(name: str) -> str:
    return (
        f"CASE WHEN h.held & {1 << FLAGS[name]} <> 0 THEN '{str(WITHDRAWS[name]).lower()}' ELSE i.image->'{name}' END"
    )


def _withdrew(name: str) -> str:
    granted = f"(i.image->>'{name}')::boolean <> {WITHDRAWS[name]}"
    # Who comes back is excluded as before: nobody can tell whether they were, in between.
    stays = f"t.{name} = {WITHDRAWS[name]}" + ("" if WITHDRAWS[name] else " IS NOT FALSE")
    return f"({granted} AND coalesce({stays}, false))::int * {1 << FLAGS[name]}"


def note_sent(table: Table) -> str:
    """Compose what notes the withdrawals of the records of a table, each with its key, as `at_once_statement` asks.

    Flags alone: who sends lists or attributes needs the stored value first.
    """
    fields = {column.name: column.field for column in table.columns}
    bits = (
        f'(s."{fields[name]}" IS {str(value).upper()})::int * {1 << FLAGS[name]}' for name, value in WITHDRAWS.items()
    )
    return NOTE.format(withdrawn=OF_SENT.format(key=table.key["match_key"], bits=f" +\n{' ' * 26}".join(bits)))


def withdrawn_bits(record: Mapping[str, Any]) -> int:
    """Return the bits of the consents that a record may withdraw; lists and attributes come whole, so all of them."""
    bits = sum(BITS[name] for name in withdrawals(record))
    bits += LISTS * (record.get("MailingLists") is not None)
    return bits + ATTRIBUTES * (record.get("Attributes") is not None)
