"""An erasure reaches the orders that name the person by an identifier of former days, whatever door took it away."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from customers.former import MOST_FORMER
from customers.models import Customer
from tenants.models import Role
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import update, upload, user
from tests.members import member
from tests.orders.records import order
from tests.statements.find import statements

FIRST, SECOND, THIRD = "zqx.first@shop.example", "zqx.second@shop.example", "zqx.third@shop.example"
RENAMES_SQL = re.compile(r"(?:SET|,)\s+\"?(?:email|customer_id)\"? =")
MOST = f"[:{MOST_FORMER}]"
Rename = Callable[[Partner, str, str], object]  # from one e-mail to another


def natively(partner: Partner, _: str, email: str) -> object:
    return partner.save("customers", {"CustomerId": "C-1", "Email": email})


def natively_beside_others(partner: Partner, _: str, email: str) -> object:
    """Look first, as a batch does that has a record without the priority identifier."""
    return partner.save("customers", {"CustomerId": "C-1", "Email": email}, {"Email": "other@shop.example"})


def twice_in_a_batch(partner: Partner, _: str, email: str) -> object:
    return partner.save("customers", *({"CustomerId": "C-1", "Email": one} for one in (f"x.{email}", email)))


def through_jericommerce(partner: Partner, former: str, email: str) -> object:
    return update(partner, user(former, "C-1", email=email))


def twice_in_a_call(partner: Partner, former: str, email: str) -> object:
    between = f"x.{email}"
    return update(partner, user(former, "C-1", email=between), user(between, "C-1", email=email))


def through_custobar(partner: Partner, _: str, email: str) -> object:
    return upload(partner, {"external_id": "C-1", "email": email})


def through_custobar_with_attributes(partner: Partner, _: str, email: str) -> object:
    return upload(partner, {"external_id": "C-1", "email": email, "city": "Oulu"})


RENAMES: Mapping[str, Rename] = {
    function.__name__.replace("_", " "): function
    for function in (
        natively,
        natively_beside_others,
        twice_in_a_batch,
        through_jericommerce,
        twice_in_a_call,
        through_custobar,
        through_custobar_with_attributes,
    )
}


def erase_natively(partner: Partner, email: str) -> None:
    assert partner.delete("/customers/{tenant}", customerId="C-1").json()["data"]["removed"] == 1


def erase_by_email(partner: Partner, email: str) -> None:
    assert partner.delete("/customers/{tenant}", email=email).json()["data"]["removed"] == 1


def erase_through_jericommerce(partner: Partner, email: str) -> None:
    path = f"/v1/programs/{partner.slug}/integrations/api?email={email}"
    assert partner.send("DELETE", path, **{"api-key": partner.key}).json()["removed"] == 1


def delete_through_custobar(partner: Partner, email: str) -> None:
    upload(partner, {"external_id": "C-1", "is_deleted": True})


def forget_through_custobar(partner: Partner, email: str) -> None:
    upload(partner, {"external_id": "C-1", "is_forgotten": True})


def erase_in_the_admin(partner: Partner, email: str) -> None:
    client = member(Role.STAFF, partner.tenant)
    chosen = str(Customer.objects.get(customer_id="C-1").pk)
    assert client.post("/admin/customers/customer/delete/", {"chosen": chosen}).status_code == 302


ERASURES = (
    erase_natively,
    erase_by_email,
    erase_through_jericommerce,
    delete_through_custobar,
    forget_through_custobar,
    erase_in_the_admin,
)


def guest_order(partner: Partner, order_id: str, email: str, customer_id: str = "guest-77") -> None:
    partner.save("orders", order(OrderId=order_id, CustomerId=customer_id, Email=email))


def emails_of_orders(partner: Partner) -> dict[str, str | None]:
    return {sale["OrderId"]: sale["Email"] for sale in partner.read("orders")}


@pytest.mark.parametrize("rename", RENAMES.values(), ids=RENAMES)
@pytest.mark.parametrize("erase", ERASURES)
def test_a_guest_order_under_a_former_email_becomes_anonymous(
    partner: Partner, rename: Rename, erase: Callable[[Partner, str], None]
) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": FIRST})
    guest_order(partner, "before", FIRST)
    rename(partner, FIRST, SECOND)
    rename(partner, SECOND, THIRD)
    if "twice" in rename.__name__:
        guest_order(partner, "between", f"x.{SECOND}")
    guest_order(partner, "after", SECOND)
    guest_order(partner, "a stranger's", "ada@shop.example")

    erase(partner, THIRD)

    assert {name for name, email in emails_of_orders(partner).items() if email} == {"a stranger's"}
    assert not any(sale["CustomerId"] == "guest-77" for sale in partner.read("orders") if sale["Email"] is None)


def test_a_former_id_of_a_tenant_that_goes_by_email_counts_as_well(by_email: Partner) -> None:
    for customer_id in ("old", "new"):
        by_email.save("customers", {"CustomerId": customer_id, "Email": FIRST})
    guest_order(by_email, "O-1", "guest@shop.example", "old")
    assert Customer.objects.get().former_ids == ["old"]

    by_email.delete("/customers/{tenant}", email=FIRST)

    (sale,) = by_email.read("orders")
    assert sale["CustomerId"].startswith("erased-")
    assert sale["Email"] is None


@pytest.mark.parametrize("priority", ["customerid", "email"])
@pytest.mark.parametrize(
    "living", [{"CustomerId": "guest-77", "Email": "other@shop.example"}, {"CustomerId": "C-2", "Email": FIRST}]
)
def test_an_order_that_names_a_living_customer_is_theirs(
    make_tenant: MakeTenant, priority: str, living: dict[str, Any]
) -> None:
    partner = make_tenant(priority=priority)
    partner.save("customers", {"CustomerId": "C-1", "Email": FIRST})
    update(partner, user(FIRST, "C-1", email=SECOND))
    partner.save("customers", living)
    guest_order(partner, "O-1", FIRST)

    partner.delete("/customers/{tenant}", customerId="C-1", email=SECOND)

    assert emails_of_orders(partner) == {"O-1": FIRST}


def test_a_forgotten_person_does_not_come_back_under_a_former_email(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": FIRST})
    natively(partner, FIRST, SECOND)
    forget_through_custobar(partner, SECOND)

    data = partner.save("customers", {"CustomerId": "C-9", "Email": FIRST})
    guest_order(partner, "O-1", FIRST)

    assert "[0]" in data["warnings"]
    assert partner.read("customers") == []
    assert emails_of_orders(partner) == {"O-1": None}


def test_a_former_email_that_somebody_else_has_now_is_not_forgotten(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": FIRST})
    natively(partner, FIRST, SECOND)
    partner.save("customers", {"CustomerId": "C-2", "Email": FIRST})

    forget_through_custobar(partner, SECOND)
    partner.save("customers", {"CustomerId": "C-2", "Email": FIRST, "Name": "Ada"})

    assert [customer["Name"] for customer in partner.read("customers")] == ["Ada"]


def test_what_was_given_up_is_kept_once_the_latest_first(partner: Partner) -> None:
    for email in (FIRST, SECOND, FIRST, THIRD, SECOND):
        natively(partner, "", email)
    upload(partner, {"external_id": "C-1", "email": ""})

    assert Customer.objects.get().former_emails == [SECOND, THIRD, FIRST]


@pytest.mark.parametrize("door", [natively, natively_beside_others, through_custobar_with_attributes])
def test_a_customer_keeps_a_hundred_former_emails_at_most(partner: Partner, door: Rename) -> None:
    emails = [f"a{i}@shop.example" for i in range(MOST_FORMER + 7)]
    partner.save("customers", *({"CustomerId": "C-1", "Email": email} for email in emails))
    for email in (FIRST, SECOND):
        door(partner, "", email)

    former = Customer.objects.get(customer_id="C-1").former_emails
    assert former is not None
    assert former[:2] == [FIRST, emails[-1]]
    assert len(former) == MOST_FORMER


@pytest.mark.parametrize("door", [door for door in RENAMES.values() if "twice" not in door.__name__])
def test_a_customer_who_keeps_the_email_has_no_former_one(partner: Partner, door: Rename) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": FIRST})
    door(partner, FIRST, FIRST)
    partner.save("customers", {"CustomerId": "C-1", "Name": "Ada"})

    assert Customer.objects.get(customer_id="C-1").former_emails is None


def test_staff_see_what_a_customer_was_known_by(partner: Partner) -> None:
    client = member(Role.STAFF, partner.tenant)
    partner.save("customers", {"CustomerId": "C-1", "Email": FIRST})
    natively(partner, FIRST, SECOND)

    page = client.get(f"/admin/customers/customer/{Customer.objects.get().pk}/change/").content.decode()

    assert FIRST in page


def test_the_question_before_a_delete_counts_orders_under_a_former_email(partner: Partner) -> None:
    client = member(Role.STAFF, partner.tenant)
    partner.save("customers", {"CustomerId": "C-1", "Email": FIRST})
    natively(partner, FIRST, SECOND)
    guest_order(partner, "O-1", FIRST)

    page = client.get(f"/admin/customers/customer/{Customer.objects.get().pk}/delete/").content.decode()

    assert "1 of their orders become anonymous" in page


@pytest.mark.parametrize("erased", [{"customerId": "C-2"}, {"email": FIRST}])
def test_an_erased_address_is_nobody_s_former_one(partner: Partner, erased: dict[str, str]) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": THIRD})
    for email in (FIRST, SECOND):
        natively(partner, "", email)
    partner.save("customers", {"CustomerId": "C-2", "Email": FIRST}, {"CustomerId": "C-3", "Email": "x@shop.example"})
    before = partner.read("customers", CustomerId="C-1")

    partner.delete("/customers/{tenant}", **erased)

    assert partner.read("customers", CustomerId="C-1") == before
    assert Customer.objects.get(customer_id="C-1").former_emails == [THIRD]


def test_who_had_an_erased_address_alone_had_none(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": FIRST})
    natively(partner, FIRST, SECOND)

    assert partner.delete("/customers/{tenant}", email=FIRST).json()["data"]["removed"] == 0

    assert Customer.objects.get().former_emails is None


def test_every_statement_that_renames_a_customer_keeps_what_it_was() -> None:
    renaming = {
        name: text
        for name, text in statements().items()
        if re.search(r"\b(?:INTO|UPDATE) \"?customers_customer\b", text) and RENAMES_SQL.search(text)
    }

    assert len(renaming) > 2
    keeping = ("former_ids = CASE", "'former_ids', coalesce")  # of an upsert, and of an undo
    kept = {name for name, text in renaming.items() if any(part in text for part in keeping) and MOST in text}
    # A merge, and what takes it back, is told what both were known by: tests/customers/test_merging_model.py.
    kept |= {name for name, text in renaming.items() if "former_ids = v.former_ids" in text}
    assert renaming.keys() == kept
