"""Two customers that are one person are merged on a page, as it showed what would happen, and parted again."""

import re
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from customers.admin.optins import seen
from customers.erasure import erase_customers_by_id
from customers.ingest import upsert_customers
from customers.merging.choices import Choices
from customers.merging.merge import MergeOvertaken, Seen, merge
from customers.models import Customer
from customers.schemas import CustomerRecord
from hub.records.records import RecordList
from orders.models import Order
from tenants.changes.changesets import Origin
from tenants.changes.images import purge_images
from tenants.models import BeforeImage, Changeset, ConsentChange, ConsentPolicy, Role, Source
from tests.conftest import MakeTenant, Partner
from tests.customers.merges import hub_id, merge_address, merged, sent, shown_by, undo_address, undone
from tests.members import member, text
from tests.orders.records import order
from tests.waiting import somebody_waits_for_us, wait_until

STAFF = Origin(Source.ADMIN, "ann", "0" * 32)
ADA = {"CustomerId": "C-1", "Email": "ada@shop.example", "Name": "Ada", "Surname": "Lovelace", "EmailOptin": True}
TWIN = {"CustomerId": "C-2", "Email": "ada@home.example", "Name": "Ada", "Surname": "King", "SmsOptin": True}


@pytest.fixture
def shop(partner: Partner) -> Partner:
    partner.save("customers", ADA, TWIN, {"CustomerId": "C-3", "Email": "other@shop.example"})
    partner.save("orders", order(OrderId="O-1", CustomerId="C-1", Email=ADA["Email"]))
    partner.save("orders", order(OrderId="O-2", CustomerId="C-2", Email=TWIN["Email"]))
    partner.save("orders", order(OrderId="O-3", CustomerId="guest", Email=TWIN["Email"]))
    return partner


@pytest.fixture
def staff(shop: Partner) -> Client:
    return member(Role.STAFF, shop.tenant)


@pytest.fixture
def both(shop: Partner) -> tuple[int, int]:
    return hub_id(shop, customer_id="C-1"), hub_id(shop, customer_id="C-2")


def stored(partner: Partner) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = list(map(dict, Customer.objects.filter(tenant=partner.tenant).order_by("pk").values()))
    return [{name: row[name] for name in row if name not in ("updated_at", "previous_flags")} for row in rows]


def orders_of(partner: Partner) -> dict[str, str]:
    rows = Order.objects.filter(tenant=partner.tenant).values_list("order_id", "customer_id", "email")
    return {order_id: f"{customer_id} {email}" for order_id, customer_id, email in rows}


def test_the_kept_one_has_what_was_chosen_and_the_orders_of_both(
    shop: Partner, staff: Client, both: tuple[int, int]
) -> None:
    kept, lost = both

    changeset = merged(staff, kept, lost, side__email="lost", side__surname="lost", reason="she called")

    ada = Customer.objects.get(pk=kept)
    assert (ada.customer_id, ada.email, ada.surname, ada.match_key) == ("C-1", "ada@home.example", "King", "i:C-1")
    assert (ada.former_ids, ada.former_emails) == (["C-2"], ["ada@shop.example"])
    assert (ada.email_optin, ada.sms_optin) == (False, False)
    assert not Customer.objects.filter(pk=lost).exists()
    assert orders_of(shop) == {
        "O-1": "C-1 ada@shop.example",
        "O-2": "C-1 ada@home.example",
        "O-3": "guest ada@home.example",
    }
    assert (changeset.updated_ids, changeset.deleted_ids, changeset.reason) == ([kept], [lost], "she called")
    noted = shop.changes()[-1]
    assert (noted["Entity"], noted["Operation"], len(noted["Updated"])) == ("orders", "merge", 1)


def test_the_ledger_of_both_is_at_the_kept_one_and_says_whom_a_row_was_about(
    staff: Client, both: tuple[int, int]
) -> None:
    kept, lost = both

    merged(staff, kept, lost, reason="ticket 7")

    rows = ConsentChange.objects.filter(customer=kept).order_by("pk")
    assert [row.merged_from for row in rows] == [None, lost, None]
    (edit,) = [row for row in rows if row.source == "admin"]
    assert (edit.before, edit.after, edit.channels, edit.reason) == (0b11, 0, 0b11, "ticket 7")
    assert not ConsentChange.objects.filter(customer=lost).exists()
    proof = text(staff.get(f"/admin/customers/customer/{kept}/consent-proof/"))
    assert len(re.findall(rf",{lost}\r?$", proof, re.MULTILINE)) == 1


