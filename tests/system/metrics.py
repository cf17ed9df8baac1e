"""What a hub that runs tells Prometheus."""

from prometheus_client.parser import text_string_to_metric_families

from tests.system.running import Hub

TOKEN = "a token that is long enough for it"


def metric(hub: Hub, name: str, **labels: str) -> float:
    """Return the sum of a metric's values with these labels."""
    answer = hub.send("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status == 200, answer.body
    families = text_string_to_metric_families(answer.body.decode())
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())
