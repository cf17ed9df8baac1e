"""The benchmark's arithmetic, tables and plot; what it measures is its own business."""

import json
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from benchmarks.cases import CHANGED, HUB, IDENTICAL, MIXED, NEW, RAW, SHUFFLED, case
from benchmarks.checks import Memory, Noise
from benchmarks.client import Report
from benchmarks.cpu import Usage
from benchmarks.exports import Exports
from benchmarks.figures import Figures, Spread, Turn, percentile, ratio
from benchmarks.measure import turn
from benchmarks.outcome import Outcome
from benchmarks.plot import draw
from benchmarks.records import MARK_BYTES, as_parameters, batches, dumps
from benchmarks.report import page
from benchmarks.table import cells, markdown_table, number
from benchmarks.targets import at_least, at_most
from benchmarks.tasks import STATEMENTS, raw_statement
from customers.schemas import customer_schema
from hub.records.schemas import Schema, parse
from orders.schemas import ORDERS
from products.schemas import PRODUCTS

SCHEMAS: dict[str, Schema[Any]] = {"customers": customer_schema(()), "orders": ORDERS, "products": PRODUCTS}

EXPORTS = Exports(100, {"csv": [80.0, 70.0]}, {"csv": [100.0, 100.0]}, 1.5)


def figures(*rates: float) -> Figures:
    return Figures([Turn(rate, 100, [0.001, 0.003], 0.01, 0.02, 0.0) for rate in rates])


def test_percentile_is_a_value_that_was_measured():
    assert percentile([5, 1, 4, 2, 3], 0.5) == 3
    assert percentile(range(1, 101), 0.99) == 100
    assert percentile([7], 0.99) == 7


def test_ratio_compares_round_by_round():
    assert ratio(figures(50, 10, 60), figures(100, 20, 100)) == Spread(0.5, 0.5, 0.6)


def test_cpu_a_row_is_counted_over_all_rounds():
    assert figures(1, 1).cpu("server") == pytest.approx(0.1)
    assert figures(1, 1).cpu("postgres") == pytest.approx(0.2)


def test_turn_adds_up_the_rates_of_connections():
    reports = [Report([0.5, 0.5], 1.0, 0.1, []), Report([1.0], 2.0, 0.2, ["refused"])]
    found = turn(500, reports, Usage(0.4, 0.6))
    assert (found.rate, found.rows) == (1250, 1500)
    assert found.client_cpu == pytest.approx(0.3)
    assert found.errors == ["refused"]


def test_targets_are_met_at_the_bound():
    assert at_least("rate", 0.6, Spread(0.6, 0.5, 0.7)).met
    assert not at_least("rate", 0.6, Spread(0.59, 0.5, 0.7)).met
    assert at_most("errors", 0, Spread(0, 0, 0)).met


def test_table_shows_the_share_of_the_raw_rate():
    hub, raw = case(HUB, "customers", NEW), case(RAW, "customers", NEW)
    row = cells(hub, {raw: figures(100), hub: figures(60)})
    assert row[:3] == ["customers × 500, new, 1 connection", "hub", "60"]
    assert row[9:] == ["0.60", "", "", "0"]


def test_numbers_have_three_figures():
    assert [number(n) for n in (0.01234, 4.5, 12345.6)] == ["0.012", "4.50", "12,346"]


def test_markdown_table_has_a_rule_below_its_head():
    assert markdown_table(["what", "who", "n"], [["a", "b", "1"]]).splitlines() == [
        "| what | who | n |",
        "| --- | --- | ---: |",
        "| a | b | 1 |",
    ]


def test_page_of_a_run_shows_its_own_plot_and_its_cases():
    hub, raw = case(HUB, "customers", NEW), case(RAW, "customers", NEW)
    rates = {raw: figures(100), hub: figures(60)}
    outcome = Outcome(
        rates, {1: ["SELECT 1"]}, 0, Memory([200, 1000], [90, 91.5]), Noise([8], [30]), [17.5, 18], EXPORTS
    )
    text = page(outcome, {"python": "3.11"}, "quick", 41.6)
    assert text.startswith("# The last quick run\n")
    assert "- python: 3.11\n- the run took 42 s\n" in text
    assert "](quick.svg)" in text
    assert "| customers × 500, new, 1 connection | hub | 60 |" in text
    assert text.endswith("17.5, 18 ms.\n")


def test_plot_is_xml_with_a_bar_for_each_subject():
    hub, raw = case(HUB, "customers", NEW), case(RAW, "customers", NEW)
    root = ElementTree.fromstring(draw({raw: figures(100, 110), hub: figures(60, 61)}))  # noqa: S314 — our own
    texts = ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "customers × 500, new, 1 connection" in texts
    assert any(text.endswith("of raw") for text in texts)


@pytest.mark.parametrize("entity", ["customers", "orders", "products"])
@pytest.mark.parametrize("work", [NEW, CHANGED, IDENTICAL, MIXED, SHUFFLED], ids=lambda work: work.name)
def test_hub_accepts_every_kind_of_work_without_a_warning(entity, work):
    for records in batches(entity, 3, work, connection=0, among=0, number=2):
        batch = parse(SCHEMAS[entity], dumps(records).replace(MARK_BYTES, b"123456789"))
        assert len(batch.records) == 3
        assert not batch.warnings


@pytest.mark.parametrize("entity", ["customers", "orders", "products"])
def test_every_batch_but_an_identical_one_carries_the_mark_in_every_record(entity):
    for work in (NEW, CHANGED, MIXED, SHUFFLED):
        for records in batches(entity, 3, work, connection=1, among=0, number=1):
            assert all(MARK_BYTES in dumps(record) for record in records)
    (identical,) = batches(entity, 3, IDENTICAL, connection=1, among=0, number=1)
    assert MARK_BYTES not in dumps(identical)


def test_connections_send_different_records_unless_shuffled():
    def ids(work, connection):
        sent = batches("customers", 4, work, connection=connection, among=0, number=2)
        return {record["CustomerId"] for records in sent for record in records}

    assert ids(CHANGED, 0).isdisjoint(ids(CHANGED, 1))
    assert ids(SHUFFLED, 0) == ids(SHUFFLED, 1)


@pytest.mark.parametrize("entity", ["customers", "orders", "products"])
def test_raw_statements_take_one_part_each_and_numbered_parameters(entity):
    (records,) = batches(entity, 2, NEW, connection=0, among=0, number=1)
    parts = as_parameters(entity, records)
    assert len(parts) == len(STATEMENTS[entity])
    for statement, part in zip(STATEMENTS[entity], parts, strict=True):
        assert "%" not in raw_statement(statement)
        assert all(isinstance(row, dict) for row in json.loads(part))