@pytest.mark.parametrize(
    ("kept", "lost", "why"),
    [
        (False, False, "neither is excluded"),
        (True, False, "one of them is excluded"),
        (True, True, "both are excluded"),
    ],
)
def test_the_page_says_why_somebody_is_excluded(
    staff: Client, both: tuple[int, int], kept: bool, lost: bool, why: str
) -> None:
    for pk, excluded in zip(both, (kept, lost), strict=True):
        Customer.objects.filter(pk=pk).update(is_excluded=excluded)

    page = text(staff.get(f"/admin/customers/customer/{both[0]}/merge/?with={both[1]}"))

    assert why in page
    assert "both say so" not in page


def test_a_consent_is_granted_by_hand_only_for_a_reason(staff: Client, both: tuple[int, int]) -> None:
    kept, lost = both

    refused = sent(staff, kept, lost, flag__email_optin="yes")

    assert refused.status_code == 400
    assert "Say why" in text(refused)
    assert Customer.objects.filter(pk=lost).exists()
    merged(staff, kept, lost, flag__email_optin="yes", reason="confirmed by phone")
    ada = Customer.objects.get(pk=kept)
    assert (ada.email_optin, ada.sms_optin) == (True, False)


def test_a_withdrawal_by_a_merge_stands_against_what_a_source_had_sent_before(make_tenant: MakeTenant) -> None:
    partner = make_tenant(consent_policy=ConsentPolicy.OPT_OUT_STICKS)
    partner.save("customers", ADA, TWIN)
    staff = member(Role.STAFF, partner.tenant)

    merged(staff, hub_id(partner, customer_id="C-1"), hub_id(partner, customer_id="C-2"))

    partner.save("customers", {"CustomerId": "C-1", "EmailOptin": True})
    assert [row["EmailOptin"] for row in partner.read("customers")] == [False]


def test_a_tenant_that_wants_reasons_gets_one(make_tenant: MakeTenant) -> None:
    partner = make_tenant(requires_reason=True)
    partner.save("customers", ADA, TWIN)
    staff = member(Role.STAFF, partner.tenant)
    ids = hub_id(partner, customer_id="C-1"), hub_id(partner, customer_id="C-2")

    refused = sent(staff, *ids)

    assert (refused.status_code, Customer.objects.count()) == (400, 2)
    assert "Say why: this tenant wants a reason" in text(refused)


def test_nothing_is_merged_that_changed_since_it_was_shown(shop: Partner, staff: Client, both: tuple[int, int]) -> None:
    page = shown_by(staff.get(merge_address(*both)))
    shop.save("customers", {"CustomerId": "C-2", "Surname": "Byron"})

    refused = staff.post(merge_address(*both), {**page, "_merge": "1"})

    assert refused.status_code == 409
    assert f"surname of #{both[1]} changed meanwhile" in text(refused)
    assert Customer.objects.filter(pk=both[1]).exists()


def test_what_was_not_seen_in_the_preview_is_shown_first(staff: Client, both: tuple[int, int]) -> None:
    page = shown_by(staff.get(merge_address(*both)))

    again = staff.post(merge_address(*both), {**page, "side:customer_id": "lost", "_merge": "1"})

    assert (again.status_code, Customer.objects.count()) == (200, 3)
    assert "CustomerId C-1 creates a new customer: it should send C-2 instead" in text(again)


@pytest.mark.parametrize("priority", ["customerid", "email"])
@pytest.mark.parametrize("kept_side", ["kept", "lost"])
def test_the_page_says_truly_what_the_partners_next_send_does(
    make_tenant: MakeTenant, priority: str, kept_side: str
) -> None:
    partner = make_tenant(priority=priority)
    partner.save("customers", ADA, TWIN)
    staff = member(Role.STAFF, partner.tenant)
    kept, lost = hub_id(partner, customer_id="C-1"), hub_id(partner, customer_id="C-2")
    choices = {"side__customer_id": kept_side, "side__email": kept_side}
    preview = staff.post(
        merge_address(kept, lost),
        {**shown_by(staff.get(merge_address(kept, lost))), "side:customer_id": kept_side, "side:email": kept_side},
    )
    gone, stays = (TWIN, ADA) if kept_side == "kept" else (ADA, TWIN)
    first = "CustomerId" if priority == "customerid" else "Email"

    merged(staff, kept, lost, **choices)
    partner.save("customers", {"CustomerId": stays["CustomerId"], "Email": stays["Email"], "Name": "Same"})
    assert [row["HubId"] for row in partner.read("customers")] == [kept]
    partner.save("customers", {first: gone[first], "Name": "New"})

    assert f"{gone[first]} creates a new customer" in text(preview)
    assert len(partner.read("customers")) == 2


