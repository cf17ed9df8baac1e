"""GET /livez, /readyz and /metrics: what machines ask that watch over the hub, by whatever Host."""

import secrets
from typing import Literal

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from hub.api.openapi.answers import Body, Failure, RateExceeded, succeeded
from hub.api.openapi.operations import Answer, Operation, says
from hub.api.responses import failure, success
from hub.metrics.exposition import exposed
from tenants.measures import MEASURES
from tenants.system.readiness import READINESS, unmet

RETRY_SECONDS = 5
READS = ("GET", "HEAD")
YES = {"1", "true"}
NOT_READ = {"Allow": "GET, HEAD"}
SCHEME = "bearer"  # in any case (RFC 9110, 11.1)


class Process(Body):
    """How the process is that answered."""

    process: Literal["up"]


class Checks(Body):
    """How what the hub stands on is; `unknown` where the database did not say."""

    database: Literal["up", "down"]
    migrations: Literal["applied", "missing", "unknown"]
    worker: Literal["alive", "absent", "unknown"]
    disk: Literal["free", "low", "unknown"]


@csrf_exempt
@says(
    get=Operation(
        "Hub",
        "Whether the process answers",
        "For whoever restarts processes that do not; asks nothing of the database.",
        {200: Answer(succeeded(Process), "It answers.")},
    )
)
def livez(request: HttpRequest) -> HttpResponse:
    """Answer 200: the process does."""
    if request.method not in READS:
        return failure(405, "Method not allowed.", headers=NOT_READ)
    return success("Alive.", {"process": "up"})


@csrf_exempt
@says(
    get=Operation(
        "Hub",
        "Whether requests should be sent here",
        "For load balancers: `database` and `migrations` decide. With `?all=1`, for whoever watches, `worker` and"
        " `disk` count, too. Answers within two seconds, whatever the database does and the Host header says.",
        {
            200: Answer(succeeded(Checks), "It is ready."),
            503: Answer(Failure, "It is not; the checks say why.", ("Retry-After",)),
        },
    )
)
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the hub can serve, else 503; either with the state of each check."""
    if request.method not in READS:
        return failure(405, "Method not allowed.", headers=NOT_READ)
    states = READINESS.look()
    if bad := unmet(states, all_count=request.GET.get("all") in YES):
        return failure(503, f"Not ready: {', '.join(bad)}.", states, {"Retry-After": str(RETRY_SECONDS)})
    return success("Ready.", states)


@csrf_exempt
@says(
    get=Operation(
        "Hub",
        "What Prometheus reads",
        "For operators: metrics in Prometheus' text format, with `Authorization: Bearer <METRICS_TOKEN>`.",
        {
            200: Answer(str, "The metrics.", ("Cache-Control",), media_type="text/plain"),
            401: Answer(Failure, "The token is missing or wrong.", ("WWW-Authenticate",)),
            404: Answer(Failure, "The hub's operators have set no token."),
            429: Answer(RateExceeded, "There is no token, and the address asked for too much.", ("Retry-After",)),
        },
    )
)
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics to who has METRICS_TOKEN; raises Http404 where that is not set."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if request.method not in READS:
        return failure(405, "Method not allowed.", headers=NOT_READ)
    if not _is_token(request.headers.get("Authorization", "")):
        return failure(401, "The token is missing or wrong.", headers={"WWW-Authenticate": "Bearer"})
    text, media_type = exposed(MEASURES.measured(), request.headers.get("Accept", ""))
    return HttpResponse(text, content_type=media_type, headers={"Cache-Control": "no-store"})


def _is_token(given: str) -> bool:
    """Tell whether a header has the token, in a time that says nothing of how much of it was right."""
    scheme, _, token = given.partition(" ")
    sent = token.strip().encode("latin-1", "replace")  # as WSGI hands bytes over
    return scheme.lower() == SCHEME and secrets.compare_digest(sent, settings.METRICS_TOKEN.encode())
