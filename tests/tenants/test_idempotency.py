"""Idempotency-Key: who sends a write again gets the first answer, and nothing is written twice."""

import gzip
from datetime import timedelta
from typing import Any

import pytest
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from hub.sql.execute import execute_where_tenant_is
from tenants.changes.once import KEEP, KEPT_FOR, Claim, StillRunning, do_once, purge_answers
from tenants.keys import create_key, revoke_key
from tenants.models import ApiKey, KeptAnswer
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import PROGRAM, UPLOAD, user
from tests.idempotency import WRITES, Write, prepare, send
from tests.orders.records import order
from tests.products.records import product, variant

OF_THE_REQUEST = {"X-Request-Id", "traceparent", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
KEY = "0b9c2b5e-6f0e-4a1c-9b62-0d7f4f1c2a55"
ONE = WRITES["customers"]
every_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


def told(response: Any) -> tuple[int, bytes, dict[str, str]]:
    """Return what an answer says, without what is the request's own."""
    headers = {name: value for name, value in response.items() if name not in {*OF_THE_REQUEST, "Idempotent-Replayed"}}
    return response.status_code, response.content, headers


@every_write
def test_a_write_sent_again_gets_the_first_answer_and_has_one_effect(partner: Partner, write: Write) -> None:
    prepare(partner)
    before = len(partner.changes())

    first = send(partner, write, KEY)
    changes = partner.changes()
    second = send(partner, write, KEY)

    assert first.status_code == write.status, first.content
    assert len(changes) > before
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert told(second) == told(first)
    assert first["X-Changeset"] == second["X-Changeset"]
    assert first["X-Request-Id"] != second["X-Request-Id"]
    assert int(second["X-RateLimit-Remaining"]) < int(first["X-RateLimit-Remaining"])
    assert partner.changes() == changes


@every_write
def test_without_the_header_nothing_is_kept(partner: Partner, write: Write) -> None:
    prepare(partner)

    first, second = send(partner, write), send(partner, write)

    assert (first.status_code, second.status_code) == (write.status, write.status)
    assert "Idempotent-Replayed" not in second
    assert not KeptAnswer.objects.exists()


@every_write
def test_what_is_written_under_a_key_is_what_is_written_without(make_tenant: MakeTenant, write: Write) -> None:
    with_key, without = make_tenant(), make_tenant()
    for each in (with_key, without):
        prepare(each)

    keyed, bare = send(with_key, write, KEY), send(without, write)

    assert [keyed.status_code, without_times(keyed)] == [bare.status_code, without_times(bare)]
    assert [without_hub(c) for c in with_key.changes()] == [without_hub(c) for c in without.changes()]
    for entity in ("customers", "orders", "products"):
        assert [timeless(r) for r in with_key.read(entity)] == [timeless(r) for r in without.read(entity)]


def without_times(response: Any) -> Any:
    said = response.json()
    data = dict(said.get("data") or {})
    for name in ("processedAt", "deletedAt", "results"):
        data.pop(name, None)
    return {**said, "data": data}


def without_hub(change: dict[str, Any]) -> Any:
    counts = {name: len(change[name]) for name in ("Created", "Updated", "Deleted")}
    return {name: change[name] for name in ("Number", "Entity", "Operation", "Source")} | counts


def timeless(record: dict[str, Any]) -> Any:
    kept = {name: value for name, value in record.items() if name not in ("HubId", "CreatedAt", "UpdatedAt")}
    if variants := kept.get("ProductVariants"):
        kept["ProductVariants"] = [timeless(variant) for variant in variants]
    return kept


@every_write
def test_another_request_under_the_key_is_422_in_the_dialects_shape(partner: Partner, write: Write) -> None:
    prepare(partner)
    if write.method == "POST":
        other = write._replace(body=[])
    else:
        other = write._replace(
            path=write.path.replace("@", "%40")
            if "@" in write.path
            else f"{write.path}{'&' if '?' in write.path else '?'}reason=x"
        )
    assert send(partner, write, KEY).status_code == write.status
    changes = partner.changes()

    refused = send(partner, other, KEY)

    assert refused.status_code == 422, refused.content
    assert "Idempotency-Key was sent with another request" in failure(refused, write.dialect)
    assert "Idempotent-Replayed" not in refused
    assert partner.changes() == changes
    assert send(partner, write, KEY)["Idempotent-Replayed"] == "true"


def failure(response: Any, dialect: str) -> str:
    """Return the words of a failure, where the dialect has them."""
    said = response.json()
    if dialect == "custobar":
        assert said["response"] == "error"
        return str(said["error"])
    if dialect == "jericommerce":
        assert said["results"] == []
        return str(said["error"])
    assert said["success"] is False
    return str(said["message"]) + str(said.get("errors", "")) + str(said.get("details", ""))


@pytest.mark.parametrize("change", ["method", "path", "query", "body", "a blank in the body"])
def test_a_request_is_its_method_path_query_and_body(partner: Partner, change: str) -> None:
    first = Write("POST", "/customers/{tenant}?reason=x", b'[{"CustomerId":"C-1"}]')
    others = {
        "method": first._replace(method="DELETE", path="/customers/{tenant}?customerId=C-1"),
        "path": first._replace(path="/customers/{tenant}/?reason=x"),
        "query": first._replace(path="/customers/{tenant}?reason=y"),
        "body": first._replace(body=b'[{"CustomerId":"C-2"}]'),
        "a blank in the body": first._replace(body=b'[{"CustomerId": "C-1"}]'),
    }
    assert send(partner, first, KEY).status_code == 200

    assert send(partner, others[change], KEY).status_code == 422


def test_a_request_is_the_same_however_its_body_is_packed(partner: Partner) -> None:
    body = b'[{"CustomerId":"C-1"}]'
    assert partner.post("customers", body, **{"Idempotency-Key": KEY}).status_code == 200

    packed = partner.post("customers", gzip.compress(body), **{"Idempotency-Key": KEY, "Content-Encoding": "gzip"})

    assert packed["Idempotent-Replayed"] == "true"


def test_the_answer_says_what_it_said_whatever_has_become_of_the_tenant(partner: Partner) -> None:
    first = send(partner, ONE, KEY)
    partner.tenant.required_fields = ["Language"]
    partner.tenant.priority = "email"
    partner.tenant.save()

    assert told(send(partner, ONE, KEY)) == told(first)
    assert send(partner, ONE, "another").status_code == 400


def test_the_key_is_one_of_many_characters(partner: Partner) -> None:
    for key in ("k", "x" * 255, 'quoted "key"', "ключ-1", "🔑" * 255, "a/b?c=d&e=%00", " around "):
        sent = key.encode().decode("latin-1")
        body = [{"CustomerId": f"of {key[:50]}"}]

        first = partner.post("customers", body, **{"Idempotency-Key": sent})
        second = partner.post("customers", body, **{"Idempotency-Key": sent})

        assert (first.status_code, second.status_code) == (200, 200), first.content
        assert second["Idempotent-Replayed"] == "true"


BAD = {
    "blank": ("", "empty_header", "or send a key"),
    "blanks": ("   ", "empty_header", "or send a key"),
    "long": ("x" * 256, "too_long", "maximum length of 255"),
    "control character": ("a\x07b", "one_line", "without control characters"),
    "tab": ("a\tb", "one_line", "printable"),
    "doubled": ("a,b", "doubled_header", "given once"),
    "turning": ("a\u202eb".encode().decode("latin-1"), "one_line", "printable"),
}


@pytest.mark.parametrize(("key", "code", "words"), BAD.values(), ids=BAD)
@every_write
def test_a_header_that_is_none_is_400_and_says_what_to_send(
    partner: Partner, write: Write, key: str, code: str, words: str
) -> None:
    refused = send(partner, write, key)

    assert refused.status_code == 400
    said = failure(refused, write.dialect)
    assert "Idempotency-Key" in said
    if write.dialect == "native":
        assert words in said
        assert refused.json()["errors"].keys() == {"Idempotency-Key"}
        assert [detail["code"] for detail in refused.json()["details"]] == [code]
    assert not partner.changes()
    assert not KeptAnswer.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 256, "a,b", KEY])
