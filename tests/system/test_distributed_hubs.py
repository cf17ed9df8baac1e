"""Two hubs on one distributed database, each with a port and a folder of its own, behave as one."""

import http.cookiejar
import re
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.system.cluster import hub_on
from tests.system.running import Answer, Hub, Shop
from tests.system.test_concurrency import assert_limit_is_exact
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow
PARTNERS = 8
STRANGERS = [f"stranger{n}@example.com" for n in range(40)]
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
PASSWORD = "correct horse battery"
JOBS = "SELECT task_name, args ->> 'timestamp', count(*) FROM procrastinate_jobs WHERE args ? 'timestamp' GROUP BY 1, 2"
DONE = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'"


@pytest.fixture(scope="module")
def twin(distributed: Hub) -> Iterator[Hub]:
    """Another hub on the database of the first."""
    with hub_on(distributed.settings["DATABASE_URL"]) as hub:
        hub.start()
        yield hub


def both(shop: Shop, twin: Hub) -> list[Shop]:
    return [shop, Shop(twin, shop.id, shop.key)]


def test_a_limit_is_exact_across_hubs(distributed: Hub, twin: Hub) -> None:
    doors = both(distributed.shop("Limited", "--per-minute", "50"), twin)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: doors[n % 2].send("GET", "/changes/{tenant}"), range(120)))

    minutes: dict[str, list[Answer]] = {}
    for answer in answers:
        minutes.setdefault(answer.headers["X-RateLimit-Reset"], []).append(answer)
    for minute in minutes.values():
        assert_limit_is_exact(minute, 50)


def test_writers_who_must_look_first_take_turns_across_hubs(distributed: Hub, twin: Hub) -> None:
    doors = both(distributed.shop("Strangers"), twin)
    batch = [{"Email": stranger, "EmailOptin": True} for stranger in STRANGERS]

    with ThreadPoolExecutor(PARTNERS) as pool:
        answers = list(pool.map(lambda n: doors[n % 2].post("customers", batch), range(4 * PARTNERS)))

    assert Counter(answer.status for answer in answers) == {200: 4 * PARTNERS}
    assert Counter(customer["Email"] for customer in doors[0].read("customers")) == dict.fromkeys(STRANGERS, 1)
    numbers = doors[1].change_numbers()
    assert numbers == list(range(1, len(numbers) + 1))


def test_who_logged_in_at_one_hub_is_known_at_the_other(distributed: Hub, twin: Hub) -> None:
    named = {"DJANGO_SUPERUSER_USERNAME": "twin", "DJANGO_SUPERUSER_EMAIL": "", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    assert distributed.manage("createsuperuser", "--noinput", **named).returncode == 0
    browser = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )

    log_in(browser, distributed, "twin", PASSWORD)

    with browser.open(f"{twin.address}/admin/", timeout=PATIENCE) as page:
        assert page.geturl() == f"{twin.address}/admin/"
        assert "login" not in page.geturl()


def log_in(browser: urllib.request.OpenerDirector, hub: Hub, user: str, password: str) -> None:
    """Log in as a browser does."""
    address = f"{hub.address}/admin/login/"
    with browser.open(address, timeout=PATIENCE) as page:
        token = TOKEN.search(page.read().decode())
    assert token
    form = {"username": user, "password": password, "csrfmiddlewaretoken": token[1], "next": "/admin/"}
    request = urllib.request.Request(address, urllib.parse.urlencode(form).encode(), {"Referer": address})
    browser.open(request, timeout=PATIENCE).close()


def test_what_is_to_be_done_in_the_background_is_done_once(distributed: Hub, twin: Hub) -> None:
    done = distributed.query(DONE)[0][0]
    assert wait_until(lambda: distributed.query(DONE)[0][0] > done, pause=1)

    jobs = distributed.query(JOBS)
    assert jobs
    assert {count for *_, count in jobs} == {1}
    assert distributed.query("SELECT count(*) FROM procrastinate_jobs WHERE attempts > 1 OR status = 'failed'") == [
        (0,)
    ]
