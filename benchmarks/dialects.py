"""How long 500 customers take through Custobar's dialect, beside the same 500 through the native API.

    python -m benchmarks.dialects [--pairs N]     the median ratio of N pairs (60), and the middle half of them

One process calls the hub's WSGI application, native and dialect in turns, so that whatever slows one slows the other.
`10 fields` are those the native API knows too; with `30 fields` the Custobar record has twenty that it does not.
`plugin` is what a shop's plugin sends: a field of an unknown name, and a national phone number, in every record.
"""

import os
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import django
import orjson

FOLDER = Path(os.environ.get("HUB_DATA", "var")).resolve()
FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
DATA = Path(tempfile.mkdtemp(prefix="bench-", dir=FOLDER))
os.environ.pop("DATABASE_URL", None)
os.environ.update(HUB_DATA=str(DATA), DJANGO_SETTINGS_MODULE="hub.settings", LOG_LEVEL="ERROR")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks.stage import UNLIMITED, embedded_server  # noqa: E402
from customers.dialects.custobar.fields import FIELDS  # noqa: E402
from tenants.provisioning import create_tenant  # noqa: E402

application = get_wsgi_application()
SIZE = 500
BATCHES = 20  # of known customers, re-sent in turns
WARMING = 5  # pairs that are not counted
CONSENT_SHARE = 10  # of ten records re-sent with changes, one changes a consent

Record = dict[str, Any]


def native(i: int, version: int) -> Record:
    """Return a customer as the native API has it; every version differs."""
    return {
        "CustomerId": f"C-{i:07d}",
        "Email": f"c{i:07d}@example.com",
        "Name": f"Ada {i % 97}",
        "Surname": f"Lovelace {version}",
        "Phone": f"+4930{i:08d}",
        "Language": ("en-US", "de-DE", "tr-TR", "fi-FI")[i % 4],
        "EmailOptin": i % 2 == 0,
        "SmsOptin": (version if i % CONSENT_SHARE == 0 else i) % 2 == 0,
        "AppPushOptin": i % 3 == 0,
        "GdprOptin": True,
    }


def short(i: int, version: int) -> Record:
    """Return the same customer as Custobar's clients send it."""
    record = native(i, version)
    return {ours: record[hub] for ours, hub in FIELDS.items()}


def long(i: int, version: int) -> Record:
    """Return it with twenty more fields, as a shop's plugin exports them."""
    return short(i, version) | {
        "canonical_id": f"person {i}",
        "shop_id": "Epwell",
        "city": "Epwell",
        "company": f"Lovelace & Co {i % 50}",
        "gender": "Female",
        "house_number": str(i % 200),
        "house_number_addition": "B",
        "province": "Oxfordshire",
        "street_address": f"{i % 200} Red Lane",
        "street_name": "Red Lane",
        "vat_number": f"FI{i:08d}",
        "zip_code": "OX15 3PW",
        "birth_date": f"19{i % 100:02d}-06-14",
        "country": "GB",
        "date_joined": f"2015-08-{1 + i % 28:02d}",
        "last_login": f"2025-08-22T{i % 24:02d}:{version % 60:02d}:00Z",
        "can_post": True,
        "tags": ["vip", "kitchenware"],
        "mailing_lists": ["news"],
        "EPWELL__customer_group": i % 7,
    }


def plugin(i: int, version: int) -> Record:
    """Return it as WooCommerce's plugin sends it, of a shop in Germany."""
    record = short(i, version) | {"phone_number": f"030 {i:08d}", "external_id": f"{i + 1}"}
    address = {"company": "", "street_address": f"{i % 200} Red Lane", "city": "Epwell", "zip_code": "OX15 3PW"}
    return record | address | {"state": "", "country": "UK", "date_joined": "2015-08-28T14:10:00+00:00"}


def batches(kind: str) -> Iterator[tuple[range, int]]:
    """Yield the numbers and the version of each pair's customers."""
    turn = 0
    while True:
        first = (turn if kind == "new" else turn % BATCHES) * SIZE
        yield range(first, first + SIZE), 1 if kind == "identical" else turn // BATCHES + 1
        turn += 1


class Door:
    """An address of the hub in this process, and how its clients write customers."""

    def __init__(
        self, path: str, headers: dict[str, str], record: Callable[[int, int], Record], wrapped: str = ""
    ) -> None:
        path, _, query = path.partition("?")
        self.environ = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_TYPE": "application/json", **headers}
        self.environ |= {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1"}
        self.environ["QUERY_STRING"] = query
        self.record, self.wrapped = record, wrapped

    def send(self, numbers: range, version: int) -> float:
        """Send customers; return the milliseconds until the answer was there."""
        records: Any = [self.record(i, version) for i in numbers]
        body = orjson.dumps({self.wrapped: records} if self.wrapped else records)
        body_of = {"wsgi.url_scheme": "http", "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        statuses: list[str] = []

        def start_response(status: str, *_: Any) -> Callable[[bytes], object]:
            statuses.append(status)
            return len

        start = time.perf_counter()
        answer = b"".join(application({**self.environ, **body_of}, start_response))
        taken = (time.perf_counter() - start) * 1000
        assert statuses == ["200 OK"], answer
        return taken


def doors(record: Callable[[int, int], Record]) -> tuple[Door, Door]:
    """Return a native and a Custobar address, each of a tenant of its own."""
    limits: dict[str, Any] = {"per_minute": UNLIMITED, "per_hour": UNLIMITED}
    (plain, key), (_, token) = (create_tenant("Shop", country="DE", **limits) for _ in range(2))
    return (
        Door(f"/customers/{plain.pk}", {"HTTP_X_REPLENIT_AUTH_KEY": key}, native),
        Door("/api/customers/upload/", {"HTTP_AUTHORIZATION": f"Token {token}"}, record, "customers"),
    )


def measure(kind: str, both: tuple[Door, Door], pairs: int) -> list[tuple[float, float]]:
    """Send the same customers through both, in turns; return the milliseconds of each pair."""
    ours, theirs = both
    work = batches(kind)
    for _ in range(WARMING if kind == "new" else BATCHES):
        batch = next(work)
        ours.send(*batch), theirs.send(*batch)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as autovacuum does within a minute
    taken = []
    for turn, batch in zip(range(pairs), work, strict=False):
        times = {door: door.send(*batch) for door in ((ours, theirs) if turn % 2 else (theirs, ours))}
        taken.append((times[ours], times[theirs]))
    return taken


def row(name: str, taken: list[tuple[float, float]]) -> str:
    """Write a row of the table: median milliseconds of both, the median ratio and the middle half of the ratios."""
    low, ratio, high = quantiles((theirs / ours for ours, theirs in taken), n=4)
    ours, theirs = (median(times) for times in zip(*taken, strict=True))
    return f"| {name} | {ours:.1f} | {theirs:.1f} | {ratio:.2f} | {low:.2f}–{high:.2f} |"


def main() -> None:
    """Print a row for each kind of work and of record."""
    parser = ArgumentParser(prog="python -m benchmarks.dialects")
    parser.add_argument("--pairs", type=int, default=60)
    pairs = parser.parse_args().pairs
    with embedded_server(DATA):
        call_command("migrate", verbosity=0)
        print("| 500 customers | native ms | Custobar ms | ratio | middle half |\n|---|---:|---:|---:|---:|")
        for name, record in (("10 fields", short), ("30 fields", long), ("plugin", plugin)):
            for kind in ("new", "changed"):
                print(row(f"{kind}, {name}", measure(kind, doors(record), pairs)), flush=True)


if __name__ == "__main__":
    main()
