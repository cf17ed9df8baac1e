"""GET /health: whether the hub can serve, for load balancers and operators."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from hub.api.errors import answer_exception
from hub.api.openapi.answers import Body, Failure, succeeded
from hub.api.openapi.operations import Answer, Operation, says
from hub.api.responses import failure, success
from hub.sql.execute import execute

NOTHING = "SELECT 1"


class Database(Body):
    """How the database is."""

    database: Literal["up"]


@csrf_exempt
@says(
    get=Operation(
        "Hub",
        "Whether the hub can serve",
        "For load balancers and operators; answered whatever the Host header says.",
        {
            200: Answer(succeeded(Database), "The database answers."),
            500: Answer(Failure, "Something unforeseen."),
            503: Answer(Failure, "The database does not answer.", ("Retry-After",)),
        },
    )
)
def health(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers, else 503."""
    if request.method not in ("GET", "HEAD"):
        return failure(405, "Method not allowed.", headers={"Allow": "GET, HEAD"})
    try:
        execute(NOTHING)
    except Exception as error:  # whatever it is, it is an answer
        return answer_exception(error, {"request": request, "view": None})
    return success("Healthy.", {"database": "up"})