@pytest.mark.parametrize("path", ["/customers/{tenant}", "/customers/{tenant}/C-1", "/changes/{tenant}"])
def test_reads_take_no_notice_of_it(partner: Partner, path: str, key: str) -> None:
    partner.save("customers", {"CustomerId": "C-1"})
    for method in ("GET", "HEAD"):
        first, second = (partner.send(method, path, **{"Idempotency-Key": key}) for _ in range(2))

        assert (first.status_code, second.status_code) == (200, 200)
        assert "Idempotent-Replayed" not in second
    assert not KeptAnswer.objects.exists()


def test_only_what_worked_is_kept(partner: Partner, make_tenant: MakeTenant) -> None:
    """400, 401, 403, 404, 405, 413, 415 and 429: the same key serves when the request is mended."""
    keyed = {"Idempotency-Key": KEY}
    stranger = make_tenant()
    disabled, slow = make_tenant(is_enabled=False), make_tenant(per_minute=1)
    slow.get("/customers/{tenant}")
    answers = [
        partner.post("customers", [{"Name": "nobody"}], **keyed),
        partner.post("customers", b"[", **keyed),
        partner.send("POST", "/customers/{tenant}?x=1", [], **keyed),
        partner.send("DELETE", "/customers/{tenant}", **keyed),
        Partner(partner.tenant, stranger.key).post("customers", [], **keyed),
        partner.send("POST", "/customers/11111111-1111-4111-8111-111111111111", [], **keyed),
        disabled.post("customers", [], **keyed),
        slow.post("customers", [], **keyed),
        partner.send("POST", "/customers/{tenant}/C-1", [], **keyed),
        partner.post("customers", b" " * (10 * 1024 * 1024 + 1), **keyed),
        partner.post("customers", [], content_type="text/csv", **keyed),
        partner.send("POST", PROGRAM, [user("no address", "C-1")], **{"api-key": partner.key, **keyed}),
        partner.send("POST", UPLOAD, [{"email": 1}], Authorization=f"Bearer {partner.key}", **keyed),
    ]

    assert [answer.status_code for answer in answers] == [
        400,
        400,
        400,
        400,
        401,
        404,
        403,
        429,
        405,
        413,
        415,
        404,
        400,
    ]
    assert not KeptAnswer.objects.exists()
    assert partner.post("customers", [{"CustomerId": "C-1"}], **keyed).status_code == 200


