"""The servers that variables of the environment name by a URL: databases, and what takes the mails."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit


def database_parameters(url: str, variable: str = "DATABASE_URL") -> dict[str, str]:
    """Split a variable's `postgresql://` URL into libpq parameters; raises ValueError with one clear line."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(f"{variable} names an invalid host.") from None
    name = parts.path.lstrip("/")
    if not re.fullmatch("postgres(ql)?", parts.scheme) or not name:
        raise ValueError(f"{variable} must look like postgresql://user:password@host:5432/name.")
    named = {"user": parts.username, "password": parts.password, "host": parts.hostname, "dbname": name}
    try:
        named["port"] = str(parts.port or "")
    except ValueError:
        raise ValueError(f"{variable} names a port that is no number from 1 to 65535.") from None
    return {key: unquote(value) for key, value in named.items() if value} | dict(parse_qsl(parts.query))


class MailServer(NamedTuple):
    """What takes the hub's mails; without a host there is none."""

    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    starts_tls: bool = False
    is_tls: bool = False


# What the scheme of EMAIL_URL means: the port where it names none, STARTTLS, TLS from the beginning.
MAIL_SCHEMES = {"smtp": (587, True, False), "smtps": (465, False, True), "smtp+plain": (25, False, False)}


def mail_server(url: str) -> MailServer:
    """Split EMAIL_URL into its parts; raises ValueError with one clear line."""
    if not url:
        return MailServer()
    wrong = "EMAIL_URL must look like smtp://user:password@host:587 (or smtps:, smtp+plain:)."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(wrong) from None
    if parts.scheme not in MAIL_SCHEMES or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(wrong)
    usual, starts_tls, is_tls = MAIL_SCHEMES[parts.scheme]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(parts.hostname, port or usual, user, password, starts_tls, is_tls)
