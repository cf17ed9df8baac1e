"""`/`, `/docs` and `/openapi.json`: for browsers and for programs, for everybody, without a key and without a limit."""

import pytest

from tests.conftest import CLIENT

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
LINKS = {"docs": "/docs", "openapi": "/openapi.json", "admin": "/admin/", "health": "/health"}
PUBLIC = ["/", "/docs", "/openapi.json"]


def test_a_browser_gets_a_page_with_the_links() -> None:
    answer = CLIENT.get("/", headers={"Accept": BROWSER})

    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert all(f'href="{link}"' in answer.content.decode() for link in LINKS.values())
    assert "<script" not in answer.content.decode()
    assert "script-src" not in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/csv", "nonsense", "*/*;q=x"])
def test_a_program_gets_json_with_the_same_links(accept: str | None) -> None:
    answer = CLIENT.get("/", headers={"Accept": accept} if accept else {})

    assert answer["Content-Type"] == "application/json"
    assert answer.json() == LINKS
    assert answer["Vary"] == "Accept"


@pytest.mark.parametrize("path", [*PUBLIC, "/docs/"])
def test_they_are_public_and_may_be_kept(path: str) -> None:
    answer = CLIENT.get(path)
    again = CLIENT.get(path, headers={"If-None-Match": answer["ETag"]})

    assert answer.status_code == 200
    assert answer["Cache-Control"] == again["Cache-Control"] == "public, no-cache"
    assert again.status_code == 304
    assert not answer.cookies
    assert "X-RateLimit-Limit" not in answer.headers


@pytest.mark.parametrize("path", PUBLIC)
def test_head_is_answered_as_get_without_the_body(path: str) -> None:
    got, head = CLIENT.get(path), CLIENT.head(path)

    assert head.status_code == 200
    assert head.content == b""
    assert head["ETag"] == got["ETag"]


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_refused_as_everywhere(method: str, path: str) -> None:
    answer = CLIENT.generic(method, path)

    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"
    assert answer.json() == {"success": False, "message": "Method not allowed.", "data": {}}


def test_the_docs_page_runs_scripts_of_the_hub_alone_and_evaluates_nothing() -> None:
    policy = CLIENT.get("/docs")["Content-Security-Policy"]

    assert "script-src 'self';" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe-eval" not in policy


def test_the_docs_page_names_files_of_the_hub_alone() -> None:
    page = CLIENT.get("/docs").content.decode()

    assert "swagger-ui-bundle" in page
    assert "://" not in page


def test_a_strangers_host_gets_none_of_them(db: None) -> None:
    assert {CLIENT.get(path, headers={"Host": "other.example"}).status_code for path in PUBLIC} == {400}
