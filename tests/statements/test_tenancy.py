"""Each statement says of every table of tenants whose rows it means: what lets Citus send it to the node that has them.

Of a table that a query reads or changes, tenant_id equals a parameter, or the tenant_id of another of which that holds,
in a condition of the query itself, which no OR weakens. A row that is inserted brings its tenant_id.
"""

import re
from collections.abc import Iterator

import pytest

from tenants.cluster import tenant_tables
from tests.statements.find import statements

STATEMENTS = statements()
# What reads a table across tenants, and why.
ACROSS_TENANTS = {
    "customers.searching.filling.WAITING": "the background worker keeps the searched words of all tenants",
    "tenants.links.IDENTIFIERS": "a hub id names a customer of whichever tenant",
    "tenants.exports.jobs.READY_TO_RUN": "the background worker makes the exports of all tenants",
    "tenants.imports.worker.READY": "the background worker runs the jobs of all tenants",
    "tenants.reading.NUMBERS_OF_ALL": "a superuser's list shows all of them",
}
NAMES = "|".join(sorted(tenant_tables()))
REFERENCE = re.compile(
    rf"(?:\b(INTO)|\bFROM|\bJOIN|\bUSING|\bUPDATE|,) ({NAMES})\b(?: AS)?(?: (?![A-Z])(\w+))?( \{{.*?}})?"
)
EQUAL = re.compile(r"\b(?:WHERE|ON|AND) (?:(\w+)\.)?tenant_id(?:::text)? = (?:(:)\w|(\w+)\.tenant_id\b)")
CONDITIONS = re.compile(r"\b(?:WHERE|ON)\b.*")
INNERMOST = re.compile(r"\(([^()]*)\)")
QUERY = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE)\b")
SET_OPERATION = re.compile(r"\b(?:UNION|EXCEPT|INTERSECT)\b")
UPDATED = re.compile(r"\bDO UPDATE\b.*?(?:\bRETURNING\b|$)", re.DOTALL)
FORBIDDEN = {
    r"\bMERGE INTO\b": "MERGE",
    r"EXISTS \(\s*SELECT\s+FROM": "EXISTS of no column",
}
CLOCK = re.compile(
    r"\b(?:now|clock_timestamp|statement_timestamp) ?\(|\bcurrent_(?:timestamp|date|time)\b", re.IGNORECASE
)


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_statement_says_whose_rows_it_means(name: str) -> None:
    assert name in ACROSS_TENANTS or not list(unbound(STATEMENTS[name]))


def test_every_exception_is_needed() -> None:
    assert {name for name in ACROSS_TENANTS if not list(unbound(STATEMENTS[name]))} == set()


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_statement_has_nothing_that_can_not_be_distributed(name: str) -> None:
    assert not list(undistributable(STATEMENTS[name]))


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("SELECT id FROM orders_order", ["orders_order"]),
        ("SELECT id FROM orders_order WHERE tenant_id <> %(tenant_id)s", ["orders_order"]),
        ("SELECT id FROM orders_order WHERE NOT tenant_id = %(tenant_id)s", ["orders_order"]),
        ("SELECT id FROM orders_order WHERE tenant_id = %(tenant_id)s OR id = 1", ["orders_order"]),
        ("SELECT id FROM orders_order WHERE (tenant_id = %(tenant_id)s OR id = 1)", ["orders_order"]),
        ("SELECT o.tenant_id = %(tenant_id)s FROM orders_order o", ["orders_order"]),
        ("SELECT 1 FROM orders_order WHERE id IN (SELECT order_id FROM orders_orderitem WHERE tenant_id = %(t)s)",
         ["orders_order"]),
        ("SELECT 1 FROM orders_order o, orders_orderitem i WHERE o.tenant_id = %(tenant_id)s AND i.order_id = o.id",
         ["orders_orderitem"]),
        ("SELECT 1 FROM orders_order o JOIN orders_orderitem i ON i.tenant_id = o.tenant_id",
         ["orders_order", "orders_orderitem"]),
        ("SELECT 1 FROM orders_order AS o WHERE o.tenant_id = %(tenant_id)s AND EXISTS (SELECT 1 FROM tenants_feed f"
         " WHERE f.tenant_id = o.tenant_id)", ["tenants_feed"]),
        ("SELECT 1 FROM orders_order WHERE tenant_id = %(tenant_id)s UNION ALL SELECT 1 FROM products_product",
         ["products_product"]),
        ("UPDATE orders_order SET tenant_id = %(tenant_id)s WHERE id = 1", ["orders_order"]),
        ("DELETE FROM orders_orderitem i USING orders_order o WHERE o.tenant_id = %(tenant_id)s", ["orders_orderitem"]),
        ("INSERT INTO tenants_feed (number) VALUES (1)", ["tenants_feed"]),
        ("WITH x AS (SELECT * FROM tenants_feed) SELECT * FROM x WHERE tenant_id = %(tenant_id)s", ["tenants_feed"]),
        ('SELECT id FROM "orders_order" WHERE id = 1', ["orders_order"]),
        ("SELECT id FROM ONLY orders_order WHERE tenant_id = %(tenant_id)s", ["orders_order"]),
        ("SELECT 1 FROM jsonb_populate_record(NULL::orders_order, '{}') p, orders_order", ["orders_order"]),
        ("SELECT id FROM orders_order WHERE tenant_id = ANY (%(tenants)s) AND id = 1", []),
        ("SELECT 1 FROM orders_order o JOIN tenants_feed f ON f.tenant_id = o.tenant_id WHERE o.tenant_id = %(t)s", []),
        ("INSERT INTO tenants_feed AS f (tenant_id, number) VALUES (%(tenant_id)s, 1)", []),
        ("DELETE FROM orders_order WHERE tenant_id = %(tenant_id)s AND (id = 1 OR email = 'x (OR')", []),
    ],
)  # fmt: skip
def test_a_table_whose_tenant_nobody_told_is_found(statement: str, found: list[str]) -> None:
    assert sorted(unbound(statement)) == found


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 WHERE EXISTS (SELECT FROM tenants_feed)",
        "SELECT 1 WHERE NOT EXISTS (\n    SELECT\n      FROM tenants_feed)",
        "MERGE INTO tenants_feed USING x ON true WHEN MATCHED THEN DELETE",
        "INSERT INTO tenants_feed VALUES (1) ON CONFLICT (tenant_id) DO UPDATE SET at = now()",
        "INSERT INTO tenants_feed VALUES (1) ON CONFLICT (tenant_id) DO UPDATE SET at = CURRENT_TIMESTAMP RETURNING 1",
    ],
)
def test_what_can_not_be_distributed_is_found(statement: str) -> None:
    assert list(undistributable(statement))


