"""What becomes of an opt-in that a source sends after staff opted somebody out: as the tenant's policy has it."""

from typing import Any

import pytest

from customers.admin.optins import seen
from customers.flags import FLAGS, GRANTED, NAMES
from customers.models import Customer
from tenants.models import AuditEvent, Changeset, ConsentChange, Role
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import update, upload, user
from tests.customers.records import customer
from tests.members import member, text, told

LIST = "/admin/customers/customer/"
HELD = ["Held back: the tenant's staff withdrew it since, and this is the value that was sent before."]


@pytest.fixture(params=["customerid", "email"])
def shop(request: pytest.FixtureRequest, make_tenant: MakeTenant) -> Partner:
    """A tenant where staff's opt-outs stick."""
    return make_tenant(priority=request.param, consent_policy="staff")


def staff_set(partner: Partner, **flags: bool) -> None:
    """Have staff set flags of the tenant's only customer, on its page."""
    (stored,) = Customer.objects.filter(tenant=partner.tenant)
    wanted = {name: getattr(stored, name) for name in FLAGS} | flags
    ticked = {name: "on" for name, value in wanted.items() if value}
    staff = member(Role.STAFF, partner.tenant)
    answer = staff.post(f"{LIST}{stored.pk}/change/", {"seen": seen(stored), "reason": "call", **ticked}, follow=True)
    assert "Undo · number" in told(answer)[0]


def the_customer(partner: Partner) -> dict[str, Any]:
    (record,) = partner.read("customers")
    return record


@pytest.mark.parametrize("name", FLAGS)
def test_the_value_a_source_had_sent_before_does_not_undo_an_opt_out(shop: Partner, name: str) -> None:
    field, granted = NAMES[name], GRANTED[NAMES[name]]
    record = customer(**{field: granted})
    shop.save("customers", record)
    staff_set(shop, **{name: not granted})
    written = Changeset.objects.count()

    data = shop.save("customers", {"CustomerId": "9", "Email": "x@shop.example"}, record)

    assert data["warnings"] == {f"[1].{field}": HELD}
    stored = {one["CustomerId"]: one for one in shop.read("customers")}["C-1"]
    assert stored[field] is not granted
    assert Changeset.objects.count() == written + 1
    shop.save("customers", record)
    assert Changeset.objects.count() == written + 1


@pytest.mark.parametrize("name", FLAGS)
def test_another_value_applies_and_is_the_sources_last_from_then_on(shop: Partner, name: str) -> None:
    field, granted = NAMES[name], GRANTED[NAMES[name]]
    shop.save("customers", customer(**{field: granted}))
    staff_set(shop, **{name: not granted})

    agreed = shop.save("customers", customer(**{field: not granted}))
    again = shop.save("customers", customer(**{field: granted}))

    assert "warnings" not in {**agreed, **again}
    assert the_customer(shop)[field] is granted
    assert ConsentChange.objects.latest("pk").against_staff == 1 << FLAGS[name]


def test_everything_else_of_a_record_is_stored(shop: Partner) -> None:
    shop.save("customers", customer(EmailOptin=True))
    staff_set(shop, email_optin=False)

    data = shop.save("customers", customer(EmailOptin=True, SmsOptin=True, Name="Ada"))

    assert list(data["warnings"]) == ["[0].EmailOptin"]
    record = the_customer(shop)
    assert (record["EmailOptin"], record["SmsOptin"], record["Name"]) == (False, True, "Ada")


def test_where_the_source_wins_a_re_send_opts_in_again(partner: Partner) -> None:
    partner.save("customers", customer(EmailOptin=True))
    staff_set(partner, email_optin=False)

    data = partner.save("customers", customer(EmailOptin=True))

    assert "warnings" not in data
    assert the_customer(partner)["EmailOptin"] is True
    assert ConsentChange.objects.latest("pk").against_staff == 1


@pytest.mark.parametrize(
    ("sent", "held", "ends"),
    [
        ([True], [0], False),
        ([False, True], [], True),
        ([True, False], [0], False),
        ([True, False, True], [0], True),
        ([None, True, None, True], [1, 3], False),
        ([False, True, False], [], False),
    ],
)
def test_records_of_a_batch_count_one_after_the_other(
    shop: Partner, sent: list[bool | None], held: list[int], ends: bool
) -> None:
    shop.save("customers", customer(EmailOptin=True))
    staff_set(shop, email_optin=False)

    data = shop.save("customers", *(customer(EmailOptin=value) for value in sent))

    assert data.get("warnings", {}) == {f"[{i}].EmailOptin": HELD for i in held}
    assert the_customer(shop)["EmailOptin"] is ends


@pytest.mark.parametrize("later", ["staff", "source"])
def test_what_staff_did_under_one_policy_counts_under_the_next(partner: Partner, later: str) -> None:
    partner.tenant.consent_policy = "source" if later == "staff" else "staff"
    partner.tenant.save()
    partner.save("customers", customer(EmailOptin=True))
    staff_set(partner, email_optin=False)
    partner.tenant.consent_policy = later
    partner.tenant.save()

    partner.save("customers", customer(EmailOptin=True))

    assert the_customer(partner)["EmailOptin"] is (later == "source")


