"""Saved views: a list's filters under a name, for oneself or shared with a tenant, without anybody's name in them."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tenants.admin.saved_views import MOST_VIEWS
from tenants.models import Role, SavedView
from tests.conftest import MakeTenant, Partner
from tests.members import browser, make_user, member, superuser, text

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"
SAVE = "/admin/tenants/savedview/save/"
NO_SMS = {"sms_optin": "never"}


def a_member(partner: Partner, role: Role = Role.STAFF) -> tuple[User, Client]:
    user = make_user(role)
    partner.tenant.memberships.create(user=user, role=role)
    return user, browser(user)


def save(client: Client, name: str = "No SMS", query: dict[str, str] | None = None, *, share: bool = False) -> Any:
    form = {"list": "customers.customer", "name": name, "query": urlencode(query or NO_SMS)}
    form |= {"share": "yes"} if share else {}
    return client.post(SAVE, form, follow=True)


def tabs(client: Client, address: str = LIST) -> list[str]:
    return [tab.view.name for tab in client.get(address).context["saved_views"].tabs]


def active(client: Client, query: dict[str, Any]) -> list[str]:
    return [tab.view.name for tab in client.get(LIST, query).context["saved_views"].tabs if tab.is_active]


def page(view: SavedView, name: str) -> str:
    return reverse(f"admin:tenants_savedview_{name}", args=[view.pk])


def test_a_view_is_saved_and_opened_again(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "1", "SmsOptin": True}, {"CustomerId": "2"})
    _, client = a_member(partner)

    assert "The view “No SMS” is saved." in text(save(client))
    opened = client.get(page(SavedView.objects.get(), "open"), follow=True)

    assert [customer.customer_id for customer in opened.context["cl"].result_list] == ["2"]
    assert [tab.view.name for tab in opened.context["saved_views"].tabs if tab.is_active] == ["No SMS"]
    assert active(client, NO_SMS) == ["No SMS"]
    assert active(client, {"sms_optin": "yes"}) == []


def test_pages_and_the_view_itself_are_not_kept(partner: Partner) -> None:
    _, client = a_member(partner)

    save(client, query={**NO_SMS, "p": "99", "view": "7", "o": "-1.2"})

    assert SavedView.objects.get().query == "o=-1.2&sms_optin=never"


def test_ones_own_view_is_nobody_elses(partner: Partner) -> None:
    save(a_member(partner)[1])
    view = SavedView.objects.get()

    for client in (a_member(partner, Role.ADMIN)[1], superuser()):
        assert tabs(client) == []
        assert client.get(page(view, "open")).status_code == 404
        assert client.post(page(view, "update"), {"query": ""}).status_code == 404
        assert client.post(page(view, "delete"), {"post": "yes"}).status_code in (302, 404)
        assert "No SMS" not in text(client.get("/admin/tenants/savedview/"))
    assert SavedView.objects.get().query == "sms_optin=never"


def test_a_shared_view_is_every_members_and_no_strangers(make_tenant: MakeTenant) -> None:
    ours, theirs = make_tenant(), make_tenant()
    save(a_member(ours)[1], share=True)
    view = SavedView.objects.get()

    assert view.tenant == ours.tenant
    assert tabs(a_member(ours, Role.VIEWER)[1]) == ["No SMS"]
    stranger = a_member(theirs, Role.ADMIN)[1]
    assert tabs(stranger) == []
    assert stranger.get(page(view, "open")).status_code == 404
    assert stranger.post(page(view, "delete"), {"post": "yes"}).status_code in (302, 404)
    assert SavedView.objects.exists()


def test_a_shared_view_shows_its_tenant_to_who_sees_several(make_tenant: MakeTenant) -> None:
    ours, other = make_tenant(), make_tenant()
    for partner in (ours, other):
        partner.save("customers", {"CustomerId": partner.slug})
    save(a_member(ours)[1], share=True)

    opened = member(Role.VIEWER, ours.tenant, other.tenant).get(page(SavedView.objects.get(), "open"), follow=True)

    assert [customer.customer_id for customer in opened.context["cl"].result_list] == [ours.slug]


def test_a_list_of_several_tenants_is_shared_when_it_is_narrowed_to_one(make_tenant: MakeTenant) -> None:
    one, other = make_tenant(), make_tenant()
    client = member(Role.STAFF, one.tenant, other.tenant)

    assert client.get(LIST, NO_SMS).context["saved_views"].tenant is None
    assert save(client, share=True).status_code == 403
    save(client, query={**NO_SMS, "tenant": other.id}, share=True)

    assert SavedView.objects.get().tenant == other.tenant


def test_viewers_save_for_themselves_and_share_nothing(partner: Partner) -> None:
    _, client = a_member(partner, Role.VIEWER)

    assert client.get(LIST, NO_SMS).context["saved_views"].tenant is None
    assert save(client, share=True).status_code == 403
    save(client)

    assert tabs(client) == ["No SMS"]


def test_nobody_shares_with_a_tenant_that_is_not_theirs(make_tenant: MakeTenant) -> None:
    ours, theirs = make_tenant(), make_tenant()
    _, client = a_member(ours, Role.ADMIN)

    assert save(client, query={**NO_SMS, "tenant": theirs.id}, share=True).status_code == 403
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({**NO_SMS, "q": "ann@example.com"}, "a search for a person is not kept"),
        ({"language": "ann@example.com"}, "“language” may name a person"),
        ({"sms_optin": "ann@example.com"}, "has no such value"),
        ({"created_at_from": "ann@example.com"}, "has no such value"),
        ({"tenant": "ann@example.com"}, "has no such value"),
        ({"email": "ann@example.com"}, "“email” has no such value"),
        ({"o": "ann@example.com"}, "has no such value"),
    ],
    ids=["search", "text", "choice", "day", "tenant", "no filter", "order"],
)
def test_nothing_that_may_name_a_person_is_kept(partner: Partner, query: dict[str, str], said: str) -> None:
    _, client = a_member(partner)

    form = {"list": "customers.customer", "name": "Ann", "query": urlencode(query)}
    answer = client.post(SAVE, form)

    assert said in " ".join(str(message) for message in client.get("/admin/").context["messages"])
    assert answer.status_code == 302
    assert not SavedView.objects.exists()


def test_a_list_says_why_its_search_is_not_saved(partner: Partner) -> None:
    page = text(a_member(partner)[1].get(LIST, {"q": "ann"}))

    assert "a search for a person is not kept" in page
    assert SAVE not in page


@pytest.mark.parametrize(
    "query", [{"language": "fi"}, {"created_at_from": "2026-01-31"}], ids=lambda query: next(iter(query))
)
def test_codes_and_days_are_kept(partner: Partner, query: dict[str, str]) -> None:
    save(a_member(partner)[1], query=query)

    assert SavedView.objects.get().query == urlencode(query)


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, " \0 "], ids=["none", "blank", "long", "NUL"])
def test_a_name_that_is_none_is_refused(partner: Partner, name: str) -> None:
    save(a_member(partner)[1], name)

    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["x" * 60, "عملاء", "😀 <b>&\"'"], ids=["long", "right to left", "marks"])
def test_any_text_is_a_name(partner: Partner, name: str) -> None:
    _, client = a_member(partner)

    save(client, name)

    assert tabs(client) == [name]
    assert "<b>&" not in text(client.get(LIST))


def test_names_are_unique_among_ones_own_and_among_a_tenants(partner: Partner) -> None:
    _, client = a_member(partner)
    save(client)
    save(client, share=True)
    colleague = a_member(partner)[1]

    assert "There is a view with this name already." in text(save(client))
    assert "There is a view with this name already." in text(save(colleague, share=True))
    save(colleague)

    assert SavedView.objects.count() == 3


def test_there_are_at_most_fifty_of_a_list(partner: Partner) -> None:
    user, client = a_member(partner)
    made = {"listing": "customers.customer", "query": "sms_optin=yes", "made_by": user}
    SavedView.objects.bulk_create(SavedView(name=str(number), **made) for number in range(MOST_VIEWS))

    assert f"There are {MOST_VIEWS} views of this list already." in text(save(client))
    assert SavedView.objects.count() == MOST_VIEWS


def test_other_filters_become_the_views_by_its_maker(partner: Partner) -> None:
    _, client = a_member(partner)
    save(client, share=True)
    view = SavedView.objects.get()
    changed = {"sms_optin": "yes", "view": str(view.pk)}

    assert client.get(LIST, changed).context["saved_views"].changed == view
    colleague = a_member(partner, Role.ADMIN)[1]
    assert colleague.get(LIST, changed).context["saved_views"].changed is None
    assert colleague.post(page(view, "update"), {"query": "sms_optin=no"}).status_code == 403
    client.get(page(view, "update"), {"query": "sms_optin=no"})
    client.post(page(view, "update"), {"query": urlencode(changed)})

    view.refresh_from_db()
    assert parse_qs(view.query) == {"sms_optin": ["yes"], "tenant": [partner.id]}
    assert active(client, changed) == ["No SMS"]


def test_a_view_whose_filter_is_gone_says_so(partner: Partner) -> None:
    user, client = a_member(partner)
    query = "colour=red&language=fi&sms_optin=sometimes"
    view = SavedView.objects.create(listing="customers.customer", name="Old", query=query, made_by=user)

    answer = client.get(page(view, "open"), follow=True)

    assert "no such filter any more, so the view is shown without it: colour, sms_optin." in text(answer)
    assert urlsplit(answer.redirect_chain[-1][0]).query == f"language=fi&view={view.pk}"


def test_a_view_of_a_list_that_one_may_not_see_is_not_there(partner: Partner) -> None:
    admin = a_member(partner, Role.ADMIN)[1]
    admin.post(SAVE, {"list": "tenants.auditevent", "name": "Keys", "query": "kind=key_created", "share": "yes"})
    view = SavedView.objects.get()

    assert admin.get(page(view, "open"), follow=True).status_code == 200
    assert a_member(partner)[1].get(page(view, "open")).status_code == 404


@pytest.mark.parametrize("label", ["", "auth.user", "tenants.savedview", "no.such", "customers.customer/"])
def test_only_lists_of_records_and_history_have_views(partner: Partner, label: str) -> None:
    answer = a_member(partner, Role.ADMIN)[1].post(SAVE, {"list": label, "name": "x", "query": "a=b"})

    assert answer.status_code in (400, 404)
    assert not SavedView.objects.exists()


def test_makers_rename_and_tenants_admins_delete(partner: Partner) -> None:
    maker, admin, staff = (a_member(partner, role)[1] for role in (Role.STAFF, Role.ADMIN, Role.STAFF))
    save(maker, share=True)
    save(maker, "Other", share=True)
    view = SavedView.objects.get(name="No SMS")

    maker.post(page(view, "change"), {"name": "Without SMS"})
    taken = text(maker.post(page(view, "change"), {"name": "Other"}))
    for client in (admin, staff):
        client.post(page(view, "change"), {"name": "Mine"})
    view.refresh_from_db()
    assert (view.name, "There is a view with this name already." in taken) == ("Without SMS", True)

    assert staff.post(page(view, "delete"), {"post": "yes"}).status_code == 403
    admin.post(page(view, "delete"), {"post": "yes"})
    assert [view.name for view in SavedView.objects.all()] == ["Other"]


def test_views_go_with_their_maker_and_with_their_tenant(make_tenant: MakeTenant) -> None:
    ours, theirs = make_tenant(), make_tenant()
    user, client = a_member(ours)
    save(client)
    save(a_member(ours)[1], share=True)
    save(a_member(theirs)[1], share=True)

    user.delete()
    assert {view.tenant for view in SavedView.objects.all()} == {ours.tenant, theirs.tenant}
    SavedView.objects.filter(tenant=ours.tenant).delete()
    assert SavedView.objects.get().tenant == theirs.tenant


@pytest.mark.parametrize(
    "path", ["orders/order", "products/product", "tenants/quarantinedrecord", "tenants/changeset",
             "tenants/consentchange", "tenants/loggedrequest", "tenants/import", "tenants/look"]
)  # fmt: skip
def test_every_list_of_records_and_history_has_views(partner: Partner, path: str) -> None:
    client, days = a_member(partner, Role.ADMIN)[1], {"created_at_from": "2026-01-01"}
    client.post(SAVE, {"list": path.replace("/", "."), "name": "This year", "query": urlencode(days)})

    answer = client.get(page(SavedView.objects.get(), "open"), follow=True)

    assert [tab.view.name for tab in answer.context["saved_views"].tabs if tab.is_active] == ["This year"]
