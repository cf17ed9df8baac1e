"""A file's counts, and what is stored of it, are those of posting its chunks leniently."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenants.imports import chunks
from tenants.models import RejectedRow
from tests.conftest import MakeTenant, Partner, examples
from tests.files.jobs import imported
from tests.orders.records import line, order

pytestmark = pytest.mark.django_db

SIZE = 4  # records of a chunk
NO_UTF8 = (b'{"CustomerId":"\xff"}', False)
IDS = st.sampled_from(["A", "B", "C"])
EMAILS = st.sampled_from(["a@shop.example", "b@shop.example", "no address"])
CUSTOMERS = st.fixed_dictionaries(
    {},
    optional={
        "CustomerId": st.one_of(IDS, st.sampled_from(["", 5, None])),
        "Email": EMAILS,
        "Name": st.sampled_from(["Ann", "Bo", "", "x" * 101]),
        "EmailOptin": st.sampled_from([True, False, "yes"]),
        "Language": st.sampled_from(["en", "not a language"]),
        "name": st.just("spelt otherwise"),
        "Unknown": st.just([1, {"a": None}]),
    },
)
ORDERS = st.builds(
    lambda fields: order(**fields),
    st.fixed_dictionaries(
        {"OrderId": IDS},
        optional={
            "TotalRevenue": st.sampled_from([1.5, "much"]),
            "OrderItems": st.sampled_from(
                [[line()], [line(Sku="T"), line(Quantity=-1)], [], [line(), line(Price="x")]]
            ),
            "Email": EMAILS,
        },
    ),
)
NO_OBJECTS = st.sampled_from([b"5", b"null", b"[]", b'"text"', b'[{"CustomerId":"A"}]'])
UNREADABLE = st.sampled_from(
    [
        b"{",
        b"}",
        b'{"CustomerId":"A"},{"CustomerId":"B"}',
        b'{"CustomerId":"A"',
        b'"Email":"a@shop.example"}',
        b'{"CustomerId":"A"}],[{"CustomerId":"B"}',
        b'{"Odd":[{}',
        b"{}]}",
        b'{"CustomerId":"\xff"}',
        b"\x00",
        b'{"CustomerId":"A"} {"CustomerId":"B"}',
    ]
)


ORDER = (json.dumps(order(OrderId="A")).encode(), True)


def lines_of(records: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[bytes, bool]]]:
    """Return a strategy of files' lines, each with whether it is one JSON value."""
    values = st.one_of(records.map(lambda record: json.dumps(record).encode()), NO_OBJECTS)
    return st.lists(st.one_of(values.map(lambda text: (text, True)), UNREADABLE.map(lambda text: (text, False))))


def told(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    own = {"HubId", "CreatedAt", "UpdatedAt"}
    plain = [{name: value for name, value in record.items() if name not in own} for record in records]
    return sorted(plain, key=lambda record: json.dumps(record, sort_keys=True))


def post(partner: Partner, entity: str, lines: Sequence[tuple[bytes, bool]]) -> Counter[str]:
    """Post a chunk leniently, without the lines that no body can hold, and return what is counted."""
    counts: Counter[str] = Counter(read=len(lines), rejected=sum(not is_value for _, is_value in lines))
    values = [text for text, is_value in lines if is_value]
    if values:
        answer = partner.post(entity, b"[%b]" % b",".join(values), Prefer="handling=lenient")
        data = answer.json()["data"] if answer.status_code == 200 else None
        counts["rejected"] += len(data["rejected"]) if data else len(values)
        counts.update({name: data[name] for name in ("created", "updated", "unchanged")} if data else {})
    return counts


def cut(lines: list[tuple[bytes, bool]]) -> list[list[tuple[bytes, bool]]]:
    return [lines[start : start + SIZE] for start in range(0, len(lines), SIZE)]


def compare(make_tenant: MakeTenant, entity: str, lines: list[tuple[bytes, bool]], **fields: Any) -> None:
    shop, twin = make_tenant(**fields), make_tenant(**fields)

    job = imported(shop, b"".join(text + b"\n" for text, _ in lines) or b"\n", entity)
    counts = sum((post(twin, entity, chunk) for chunk in cut(lines)), Counter())

    assert job.state == "finished", job.message
    names = ("read", "created", "updated", "unchanged", "rejected")
    assert {name: getattr(job, name) for name in names} == {name: counts[name] for name in names}
    assert job.read == job.created + job.updated + job.unchanged + job.rejected + job.folded == len(lines)
    assert job.position == len(lines)
    assert told(shop.read(entity)) == told(twin.read(entity))
    assert RejectedRow.objects.filter(import_id=job.pk).count() == job.rejected
    codes = RejectedRow.objects.filter(import_id=job.pk).values_list("faults__0__code", flat=True)
    assert list(codes).count("not_json_line") == sum(not is_value for _, is_value in lines)
    unreadable = {number for number, (_, is_value) in enumerate(lines, 1) if not is_value}
    assert unreadable <= set(RejectedRow.objects.filter(import_id=job.pk).values_list("line", flat=True))


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MOST_ITEMS", SIZE)


@pytest.mark.parametrize("priority", ["customerid", "email"])
def test_customers_of_a_file_are_what_posting_them_makes(make_tenant: MakeTenant, priority: str) -> None:
    @given(lines=lines_of(CUSTOMERS))
    @examples(60)
    def check(lines: list[tuple[bytes, bool]]) -> None:
        compare(make_tenant, "customers", lines, priority=priority)

    check()


def test_orders_of_a_file_are_what_posting_them_makes(make_tenant: MakeTenant) -> None:
    @given(lines=lines_of(ORDERS))
    @example(lines=[(b"5", True), ORDER, ORDER, NO_UTF8])
    @example(lines=[(b"5", True), ORDER, NO_UTF8, ORDER])
    @examples(40)
    def check(lines: list[tuple[bytes, bool]]) -> None:
        compare(make_tenant, "orders", lines)

    check()


def test_required_fields_are_demanded_of_files_too(make_tenant: MakeTenant) -> None:
    lines = [(b'{"CustomerId":"A","Language":"en"}', True), (b'{"CustomerId":"B"}', True)]
    compare(make_tenant, "customers", lines, required=["Language"])


def test_a_chunk_that_is_too_much_for_one_batch_is_stored_as_several(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "MOST_ITEMS", 400)
    many = b'{"CustomerId":"C-%d","Odd":[' + b",".join([b"0"] * 1000) + b"]}\n"

    job = imported(partner, b"".join(many % n for n in range(300)) + b"{\n")

    assert (job.state, job.read, job.created, job.rejected) == ("finished", 301, 300, 1)


@pytest.mark.parametrize("depth", [70, 5000])
def test_a_line_that_is_nested_too_deep_is_rejected_alone(partner: Partner, depth: int) -> None:
    deep = b'{"CustomerId":"B","Odd":' + b"[" * depth + b"]" * depth + b"}\n"

    job = imported(partner, b'{"CustomerId":"A"}\n' + deep + b'{"CustomerId":"C"}\n')

    assert (job.read, job.created, job.rejected) == (3, 2, 1)
    assert RejectedRow.objects.get().faults[0]["code"] == "too_deep"
