"""Merging two customers against a small model: flags, values, orders, and that taking it back is the identity."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.flags import FLAGS, INVERTED
from customers.merging.choices import SETS, Choices
from customers.merging.merge import MergeRefused, Seen, merge
from customers.merging.parting import part, plan_parting
from customers.models import Customer
from orders.models import Order
from tenants.changes.changesets import Origin
from tenants.links import orders_of_customer
from tenants.models import Changeset, ConsentChange, Source, Tenant
from tests.conftest import MakeTenant, Partner, examples
from tests.orders.records import order

STAFF = Origin(Source.ADMIN, "ann", "0" * 32, reason="the same person")
WITHOUT = Origin(Source.ADMIN, "ann", "0" * 32)
NAMES = {"email_optin": "EmailOptin", "sms_optin": "SmsOptin", "is_excluded": "IsExcluded"}
FLAG = st.sampled_from([None, False, True])
ROWS = st.fixed_dictionaries(
    {
        "Name": st.sampled_from([None, "Ann", "Anne"]),
        "Phone": st.sampled_from([None, "+35840123456", "+35840123457"]),
        **dict.fromkeys(NAMES.values(), FLAG),
        "Email": st.sampled_from([None, "a@shop.example", "b@shop.example"]),
    }
)
SIDES = st.dictionaries(
    st.sampled_from(["customer_id", "email", "name", "phone", *SETS]), st.sampled_from(["kept", "lost", "both"])
)
HAND = st.dictionaries(st.sampled_from(list(FLAGS)), st.booleans())
HIDDEN = {"updated_at", "previous_flags"}  # of the row's own life


def stored(partner: Partner) -> dict[int, dict[str, Any]]:
    rows = Customer.objects.filter(tenant=partner.tenant).values()
    return {row["id"]: {name: value for name, value in row.items() if name not in HIDDEN} for row in rows}


def sold(partner: Partner) -> dict[str, tuple[str, str | None]]:
    rows = Order.objects.filter(tenant=partner.tenant).values_list("order_id", "customer_id", "email")
    return {order_id: (customer_id, email) for order_id, customer_id, email in rows}


def seen(customer: int) -> Seen:
    return Seen(customer, Customer.objects.get(pk=customer).updated_at)


def orders_of(tenant: Tenant, customer: int) -> set[str]:
    row = Customer.objects.get(pk=customer)
    return {found[1] for found in orders_of_customer(tenant, row.customer_id, row.email, 100)}


def made(make_tenant: MakeTenant, priority: str, rows: tuple[Mapping[str, Any], ...]) -> tuple[Partner, int, int]:
    """Make a shop with two customers, who bought under all their names and as guests, and somebody else."""
    partner = make_tenant(priority=priority)
    first, second = rows
    emails = [first["Email"] or "first@shop.example", second["Email"] or "second@shop.example"]
    if priority == "email" and emails[0] == emails[1]:
        emails[1] = "second@shop.example"
    if priority == "customerid":
        emails = [first["Email"], second["Email"]]
    for number, (row, email) in enumerate(zip(rows, emails, strict=True)):
        record = {name: value for name, value in row.items() if value is not None and name != "Email"}
        partner.save("customers", {**record, "CustomerId": f"C-{number}", **({"Email": email} if email else {})})
    partner.save("customers", {"CustomerId": "other", "Email": "other@shop.example", "Name": "Ann"})
    named = [*({"CustomerId": f"C-{n}", "Email": email} for n in range(2) for email in (*emails, "x@shop.example"))]
    guests = [{"CustomerId": "guest", "Email": email} for email in (*emails, "other@shop.example")]
    for number, names in enumerate([*named, *guests]):
        partner.save("orders", order(OrderId=f"O-{number}", **{**names, "Email": names["Email"] or "y@shop.example"}))
    ids = [Customer.objects.get(tenant=partner.tenant, customer_id=f"C-{n}").pk for n in range(2)]
    return partner, ids[0], ids[1]


@pytest.mark.parametrize("priority", ["customerid", "email"])
@given(rows=st.tuples(ROWS, ROWS), sides=SIDES, swap=st.booleans(), hand=HAND)
@examples(60)
def test_a_merge_keeps_every_order_grants_what_both_grant_and_parts_into_what_was(
    make_tenant: MakeTenant, priority: str, rows: Any, sides: Mapping[str, str], swap: bool, hand: Mapping[str, bool]
) -> None:
    partner, first, second = made(make_tenant, priority, rows)
    kept, lost = (second, first) if swap else (first, second)
    before, orders, ledger = stored(partner), sold(partner), list(ConsentChange.objects.order_by("pk").values())
    theirs = orders_of(partner.tenant, kept) | orders_of(partner.tenant, lost)

    merge(partner.tenant, seen(kept), seen(lost), Choices(sides, hand), origin=STAFF)

    after = stored(partner)
    assert lost not in after
    for name, bit in FLAGS.items():
        grants = [before[id_][name] is not bool(INVERTED & 1 << bit) for id_ in (kept, lost)]
        assert after[kept][name] is hand.get(name, all(grants) is not bool(INVERTED & 1 << bit)), name
    for column in ("customer_id", "email", "name", "phone"):
        ours, other = before[kept][column], before[lost][column]
        wanted = (other, ours) if sides.get(column) == "lost" else (ours, other)
        assert after[kept][column] == (wanted[0] or wanted[1])
    for column, former in (("customer_id", "former_ids"), ("email", "former_emails")):
        known = {
            *(before[kept][former] or ()),
            *(before[lost][former] or ()),
            before[kept][column],
            before[lost][column],
        }
        assert {*(after[kept][former] or ()), after[kept][column]} == known - ({None} if after[kept][column] else set())
    assert orders_of(partner.tenant, kept) == theirs
    assert not ConsentChange.objects.filter(customer=lost).exists()

    number = Changeset.objects.filter(tenant=partner.tenant, operation="merge", entity="customers").get()
    plan = plan_parting(partner.tenant, number)
    assert plan is not None
    assert not plan.refusal
    part(partner.tenant, number, planned=plan.digest, origin=STAFF)

    assert stored(partner) == before
    assert sold(partner) == orders
    said = ConsentChange.objects.exclude(changeset_number__gte=number.number).filter(tenant=partner.tenant)
    assert list(said.order_by("pk").values()) == [row for row in ledger if row["tenant_id"] == partner.tenant.pk]


@pytest.mark.parametrize("priority", ["customerid", "email"])
def test_no_consent_is_granted_by_hand_without_a_reason(make_tenant: MakeTenant, priority: str) -> None:
    none = dict.fromkeys(["Name", "Phone", "Email", *NAMES.values()])
    partner, kept, lost = made(make_tenant, priority, (none | {"EmailOptin": True}, none))
    before = stored(partner)

    with pytest.raises(MergeRefused, match="Say why"):
        merge(partner.tenant, seen(kept), seen(lost), Choices({}, {"email_optin": True}), origin=WITHOUT)

    assert stored(partner) == before
