"""The databases that the settings name: DATABASE_URL's or the embedded server's, and READ_DATABASE_URL's beside it."""

from typing import Any

from hub.environment import Environment
from hub.postgres.server import EmbeddedServer
from hub.servers import database_parameters


def primary(environment: Environment) -> dict[str, Any]:
    """Name the database: DATABASE_URL, else the embedded server (started by manage.py and the tests, never here)."""
    url = environment.DATABASE_URL
    return _database(database_parameters(url) if url else EmbeddedServer(environment.HUB_DATA).settings())


def replica(environment: Environment) -> dict[str, Any]:
    """Name the replica: nothing is written there, and one that is away is noticed in two seconds, also a machine's."""
    parameters = database_parameters(environment.READ_DATABASE_URL, "READ_DATABASE_URL")
    found = _database({"connect_timeout": "2", "tcp_user_timeout": "5000", **parameters})
    found["OPTIONS"]["options"] += " -c default_transaction_read_only=on"
    return {**found, "TEST": {"MIRROR": "default"}}


def _database(parameters: dict[str, str]) -> dict[str, Any]:
    """Name a database by its libpq parameters, which go before the hub's own."""
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {
        "ENGINE": "hub.sql.backend",
        **{key: parameters.pop(name) for name, key in names.items() if name in parameters},
        # One connection a thread, kept: opening one costs 3.5 to 8 ms. The lock bound turns a stuck writer into a 503.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
        # The threshold lets statements be prepared on demand (hub.sql.execute) and none by itself.
        "OPTIONS": {
            "options": "-c lock_timeout=10s -c plan_cache_mode=force_generic_plan",
            "connect_timeout": 5,
            "prepare_threshold": 1_000_000,
            **parameters,
        },
    }
