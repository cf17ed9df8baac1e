"""E-mail addresses: one form for each, in which it is stored, compared, looked up and erased at every door."""

import re

MOST_EMAIL = 255
ADDRESS = re.compile(r"[^\s@\x00-\x1f]+@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_](?:[\w-]*[^\W_])")


def normal_email(address: str) -> str | None:
    """Return an address in its one form, None for what is no e-mail address."""
    normal = address.strip().lower()
    return normal if len(normal) <= MOST_EMAIL and ADDRESS.fullmatch(normal) else None
