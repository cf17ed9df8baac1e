"""A refusal that a browser shows: where pages are, what each refusal says, and a page without session and database."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from hub.middleware.requests import HubRequest, trace_id

PAGES = "/admin"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a page says that could not be answered: the title, what is wrong, what to do about it, and an icon."""

    status: int
    title: str
    what: str
    advice: str
    icon: str = "block"


BAD_REQUEST = Refusal(
    400,
    "Bad request",
    "This address or form cannot be answered.",
    "It holds something that no link and no form of these pages sends. Go back, and try it from there.",
)
FORBIDDEN = Refusal(
    403,
    "Not allowed",
    "Your role does not allow this.",
    "Nothing was changed. Ask one of the tenant's admins to do it, or for another role.",
    "lock",
)
OUT_OF_DATE = Refusal(
    403,
    "Out of date",
    "Your page was out of date.",
    "Go back and reload it: what you sent is not saved. If that does not help, let your browser keep cookies here.",
    "history_toggle_off",
)
NOT_FOUND = Refusal(
    404,
    "Not found",
    "There is no such page or record.",
    "It may have been deleted, or it belongs to a tenant that is not yours. Look for it in its list.",
    "search_off",
)
WRONG_METHOD = Refusal(
    405,
    "Not a page",
    "This address only takes what a form sends.",
    "Nothing was changed. Open the page with the form, and send it from there.",
)
TOO_LARGE = Refusal(
    413,
    "Too large",
    "What was sent is too large.",
    "Nothing was changed. Go back, and send less at once.",
    "compress",
)
TOO_MANY = Refusal(
    429,
    "Too many requests",
    "Too many requests came from here.",
    "Nothing was changed. Wait a minute, and try again.",
    "hourglass_top",
)
FAILED = Refusal(
    500,
    "Something went wrong",
    "Something went wrong here.",
    "Try it again; look first whether what you sent was saved. If it goes wrong again, "
    "give the trace id to whoever runs the hub: it leads to what happened.",
    "error",
)
UNAVAILABLE = Refusal(
    503,
    "Not available",
    "The hub is busy or restarting.",
    "Try again in a few seconds; look first whether what you sent was saved.",
    "hourglass_top",
)
REFUSALS = {
    refusal.status: refusal
    for refusal in (
        *(BAD_REQUEST, FORBIDDEN, NOT_FOUND, WRONG_METHOD),
        *(TOO_LARGE, TOO_MANY, FAILED, UNAVAILABLE),
    )
}


def is_page(request: HttpRequest) -> bool:
    """Tell whether an address is a page's: below the admin's."""
    return f"{request.path_info}/".startswith(f"{PAGES}/")


def shown_of(request: HttpRequest, refusal: Refusal) -> dict[str, object]:
    """Return what a template shows of a refusal: with the trace id, and where it is worth it a link to try again."""
    again = request.get_full_path() if refusal.status >= 500 and request.method == "GET" else ""
    return {"refusal": refusal, "trace_id": trace_id(HubRequest.of(request)), "again": again, "title": refusal.title}


def page_of_refusal(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Answer with a page of its own."""
    page = render_to_string("admin/refused.html", shown_of(request, refusal))
    return HttpResponse(page, status=refusal.status, headers={"Cache-Control": "no-store"})
