"""The examples are well-formed, and what compares them with answers sees what it should."""

from typing import Any

import pytest

from tests.documents.examples import DOCUMENTS, FOLDER, Example, Match, examples, expand, header_differences, matches

EVERY = [example for document in DOCUMENTS for example in examples(document)]
SAVED = {"success": True, "data": {"count": 1, "processedAt": "2025-08-22T21:00:00.000Z"}}
FAILED = {"status": 400, "errors": {"[0].Email": ["The Email field is required."]}}


def test_every_document_has_a_folder() -> None:
    assert sorted(path.parent.name for path in FOLDER.glob("*/*.json")) == [example.document for example in EVERY]
    assert {example.document for example in EVERY} == set(DOCUMENTS)


@pytest.mark.parametrize("example", EVERY, ids=str)
def test_an_example_is_complete(example: Example) -> None:
    assert example.source.startswith(example.document[:3])
    assert example.match in ("exact", "subset", "shape")
    assert example.request or example.note
    assert example.request is None or example.request.path.startswith("/")
    assert matches(example.response.body, example.response.body) or "traceId" in example.response.body


def test_markers_are_expanded() -> None:
    printed = [{"Name": {"$repeat": ["ab", 2]}}, {"$records": [2, {"Id": "C-{i}"}]}]

    assert expand(printed) == [{"Name": "abab"}, [{"Id": "C-1"}, {"Id": "C-2"}]]


def test_a_request_is_addressed_to_a_tenant() -> None:
    example = next(example for example in EVERY if example.name == "upload")
    assert example.request

    sent = example.request.addressed(tenant_id="T", key="secret", slug="shop")

    assert sent.headers["Authorization"] == "Basic c2hvcDpzZWNyZXQ="


@pytest.mark.parametrize(
    ("how", "actual", "same"),
    [
        ("exact", {"success": True, "data": {"count": 1, "processedAt": "2026-01-02T03:04:05Z"}}, True),
        ("exact", {"success": True, "data": {"count": 2, "processedAt": "2026-01-02T03:04:05Z"}}, False),
        ("exact", {"success": True, "data": {"count": True, "processedAt": "2026-01-02T03:04:05Z"}}, False),
        ("exact", {"success": True, "data": {"count": 1, "processedAt": "2026-01-02T03:04:05+00:00"}}, False),
        ("exact", {"success": True, "data": {"count": 1, "processedAt": "2026-13-02T03:04:05Z"}}, False),
        ("exact", {"success": True, "data": {"count": 1, "processedAt": "2026-01-02T03:04:05Z"}, "more": 1}, False),
        ("subset", {"success": True, "data": {"count": 1, "processedAt": "2026-01-02T03:04:05Z"}, "more": 1}, True),
        ("subset", {"success": True, "data": {"count": 1}}, False),
        ("shape", {"success": True, "data": {"count": 2, "processedAt": "2026-01-02T03:04:05Z"}}, True),
        ("shape", {"success": False, "data": {"count": 1, "processedAt": "2026-01-02T03:04:05Z"}}, False),
    ],
)
def test_an_answer_is_compared(how: Match, actual: Any, same: bool) -> None:
    assert matches(SAVED, actual, how) is same


@pytest.mark.parametrize(
    ("how", "errors", "same"),
    [
        ("subset", {"[0].Email": ["The Email field is required."]}, True),
        ("subset", {"[0].Email": ["Maximum length is 100 characters."]}, False),
        ("subset", {"[0].Email": ["The Email field is required."], "[0].Name": ["Too long."]}, False),
        ("shape", {"[0].Email": ["Maximum length is 100 characters."]}, True),
        ("shape", {"[1].Email": ["The Email field is required."]}, False),
    ],
)
def test_errors_are_compared_completely(how: Match, errors: Any, same: bool) -> None:
    assert matches(FAILED, {"status": 400, "title": "more", "errors": errors}, how) is same


def test_headers_are_compared_by_kind_but_the_limit_by_value() -> None:
    printed = {"X-RateLimit-Limit": "100", "X-RateLimit-Reset": "1640000000"}

    assert not [*header_differences(printed, {"X-RateLimit-Limit": "100", "X-RateLimit-Reset": "1700000000"})]
    assert len([*header_differences(printed, {"X-RateLimit-Limit": "60"})]) == 2
