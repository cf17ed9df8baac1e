"""How long a statement may take, and a transaction rest between two: what answers requests bounds it, commands do not.

A request whose Python runs on, or whose client's process is stopped, would else hold its tenant's lock for ever.
"""

from django.db import connections

from hub.sql.execute import execute

UNBOUND = """
SELECT set_config('statement_timeout', '0', true),
       set_config('idle_in_transaction_session_timeout', '0', true)
"""


def bound_transactions(seconds: int) -> None:
    """Bound every connection that this process opens from now on; what a database's URL says itself goes before it."""
    bounds = " ".join(f"-c {name}={seconds}s" for name in ("statement_timeout", "idle_in_transaction_session_timeout"))
    for database in connections.settings.values():
        database["OPTIONS"]["options"] = f"{bounds} {database['OPTIONS']['options']}"


def lift_bounds() -> None:
    """Let this transaction take as long as it needs."""
    execute(UNBOUND)
