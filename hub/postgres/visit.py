"""A visit to the embedded PostgreSQL by somebody who holds no lease, such as psql.

`python -m hub.postgres.visit DATA` holds a lease until nobody is connected any more, for some seconds at least:
`manage.py database_url` has ended by the time its reader connects.
"""

import sys
import time
from pathlib import Path

import psycopg

from hub.postgres.server import EmbeddedServer

GRACE = 10  # seconds to connect in
POLL = 1
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


def visit(data: Path) -> None:
    """Hold a lease for GRACE seconds, and on while somebody is connected."""
    server = EmbeddedServer(data)
    server.start()
    until = time.monotonic() + GRACE
    while time.monotonic() < until or others_connected(server):
        time.sleep(POLL)


def others_connected(server: EmbeddedServer) -> bool:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute(OTHERS).fetchone()
    return row is not None and row[0] > 0


if __name__ == "__main__":
    visit(Path(sys.argv[1]))
