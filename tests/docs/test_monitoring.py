"""The files for Prometheus and Grafana, as their programs read them; tests/hub/test_metrics.py has the metrics."""

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
COLUMNS = 24
DASHBOARD: Any = json.loads((DEPLOY / "grafana/dashboard.json").read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
NEEDS_PROMTOOL = pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool")


def queries() -> list[str]:
    """Return what the panels ask, as Grafana sends it: with an interval in the place of its variable."""
    asked = [target["expr"] for panel in PANELS for target in panel.get("targets", ())]
    return [query.replace("$__rate_interval", "5m") for query in asked]


def check(*arguments: str | Path) -> str:
    ran = subprocess.run(["promtool", "check", *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_no_panel_lies_upon_another_and_each_has_a_number_of_its_own() -> None:
    cells = Counter(
        (x, y)
        for at in (panel["gridPos"] for panel in PANELS)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    )

    assert set(cells.values()) == {1}
    assert max(x for x, _ in cells) < COLUMNS
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_every_panel_asks_the_source_that_is_chosen() -> None:
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    shown = [panel for panel in PANELS if panel["type"] != "row"]

    assert [variable["name"] for variable in DASHBOARD["templating"]["list"]] == ["datasource"]
    assert all(panel["datasource"] == chosen and panel["title"] and panel["targets"] for panel in shown)
    assert all(target["datasource"] == chosen for panel in shown for target in panel["targets"])
    assert "$" not in "".join(queries())


@NEEDS_PROMTOOL
def test_prometheus_takes_its_files(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "alerts.yml", tmp_path)
    (tmp_path / "token").write_text("a token")
    written = (DEPLOY / "prometheus.yml").read_text().replace("/etc/prometheus/hub-token", str(tmp_path / "token"))
    (tmp_path / "prometheus.yml").write_text(written)

    assert "SUCCESS" in check("config", tmp_path / "prometheus.yml")


@NEEDS_PROMTOOL
def test_prometheus_understands_what_the_dashboard_asks(tmp_path: Path) -> None:
    """Each query as a rule, which is how promtool parses one."""
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(queries())]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))

    assert f"SUCCESS: {len(rules)} rules found" in check("rules", tmp_path / "rules.yml")
