"""What a browser is told to refuse: one strict policy for every page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# The admin's theme needs one exception, tried by leaving it out: 'unsafe-inline' for styles, for it writes its colours
# into a <style>, and Alpine and htmx set styles. Scripts are files of our own (static/hub/alpine.js): an injected
# <script>, onclick or x-init with a program in it does not run, and no script, image, style or form leaves for another host. What
# injected markup could still do: look like a part of the page, follow a link for who clicks it, switch what the theme
# switches by its attributes, ask this host by those of htmx. So this is the second line; the first is that texts are
# escaped (tests/browser/test_injection.py).
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class SecurityHeadersMiddleware:
    """Write the content security policy on every answer that has none of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response
