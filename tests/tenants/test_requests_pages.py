"""The request log in the admin: who sees what of it, what a page says, and what it leads to."""

from typing import Any

import pytest
from django.test import Client

from tenants.models import Changeset, LoggedRequest, Role, StrangerCount
from tenants.requests.writer import WRITER
from tests.conftest import MakeTenant, Partner
from tests.members import member, superuser, text
from tests.requests_log import logged

pytestmark = pytest.mark.within("a day")

LIST = "/admin/tenants/loggedrequest/"


@pytest.fixture
def viewer(partner: Partner) -> Client:
    return member(Role.VIEWER, partner.tenant)


@pytest.fixture
def shop(partner: Partner) -> Partner:
    """A tenant whose partner writes, mistakes the same field again and again, and reads what is not there."""
    partner.save("customers", {"CustomerId": "1"})
    partner.post("customers", [{"CustomerId": "1", "Language": "x" * 11}] * 200)
    partner.post("customers", [{"CustomerId": "1", "Language": "x" * 11}] * 40)
    partner.get("/customers/{tenant}/C-9")
    WRITER.flush()
    return partner


def listed(client: Client, **query: str) -> list[str]:
    return [str(row) for row in client.get(LIST, query).context["cl"].result_list]


def test_the_same_mistake_is_told_once_with_its_number(shop: Partner, viewer: Client) -> None:
    page = viewer.get(LIST)

    first, second = page.context["mistakes"]
    assert (first.mistake.field, first.mistake.code) == ("Language", "too_long")
    assert (first.mistake.times, first.mistake.requests) == (240, 2)
    assert (second.mistake.code, second.mistake.times) == ("not_found", 1)
    assert "240 times" in text(page)
    assert "in 2 requests" in text(page)
    assert len(viewer.get(first.requests).context["cl"].result_list) == 2
    assert viewer.get(f"{LIST}{first.last}/change/").status_code == 200


def test_a_chart_has_the_calls_of_each_day_by_how_they_ended(shop: Partner, viewer: Client) -> None:
    page = viewer.get(LIST)

    assert '"label":"Refused"' in page.context["chart"]
    assert page.context["chart"].count(",3]") == 1  # refused today
    assert page.context["chart"].count(",1]") == 1  # done today


def test_a_tenant_without_calls_has_neither(partner: Partner, viewer: Client) -> None:
    assert viewer.get(LIST).context["chart"] == ""


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"outcome": "2xx"}, 1),
        ({"outcome": "warned"}, 0),
        ({"outcome": "refused"}, 2),
        ({"outcome": "4xx"}, 3),
        ({"outcome": "5xx"}, 0),
        ({"status": "404"}, 1),
        ({"route": "customers/{tenantId}"}, 3),
        ({"code": "too_long"}, 2),
        ({"code": "too"}, 0),
        ({"source": "api"}, 4),
        ({"source": "custobar"}, 0),
        ({"key": "nobody's"}, 0),
    ],
)
def test_the_list_is_filtered(shop: Partner, viewer: Client, query: dict[str, str], found: int) -> None:
    assert len(listed(viewer, **query)) == found


def test_a_key_is_found_by_its_beginning(shop: Partner, viewer: Client) -> None:
    assert len(listed(viewer, key=shop.key[:8])) == 4


def test_a_request_tells_what_was_wrong_and_how_to_send_it_again(shop: Partner, viewer: Client) -> None:
    row = logged(shop)[1]

    page = text(viewer.get(f"{LIST}{row.pk}/change/"))

    assert "The field Language must be a string with a maximum length of 10." in page
    assert "0, 1, 2, 3" in page
    assert f"curl -X POST &quot;http://testserver/customers/{shop.id}&quot;" in page
    assert "$HUB_KEY" in page
    assert "The body is not stored" in page
    assert row.trace_id in page
    assert shop.key not in page


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("/v1/programs/{tenant}/integrations/api", "api-key: $HUB_KEY"),
        ("/api/customers/upload/", "Authorization: Token $HUB_KEY"),
    ],
)
def test_a_dialects_call_has_its_own_header(partner: Partner, viewer: Client, path: str, header: str) -> None:
    partner.send("POST", path, [], **{"api-key": partner.key, "Authorization": f"Token {partner.key}"})
    (row,) = logged(partner)

    page = viewer.get(f"{LIST}{row.pk}/change/")

    assert header in page.context["curl"]


def test_a_request_and_its_changeset_lead_to_each_other(shop: Partner, viewer: Client) -> None:
    row, changeset = logged(shop)[0], Changeset.objects.get()

    there = text(viewer.get(f"{LIST}{row.pk}/change/"))
    back = text(viewer.get(f"/admin/tenants/changeset/{changeset.pk}/change/"))

    assert f"/admin/tenants/changeset/{changeset.pk}/change/" in there
    assert f"{LIST}{row.pk}/change/" in back
    assert f"q={row.trace_id}" in there


def test_another_tenants_requests_and_mistakes_are_not_shown(shop: Partner, make_tenant: MakeTenant) -> None:
    stranger = member(Role.ADMIN, make_tenant().tenant)

    page = stranger.get(LIST, {"tenant": shop.id})

    assert (page.context["chart"], page.context["mistakes"]) == ("", [])
    assert listed(stranger) == []
    assert stranger.get(f"{LIST}{logged(shop)[0].pk}/change/").status_code == 404


def test_strangers_are_shown_to_superusers_alone(shop: Partner, viewer: Client) -> None:
    Partner(shop.tenant, "wrong").get("/customers/{tenant}")
    WRITER.flush()
    addresses = ("/admin/tenants/strangercount/", "/admin/tenants/strangerrequest/")

    assert StrangerCount.objects.get().requests == 1
    for address in addresses:
        assert viewer.get(address).status_code == 403
        page = superuser().get(address)
        assert "127.0.0.1" in text(page)
        assert "401" in text(page)


def test_a_list_costs_as_many_queries_however_many_requests_it_has(
    shop: Partner, viewer: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        shop.get("/orders/{tenant}")
    WRITER.flush()
    with django_assert_max_num_queries(20):
        viewer.get(LIST)
    assert LoggedRequest.objects.count() == 34