def test_an_order_that_names_somebody_else_too_stays_with_them(partner: Partner) -> None:
    for number in (1, 2, 3):
        email = "one@shop.example" if number == 1 else "shared@shop.example"
        partner.save("customers", {"CustomerId": f"C-{number}", "Email": email})
    partner.save("orders", order(OrderId="O-1", CustomerId="guest", Email="shared@shop.example"))
    staff = member(Role.STAFF, partner.tenant)

    merged(staff, hub_id(partner, customer_id="C-1"), hub_id(partner, customer_id="C-2"))

    assert orders_of(partner) == {"O-1": "guest shared@shop.example"}


# Who may


def test_a_customer_of_another_tenant_is_not_there(shop: Partner, staff: Client, make_tenant: MakeTenant) -> None:
    other = make_tenant(slug="other")
    other.save("customers", ADA)
    theirs, ours = hub_id(other, customer_id="C-1"), hub_id(shop, customer_id="C-1")
    of_both = member(Role.STAFF, shop.tenant, other.tenant)

    for client in (staff, of_both):
        for address in (merge_address(ours, theirs), merge_address(ours, ours), merge_address(ours, 1 << 70)):
            assert client.get(address).status_code == 404, address
            assert client.post(address, {}).status_code == 404
    assert "ada@shop.example" not in text(staff.get(f"/admin/customers/customer/{ours}/merge/?q={theirs}"))


@pytest.mark.parametrize("wrong", ["", "x", "1:2", "1:2:3", f"{1 << 62}:{1 << 62}:1", "\ud800", "👩:0:0"])
def test_a_form_that_the_page_did_not_write_merges_nobody(staff: Client, both: tuple[int, int], wrong: str) -> None:
    page = shown_by(staff.get(merge_address(*both)))
    wrong = wrong.encode("utf-8", "replace").decode()

    answer = staff.post(merge_address(*both), {**page, "seen_kept": wrong, "side:email": "👩", "_merge": "1"})

    assert (answer.status_code, Customer.objects.count()) == (404, 3)


def test_a_viewer_merges_nobody(shop: Partner, both: tuple[int, int]) -> None:
    viewer = member(Role.VIEWER, shop.tenant)

    assert viewer.get(merge_address(*both)).status_code == 403
    assert viewer.post(merge_address(*both), {}).status_code == 403


def test_the_other_one_is_found_within_the_tenant_and_hinted_at(shop: Partner, staff: Client) -> None:
    shop.save("customers", {"CustomerId": "C-4", "Email": "x@shop.example", "Phone": "+35840123456"})
    shop.save("customers", {"CustomerId": "C-5", "Email": "y@shop.example", "Phone": "+35840123456"})
    asked = f"/admin/customers/customer/{hub_id(shop, customer_id='C-4')}/merge/"

    page = text(staff.get(asked, {"q": "C-1"}))

    assert page.count(f"?with={hub_id(shop, customer_id='C-1')}") == 1
    assert page.count(f"?with={hub_id(shop, customer_id='C-5')}") == 1
    assert f"?with={hub_id(shop, customer_id='C-3')}" not in page


@pytest.mark.parametrize("undo", [False, True])
def test_the_pages_of_both_open_after_a_merge_that_no_consent_changed_with(
    shop: Partner, staff: Client, undo: bool
) -> None:
    shop.save("customers", {"CustomerId": "T-1", "Name": "Same"}, {"CustomerId": "T-2", "Name": "Same"})
    kept, lost = hub_id(shop, customer_id="T-1"), hub_id(shop, customer_id="T-2")
    merge = merged(staff, kept, lost)
    if undo:
        undone(staff, merge, reason="two persons")

    pages = {pk: staff.get(f"/admin/customers/customer/{pk}/change/") for pk in ([kept, lost] if undo else [kept])}

    assert {pk: page.status_code for pk, page in pages.items()} == dict.fromkeys(pages, 200)
    assert "Merged" in text(pages[kept])


