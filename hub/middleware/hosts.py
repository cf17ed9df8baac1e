"""Django's CommonMiddleware, which refuses hosts that are not ours, for all but probes: a balancer asks by address."""

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware

# What asks nothing of the database, or beside what answers requests: never behind requests that wait for it.
QUICK = {"/livez", "/readyz", "/metrics"}
PROBES = {"/health", *QUICK}


class HostMiddleware(CommonMiddleware):
    """Refuse a Host header that names no host of this hub; probes are answered whatever it says."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        """Return None, or raise DisallowedHost."""
        return None if request.path_info in PROBES else super().process_request(request)
