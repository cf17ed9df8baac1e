"""Where tenants live on a Citus cluster: each on a shard, one of each table of tenants, which is on one node.

Many share a shard; a tenant that needs a machine for itself gets a shard of its own (tenants/moves.py).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from psycopg.sql import SQL

from hub.sql.files import read_sql
from tenants.cluster import NotPossible, require_distribution

HOMES = read_sql("tenants", "homes")
SHARDS_OF_NODE = read_sql("tenants", "shards_of_node")
NODES = SQL("""
SELECT n.nodeid, n.groupid, n.nodename, n.nodeport, a.result
  FROM pg_dist_node n
  LEFT JOIN run_command_on_all_nodes(%s) a ON a.nodeid = n.nodeid AND a.success
 WHERE n.noderole = 'primary' AND (n.shouldhaveshards OR n.groupid IN (SELECT groupid FROM pg_dist_placement))
 ORDER BY n.nodename, n.nodeport
""")


@dataclass(frozen=True, slots=True)
class Node:
    """A server that may have shards: the bytes of each by its id, and about how many rows each tenant has by its id.

    Both are None where the node does not answer.
    """

    id: int
    group: int
    host: str
    port: int
    shards: dict[str, int] | None
    tenants: dict[str, int] | None

    @property
    def address(self) -> str:
        """Name the node as Citus does: host:port."""
        return f"{self.host}:{self.port}"

    @property
    def bytes(self) -> int | None:
        """Add up what its shards have."""
        return None if self.shards is None else sum(self.shards.values())

    @property
    def rows(self) -> int | None:
        """Add up about how many rows its tenants have."""
        return None if self.tenants is None else sum(self.tenants.values())


@dataclass(frozen=True, slots=True)
class Home:
    """A tenant, its node, its shard, and how many other tenants live there.

    `hash` is the tenant's own, `first` and `last` are the hashes that the shard has.
    """

    tenant: UUID
    slug: str
    name: str
    node: Node
    neighbours: int
    shard: int
    hash: int
    first: int
    last: int

    @property
    def rows(self) -> int | None:
        """About how many rows the tenant has; None where nobody knows."""
        return (self.node.tenants or {}).get(str(self.tenant))

    @property
    def bytes(self) -> int | None:
        """What the shard has, with the neighbours' share; None where the node does not answer."""
        return (self.node.shards or {}).get(str(self.shard))

    @property
    def is_own(self) -> bool:
        """Tell whether nobody else can ever come to the tenant's shard."""
        return self.first == self.last


def find_nodes() -> list[Node]:
    """Return the nodes that may have shards, with what they have: one question a node. Raises NotPossible."""
    require_distribution()
    return [
        Node(*place, *(orjson.loads(result).values() if result else (None, None)))
        for *place, result in rows(NODES, [SHARDS_OF_NODE])
    ]


def find_homes(nodes: Sequence[Node]) -> list[Home]:
    """Return where every tenant lives, in the order of slugs."""
    found = rows(HOMES)
    of_group = {node.group: node for node in nodes}
    inhabitants = Counter(row[4] for row in found)
    return [
        Home(tenant, slug, name, of_group[group], inhabitants[shard] - 1, shard, *hashes)
        for tenant, slug, name, group, shard, *hashes in found
    ]


def node_named(address: str, nodes: Sequence[Node]) -> Node:
    """Return the node at host:port. Raises NotPossible where there is none."""
    for node in nodes:
        if node.address == address:
            return node
    raise NotPossible(f"There is no node {address!r}: there are {', '.join(node.address for node in nodes)}.")


def home_of(tenant: str, homes: Sequence[Home]) -> Home:
    """Return the home of a tenant, by id or slug. Raises NotPossible where there is none."""
    for home in homes:
        if tenant == home.slug or tenant.lower() == str(home.tenant):
            return home
    raise NotPossible(f"There is no tenant {tenant!r}: name it by slug or id, as manage.py shards lists them.")


def rows(statement: str | SQL, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run a statement on Django's connection and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
