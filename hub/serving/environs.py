"""A request as WSGI has it, from one as ASGI has it."""

import sys
from collections.abc import MutableMapping
from functools import lru_cache, partial
from typing import Any
from urllib.parse import unquote_to_bytes

Scope = MutableMapping[str, Any]
Environ = dict[str, Any]


def environ_of(scope: Scope) -> Environ:
    """Return a request's WSGI environ (PEP 3333), with the path as it was sent in RAW_URI, without a body.

    Headers whose names have an underscore are left out: they would pass for those with a dash.
    """
    raw, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    (host, port), (client, _) = scope["server"], scope["client"] or ("", 0)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw).decode("latin-1") if "%" in raw else raw,
        "QUERY_STRING": query,
        "RAW_URI": f"{raw}?{query}" if query else raw,
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": client,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "hub.is_gone": partial(scope["state"].get, "is_gone"),
    }
    for name, value in scope["headers"]:
        if key := _key(name):
            text = value.decode("latin-1")
            known = environ.get(key)
            environ[key] = text if known is None else f"{known}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
    return environ


@lru_cache(maxsize=256)
def _key(name: bytes) -> str:
    if b"_" in name:
        return ""
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
