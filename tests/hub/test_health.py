"""GET /health, what load balancers ask."""

import pytest

from tests.conftest import CLIENT


def test_healthy_while_the_database_answers(db: None) -> None:
    response = CLIENT.get("/health")

    assert response.status_code == 200
    assert response.json() == {"success": True, "message": "Healthy.", "data": {"database": "up"}}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused_with_an_envelope(db: None, method: str) -> None:
    response = CLIENT.generic(method, "/health")

    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"
    assert response.json()["success"] is False
