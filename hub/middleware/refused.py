"""A refusal that a browser shows: where pages are, and a page that needs neither session nor database."""

from django.http import HttpResponse
from django.template.loader import render_to_string

PAGES = "/admin"


def page_of_refusal(status: int, title: str, text: str) -> HttpResponse:
    """Answer with a page of its own."""
    page = render_to_string("admin/refused.html", {"title": title, "text": text})
    return HttpResponse(page, status=status, headers={"Cache-Control": "no-store"})
