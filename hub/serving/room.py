"""Whether the database's server has room for all connections that this hub may come to hold, and the claim to them.

Connections are opened when threads first need one, and kept: a server that has too few would refuse requests for good,
and operators, once a hub is under load. So a hub tells in the name of its connections how many it may hold, and counts
what others tell.
"""

import os
import socket
import time

import structlog
from django.db import OperationalError, connections

from hub.environment import BACKGROUND, BESIDE, Environment, EnvironmentProblem
from hub.sql.files import read_sql
from hub.sql.replica import PRIMARY, REPLICA

log = structlog.get_logger("hub.room")
ROOM = read_sql("hub", "room")
MOST_NAME = 63  # bytes that PostgreSQL keeps of a connection's name
PATIENCE = 3  # seconds for the connections of a hub that has just ended to be gone
NO_ROOM = (
    "{whose}: PostgreSQL has {free} connections to give, and this hub may need {needed}: THREADS ({threads}) and"
    " {beside} more for each of WORKERS ({workers}) and for a process that is renewed, and {background} for the"
    " background worker. Set WORKERS or THREADS lower, or {remedy}. Of {most}, {reserved} are left to operators and"
    " {taken} are others'."
)
RAISE = "max_connections of PostgreSQL to {number} or more"
START_FIRST = "stop what else uses HUB_DATA, for its server has room for who starts first"


class NoRoom(EnvironmentProblem):
    """The server has too few connections; one line says what to set."""


def claim_room(environment: Environment) -> None:
    """Name the connections of the processes that this one starts, by how many there may be.

    Raises NoRoom where the database, or the replica, has not as many to give. A replica that is away is not asked.
    """
    whose = "DATABASE_URL" if environment.DATABASE_URL else "HUB_DATA"
    _require_room(environment, PRIMARY, whose)
    if environment.READ_DATABASE_URL:
        try:
            _require_room(environment, REPLICA, "READ_DATABASE_URL")
        except OperationalError as error:
            log.warning("the replica is away: whether it has room is not known", exc_info=error)
    os.environ["PGAPPNAME"] = f"hub {environment.connections} {os.getpid()}@{socket.gethostname()}"[:MOST_NAME]
    os.environ["THREADS"] = str(environment.THREADS)  # whatever becomes of HUB_SETTINGS meanwhile


def _require_room(environment: Environment, database: str, whose: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while (missing := _missing(environment, database, whose)) and time.monotonic() < deadline:
        time.sleep(0.2)
    if missing:
        raise NoRoom(missing)


def _missing(environment: Environment, database: str, whose: str) -> str:
    """Say what room there is where it is not enough."""
    with connections[database].cursor() as cursor:
        cursor.execute(ROOM)
        most, reserved, taken = cursor.fetchall()[0]
    needed, free = environment.connections, max(0, most - reserved - taken)
    if needed <= free:
        return ""
    raised = RAISE.format(number=most + needed - free)
    return NO_ROOM.format(
        whose=whose,
        free=free,
        needed=needed,
        threads=environment.THREADS,
        beside=BESIDE,
        workers=environment.processes,
        background=BACKGROUND,
        remedy=START_FIRST if whose == "HUB_DATA" else raised,
        most=most,
        reserved=reserved,
        taken=taken,
    )