# Undo


def test_an_undo_brings_both_back_and_the_orders(shop: Partner, staff: Client, both: tuple[int, int]) -> None:
    before, orders = stored(shop), orders_of(shop)
    merge = merged(staff, *both, side__email="lost", side__customer_id="lost")
    assert orders_of(shop) != orders

    answer = undone(staff, merge, reason="two persons")

    assert answer.status_code == 302
    assert (stored(shop), orders_of(shop)) == (before, orders)
    done = Changeset.objects.get(undoes=merge.number)
    assert (done.operation, done.created_ids, done.updated_ids) == ("undo", [both[1]], [both[0]])
    assert not BeforeImage.objects.filter(kept_until__isnull=False).exists()
    again = staff.get(undo_address(merge))
    assert "Taken back by" in text(again)


def test_what_changed_since_stays(shop: Partner, staff: Client, both: tuple[int, int]) -> None:
    kept, lost = both
    merge = merged(staff, kept, lost, side__surname="lost")
    shop.save("customers", {"CustomerId": "C-1", "Name": "Augusta"})

    page = text(staff.get(undo_address(merge)))
    undone(staff, merge)

    assert f"name of #{kept}: changed since the merge" in page
    ada, twin = Customer.objects.get(pk=kept), Customer.objects.get(pk=lost)
    assert (ada.name, ada.surname, twin.name, twin.surname) == ("Augusta", "Lovelace", "Ada", "King")
    assert (ada.email_optin, ada.sms_optin, twin.email_optin, twin.sms_optin) == (True, False, False, True)


def test_a_withdrawal_heard_since_holds_for_both(shop: Partner, staff: Client, both: tuple[int, int]) -> None:
    merge = merged(staff, *both)
    shop.save("customers", {"CustomerId": "C-1", "SmsOptin": False})  # changes nothing: it is withdrawn already

    undone(staff, merge)

    ada, twin = (Customer.objects.get(pk=pk) for pk in both)
    assert (ada.email_optin, twin.sms_optin) == (True, False)
    said = ConsentChange.objects.filter(customer=twin.pk).latest("pk")
    assert (said.before, said.after) == (0b10, 0)


def test_an_undo_is_refused_where_somebody_came_under_the_lost_ones_id(
    shop: Partner, staff: Client, both: tuple[int, int]
) -> None:
    merge = merged(staff, *both)
    shop.save("customers", {"CustomerId": "C-2", "Name": "New"})

    page = staff.get(undo_address(merge))
    answer = undone(staff, merge)

    assert f"Customer #{hub_id(shop, customer_id='C-2')} came since" in text(page)
    assert (answer.status_code, Customer.objects.filter(pk=both[1]).exists()) == (409, False)


def test_an_undo_that_would_do_something_else_by_now_is_shown_again(
    shop: Partner, staff: Client, both: tuple[int, int]
) -> None:
    merge = merged(staff, *both)
    page = shown_by(staff.get(undo_address(merge)))
    shop.save("customers", {"CustomerId": "C-1", "Name": "Augusta"})

    answer = staff.post(undo_address(merge), page)

    assert answer.status_code == 409
    assert "This is what would happen now" in text(answer)


def test_a_merge_is_undone_for_thirty_days_and_not_after(shop: Partner, staff: Client, both: tuple[int, int]) -> None:
    merge = merged(staff, *both)
    ages = BeforeImage.objects.filter(record=both[0], kept_until__isnull=False)
    ages.update(created_at=timezone.now() - timedelta(days=29))
    purge_images()
    assert ages.count() == 1
    assert "Undo the merge" in text(staff.get(f"/admin/customers/customer/{both[0]}/change/"))

    ages.update(kept_until=timezone.now() - timedelta(seconds=1))

    assert "no longer kept" in text(staff.get(undo_address(merge)))
    assert "Undo the merge" not in text(staff.get(f"/admin/customers/customer/{both[0]}/change/"))
    purge_images()
    assert ages.count() == 0


