"""A log-in form that is out of date: who is logged in goes on, who is not is asked again, and nobody reads of CSRF."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.members import text

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
OWN = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
ELSEWHERE: dict[str, dict[str, str]] = {
    "another site": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "another site that hides itself": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "another host below the same domain": {"Origin": "http://evil.testserver", "Sec-Fetch-Site": "same-site"},
    "another port": {"Origin": "http://testserver:8001", "Sec-Fetch-Site": "same-site"},
    "an origin that contradicts itself": {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    "a browser without Origin": {"Sec-Fetch-Site": "same-origin"},
    "an old browser": {},
}


@pytest.fixture
def maria() -> User:
    return User.objects.create_user("maria", password=PASSWORD, is_staff=True)


@pytest.fixture
def tab() -> Client:
    """A browser with a log-in page open, whose token is good for nothing."""
    client = Client(enforce_csrf_checks=True)
    client.get("/admin/login/")
    return client


def submit(tab: Client, onward: str = "", **headers: str) -> Any:
    form = {"username": "maria", "password": PASSWORD, "csrfmiddlewaretoken": "x" * 64}
    return tab.post(f"/admin/login/{onward}", form, headers=headers)


def is_logged_in(tab: Client) -> bool:
    return tab.get("/admin/").status_code == 200


def test_who_is_logged_in_already_goes_on(tab: Client, maria: User) -> None:
    tab.force_login(maria)

    answer = submit(tab, "?next=/admin/orders/order/")

    assert (answer.status_code, answer["Location"]) == (302, "/admin/orders/order/")


def test_nobody_is_sent_to_another_site(tab: Client, maria: User) -> None:
    tab.force_login(maria)

    assert submit(tab, "?next=https://evil.example/")["Location"] == "/admin/"


def test_a_form_that_the_browser_vouches_for_logs_in(tab: Client, maria: User) -> None:
    answer = submit(tab, "?next=/admin/orders/order/", **OWN)

    assert (answer.status_code, answer["Location"]) == (302, "/admin/orders/order/")
    assert is_logged_in(tab)


def test_a_wrong_password_is_counted_there_too(tab: Client, maria: User) -> None:
    form = {"username": "maria", "password": "wrong"}
    answers = [text(tab.post("/admin/login/", form, headers=OWN)) for _ in range(7)]

    assert "Please enter the correct username" in answers[0]
    assert "Too many attempts" in answers[-1]


@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_form_that_nobody_vouches_for_is_shown_again(tab: Client, maria: User, case: str) -> None:
    answer = submit(tab, "?next=/admin/orders/order/", **ELSEWHERE[case])

    page = text(answer)
    assert "This page was out of date. Type your password again." in page
    assert 'value="maria"' in page
    assert PASSWORD not in page
    assert 'action="/admin/login/?next=/admin/orders/order/"' in page
    assert "no-store" in answer["Cache-Control"]
    assert not is_logged_in(tab)


def test_the_form_that_is_shown_again_logs_in(tab: Client, maria: User) -> None:
    shown = submit(tab)
    token = shown.context["csrf_token"]

    tab.post("/admin/login/", {"username": "maria", "password": PASSWORD, "csrfmiddlewaretoken": str(token)})

    assert is_logged_in(tab)


def test_a_browser_that_lost_its_cookies_is_asked_again(maria: User) -> None:
    tab = Client(enforce_csrf_checks=True)
    shown = submit(tab)

    assert "This page was out of date" in text(shown)
    token = str(shown.context["csrf_token"])
    tab.post("/admin/login/", {"username": "maria", "password": PASSWORD, "csrfmiddlewaretoken": token})
    assert is_logged_in(tab)


def test_who_may_not_use_the_admin_any_more_is_asked_again(tab: Client, maria: User) -> None:
    tab.force_login(maria)
    User.objects.update(is_staff=False)

    assert "This page was out of date" in text(submit(tab))


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/admin/login/passkey/", "/admin/login/"),
        ("/admin/login/factor/", "/admin/login/factor/"),
        ("/admin/openid/oidc/", "/admin/login/"),
        ("/admin/password/forgotten/", "/admin/password/forgotten/"),
    ],
)
def test_other_forms_before_the_log_in_are_shown_anew(tab: Client, path: str, page: str) -> None:
    answer = tab.post(path, {"next": "/admin/orders/order/"})

    assert (answer.status_code, answer["Location"]) == (302, f"{page}?next=%2Fadmin%2Forders%2Forder%2F")


@pytest.mark.parametrize("name", ["", "\0", "<script>", "ü" * 300, "محمد"])
def test_whatever_name_was_typed_is_shown_as_text(tab: Client, name: str) -> None:
    answer = tab.post("/admin/login/", {"username": name, "password": PASSWORD})

    assert answer.status_code == 403
    assert "<script>" not in text(answer)
