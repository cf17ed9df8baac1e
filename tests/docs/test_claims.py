"""What docs/api.md claims of every route."""

import json
import re
from pathlib import Path

import pytest

from tenants.models import Entity, Operation, Source
from tests.conftest import Partner

PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text()
FEED = PAGE.partition("## The change feed")[2]

COUNTED = [
    "/customers/{tenant}",
    "/orders/{tenant}/O-1",
    "/changes/{tenant}",
    "/changes/{tenant}/1",
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


def test_the_feed_has_the_members_that_the_page_shows(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1"})

    shown = json.loads(FEED.partition("```json")[2].partition("```")[0])

    assert list(partner.changes()[0]) == list(shown)


@pytest.mark.parametrize(
    ("member", "values"),
    [("Entity", set(Entity)), ("Operation", set(Operation)), ("Source", set(Source))],
)
def test_the_page_names_every_value_of_the_feed(member: str, values: set[str]) -> None:
    row = next(line for line in FEED.splitlines() if line.startswith(f"| `{member}`"))

    assert set(re.findall(r"`([a-z]+)`", row)) == values
