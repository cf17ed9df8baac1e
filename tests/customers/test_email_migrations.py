"""Addresses stored before each had one form are found, linked and erased by any spelling once the hub is upgraded."""

from importlib import import_module

from django.apps import apps

from customers.models import Customer
from orders.models import Order
from tests.conftest import Partner
from tests.orders.records import order

OLD, FORM = "jose\u0301@xn--bcher-kva.example", "jos\u00e9@b\u00fccher.example"


def upgrade() -> None:
    for app in ("customers", "orders"):
        import_module(f"{app}.migrations.0002_one_form_of_an_email").give_form(apps, None)


def test_a_customer_known_by_email_is_found_by_it(by_email: Partner) -> None:
    by_email.save("customers", {"Email": "ann@shop.example"}, {"Email": "bo@shop.example"})
    Customer.objects.filter(email="ann@shop.example").update(email=OLD, match_key=f"e:{OLD}")

    upgrade()

    by_email.save("customers", {"Email": OLD, "Name": "Jos\u00e9"})
    assert {(c.email, c.match_key, c.name) for c in Customer.objects.all()} == {
        (FORM, f"e:{FORM}", "Jos\u00e9"),
        ("bo@shop.example", "e:bo@shop.example", None),
    }


def test_a_customer_known_by_id_keeps_its_key(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": "ann@shop.example"})
    Customer.objects.update(email=OLD)

    upgrade()

    assert [(c.email, c.match_key) for c in Customer.objects.all()] == [(FORM, "i:C-1")]


def test_two_spellings_of_one_address_become_one_person_who_withdrew_what_either_did(by_email: Partner) -> None:
    by_email.save(
        "customers",
        {"Email": FORM, "Name": "Jos\u00e9", "EmailOptin": True, "SmsOptin": True},
        {"Email": "ann@shop.example", "Name": "J.", "Surname": "Doe", "EmailOptin": False, "IsExcluded": True},
    )
    Customer.objects.filter(email="ann@shop.example").update(email=OLD, match_key=f"e:{OLD}")

    upgrade()

    (one,) = by_email.read("customers", Email=OLD)
    assert (one["Name"], one["Surname"]) == ("Jos\u00e9", "Doe")
    assert (one["EmailOptin"], one["SmsOptin"], one["IsExcluded"]) == (False, False, True)
    assert by_email.delete("/customers/{tenant}", email=OLD).json()["data"]["removed"] == 1


def test_a_link_becomes_the_address_it_leads_to(by_email: Partner) -> None:
    by_email.save("customers", {"Email": "ann@shop.example"})
    Customer.objects.update(email="mailto:ann@shop.example", match_key="e:mailto:ann@shop.example")

    upgrade()

    assert [record["Email"] for record in by_email.read("customers", Email="ann@shop.example")] == ["ann@shop.example"]


def test_orders_are_erased_with_their_person(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": FORM})
    partner.save("orders", order(CustomerId="C-2"))
    Order.objects.update(email=OLD)

    upgrade()

    partner.delete("/customers/{tenant}", customerId="C-1")
    assert Order.objects.get().email is None


def test_what_is_no_address_any_more_stays_as_it_is(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": "ann@shop.example"})
    Customer.objects.update(email="an\u00f1,a@shop.example")

    upgrade()

    assert Customer.objects.get().email == "an\u00f1,a@shop.example"