def test_the_changesets_page_leads_to_the_undo(shop: Partner, both: tuple[int, int]) -> None:
    admin = member(Role.ADMIN, shop.tenant)
    merge = merged(member(Role.STAFF, shop.tenant), *both)
    page = f"/admin/tenants/changeset/{merge.pk}"

    assert undo_address(merge) in text(admin.get(f"{page}/change/"))
    assert "has a page of its own" in text(admin.get(f"{page}/undo/"))
    undone(admin, merge)
    parted = Changeset.objects.get(undoes=merge.number)
    assert "merge them again instead" in text(admin.get(f"/admin/tenants/changeset/{parted.pk}/change/"))


def test_strangers_and_viewers_undo_nothing(shop: Partner, staff: Client, both: tuple[int, int]) -> None:
    merge = merged(staff, *both)

    assert member(Role.VIEWER, shop.tenant).post(undo_address(merge), {}).status_code == 403
    assert member(Role.STAFF).get(undo_address(merge)).status_code == 404
    assert staff.get(undo_address(merge).replace(f"/{merge.number}/", "/99/")).status_code == 404
    assert not Customer.objects.filter(pk=both[1]).exists()


def test_one_merged_into_another_that_is_merged_comes_back_step_by_step(
    shop: Partner, staff: Client, both: tuple[int, int]
) -> None:
    third, before = hub_id(shop, customer_id="C-3"), stored(shop)
    first = merged(staff, *both)
    second = merged(staff, third, both[0])
    ledger = ConsentChange.objects.filter(customer=third).order_by("pk")
    assert list(ledger.values_list("merged_from", flat=True))[:2] == list(both)

    undone(staff, second)
    undone(staff, first)

    of_merges = ("email_optin", "sms_optin", "overridden", "withdrawn_by_staff")  # the inner merge is deaf by then
    for row in (*before, *stored(shop)):
        assert {name: row[name] for name in row if name not in of_merges} in [
            {name: other[name] for name in other if name not in of_merges} for other in before
        ]
    assert [Customer.objects.get(pk=pk).sms_optin for pk in both] == [False, False]


def test_a_merge_hears_of_withdrawals_beside_many_other_images(
    shop: Partner, staff: Client, both: tuple[int, int]
) -> None:
    shop.save("customers", *({"CustomerId": f"M-{n}", "SmsOptin": True} for n in range(55)))
    merge = merged(staff, *both)
    chosen = ",".join(map(seen, Customer.objects.filter(tenant=shop.tenant)))
    staff.post("/admin/customers/customer/opt-ins/", {"chosen": chosen, "flag": "whatsapp_optin", "value": "yes"})
    assert BeforeImage.objects.filter(record=both[0]).count() == 2
    assert BeforeImage.objects.exclude(grants=0).count() > 50

    shop.save("customers", {"CustomerId": "C-1", "EmailOptin": False})
    undone(staff, merge)

    ada, twin = (Customer.objects.get(pk=pk) for pk in both)
    assert (ada.email_optin, ada.whatsapp_optin, twin.sms_optin) == (False, True, True)


# At the same time


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("does", ["upsert", "erasure", "merge"])
def test_what_comes_first_is_seen_by_a_merge_that_waits_for_the_lock(shop: Partner, does: str) -> None:
    kept, lost = (Seen(row.pk, row.updated_at) for row in Customer.objects.order_by("pk")[:2])
    refused: list[MergeOvertaken] = []

    def waits() -> None:
        try:
            merge(shop.tenant, kept, lost, Choices(), origin=STAFF)
        except MergeOvertaken as overtaken:
            refused.append(overtaken)
        connection.close()

    waiting = Thread(target=waits)
    with transaction.atomic():
        if does == "upsert":
            records = RecordList[CustomerRecord]([{"CustomerId": "C-2", "Name": "Augusta"}])
            upsert_customers(shop.tenant, records, origin=STAFF)
        elif does == "erasure":
            erase_customers_by_id(shop.tenant, [lost.id], origin=STAFF)
        else:
            merge(shop.tenant, lost, kept, Choices(), origin=STAFF)
        waiting.start()
        assert wait_until(somebody_waits_for_us)
    waiting.join()

    assert [overtaken.changed for overtaken in refused] == [[kept.id, lost.id] if does == "merge" else [lost.id]]
    assert Changeset.objects.filter(operation="merge", entity="customers").count() == (does == "merge")
