"""Entity tags (RFC 9110, 8.8.3): a client that keeps a record asks whether it is still the same.

An answer has `Cache-Control: no-store` beside its tag: no cache on the way may keep it, but whoever called may.
"""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags

VARIES = "Accept-Encoding"  # an answer that is compressed has the tag as a weak one


def unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return an answer with the tag of its content, or a 304 where the request's If-None-Match has that, or is `*`."""
    tag = f'"{sha256(response.content).hexdigest()[:32]}"'
    response["ETag"], response["Vary"] = tag, VARIES
    known = [each.removeprefix("W/") for each in parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))]
    if tag not in known and "*" not in known:
        return response
    same = HttpResponse(status=304, headers={name: response[name] for name in ("Cache-Control", "ETag", "Vary")})
    del same["Content-Type"]
    return same
