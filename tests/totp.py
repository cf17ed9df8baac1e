"""An authenticator app, as RFC 6238 has it."""

import base64
import hashlib
import hmac
import struct
import time

PERIOD = 30  # seconds


def code(secret: str, *, later: int = 0) -> str:
    """Return the code that an app shows for a secret, now or some periods later."""
    counter = struct.pack(">Q", int(time.time()) // PERIOD + later)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 0xF
    number = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
