"""GET /metrics, what Prometheus reads: behind a token, without a value that anybody sent."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoCaptureOnCommitCallbacks

from hub.api.outcomes import CODES
from hub.metrics.tally import TALLY
from hub.records.faults import TEXTS
from hub.records.mistakes import REFUSED, UNKNOWN, WARNING
from tenants.api.probes import metrics
from tenants.measures import MEASURES
from tenants.models import PauseReason, Webhook
from tests.conftest import CLIENT, Partner
from tests.customers.records import customer
from tests.hub.test_probes import beat
from tests.orders.records import order
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db
TOKEN = "a token that is long enough for it"
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
Values = dict[tuple[str, ...], float]


@pytest.fixture(autouse=True)
def _measured_anew() -> Iterator[None]:
    TALLY.write()
    MEASURES.forget()
    with override_settings(METRICS_TOKEN=TOKEN):
        yield


def asked(token: str = f"Bearer {TOKEN}", **headers: str) -> Any:
    return CLIENT.get("/metrics", headers={"Authorization": token, **headers})


def values() -> Values:
    """Return every value by its name and its labels' values, sorted by the labels' names."""
    MEASURES.forget()
    families = text_string_to_metric_families(asked().content.decode())
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def grown(before: Values, *key: str) -> float:
    return values().get(key, 0) - before.get(key, 0)


@override_settings(METRICS_TOKEN="")
def test_without_a_token_in_the_settings_there_is_nothing() -> None:
    response = asked("Bearer ")

    assert response.status_code == 404
    assert response.json() == CLIENT.get("/nowhere").json()


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é\x80"]
)
def test_another_token_is_refused(given: str) -> None:
    response = asked(given)

    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert TOKEN not in response.content.decode()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("token", [TOKEN, "ein Schlüssel, der lang genug ist €"])
def test_the_token_is_taken_however_the_scheme_is_spelled_and_as_it_is_sent(scheme: str, token: str) -> None:
    with override_settings(METRICS_TOKEN=token):
        assert asked(f"{scheme} {token.encode().decode('latin-1')}").status_code == 200


def test_prometheus_reads_it_whatever_the_host_and_without_tls() -> None:
    with override_settings(SECURE_SSL_REDIRECT=True, HTTPS=True):
        response = asked(Host="10.0.0.7:8000")

    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert response["Content-Type"].startswith("text/plain; version=")


def test_openmetrics_is_spoken_with_who_asks_for_it_and_is_what_the_text_says(partner: Partner) -> None:
    partner.get("/orders/{tenant}/O-1")
    plain = {sample for family in text_string_to_metric_families(asked().content.decode()) for sample in named(family)}

    response = asked(Accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")

    assert response["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert response.content.endswith(b"# EOF\n")
    spoken = {sample for family in openmetrics_families(response.content.decode()) for sample in named(family)}
    assert {name for name, _ in plain} - {name for name, _ in spoken} == set()


def named(family: Metric) -> set[tuple[str, str]]:
    return {(sample.name, str(sample.labels)) for sample in family.samples if not sample.name.endswith("_created")}


def test_it_is_compressed_for_who_takes_that_and_head_is_answered_as_get() -> None:
    packed = asked(**{"Accept-Encoding": "gzip"})
    head = CLIENT.head("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    assert packed["Content-Encoding"] == "gzip"
    assert b"hub_workers_alive" in gzip.decompress(packed.content)
    assert (head.status_code, head.content) == (200, b"")
    assert CLIENT.head("/metrics").status_code == 401


def test_other_methods_are_refused() -> None:
    assert CLIENT.post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405


def test_a_request_is_counted_by_its_route_and_never_by_its_path(partner: Partner) -> None:
    before = values()
    partner.get("/orders/{tenant}/O-secret")
    CLIENT.get("/nowhere/ada@example.com")
    CLIENT.generic("BREW", "/nowhere")

    assert grown(before, "hub_requests_total", "GET", "/orders/{tenantId}/{orderId}", "404") == 1
    assert grown(before, "hub_request_seconds_count", "GET", "/orders/{tenantId}/{orderId}") == 1
    assert grown(before, "hub_requests_total", "GET", "unmatched", "404") == 1
    assert grown(before, "hub_requests_total", "other", "unmatched", "404") == 1


def test_records_are_counted_by_what_became_of_them(
    partner: Partner, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    before = values()
    with django_capture_on_commit_callbacks(execute=True):
        partner.save("customers", customer(CustomerId="C-1"), customer(CustomerId="C-2", Email="c2@example.com"))
        partner.save("customers", customer(CustomerId="C-1"))
        partner.save("customers", customer(CustomerId="C-1", Name="Another"))
        partner.save("orders", order(OrderId="O-1"))
        partner.delete("/orders/{tenant}/O-1")
        partner.delete("/customers/{tenant}", customerId="C-2")

    def counted(*key: str) -> float:
        return grown(before, "hub_records_total", *key)

    assert counted("customers", "created", "api") == 2
    assert counted("customers", "unchanged", "api") == 1
    assert counted("customers", "updated", "api") == 1
    assert counted("orders", "created", "api") == 1
    assert counted("orders", "removed", "api") == 1
    assert counted("customers", "removed", "api") == grown(before, "hub_erasures_total") == 1


def test_a_dry_run_and_a_refused_batch_count_no_records(
    partner: Partner, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    before = values()
    with django_capture_on_commit_callbacks(execute=True):
        assert partner.send("POST", "/customers/{tenant}?dryRun=true", [customer()]).status_code == 200
        assert partner.post("customers", [customer(Language="English, please")]).status_code == 400

    after = values()
    assert {key for key in after if key[0] == "hub_records_total" and after[key] != before.get(key)} == set()
    assert grown(before, "hub_refusals_total", "too_long") == 1


def test_records_that_a_batch_left_out_are_rejected_ones(
    partner: Partner, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    before = values()
    with django_capture_on_commit_callbacks(execute=True):
        batch = [customer(CustomerId="C-1"), customer(CustomerId="C-2", Language="English, please")]
        assert partner.post("customers", batch, Prefer="handling=lenient").status_code == 200

    assert grown(before, "hub_records_total", "customers", "rejected", "api") == 1
    assert grown(before, "hub_records_total", "customers", "created", "api") == 1


def test_no_label_has_a_value_that_the_code_does_not_know(partner: Partner) -> None:
    """However many ways callers find to be refused: else each would be a series for ever."""
    before = values()
    for number in range(30):
        partner.send(f"BREW{number}", f"/customers/{{tenant}}/{number}")
        partner.get(f"/nowhere-{number}/{number}")
        partner.send("POST", f"/customers/{{tenant}}?q{number}={number}", [{f"Field{number}": number}])
        partner.post("customers", [customer(Language=f"l{number}" * number, Email=str(number))])
        CLIENT.get(f"/admin/{number}/{number}/?q={number}")
        CLIENT.get(f"/static/{number}.css")
        record = {"email": f"a{number}@b.example", "feature": f"feature-{number}", "payload": {}}
        partner.send("POST", "/v1/programs/{tenant}/integrations/api", [record], **{"api-key": partner.key})

    after = values()
    counted = {key for key in after if after[key] != before.get(key)}  # others have asked, too, in this process
    routes = {key[2] for key in counted if key[0] == "hub_requests_total"}
    codes = {key[1] for key in counted if key[0] == "hub_refusals_total"}
    assert len(routes) + len(codes) < 30
    assert [route for route in routes if re.search(r"\d", route.removeprefix("/v1/"))] == []
    assert REFUSED in codes
    assert codes <= {*TEXTS, *CODES.values(), UNKNOWN, WARNING, REFUSED}


def test_a_refusal_is_counted_by_its_code(partner: Partner) -> None:
    before = values()
    CLIENT.post(f"/customers/{partner.id}", b"[]", content_type="application/json")
    CLIENT.get("/health")

    assert grown(before, "hub_refusals_total", "unauthorised") == 1


def test_the_queue_the_worker_and_webhooks_are_measured(partner: Partner) -> None:
    beat(4)
    at = {"url": "https://erp.example/", "secret": "-", "position": 0}
    partner.save("customers", customer())
    Webhook.objects.create(tenant=partner.tenant, label="behind", **at)
    Webhook.objects.create(tenant=partner.tenant, label="paused", pause_reason=PauseReason.HAND, **at)
    Webhook.objects.filter(label="paused").update(paused_at="2026-01-01T00:00:00Z")

    found = values()

    assert found["hub_workers_alive",] == 1
    assert 4 <= found["hub_worker_heartbeat_age_seconds",] < 60
    assert found["hub_webhooks", "paused"] == found["hub_webhooks", "delivering"] == 1
    assert found["hub_webhook_behind_changesets",] == found["hub_webhook_most_behind_changesets",] == 1
    assert found["hub_changesets",] >= 1
    assert found["hub_process_resident_bytes", "0", "web server"] > 1_000_000
    assert {value for key, value in found.items() if key[0] == "hub_measured"} == {1}


def test_what_is_measured_is_kept_for_some_seconds(django_assert_num_queries: Any) -> None:
    asked()
    MEASURES.measured_at += PATIENCE  # the seconds are not over, however busy the machine is

    with django_assert_num_queries(0):
        assert asked().status_code == 200


def test_no_label_names_a_tenant_or_a_person(partner: Partner) -> None:
    partner.save("customers", customer(CustomerId="C-secret", Email="ada@example.com"))
    partner.get("/customers/{tenant}/ada@example.com")
    partner.get("/customers/{tenant}", Email="ada@example.com")

    text = asked().content.decode()

    assert [word for word in ("ada@", "C-secret", partner.id, partner.slug, partner.key) if word in text] == []


def test_who_watches_is_told_of_metrics_in_the_code_alone() -> None:
    assert metrics.__doc__


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\bhub_[a-z_]+\b", text))


def test_what_dashboard_and_alerts_name_is_there() -> None:
    """A counter that has not counted yet has no sample: its family is declared with the code."""
    beat(3)
    exported = names_in(asked(Accept="text/plain").content.decode())
    dashboard = json.loads((DEPLOY / "grafana/dashboard.json").read_text())
    asks = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ()))
    alerts = " ".join(re.findall(r"^ +expr: .*(?:\n {12,}.*)*", (DEPLOY / "alerts.yml").read_text(), re.M))

    named = names_in(asks) | names_in(alerts)

    assert len(names_in(asks)) > 10
    assert len(names_in(alerts)) > 5
    assert named - exported - FAMILIES == set()


FAMILIES = {f"hub_{name}" for name in ("requests_total", "refusals_total", "records_total", "webhook_attempts_total")}
FAMILIES |= {f"hub_job{name}" for name in ("s_ended_total", "_seconds_bucket", "s", "_oldest_seconds")}
FAMILIES |= {"hub_request_seconds_bucket", "hub_process_starts_total", "hub_disk_free_bytes", "hub_disk_size_bytes"}
