"""Whatever is sent under few keys, in whatever order: what is kept is told again, all else is as without keys.

The model is what was answered, by tenant, API key and Idempotency-Key; and a twin of each tenant, which is sent what is
to have an effect, without keys.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tenants.keys import create_key
from tests.conftest import MakeTenant, Partner, examples
from tests.customers.dialects.vendors import PROGRAM, UPLOAD, user
from tests.idempotency import Write, send
from tests.orders.records import order
from tests.tenants.test_idempotency import age, told

REQUESTS = [
    Write("POST", "/customers/{tenant}?results=true", [{"CustomerId": "A", "Email": "a@shop.example", "Name": "Ann"}]),
    Write("POST", "/customers/{tenant}", [{"Email": "a@shop.example", "Name": "Bo"}, {"CustomerId": "B"}]),
    Write("POST", "/customers/{tenant}", [{"CustomerId": "A"}, {"Name": "nobody"}]),  # 400
    Write("POST", "/customers/{tenant}", b"["),  # 400
    Write("POST", "/customers/{tenant}", []),
    Write("DELETE", "/customers/{tenant}?customerId=A"),
    Write("DELETE", "/customers/{tenant}"),  # 400, whatever the key: its address is read before
    Write("POST", "/orders/{tenant}", [order(OrderId="O", CustomerId="A", Email="a@shop.example")]),
    Write("DELETE", "/orders/{tenant}/O"),
    Write("POST", PROGRAM, [user("a@shop.example", "A", name="Cy")], dialect="jericommerce"),
    Write("POST", PROGRAM, [user("a@shop.example", "")], dialect="jericommerce"),  # 404
    Write("POST", UPLOAD, [{"external_id": "A", "can_email": True}, {"email": 1}], dialect="custobar"),
    Write("POST", UPLOAD, [{"external_id": "B", "is_forgotten": True}], dialect="custobar"),
]
ADDRESS_IS_WRONG = 6
DAY = "a day goes by"
STEPS = st.lists(
    st.just(DAY) | st.tuples(st.integers(0, 2), st.sampled_from([None, "k", "l"]), st.integers(0, len(REQUESTS) - 1)),
    min_size=2,
    max_size=14,
)
VARYING = re.compile(rb'"(?:HubId|processedAt|deletedAt|traceId)":(?:"[^"]*"|\d+)')


@dataclass
class Caller:
    """An API key, the twin of its tenant, and what was answered under its Idempotency-Keys: by key, request, answer."""

    partner: Partner
    twin: Partner
    kept: dict[str, tuple[int, Any]] = field(default_factory=dict)


@examples(60)
@given(steps=STEPS)
@example(steps=[(0, "k", 0), (0, "k", ADDRESS_IS_WRONG), (0, "k", 2)])
def test_sequences_under_few_keys(make_tenant: MakeTenant, steps: list[Any]) -> None:
    first, second = make_tenant(), make_tenant()
    twins = make_tenant(), make_tenant()
    colleague = Partner(first.tenant, create_key(first.tenant, label="second")[1])
    callers = [Caller(first, twins[0]), Caller(colleague, twins[0]), Caller(second, twins[1])]

    for step in steps:
        if step == DAY:
            age(timedelta(hours=24))
            for caller in callers:
                caller.kept.clear()
        else:
            who, key, number = step
            take(callers[who], key, number)

    for partner, twin in ((first, twins[0]), (second, twins[1])):
        assert [numbered(change) for change in partner.changes()] == [numbered(change) for change in twin.changes()]
        for entity in ("customers", "orders"):
            assert [known(record) for record in partner.read(entity)] == [known(record) for record in twin.read(entity)]


def take(caller: Caller, key: str | None, number: int) -> None:
    """Send a request, and hold its answer to the model's."""
    kept = caller.kept.get(key) if key else None
    answer = send(caller.partner, REQUESTS[number], key)
    if kept and kept[0] != number:
        assert answer.status_code == (400 if number == ADDRESS_IS_WRONG else 422)
    elif kept:
        assert answer["Idempotent-Replayed"] == "true"
        assert told(answer) == kept[1]
    else:
        expected = send(caller.twin, REQUESTS[number])
        assert "Idempotent-Replayed" not in answer
        assert said(answer) == said(expected)
        if key and answer.status_code < 300:
            caller.kept[key] = number, told(answer)


def said(response: Any) -> tuple[int, bytes, str | None]:
    """Return what two tenants are told alike."""
    return response.status_code, VARYING.sub(b"", response.content), response.get("X-Changeset")


def numbered(change: dict[str, Any]) -> Any:
    counts = [len(change[name]) for name in ("Created", "Updated", "Deleted")]
    return change["Number"], change["Entity"], change["Operation"], counts


def known(record: dict[str, Any]) -> dict[str, Any]:
    same = {name: value for name, value in record.items() if name not in ("HubId", "CreatedAt", "UpdatedAt")}
    is_anonymous = str(same["CustomerId"]).startswith("erased-")  # and a keyed hash, of the tenant as well
    return same | ({"CustomerId": "erased-"} if is_anonymous else {})
