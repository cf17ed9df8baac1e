"""The clients in docs/examples, run against a hub, with a bad net between them and it."""

import json
import runpy
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pytest_django.live_server_helper import LiveServer

from customers.models import Customer
from tenants.models import Changeset
from tenants.tasks import purge
from tenants.webhooks.messages import message_of
from tenants.webhooks.sealing import new_secret
from tests.conftest import MakeTenant, Partner
from tests.docs.proxy import BUSY, FAULTS, LIMITED, LOST, PASS, UNANSWERED, Proxy, proxy_of
from tests.orders.records import order
from tests.products.records import product
from tests.waiting import PATIENCE

EXAMPLES = Path(__file__).parents[2] / "docs/examples"
CUSTOMERS = [{"CustomerId": f"C-{number}", "Name": "Ünïcode 🙂"} for number in range(2500)]
ITEM = {"Number": 17, "Entity": "customers", "Operation": "upsert", "At": "2026-01-31T12:00:00.000Z"}
# What a script does with a client, in each language; `hub` is the client, `sent` what the test sends along.
SCRIPTS = {
    "save": ("result = list(hub.save('customers', sent))", "result = await all(hub.save('customers', sent));"),
    "save twice": (
        "result = [list(hub.save(*each)) for each in sent]",
        "result = []; for (const each of sent) result.push(await all(hub.save(...each)));",
    ),
    "read": ("result = list(hub.records('customers'))", "result = await all(hub.records('customers'));"),
    "one": (
        "result = [hub.record('orders', each) for each in sent]",
        "result = []; for (const each of sent) result.push(await hub.record('orders', each));",
    ),
    "remove": (
        "result = [hub.erase_customer(email=sent[0]), hub.delete('orders', sent[1])]",
        "result = [await hub.eraseCustomer({email: sent[0]}), await hub.delete('orders', sent[1])];",
    ),
    "lenient": (
        "result = list(hub.save('customers', sent, lenient=True))",
        "result = await all(hub.save('customers', sent, { lenient: true }));",
    ),
    "follow": (
        "result = next(hub.changes(sent, wait=0))",
        "result = (await hub.changes(sent, {wait: 0}).next()).value;",
    ),
    "away": (
        "try: next(hub.changes(1, wait=0))\nexcept hub_client.Expired as error: result = [error.status, error.data]",
        "try { await hub.changes(1, {wait: 0}).next(); } catch (error) { result = [error.status, error.data]; }",
    ),
    "refused": (
        "try: list(hub.save('customers', sent))\nexcept hub_client.Refused as error:"
        " result = [error.status, error.errors, len(error.trace_id)]",
        "try { await all(hub.save('customers', sent)); }"
        " catch (error) { result = [error.status, error.errors, error.traceId.length]; }",
    ),
}
PYTHON = """
import json, sys
sys.path.insert(0, {folder!r})
import hub_client
url, tenant, key, sent = json.load(sys.stdin)
slept = []
hub = hub_client.Hub(url, tenant, key, sleep=slept.append)
{script}
print(json.dumps([result, slept]))
"""
NODE = """
import {{ readFileSync }} from "node:fs";
import {{ Hub, Refused }} from {module!r};
const all = async (each) => {{ const found = []; for await (const one of each) found.push(one); return found; }};
const [url, tenant, key, sent] = JSON.parse(readFileSync(0, "utf8"));
const slept = [];
const hub = new Hub(url, tenant, key, {{ sleep: async (seconds) => slept.push(seconds) }});
let result;
{script}
console.log(JSON.stringify([result, slept]));
"""
Run = Callable[..., tuple[Any, list[float]]]

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def partner(make_tenant: MakeTenant) -> Partner:
    return make_tenant()


@pytest.fixture
def proxy(live_server: LiveServer) -> Iterator[Proxy]:
    with proxy_of(live_server.url) as proxy:
        yield proxy


