"""GET /health: whether the hub can serve, for load balancers and operators."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from hub.api.errors import answer_exception
from hub.api.responses import failure, success
from hub.sql.execute import execute

NOTHING = "SELECT 1"


@csrf_exempt
def health(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers, else 503."""
    if request.method not in ("GET", "HEAD"):
        return failure(405, "Method not allowed.", headers={"Allow": "GET, HEAD"})
    try:
        execute(NOTHING)
    except Exception as error:  # whatever it is, it is an answer
        return answer_exception(error, {"request": request, "view": None})
    return success("Healthy.", {"database": "up"})
