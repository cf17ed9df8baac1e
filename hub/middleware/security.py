"""What a browser is told to refuse: one strict policy for every page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# The admin's theme needs two exceptions, tried by leaving each out:
# - 'unsafe-eval': Alpine turns the theme's x-data, x-show and x-on attributes into functions (docs/decisions.md).
# - 'unsafe-inline' for styles alone: the theme writes its colours into a <style> and Alpine and htmx set styles.
# Scripts are files of our own: an injected <script> or onclick does not run, and no script, image, style or form leaves
# for another host. But markup that got into a page could hold an x-init, and Alpine would run what stands in it. So
# this is the second line; the first is that every text is escaped (tests/browser/test_injection.py).
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
# Pages that stand on no theme of the admin's do without what it needs. Swagger UI sets styles, and evaluates nothing.
OWN_SCRIPTS = CONTENT_SECURITY_POLICY.replace(" 'unsafe-eval'", "")
NO_SCRIPT = OWN_SCRIPTS.replace("script-src 'self'; ", "").replace(" 'unsafe-inline'", "")
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
