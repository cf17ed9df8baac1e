"""What docs/api.md claims of every route."""

import pytest

from tests.conftest import Partner

COUNTED = [
    "/customers/{tenant}",
    "/orders/{tenant}/O-1",
    "/changes/{tenant}",
    "/customers/no-guid",
    "/products",
    "/nothing",
    "/api/customers/upload/",
    "/v1/programs/shop/integrations/api",
    "/customers/{tenant}?Email=%00",
]


@pytest.mark.parametrize("path", COUNTED)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_every_answer_of_the_api_tells_the_rate(partner: Partner, method: str, path: str) -> None:
    response = partner.send(method, path, [])

    assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} <= set(response.headers)


@pytest.mark.parametrize("path", ["/health", "/admin/login/"])
def test_what_is_not_counted_tells_no_rate(partner: Partner, path: str) -> None:
    assert "X-RateLimit-Limit" not in partner.send("GET", path).headers
