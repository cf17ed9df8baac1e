"""Secrets of webhooks: made, encrypted, and used to sign. What a dump of the database holds signs nothing."""

import base64
import hashlib
import secrets

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

PREFIX = "whsec_"  # https://www.standardwebhooks.com
SECRET_BYTES = 32


class LostSecret(Exception):
    """The secret was encrypted with another erasure key."""


def new_secret() -> str:
    """Return a new secret as its receiver keeps it: `whsec_` and base64 of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def seal(secret: str) -> str:
    """Return a secret as it is stored."""
    return _cipher().encrypt(secret.encode()).decode()


def unseal(stored: str) -> str:
    """Return a stored secret as it signs; raises LostSecret for one that another erasure key hid."""
    try:
        return _cipher().decrypt(stored.encode()).decode()
    except InvalidToken:
        raise LostSecret from None


def _cipher() -> Fernet:
    """Return the cipher of webhooks' secrets. ERASURE_KEY is the one key that never changes; SECRET_KEY may."""
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"webhooks {settings.ERASURE_KEY}".encode()).digest()))