def test_a_batch_that_fails_half_way_is_undone_and_not_kept(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Products beyond their bound are found out when they are stored already."""
    monkeypatch.setattr("products.ingest.MOST_VARIANTS", 2)
    many = [variant(VariantId=f"V{i}") for i in range(5000)]
    partner.save("products", product(ProductId="full", ProductVariants=many))
    changes = partner.changes()
    more = Write("POST", "/products/{tenant}", [
        product(ProductId="new"), product(ProductId="full", ProductVariants=[variant(VariantId="one too many")])
    ])  # fmt: skip

    for _ in range(2):
        refused = send(partner, more, KEY)
        assert refused.status_code == 400, refused.content
        assert "Idempotent-Replayed" not in refused

    assert partner.changes() == changes
    assert [record["ProductId"] for record in partner.read("products")] == ["full"]
    assert not KeptAnswer.objects.exists()


def test_an_answer_that_changed_nothing_is_kept_too(partner: Partner) -> None:
    empty = Write("POST", "/customers/{tenant}", [])

    first, second = send(partner, empty, KEY), send(partner, empty, KEY)

    assert "X-Changeset" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert told(second) == told(first)


def test_another_tenants_or_another_keys_idempotency_key_is_another(partner: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()
    colleague = Partner(partner.tenant, create_key(partner.tenant, label="second")[1])
    assert send(partner, ONE, KEY).status_code == 200

    for other in (stranger, colleague):
        answer = send(other, ONE, KEY)
        assert answer.status_code == 200
        assert "Idempotent-Replayed" not in answer
    assert send(colleague, WRITES["orders"], KEY).status_code == 422
    assert len(stranger.changes()) == 1
    assert len(partner.changes()) == 1  # the colleague's batch changed nothing


def test_a_stranger_with_the_right_key_text_learns_nothing(partner: Partner, make_tenant: MakeTenant) -> None:
    stranger = make_tenant()
    assert send(partner, ONE, KEY).status_code == 200

    refused = Partner(partner.tenant, stranger.key)

    assert send(refused, ONE, KEY).status_code == 401
    assert "Idempotent-Replayed" not in send(refused, ONE, KEY)


def test_a_revoked_key_gets_no_answer_again(partner: Partner) -> None:
    assert send(partner, ONE, KEY).status_code == 200
    revoke_key(ApiKey.objects.get(tenant=partner.tenant))

    assert send(partner, ONE, KEY).status_code == 401


def age(by: timedelta) -> None:
    for kept in KeptAnswer.objects.all():
        KeptAnswer.objects.filter(pk=kept.pk, tenant_id=kept.tenant_id).update(created_at=timezone.now() - by)


def test_a_key_stands_for_its_request_for_24_hours(partner: Partner) -> None:
    other = Write("POST", "/customers/{tenant}", [{"CustomerId": "C-9"}])
    send(partner, ONE, KEY)
    first_id = KeptAnswer.objects.get().pk

    age(timedelta(hours=23, minutes=59))
    assert send(partner, other, KEY).status_code == 422
    age(timedelta(hours=24))
    fresh = send(partner, other, KEY)

    assert fresh.status_code == 200
    assert "Idempotent-Replayed" not in fresh
    assert KeptAnswer.objects.get().pk > first_id
    assert send(partner, other, KEY)["Idempotent-Replayed"] == "true"
    assert send(partner, ONE, KEY).status_code == 422


def test_answers_are_purged_when_they_are_over(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.changes.once.CHUNK", 2)
    for number in range(5):
        send(partner, ONE, f"over {number}")
    age(timedelta(hours=24, seconds=1))
    send(partner, ONE, "fresh")

    assert purge_answers() == 5
    assert KeptAnswer.objects.count() == 1
    assert send(partner, ONE, "fresh")["Idempotent-Replayed"] == "true"
    assert purge_answers() == 0


def test_an_erasure_between_request_and_retry_stays(partner: Partner) -> None:
    """The retry brings the person along, and gets its answer; the person does not come back."""
    first = send(partner, ONE, KEY)
    partner.delete("/customers/{tenant}", customerId="C-1")
    changes = partner.changes()

    second = send(partner, ONE, KEY)

    assert told(second) == told(first)
    assert partner.changes() == changes
    assert [record["CustomerId"] for record in partner.read("customers")] == ["C-2"]


@every_write
def test_what_is_kept_can_be_read_by_nobody(partner: Partner, write: Write) -> None:
    prepare(partner)
    send(partner, write, "jane.doe@shop.example")

    kept = KeptAnswer.objects.get()

    whole = bytes(kept.name) + bytes(kept.request) + bytes(kept.answer)
    assert len(bytes(kept.name)) == len(bytes(kept.request)) == 32
    for word in (b"shop.example", b"C-1", b"known", b"success", b"jane", b"application", b"results"):
        assert word not in whole


def test_an_answer_about_a_thousand_records_is_kept_in_a_few_kilobytes(partner: Partner) -> None:
    batch = Write("POST", "/customers/{tenant}?results=true", [{"CustomerId": f"C-{i}"} for i in range(1000)])
    first = send(partner, batch, KEY)
    assert first.status_code == 200
    assert len(first.content) > 40_000

    assert told(send(partner, batch, KEY)) == told(first)
    assert len(bytes(KeptAnswer.objects.get().answer)) < 12_000


def test_a_request_under_a_key_costs_a_fixed_number_of_statements(
    partner: Partner, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):  # authorise; lock, upsert, changeset
        send(partner, ONE)
    with django_assert_num_queries(6):  # and a transaction (a savepoint here), claim, what is kept
        send(partner, ONE, KEY)
    with django_assert_num_queries(4):
        send(partner, ONE, KEY)


def test_every_action_that_writes_takes_the_header() -> None:
    """A write that is added without `@writes` is found here."""
    unmarked = [
        f"{method} {pattern}"
        for pattern, view in routes(get_resolver())
        for method, action in getattr(view, "actions", {}).items()
        if method in ("post", "delete")
        and not (hasattr(getattr(view.cls, action), "__wrapped__") or hasattr(getattr(view.cls, action), "is_write"))
    ]

    assert unmarked == []


def routes(resolver: URLResolver) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for each in resolver.url_patterns:
        found += routes(each) if isinstance(each, URLResolver) else [(str(each.pattern), each.callback)]
    return found


def test_the_order_of_checks_has_the_header_after_the_address_and_before_the_body(partner: Partner) -> None:
    both = partner.send("POST", "/customers/{tenant}?x=1", b"[", **{"Idempotency-Key": ""})
    body = partner.post("customers", b"[", **{"Idempotency-Key": ""})

    assert both.json()["errors"].keys() == {"x"}
    assert body.json()["errors"].keys() == {"Idempotency-Key"}


def test_an_order_of_somebody_forgotten_is_one_effect_too(partner: Partner) -> None:
    """Where somebody is remembered the first statement stores nothing, and an open write looks first."""
    forget = Write("POST", UPLOAD, [{"external_id": "gone", "email": "gone@shop.example", "is_forgotten": True}],
                   200, "custobar")  # fmt: skip
    send(partner, forget, "forget")
    batch = Write("POST", "/customers/{tenant}?results=true", [{"CustomerId": "gone"}, {"CustomerId": "C-1"}])
    sale = Write("POST", "/orders/{tenant}", [order(OrderId="O-1", CustomerId="gone", Email="gone@shop.example")])

    for number, write in enumerate((batch, sale)):
        first = send(partner, write, f"key {number}")
        changes = partner.changes()
        assert first.status_code == 200, first.content
        assert told(send(partner, write, f"key {number}")) == told(first)
        assert partner.changes() == changes
    assert [record["CustomerId"] for record in partner.read("customers")] == ["C-1"]


def test_where_another_has_kept_its_answer_meanwhile_what_was_done_goes_back(partner: Partner) -> None:
    """A look may be older than the lock: the unique key finds out at the end."""
    claim, now = Claim(partner.tenant.pk, b"n" * 32, b"r" * 32), timezone.now()
    kept = {"tenant_id": claim.tenant_id, "name": claim.name.hex(), "request": claim.request.hex(), "answer": "Lg=="}

    def do() -> bytes:
        partner.save("customers", {"CustomerId": "twice"})
        execute_where_tenant_is(KEEP, {**kept, "now": now, "since": now - KEPT_FOR})
        return b"mine"

    with pytest.raises(StillRunning):
        do_once(claim, do)

    assert partner.changes() == []
    assert partner.read("customers") == []
