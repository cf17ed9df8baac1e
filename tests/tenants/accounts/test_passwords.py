"""A forgotten password, and which are refused."""

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from tenants.passwords import GuessableValidator
from tenants.tasks import mail_resets
from tests.members import text
from tests.tenants.accounts.test_factors import set_up

pytestmark = pytest.mark.django_db
PASSWORD = "seven purple kettles jumping"
FRESH = "nine wooden spoons dancing"
LINK = re.compile(r"http://testserver(/admin/password/\w+/[\w-]+/)")
PAGE = "/admin/password/forgotten/"


@pytest.fixture(autouse=True)
def maria(settings: Settings) -> User:
    settings.EMAIL_HOST = "smtp.example"
    settings.DEFAULT_FROM_EMAIL = "hub@hub.example"
    return User.objects.create_user("maria", "Maria@example.com", PASSWORD, is_staff=True)


def ask(email: str) -> str:
    """Ask for a new password, let the worker do what it was given, and return the answer."""
    before = list(ProcrastinateJob.objects.values_list("pk", flat=True))
    answer = Client().post(PAGE, {"email": email})
    for job in ProcrastinateJob.objects.exclude(pk__in=before):
        mail_resets(**job.args)
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text(answer))


def log_in(password: str) -> bool:
    return Client().post("/admin/login/", {"username": "maria", "password": password}).status_code == 302


def set_password(link: str, password: str = FRESH) -> str:
    client = Client()
    opened = client.get(link, follow=True)
    address = opened.redirect_chain[-1][0] if opened.redirect_chain else link
    return text(client.post(address, {"new_password1": password, "new_password2": password}, follow=True))


def test_whose_password_it_is_stands_on_the_page_and_at_the_log_in() -> None:
    ask("maria@example.com")
    (link,) = LINK.findall(str(mail.outbox[0].body))

    assert "User name: <b><bdi>maria</bdi></b>" in text(Client().get(link, follow=True))
    assert "The password of maria is set. Log in with it." in set_password(link)


def test_a_link_in_a_mail_sets_a_new_password_once() -> None:
    inside = Client()
    inside.post("/admin/login/", {"username": "maria", "password": PASSWORD})
    ask("maria@EXAMPLE.com")
    (sent,) = mail.outbox
    (link,) = LINK.findall(str(sent.body))

    set_password(link)

    assert (sent.to, log_in(FRESH), log_in(PASSWORD)) == (["Maria@example.com"], True, False)
    assert inside.get("/admin/").status_code == 302
    assert "good no more" in text(Client().get(link, follow=True))


def resets() -> int:
    """Count the jobs so far that mail links; a browser's test may have left some."""
    return int(ProcrastinateJob.objects.filter(task_name="tenants.tasks.mail_resets").count())


def test_the_answer_tells_nobody_who_is_here() -> None:
    User.objects.create_user("gone", "gone@example.com", PASSWORD, is_staff=True, is_active=False)

    before = resets()
    answers = {ask(email) for email in ("maria@example.com", "gone@example.com", "nobody@example.com")}

    assert len(answers) == 1
    assert resets() == before + 3
    assert [sent.to for sent in mail.outbox] == [["Maria@example.com"]] * len(mail.outbox)
    assert "example.com" not in str(list(ProcrastinateJob.objects.values_list("args", flat=True)))


def test_who_asks_on_and_on_is_held_up() -> None:
    for _ in range(10):
        ask("maria@example.com")
    sent = len(mail.outbox)

    assert "Too many attempts" in ask("maria@example.com")
    assert len(mail.outbox) == sent


def test_without_mails_the_page_says_whom_to_ask(settings: Settings) -> None:
    settings.EMAIL_HOST, before = "", resets()

    assert "Ask an administrator" in text(Client().get(PAGE))
    ask("maria@example.com")
    assert resets() == before
    assert not mail.outbox


def test_a_bad_password_is_refused_by_the_link() -> None:
    ask("maria@example.com")
    (link,) = LINK.findall(str(mail.outbox[0].body))

    assert "easy to guess" in set_password(link, "password123456")
    assert log_in(PASSWORD)


def test_a_superuser_makes_a_link(maria: User) -> None:
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    address = f"/admin/auth/user/{maria.pk}/password-link/"

    assert not LINK.findall(text(root.get(address)))
    answer = root.post(address)
    (link,) = LINK.findall(text(answer))
    set_password(link)

    assert "no-store" in answer["Cache-Control"]
    assert log_in(FRESH)


def test_nobody_else_makes_a_link(maria: User) -> None:
    client = Client()
    client.force_login(maria)

    answer = client.post(f"/admin/auth/user/{maria.pk}/password-link/")

    assert answer.status_code in (403, 404)
    assert not LINK.findall(text(answer))


def test_a_command_makes_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("password_link", "maria", "--origin", "http://testserver")

    (link,) = LINK.findall(capsys.readouterr().out)
    set_password(link)

    assert log_in(FRESH)


def test_a_factor_is_still_asked_for_after_a_new_password(maria: User) -> None:
    inside = Client()
    inside.post("/admin/login/", {"username": "maria", "password": PASSWORD})
    set_up(inside)
    ask("maria@example.com")
    set_password(LINK.findall(str(mail.outbox[0].body))[0])

    answer = Client().post("/admin/login/", {"username": "maria", "password": FRESH})

    assert answer["Location"] == "/admin/login/factor/"


def test_guesses_of_the_old_password_are_counted(maria: User) -> None:
    client = Client()
    client.force_login(maria)
    sent = {"old_password": "wrong", "new_password1": FRESH, "new_password2": FRESH}

    assert "entered incorrectly" in text(client.post("/admin/password_change/", sent))
    for _ in range(9):
        client.post("/admin/password_change/", sent)

    assert "Too many attempts" in text(client.post("/admin/password_change/", {**sent, "old_password": PASSWORD}))
    maria.refresh_from_db()
    assert maria.check_password(PASSWORD)


def test_a_password_is_changed_by_who_knows_the_old_one(maria: User) -> None:
    client = Client()
    client.force_login(maria)
    sent = {"old_password": PASSWORD, "new_password1": FRESH, "new_password2": FRESH}

    assert "Change password" in text(client.get("/admin/password_change/"))
    client.post("/admin/password_change/", sent)

    assert (log_in(FRESH), log_in(PASSWORD)) == (True, False)
    assert Client().get("/admin/password_change/")["Location"].startswith("/admin/login/")


@pytest.mark.parametrize(
    "password", ["password123456", "P4ssw0rd2024!", "qwertyuiop[]", "letmeinplease", "aaaaaaaaaaaaaa", "datahubdatahub"]
)
def test_what_is_guessed_soon_is_refused(password: str) -> None:
    with pytest.raises(ValidationError, match="easy to guess"):
        GuessableValidator().validate(password)


@pytest.mark.parametrize("password", [PASSWORD, FRESH, "kZ8!qpw39xLm", "лошадь скрепка", FRESH * 1_000])
def test_what_takes_long_to_guess_is_taken(password: str) -> None:
    GuessableValidator().validate(password)
