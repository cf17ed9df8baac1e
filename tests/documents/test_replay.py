"""Every example the documents print, sent as it is printed, gets the answer that is printed."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.conftest import MakeTenant
from tests.documents.examples import Example, Request, differences, examples, header_differences

REPLAYED = ("000_customers", "001_api_reference")
EXAMPLES = [example for document in REPLAYED for example in examples(document) if example.request]
RECEIPT = (
    "changeset",
    "created",
    "updated",
    "unchanged",
)  # what every write's answer has beside the documented members
STANDARD_TIER = {"per_minute": 100, "per_hour": 5_000}


def send(client: Client, request: Request) -> Any:
    """Send the request as it is: no body and no Content-Type but its own."""
    headers = {name: value for name, value in request.headers.items() if name != "Content-Type"}
    return client.generic(
        request.method,
        f"{request.path}?{urlencode(request.query)}" if request.query else request.path,
        data=b"" if request.body is None else json.dumps(request.body).encode(),
        content_type=request.headers.get("Content-Type", ""),
        headers=headers,
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_printed_example_gets_the_printed_answer(example: Example, client: Client, make_tenant: MakeTenant) -> None:
    tenant = make_tenant(priority=example.priority, required=list(example.required), **STANDARD_TIER)
    assert example.request

    response = send(client, example.request.addressed(tenant_id=tenant.id, key=tenant.key, slug=tenant.slug))

    assert response.status_code == example.response.status, response.content
    assert [*header_differences(example.response.headers, response.headers)] == []
    if example.response.body is not None:
        answer = documented(example.request.method, response.json())
        assert [*differences(example.response.body, answer, example.match)] == []


def documented(method: str, answer: Any) -> Any:
    """Leave out of an answer what the hub adds to every write's that went well; it must be there."""
    if method != "GET" and answer["success"]:
        for name in RECEIPT:
            del answer["data"][name]
    return answer
