"""Guessing passwords takes time: wrong attempts are counted in budgets, each of which has its next attempt wait longer.

Who has logged in from this browser before has a budget of his own. All others share three: that of the name from their
network, that of the network, and that of the name from everywhere, which only slows.

A log-in view asks `count_failure` before it looks at a password, and tells `clear` where that was right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from hub.sql.execute import execute
from hub.sql.files import read_sql
from tenants.api.throttling import caller_address
from tenants.devices import device_of, remember_device

COUNT = read_sql("tenants", "count_failure")
CLEAR = read_sql("tenants", "clear_failure")
WAIT = """
SELECT coalesce(ceil(extract(epoch FROM max(ready_at) - now())), 0)::int
  FROM tenants_failurecounter
 WHERE bucket = ANY (%(buckets)s::text[]) AND ready_at > now()
"""
# In the order in which attempts lock them.
UNLOCK = """
DELETE FROM tenants_failurecounter
 WHERE bucket IN (SELECT bucket FROM tenants_failurecounter WHERE bucket LIKE %(of_name)s ORDER BY bucket FOR UPDATE)
"""
PURGE = """
DELETE FROM tenants_failurecounter
 WHERE bucket IN (SELECT bucket FROM tenants_failurecounter WHERE forgotten_at < now() FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a guesser has: so many wrong attempts at once, and then one in `pace` seconds.

    Each attempt beyond those that are free has the next wait twice as long, 1, 2, 4 … up to `pace` seconds; in each
    `pace` one is forgiven.
    """

    bucket: str
    free: int
    pace: int
    is_own: bool  # nobody else's attempts count in it

    @classmethod
    def of(cls, kind: str, bucket: str, *, is_own: bool) -> "Budget":
        """Return the budget in a bucket, as large as the settings have those of its kind."""
        free, pace = settings.LOGIN_BUDGETS[kind]
        return cls(bucket, free, pace, is_own)


def count_failure(request: HttpRequest, name: str) -> int:
    """Count an attempt at a name as a wrong one, and return 0; or the seconds to wait, and then nothing is counted.

    Counted before the password is looked at, or as many could be tried at once as the hub has threads.
    """
    return _count(_of_attempt(request, name))


def wait_seconds(request: HttpRequest, name: str) -> int:
    """Return the seconds until the caller's next attempt at a name is looked at."""
    found = execute(WAIT, {"buckets": [budget.bucket for budget in _of_attempt(request, name)]}).fetchall()
    return int(found[0][0])


def clear(request: HttpRequest, name: str, user: AbstractBaseUser) -> None:
    """Take back what `count_failure` counted, for the password was right; the browser is known from now on."""
    _clear(_of_attempt(request, name))
    remember_device(request, name, user)


def count_old_password(user: AbstractBaseUser) -> int:
    """Count an old password, which a user has to give for a new one, as `count_failure` does an attempt."""
    return _count([_of_old_password(user)])


def clear_old_password(user: AbstractBaseUser) -> None:
    """Take back what `count_old_password` counted."""
    _clear([_of_old_password(user)])


def count_page(request: HttpRequest, page: str) -> int:
    """Count a page that costs the hub something whoever asks for it, by network; 0, or the seconds to wait for it."""
    return _count([Budget.of("page", f"page {page} {_digest(caller_address(request))}", is_own=False)])


def unlock(name: str) -> int:
    """Forget the wrong attempts at a name, from everywhere; return the number of budgets they were counted in."""
    return execute(UNLOCK, {"of_name": f"{_of_name(name)}%"}).rowcount


def purge_attempts() -> None:
    """Delete the counters of attempts that are all forgiven."""
    execute(PURGE)


def _of_attempt(request: HttpRequest, name: str) -> list[Budget]:
    if device := device_of(request, name):
        return [Budget.of("device", f"{_of_name(name)} device {_digest(device)}", is_own=True)]
    network = f"network {_digest(caller_address(request))}"
    return [
        Budget.of("name", _of_name(name), is_own=False),
        Budget.of("name and network", f"{_of_name(name)} {network}", is_own=True),
        Budget.of("network", network, is_own=False),
    ]


def _of_old_password(user: AbstractBaseUser) -> Budget:
    return Budget.of("old password", f"{_of_name(user.get_username())} password", is_own=True)


def _of_name(name: str) -> str:
    return f"name {_digest(name.strip().lower())}"


def _digest(text: str) -> str:
    """Return what stands for a name or an address: what people mistype into a name may be a password."""
    return salted_hmac("tenants.attempts", text, algorithm="sha256").hexdigest()[:32]


def _count(budgets: Sequence[Budget]) -> int:
    named = {
        "buckets": [budget.bucket for budget in budgets],
        "free": [budget.free for budget in budgets],
        "paces": [budget.pace for budget in budgets],
    }
    return int(execute(COUNT, named).fetchall()[0][0])


def _clear(budgets: Sequence[Budget]) -> None:
    named = {
        "buckets": [budget.bucket for budget in budgets],
        "paces": [budget.pace for budget in budgets],
        "own": [budget.is_own for budget in budgets],
    }
    execute(CLEAR, named)
