"""Whether the hub has the erasure key that its database was used with: the database keeps a fingerprint of it.

Keyed hashes made with one key mean nothing under another: every forgotten person could come back. So whatever writes
asks once, when it starts; no request does.
"""

import hmac

from django.conf import settings

from hub.environment import LEAST_KEY, MADE, TOO_SHORT, EnvironmentProblem
from tenants.models import ErasureKey, Forgotten

CONSTANT = b"the erasure key of this hub"
WRONG = (
    "ERASURE_KEY is not the one this database was used with, so forgotten persons could come back."
    " {brings} Where it is lost for good: `manage.py erasure_key --replace`."
)
FROM_OUTSIDE = "Set what it had: the former ERASURE_KEY or SECRET_KEY, or what is in its HUB_DATA/erasure_key."
FROM_FILE = "Bring back the file {file}, or set ERASURE_KEY to what was in it."


class WrongErasureKey(EnvironmentProblem):
    """The database was used with another erasure key; one line says what to do."""


def fingerprint() -> str:
    """Return 64 hex digits that tell the erasure key from any other, and do not tell the key."""
    return hmac.digest(settings.ERASURE_KEY.encode(), CONSTANT, "sha256").hex()


def check_erasure_key() -> None:
    """Raise WrongErasureKey where the database was used with another key; the first one that comes is remembered.

    Of several processes that come first at once, with different keys, one is the first. A new key must be long; one
    that somebody was forgotten with is as it is: the SECRET_KEY that hubs used before could be short.
    """
    _refuse_new_short_key()
    kept, _ = ErasureKey.objects.get_or_create(is_only=True, defaults={"fingerprint": fingerprint()})
    if not hmac.compare_digest(kept.fingerprint, fingerprint()):
        _take_back_new_file()
        raise WrongErasureKey(WRONG.format(brings=_where_it_is()))


def _refuse_new_short_key(*, replaced: bool = False) -> None:
    if len(settings.ERASURE_KEY) >= LEAST_KEY or settings.DEBUG:
        return
    is_known = not replaced and ErasureKey.objects.exists()
    if not (is_known or Forgotten.objects.exists()):
        raise EnvironmentProblem(TOO_SHORT.format(name="ERASURE_KEY"))


def replace_erasure_key() -> int:
    """Take the hub's key from now on; return how many identifiers of forgotten persons it no longer recognises.

    They stay: whoever finds the former key replaces this one by it, and they are recognised again.
    """
    _refuse_new_short_key(replaced=True)
    kept, _ = ErasureKey.objects.get_or_create(is_only=True, defaults={"fingerprint": fingerprint()})
    if kept.fingerprint == fingerprint():
        return 0
    ErasureKey.objects.update(fingerprint=fingerprint())
    return Forgotten.objects.count()


def _where_it_is() -> str:
    environment = settings.ENVIRONMENT
    if environment.DATABASE_URL or environment.ERASURE_KEY:
        return FROM_OUTSIDE
    return FROM_FILE.format(file=environment.HUB_DATA / "erasure_key")


def _take_back_new_file() -> None:
    """Remove the file of the key, if this process made it for want of the lost one: a backup would take it for that."""
    if (file := settings.ENVIRONMENT.HUB_DATA / "erasure_key") in MADE:
        file.unlink(missing_ok=True)