def undistributable(statement: str) -> Iterator[str]:
    """Yield what Citus can't run on a distributed table, or not as it is meant."""
    yield from (what for pattern, what in FORBIDDEN.items() if re.search(pattern, statement))
    if any(CLOCK.search(part) for part in UPDATED.findall(statement)):
        yield "a clock in DO UPDATE: each node has its own"


def unbound(statement: str) -> Iterator[str]:
    """Yield each table of tenants that a statement names without saying whose rows it means."""
    text = plain(statement)
    named = re.findall(rf"\b(?:{NAMES})\b", text)
    for query in queries(text):
        references = list(REFERENCE.finditer(query))
        bound = _bound(query, {found[3] or found[2] for found in references})
        for found in references:
            named.remove(found[2])
            if not ("tenant_id" in (found[4] or "") if found[1] else (found[3] or found[2]) in bound):
                yield found[2]
    yield from named  # what stands where nobody looked for it


def plain(statement: str) -> str:
    """Return a statement on one line, without texts and quotes; parameters are :name, INSERT's columns in braces."""
    text = re.sub(r"'[^']*'", "''", re.sub(r"%\((\w+)\)s", r":\1", statement)).replace('"', "")
    text = re.sub(r"\bNULL::\w+", "NULL", text)  # a type of rows, and nobody's
    text = re.sub(r"= ANY \((:\w+)(?:::\w+\[\])?\)", r"= \1", text)
    return re.sub(r"(\bINTO \w+(?: AS \w+)?) \(([^()]*)\)", r"\1 {\2}", " ".join(text.split()))


def queries(text: str) -> Iterator[str]:
    """Yield each query of a statement without those inside it and without anything else in parentheses."""
    while found := INNERMOST.search(text):
        if QUERY.search(found[1]):
            yield from SET_OPERATION.split(found[1])
        text = f"{text[: found.start()]}#{text[found.end() :]}"
    yield from SET_OPERATION.split(text)


def _bound(query: str, names: set[str]) -> set[str]:
    """Return the names of those tables of a query whose tenant_id equals a parameter."""
    conditions = CONDITIONS.search(query.split("ON CONFLICT")[0])
    if not conditions or re.search(r"\bOR\b", conditions[0]):
        return set()
    bound: set[str] = set()
    equal = [(ours or "".join(names), parameter, theirs) for ours, parameter, theirs in EQUAL.findall(conditions[0])]
    for _ in names:
        for ours, parameter, theirs in equal:
            if parameter or theirs in bound:
                bound.add(ours)
            elif ours in bound:
                bound.add(theirs)
    return bound
