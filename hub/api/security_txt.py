"""GET /.well-known/security.txt: whom to tell of a weakness (RFC 9116), where SECURITY_CONTACT says so."""

from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from hub.api.openapi.answers import Failure, RateExceeded
from hub.api.openapi.operations import Answer, Operation, says
from hub.api.responses import failure

HOLDS = timedelta(days=90)  # "less than a year into the future" (RFC 9116, 2.5.5)


@csrf_exempt
@says(
    get=Operation(
        "Hub",
        "Whom to tell of a weakness",
        "Contacts in the form of RFC 9116, where the hub's operators name any.",
        {
            200: Answer(str, "The contacts.", ("Cache-Control",), media_type="text/plain"),
            404: Answer(Failure, "Nobody is named."),
            429: Answer(RateExceeded, "Nobody is named, and the address asked for too much.", ("Retry-After",)),
        },
    )
)
def security_txt(request: HttpRequest) -> HttpResponse:
    """Answer with the contacts, and until when they hold; raises Http404 where there are none."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return failure(405, "Method not allowed.", headers={"Allow": "GET, HEAD"})
    until = datetime.combine(datetime.now(UTC).date() + HOLDS, time(), UTC)
    lines = [
        *(f"Contact: {contact}" for contact in settings.SECURITY_CONTACT),
        f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}",
        f"Canonical: {request.build_absolute_uri(request.path)}",
        "Preferred-Languages: en",
    ]
    headers = {"Cache-Control": "public, max-age=86400"}
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8", headers=headers)
