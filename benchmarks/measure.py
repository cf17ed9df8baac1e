"""Taking turns: every round runs every case of a group once, in an order that moves on with each round."""

import time
from collections.abc import Callable, Sequence

import psycopg

from benchmarks.cases import DRF, EMPTY, HUB, Case, Group, Plan
from benchmarks.client import Report, Task
from benchmarks.cpu import Usage
from benchmarks.figures import Figures, Turn
from benchmarks.pool import Clients
from benchmarks.records import FLAGS, LANGUAGES
from benchmarks.stage import Server, Stage
from benchmarks.tasks import tasks

Results = dict[Case, Figures]
Note = Callable[[str], None]

LEAST_ROUNDS = 2


def run_group(stage: Stage, clients: Clients, group: Group, plan: Plan, deadline: float, note: Note) -> Results:
    """Measure a group's cases, past the deadline (monotonic) no round after the second; `note` is told what goes on."""
    if group.stored:
        note(f"loading {group.stored:,} customers")
        load_customers(stage, group.stored)
    for case in group.cases:
        note(f"warming up: {case.subject}, {case.title}")
        warm_up(stage, clients, case)
    settle(stage)
    results: Results = {case: Figures() for case in group.cases}
    for number in range(plan.rounds):
        if number >= LEAST_ROUNDS and time.monotonic() > deadline:
            break
        start = number * len(group.cases) // plan.rounds
        for case in [*group.cases[start:], *group.cases[:start]]:
            note(f"round {number + 1} of {plan.rounds}: {case.subject}, {case.title}")
            results[case].turns.append(take_turn(stage, clients, case, plan.seconds))
    return results


def warm_up(stage: Stage, clients: Clients, case: Case) -> None:
    """Send every record once, so that those to be changed are there and statements are prepared."""
    given = tasks(stage, case, 60.0, warm=0)
    once = [Task(t.target, t.batches, t.first, most=len(t.batches) // case.work.variants, warm=0) for t in given]
    clients.prepare(once)
    clients.run()


def settle(stage: Stage) -> None:
    """Do what autovacuum does within a minute, so that it does not begin in the middle of a group."""
    for conninfo in (stage.conninfo, stage.yardstick_conninfo):
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE, SKIP_LOCKED, PROCESS_TOAST FALSE)")


def take_turn(stage: Stage, clients: Clients, case: Case, seconds: float) -> Turn:
    """Run one case for some seconds."""
    server = server_of(stage, case)
    clients.prepare(tasks(stage, case, seconds))
    before = stage.usage(server)
    reports = clients.run()
    return turn(case.size, reports, stage.usage(server) - before)


def turn(size: int, reports: Sequence[Report], used: Usage) -> Turn:
    """Sum up the connections of one case; the rate is the sum of theirs, each over its own time."""
    return Turn(
        rate=sum(size * len(report.latencies) / report.elapsed for report in reports),
        rows=size * sum(len(report.latencies) for report in reports),
        latencies=[seconds for report in reports for seconds in report.latencies],
        server_cpu=used.server,
        postgres_cpu=used.postgres,
        client_cpu=sum(report.cpu for report in reports),
        errors=[error for report in reports for error in report.errors],
    )


def server_of(stage: Stage, case: Case) -> Server | None:
    """Return the web server that a case goes through."""
    return {HUB: stage.hub, DRF: stage.yardstick, EMPTY: stage.yardstick}.get(case.subject)


def load_customers(stage: Stage, number: int) -> None:
    """Give the first tenant customers up to a number, as records.py makes them, and let PostgreSQL count them."""
    flags = [f"(i >> {bit}) %% 2 = 0" for bit, _ in enumerate(FLAGS)]
    languages = f"(ARRAY[{', '.join(repr(language) for language in LANGUAGES)}])[i %% {len(LANGUAGES)} + 1]"
    statement = LOAD.format(flags=", ".join(flags), language=languages)
    with psycopg.connect(stage.conninfo, autocommit=True) as connection:
        connection.execute(statement.encode(), {"tenant_id": stage.shops[0].tenant_id, "last": number - 1})


LOAD = """
INSERT INTO customers_customer (tenant_id, match_key, customer_id, email, name, surname, phone, language, username,
                                email_optin, sms_optin, whatsapp_optin, app_push_optin, gdpr_optin, is_excluded,
                                given, attributes, tags, mailing_lists, created_at, updated_at)
SELECT %(tenant_id)s, 'i:' || key, key, lower(key) || '@example.com', 'Ada ' || i %% 97, 'Lovelace',
       '+49 30 ' || lpad(i::text, 7, '0'), {language}, 'ada.lovelace.' || i, {flags},
       8191, '{{}}', '{{}}', '{{}}', now(), now()
  FROM generate_series(0, %(last)s) AS i
 CROSS JOIN LATERAL (SELECT 'Cc' || lpad(i::text, 7, '0') AS key) AS named
    ON CONFLICT (tenant_id, match_key) DO NOTHING
"""
