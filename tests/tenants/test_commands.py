"""The commands scripts depend on: what they print, what they refuse, and what the API says afterwards."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tenants.keys import new_text
from tenants.models import Changeset, Tenant
from tests.conftest import MakeTenant, Partner

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    """Run a command, and return what it printed."""
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def created(*arguments: str) -> Partner:
    """Create a tenant from the command line, as a script does."""
    made = json.loads(run("create_tenant", *arguments, "--json"))
    assert made.keys() == {"tenant_id", "slug", "key"}
    tenant = Tenant.objects.get(pk=made["tenant_id"])
    assert tenant.slug == made["slug"]
    return Partner(tenant, made["key"])


def status(partner: Partner, key: str = "") -> int:
    answer: Any = Partner(partner.tenant, key or partner.key).get("/customers/{tenant}")
    return int(answer.status_code)


# create_tenant


def test_a_created_tenant_can_call_at_once_at_the_standard_rate() -> None:
    shop = created("Café Noir")

    answer = shop.post("customers", [{"CustomerId": "C-1"}])

    assert answer.status_code == 200
    assert answer.headers["X-RateLimit-Limit"] == "100"
    assert (shop.slug, shop.tenant.per_hour, shop.tenant.priority) == ("cafe-noir", 5000, "customerid")


def test_a_tenant_is_created_as_the_options_say() -> None:
    options = ["--slug", "noir", "--priority", "email", "--require", "Language", "GdprOptin", "--require", "Phone"]
    shop = created("Café Noir", *options, "--per-minute", "7", "--per-hour", "70")

    refused = shop.post("customers", [{"Email": "jane@example.com"}])

    assert shop.slug == "noir"
    assert shop.tenant.priority == "email"
    assert refused.json()["errors"].keys() == {"[0].Language", "[0].GdprOptin", "[0].Phone"}
    assert (refused.headers["X-RateLimit-Limit"], shop.tenant.per_hour) == ("7", 70)


@pytest.mark.parametrize(("given", "stored"), [([], ""), (["--country", "FI"], "FI"), (["--country", "uk"], "GB")])
def test_a_created_tenant_has_its_country(given: list[str], stored: str) -> None:
    shop = created("Café Noir", *given)

    assert shop.tenant.default_country == stored


def test_national_numbers_of_a_created_tenant_get_its_country_code() -> None:
    shop = created("Café Noir", "--country", "FI")

    record = {"external_id": "1", "phone_number": "040 123 4567"}
    shop.send("POST", "/api/customers/upload/", [record], Authorization=f"Token {shop.key}")

    assert shop.read("customers")[0]["Phone"] == "+358401234567"


def test_without_json_the_key_is_shown_to_a_person() -> None:
    printed = run("create_tenant", "Café Noir")

    tenant = Tenant.objects.get(slug="cafe-noir")
    key = next(line.split()[1] for line in printed.splitlines() if line.startswith("  key"))
    assert str(tenant.pk) in printed
    assert status(Partner(tenant, key)) == 200


def test_names_that_give_the_same_slug_get_numbers() -> None:
    assert [created("Noir").slug, created("noir").slug, created("NOIR!").slug] == ["noir", "noir-2", "noir-3"]
    assert created("東京").slug == "tenant"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([""], "name: "),
        (["x" * 201], "name: "),
        (["Noir", "--slug", "Not A Slug"], "slug: "),
        (["Noir", "--slug", "taken"], "slug: "),
        (["Noir", "--per-minute", "0"], "per_minute: "),
        (["Noir", "--per-hour", "-1"], "per_hour: "),
        (["Noir", "--per-hour", "99999999999"], "per_hour: "),
        (["Noir", "--per-minute", "many"], "--per-minute: invalid int value"),
        (["Noir", "--country", "Finland"], "--country: no such country: "),
        (["Noir", "--country", "ZZ"], "--country: no such country: 'ZZ'. Name an ISO 3166 code such as FI."),
        (["Noir", "--priority", "phone"], "--priority: invalid choice"),
        (["Noir", "--require", "Shoesize"], "--require: invalid choice"),
        ([], "required: name"),
    ],
)
def test_an_unusable_argument_is_one_line_and_creates_nothing(
    make_tenant: MakeTenant, arguments: list[str], said: str
) -> None:
    make_tenant(slug="taken")

    with pytest.raises(CommandError) as refused:
        run("create_tenant", *arguments)

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert Tenant.objects.count() == 1


# create_key


def test_another_key_works_beside_the_first_by_id_and_by_slug(partner: Partner) -> None:
    for name in (partner.slug, partner.id, partner.id.upper()):
        made = json.loads(run("create_key", name, "--label", "Warehouse", "--json"))

        assert made["tenant_id"] == partner.id
        assert made["slug"] == partner.slug
        assert status(partner, made["key"]) == 200
    assert status(partner) == 200


def test_a_key_works_until_it_expires(partner: Partner) -> None:
    now = datetime.now(UTC)
    dates = {
        "2099-12-31": 200,
        (now + timedelta(hours=1)).isoformat(): 200,
    }

    for expires, expected in dates.items():
        made = json.loads(run("create_key", partner.slug, "--expires", expires, "--json"))
        assert status(partner, made["key"]) == expected, expires


def test_a_tenant_is_known_to_commands_by_a_name_that_no_other_has(make_tenant: MakeTenant) -> None:
    first, second = make_tenant(), make_tenant()
    Tenant.objects.filter(pk=first.tenant.pk).update(name="Café Noir")
    assert json.loads(run("create_key", "Café Noir", "--json"))["tenant_id"] == first.id

    Tenant.objects.filter(pk=second.tenant.pk).update(name="Café Noir")
    with pytest.raises(CommandError, match="There is no tenant 'Café Noir'"):
        run("create_key", "Café Noir")

    Tenant.objects.filter(pk=second.tenant.pk).update(slug="noir")
    Tenant.objects.filter(pk=first.tenant.pk).update(name="noir")
    assert json.loads(run("create_key", "noir", "--json"))["tenant_id"] == second.id


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody"], "There is no tenant 'nobody'."),
        (["00000000-0000-0000-0000-000000000000"], "There is no tenant"),
        (["{slug}", "--expires", "tomorrow"], "--expires must be an ISO 8601 date, for example 2027-01-31."),
        (["{slug}", "--expires", "2027-02-30"], "--expires must be an ISO 8601 date"),
        (["{slug}", "--expires", "2020-01-31"], "expires_at: That is past."),
        (["{slug}", "--expires", "2020-01-31T10:00Z"], "expires_at: That is past."),
        (["{slug}", "--label", "x" * 101], "label: "),
        (["{slug}", "--label", ""], "label: "),
    ],
)
def test_a_key_for_nobody_or_no_date_is_one_line(partner: Partner, arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        run("create_key", *(argument.replace("{slug}", partner.slug) for argument in arguments))

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert partner.tenant.api_keys.count() == 1


@pytest.mark.within("a day")
def test_a_key_without_an_end_suggests_one(partner: Partner) -> None:
    in_a_year = f"{datetime.now(UTC) + timedelta(days=365):%Y-%m-%d}"

    assert f"never; with --expires {in_a_year}" in run("create_key", partner.slug)
    assert "2099-12-31" in run("create_key", partner.slug, "--expires", "2099-12-31")


# revoke_key


def test_a_revoked_key_is_refused_from_the_next_request_on(partner: Partner) -> None:
    other = json.loads(run("create_key", partner.slug, "--json"))["key"]
    assert status(partner) == status(partner, other) == 200

    printed = run("revoke_key", partner.key[:8])

    assert partner.key[:8] in printed
    assert partner.key not in printed
    assert status(partner) == 401
    assert status(partner, other) == 200


@pytest.mark.parametrize("prefix", ["short", "unknown-key"])
def test_a_prefix_that_names_no_key_is_one_line(partner: Partner, prefix: str) -> None:
    with pytest.raises(CommandError) as refused:
        run("revoke_key", prefix)

    assert "\n" not in str(refused.value)
    assert status(partner) == 200


def test_a_key_cannot_be_revoked_twice(partner: Partner) -> None:
    run("revoke_key", partner.key[:8])

    with pytest.raises(CommandError, match="0 live keys begin with"):
        run("revoke_key", partner.key[:8])


# demo


def shown(printed: str, what: str) -> str:
    return next(line.removeprefix(f"  {what}").strip() for line in printed.splitlines() if line.startswith(f"  {what}"))


def test_the_demo_is_loaded_once_and_its_key_rolls() -> None:
    first = run("demo", "--percent", "4")
    changesets = Changeset.objects.count()
    tenant = Tenant.objects.get(pk=shown(first, "Tenant id"))
    before = Partner(tenant, shown(first, "Key"))
    assert sorted(Tenant.objects.values_list("default_country", flat=True)) == ["DE", "SE", "US"]
    assert len(before.read("customers")) > 50
    assert before.get("/orders/{tenant}").json()["data"]["results"]

    second = run("demo", "--percent", "4")

    after = Partner(tenant, shown(second, "Key"))
    assert Changeset.objects.count() == changesets
    assert shown(second, "Tenant id") == str(tenant.pk)
    assert (status(before), status(after)) == (401, 200)
    assert shown(first, "Password").endswith("(shown once)")
    assert shown(second, "Password") == "as shown at the first start"


def test_a_part_of_nothing_is_one_line() -> None:
    with pytest.raises(CommandError, match=r"^--percent must be a whole number from 1 to 100\.$"):
        run("demo", "--percent", "0")


def test_the_curl_line_that_the_demo_shows_is_a_request_that_works() -> None:
    printed = run("demo", "--percent", "4")

    body = printed.partition("-d '")[2].partition("'")[0]
    partner = Partner(Tenant.objects.get(pk=shown(printed, "Tenant id")), shown(printed, "Key"))
    assert f"/customers/{partner.id} " in printed
    assert f"x-replenit-auth-key: {partner.key}'" in printed
    assert partner.post("customers", json.loads(body)).status_code == 200


def test_no_key_begins_like_an_option() -> None:
    assert not any(new_text().startswith("-") for _ in range(2000))