def test_a_record_by_the_other_identifier_is_held_back_too(shop: Partner) -> None:
    shop.save("customers", customer(SmsOptin=True))
    staff_set(shop, sms_optin=False)
    other = {"CustomerId": "C-1"} if shop.tenant.priority == "email" else {"Email": "ada@example.com"}

    data = shop.save("customers", {**other, "SmsOptin": True})

    assert data["warnings"] == {"[0].SmsOptin": HELD}
    assert the_customer(shop)["SmsOptin"] is False


def test_a_tenant_that_remembers_forgotten_persons_holds_back_too(shop: Partner) -> None:
    shop.save("customers", customer(SmsOptin=True))
    staff_set(shop, sms_optin=False)
    upload(shop, {"email": "gone@shop.example", "is_forgotten": True})

    assert shop.save("customers", customer(SmsOptin=True))["warnings"] == {"[0].SmsOptin": HELD}
    assert the_customer(shop)["SmsOptin"] is False


@pytest.mark.parametrize("more", [{}, {"city": "Turku"}], ids=["at once", "looked first"])
def test_custobar_is_told_in_its_own_words(shop: Partner, more: dict[str, str]) -> None:
    record = {"external_id": "1", "can_email": True, "can_sms": True}
    upload(shop, record)
    staff_set(shop, email_optin=False)

    answer = upload(shop, {"external_id": "2"}, {**record, **more})

    assert answer["warnings"] == {"[1].can_email": HELD}
    stored = {one["CustomerId"]: one for one in shop.read("customers")}["1"]
    assert (stored["EmailOptin"], stored["SmsOptin"]) == (False, True)
    upload(shop, {"external_id": "1", "can_email": False, **more}, {"external_id": "1", "can_email": True, **more})
    stored = {one["CustomerId"]: one for one in shop.read("customers")}["1"]
    assert stored["EmailOptin"] is True


def test_a_rename_takes_along_what_staff_withdrew(shop: Partner) -> None:
    shop.save("customers", customer(EmailOptin=True))
    staff_set(shop, email_optin=False)
    update(shop, user("ada@example.com", "C-1", email="new@example.com"))

    data = shop.save("customers", {"CustomerId": "C-1", "Email": "new@example.com", "EmailOptin": True})

    assert data["warnings"] == {"[0].EmailOptin": HELD}
    assert the_customer(shop)["EmailOptin"] is False


def test_only_the_first_opt_in_after_staffs_opt_out_is_against_staff(partner: Partner) -> None:
    for wanted in (True, False, True):
        partner.save("customers", customer(EmailOptin=wanted))
        if wanted:
            staff_set(partner, email_optin=False)
            partner.save("customers", customer(EmailOptin=True))

    against = ConsentChange.objects.order_by("pk").values_list("source", "before", "after", "against_staff")
    assert list(against) == [
        ("api", None, 1, 0), ("admin", 1, 0, 0), ("api", 0, 1, 1), ("api", 1, 0, 0), ("api", 0, 1, 0),
        ("admin", 1, 0, 0), ("api", 0, 1, 1),
    ]  # fmt: skip


def test_the_home_page_leads_to_those_opted_in_again(shop: Partner) -> None:
    shop.save("customers", customer(EmailOptin=True))
    staff_set(shop, email_optin=False)
    shop.save("customers", customer(EmailOptin=False))
    shop.save("customers", customer(EmailOptin=True, SmsOptin=True))
    viewer = member(Role.VIEWER, shop.tenant)

    (figure,) = [one for one in viewer.get("/admin/").context["health"].faults if "again" in one.label]
    listed = viewer.get(figure.href)

    assert (figure.label, figure.value) == ("Opted in again after staff opted them out, 30 days", 1)
    assert [change.after for change in listed.context["cl"].result_list] == [3]
    assert text(listed).count("after staff opted them out</span>") == 1
    assert member(Role.VIEWER, shop.tenant).get(f"{figure.href}&direction=withdrawn").context["cl"].result_count == 0


def test_the_policy_is_chosen_by_the_tenants_admins_and_audited(partner: Partner) -> None:
    page = f"/admin/tenants/tenant/{partner.id}/change/"
    admin = member(Role.ADMIN, partner.tenant)
    sent = {"name": partner.tenant.name, "time_zone": "UTC", "consent_policy": "staff"}

    admin.post(page, sent)

    partner.tenant.refresh_from_db()
    assert partner.tenant.consent_policy == "staff"
    assert AuditEvent.objects.latest("pk").details == ["consent_policy: source → staff"]
    assert "does not undo it" in text(admin.get(page))
    assert 'name="consent_policy"' not in text(member(Role.STAFF, partner.tenant).get(page))
