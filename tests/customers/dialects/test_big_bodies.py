"""A vendor's big body waits for its tenant's turn, as a native one does; a small one does not."""

from collections.abc import Callable
from typing import Any

import pytest

from tenants.api import turns
from tenants.api.turns import turn
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import send_upload, send_users, user

Send = Callable[[Partner, int], Any]


def users(partner: Partner, number: int) -> Any:
    return send_users(partner, [user(f"{i}@example.org", str(i), name="N" * 100) for i in range(number)])


def customers(partner: Partner, number: int) -> Any:
    return send_upload(partner, [{"external_id": str(i), "last_name": "N" * 200} for i in range(number)])


@pytest.mark.parametrize("send", [users, customers])
def test_a_big_body_waits_for_the_tenants_turn(
    send: Send, make_tenant: MakeTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner, stranger = make_tenant(), make_tenant()
    monkeypatch.setattr(turns, "SECONDS", 0.05)

    with turn(partner.tenant.pk):
        kept_waiting, small, strangers = send(partner, 100), send(partner, 5), send(stranger, 100)
    later = send(partner, 100)

    assert kept_waiting.status_code == 503
    assert kept_waiting.headers["Retry-After"]
    assert [answer.status_code // 100 for answer in (small, strangers, later)] == [2, 2, 2]
