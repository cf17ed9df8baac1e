"""What the hub of tests.system.streamed has more than another: a body that is taken, an answer of many pieces."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django.conf import settings
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import re_path
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from hub.api.errors import ApiError
from hub.api.responses import success
from hub.middleware.bodies import announced
from hub.middleware.streaming import awaiting_body, receive
from hub.urls import handler400, handler404, handler500, urlpatterns
from tenants.api.views import TenantViewSet
from tenants.scopes import Scope

__all__ = ["handler400", "handler404", "handler500"]


def folder() -> Path:
    """Return where the files are."""
    found: Path = settings.ENVIRONMENT.HUB_DATA / "taken"
    found.mkdir(exist_ok=True)
    return found


class File:
    """A file that takes a body, and has as much room, and as much time, as the query says."""

    def __init__(self, query: QueryDict) -> None:
        self.path = folder() / str(query["name"])
        self.path.write_bytes(b"")
        self.room, self.pause = int(query.get("room", 1 << 40)), float(query.get("pause", 0))
        self.most = self.size = 0

    def take(self, data: bytes) -> None:
        time.sleep(self.pause)
        self.most, self.size = max(self.most, len(data)), self.size + len(data)
        if self.size > self.room:
            raise ApiError(409, "There is no room.")
        with self.path.open("ab") as file:
            file.write(data)


def pieces(query: QueryDict) -> Iterator[bytes]:
    """Yield as many pieces as a query says, as long as it says, until it fails."""
    number, size, fails = (int(query.get(name, -1)) for name in ("pieces", "size", "fails"))
    try:
        for piece in range(number):
            if piece == fails:
                raise ValueError(piece)
            yield b"%08d" % piece + b"x" * (size - 8)
    finally:
        (folder() / str(query["name"])).write_text("closed")


class StreamViewSet(TenantViewSet):
    """An address that takes files and sends them."""

    needs = {"list": Scope.READ, "create": Scope.WRITE}

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Let the caller in."""
        super(GenericViewSet, self).initial(request, *args, **kwargs)

    def create(self, request: Request, **_: object) -> HttpResponse:
        """Take a body."""
        file = receive(request._request, partial(File, request.GET))
        if file is None:
            return awaiting_body()
        return success("Taken.", {"size": announced(request._request), "most": file.most})

    def list(self, request: Request, **_: object) -> HttpResponseBase:
        """Send pieces."""
        return StreamingHttpResponse(pieces(request.GET), content_type="text/plain")


urlpatterns = [
    re_path(r"^streams/(?P<tenant_id>[^/]+)$", StreamViewSet.as_view({"get": "list", "post": "create"})),
    *urlpatterns,
]