@pytest.fixture(params=["python", "node"])
def run(request: pytest.FixtureRequest, proxy: Proxy, partner: Partner) -> Run:
    """Run a script with a client, through the proxy; return what it found, and what it waited in seconds."""
    python, node = EXAMPLES / "python", EXAMPLES / "node/hub_client.mjs"
    if request.param == "node" and not shutil.which("node"):
        pytest.skip("node is not installed: `make setup-browser` installs it")

    def runs(name: str, sent: Any = None) -> tuple[Any, list[float]]:
        if request.param == "python":
            command = [sys.executable, "-c", PYTHON.format(folder=str(python), script=SCRIPTS[name][0])]
        else:
            command = ["node", "--input-type=module", "-e", NODE.format(module=str(node), script=SCRIPTS[name][1])]
        told = json.dumps([proxy.url, partner.id, partner.key, sent])
        done = subprocess.run(command, input=told, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        result, slept = json.loads(done.stdout)
        return result, slept

    return runs


def test_what_is_sent_arrives_in_batches_and_is_read_page_by_page(run: Run, proxy: Proxy) -> None:
    receipts, slept = run("save", CUSTOMERS)

    assert [receipt["created"] for receipt in receipts] == [1000, 1000, 500]
    assert len({key for _, key in proxy.reached}) == 3
    found, _ = run("read")
    assert {record["CustomerId"] for record in found} == {record["CustomerId"] for record in CUSTOMERS}
    assert {record["Name"] for record in found} == {"Ünïcode 🙂"}
    assert slept == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_request_that_fails_is_sent_again_and_done_once(run: Run, proxy: Proxy, fault: str) -> None:
    proxy.plan = [fault, fault, PASS, fault]

    receipts, slept = run("save", CUSTOMERS)

    assert [receipt["created"] for receipt in receipts] == [1000, 1000, 500]
    assert Customer.objects.count() == 2500
    assert Changeset.objects.count() == 3
    assert len({key for _, key in proxy.reached}) == 3
    assert len(slept) == 3
    if fault in (BUSY, LIMITED):
        assert all(3 <= seconds <= 4 for seconds in slept)
    else:
        assert 0.5 <= slept[0] <= 1 <= slept[1] <= 2


def test_reads_and_deletes_are_sent_again_as_well(run: Run, proxy: Proxy, partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": "ada+shop@example.com"})
    partner.save("orders", order(OrderId="A/1 ö"))
    proxy.plan = [UNANSWERED, BUSY, PASS, LOST]

    (before, missing), _ = run("one", ["A/1 ö", "none"])
    proxy.plan = [UNANSWERED, LIMITED, PASS, LOST]
    (erased, deleted), _ = run("remove", ["ada+shop@example.com", "A/1 ö"])

    assert before["OrderId"] == "A/1 ö"
    assert missing is None
    assert (erased["removed"], deleted["removed"]) == (1, 1)
    assert partner.read("customers") == partner.read("orders") == []


def test_what_is_wrong_is_not_sent_again(run: Run, proxy: Proxy) -> None:
    (status, errors, trace), slept = run("refused", [{"CustomerId": "C-1", "Language": "English, please"}])

    assert (status, list(errors), trace, slept) == (400, ["[0].Language"], 32, [])
    assert len(proxy.reached) == 1


def test_a_lenient_batch_without_a_good_record_is_told_like_any_other(run: Run, proxy: Proxy) -> None:
    proxy.plan = [UNANSWERED]

    (receipt,), _ = run("lenient", [{"CustomerId": "C-1", "Language": "English, please"}, {"Name": "Nobody"}])

    assert (receipt["count"], receipt["created"]) == (2, 0)
    assert [(fault["index"], list(fault["errors"])) for fault in receipt["rejected"]] == [(0, ["Language"]), (1, [""])]


def test_the_feed_is_followed_from_where_one_was(run: Run, proxy: Proxy, partner: Partner) -> None:
    partner.save("orders", order())
    partner.save("products", product())
    proxy.plan = [BUSY, LOST]

    page, _ = run("follow", 1)

    assert [(change["Number"], change["Entity"]) for change in page["results"]] == [(2, "products")]
    assert page["next"] == 2


def test_who_was_away_for_too_long_is_told_where_to_begin_anew(run: Run, partner: Partner) -> None:
    for number in range(3):
        partner.save("customers", {"CustomerId": f"C-{number}"})
    Changeset.objects.filter(number__lt=3).update(created_at=datetime.now(UTC) - timedelta(days=401))
    purge(0)

    (status, data), slept = run("away")

    assert (status, data, slept) == (410, {"oldest": 3, "last": 3}, [])


def test_a_file_of_customers_is_loaded_and_what_is_rejected_is_told(
    partner: Partner, proxy: Proxy, tmp_path: Path
) -> None:
    rows = "".join(f"C-{number},c{number}@example.com,yes,no,en\n" for number in range(2000))
    head = "\ufeffCustomerId,Email,EmailOptin,IsExcluded,Language\n"
    # The last batch has no good record, and one of its rows a cell too many.
    (tmp_path / "customers.csv").write_text(f"{head}{rows}C-x,,maybe,,\n,,yes,,,more\n")
    proxy.plan = [UNANSWERED]

    done = subprocess.run(
        [sys.executable, EXAMPLES / "python/first_load.py", "customers.csv"],
        env={"HUB": proxy.url, "TENANT": partner.id, "KEY": partner.key},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert Customer.objects.filter(email_optin=True).count() == 2000
    rejected = [json.loads(line) for line in (tmp_path / "rejected.ndjson").read_text().splitlines()]
    assert [(fault["record"], list(fault["errors"])) for fault in rejected] == [(2001, ["EmailOptin"]), (2002, [""])]


def test_the_nightly_sync_sends_what_differs_and_tells_what_is_too_many(
    partner: Partner, proxy: Proxy, tmp_path: Path
) -> None:
    erased = {"CustomerId": "C-gone", "Email": "gone@example.com"}
    partner.save("customers", erased)
    partner.save("orders", *(order(OrderId=f"O-{number}") for number in range(3)), order(OrderId="O-gone", **erased))
    partner.delete("/customers/{tenant}", customerId="C-gone")
    mine = [order(OrderId="O-0"), order(OrderId="O-1", Currency="SEK"), order(OrderId="O-new")]
    mine += [order(OrderId="O-gone", **erased), order(OrderId="O-bad", Currency="EURO")]
    (tmp_path / "orders.ndjson").write_text("\n".join(map(json.dumps, mine)))
    proxy.plan = [BUSY, UNANSWERED, PASS, UNANSWERED]

    done = subprocess.run(
        [sys.executable, EXAMPLES / "python/nightly_sync.py", "orders", "orders.ndjson"],
        env={"HUB": proxy.url, "TENANT": partner.id, "KEY": partner.key},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    stored, rejected, extra = done.stdout.splitlines()
    assert (stored, extra) == ("1 created, 1 updated", "only in the hub: O-2")
    assert json.loads(rejected.removeprefix("rejected: "))["OrderId"] == "O-bad"
    records = {record["OrderId"]: record for record in partner.read("orders")}
    assert {name: record["Currency"] for name, record in records.items()} == {
        "O-0": "EUR", "O-1": "SEK", "O-2": "EUR", "O-new": "EUR", "O-gone": "EUR"
    }  # fmt: skip
    assert records["O-gone"]["Email"] is None


def test_the_receiver_takes_what_the_hub_signed_once_and_nothing_else(tmp_path: Path) -> None:
    secret = new_secret()
    message = message_of(ITEM, tenant_id=UUID(int=1), webhook_id=1)
    headers = message.headers([secret], datetime.now(UTC))
    command = [sys.executable, str(EXAMPLES / "python/webhook_consumer.py")]
    environment = {"SECRET": secret, "PORT": "0"}
    with subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as receiver:
        assert receiver.stdout
        url = receiver.stdout.readline().split()[-1]

        assert post(url, message.body, headers) == 200
        assert post(url, message.body, headers) == 200
        assert post(url, message.body.replace("17", "18"), headers) == 401
        assert post(url, message.body, {}) == 401
        later = message_of({**ITEM, "Number": 19}, tenant_id=UUID(int=1), webhook_id=1)
        assert post(url, later.body, later.headers([secret], datetime.now(UTC))) == 200

        told = [json.loads(receiver.stdout.readline().partition(" ")[2])["Number"] for _ in range(2)]
        receiver.kill()

    assert told == [17, 19]


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed: `make setup-browser` installs it")
def test_the_client_for_node_knows_what_the_hub_signed() -> None:
    secret = new_secret()
    message = message_of(ITEM, tenant_id=UUID(int=1), webhook_id=1)
    headers = {name.lower(): value for name, value in message.headers([secret], datetime.now(UTC)).items()}
    late = message.headers([secret], datetime.now(UTC) - timedelta(minutes=10))
    asked = [
        [secret, headers, message.body],
        [secret, headers, message.body.replace("17", "18")],
        [new_secret(), headers, message.body],
        [secret, {name.lower(): value for name, value in late.items()}, message.body],
        [secret, {}, message.body],
    ]
    script = f"""
import {{ verified }} from {str(EXAMPLES / "node/hub_client.mjs")!r};
console.log(JSON.stringify({json.dumps(asked)}.map((each) => verified(...each))));
"""
    command = ["node", "--input-type=module", "-e", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [True, False, False, False, False]


def post(url: str, body: str, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, body.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_file_that_is_copied_stands_alone() -> None:
    names = runpy.run_path(str(EXAMPLES / "python/hub_client.py"))

    assert {"Hub", "Refused", "verified"} <= set(names)
