"""The hub's two keys: without the ERASURE_KEY its database has forgotten who was erased, and can read no secret."""

import hmac
import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from hub.environment import MADE, Environment

NAMES = ("SECRET_KEY", "ERASURE_KEY")
PURPOSE = b"fingerprint of a key of the data hub, in its backups"


def keys_of(environment: Environment) -> dict[str, str]:
    """Return the keys that the hub has."""
    return {name: environment.secret(name) for name in NAMES}


def fingerprints(keys: Mapping[str, str]) -> dict[str, str]:
    """Return what tells whether a key is the same, and nothing else of it."""
    return {name: hmac.digest(key.encode(), PURPOSE, "sha256").hex()[:32] for name, key in keys.items()}


def kept_in_file(environment: Environment, name: str) -> Path | None:
    """Return the file in HUB_DATA that the hub has a key from, None where it has it from its settings."""
    given = getattr(environment, name) or environment.DATABASE_URL
    return None if given else environment.HUB_DATA / name.lower()


def place(path: Path, key: str) -> Path | None:
    """Have a file hold another key, and return where the former one is now; None where we had just made it."""
    former = None if path in MADE else _put_aside(path)
    with NamedTemporaryFile("w", dir=path.parent, delete=False) as fresh:  # 0600
        fresh.write(key)
        fresh.flush()
        os.fsync(fresh.fileno())
    os.replace(fresh.name, path)
    MADE.discard(path)
    return former


def remove_made() -> None:
    """Remove the keys that this process made by being started, so that the next one places the right ones."""
    for path in list(MADE):
        path.unlink(missing_ok=True)
        MADE.discard(path)


def _put_aside(path: Path) -> Path:
    number = 1
    while (former := path.with_name(f"{path.name}.former-{number}")).exists():
        number += 1
    os.link(path, former)
    return former
