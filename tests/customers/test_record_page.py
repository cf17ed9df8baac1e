"""A customer's page: its head, opt-ins with evidence, orders, the menu; an order's and a product's page, too."""

import re
from typing import Any

import pytest
from django.test import Client

from customers.admin import head
from customers.admin.optins import seen
from customers.models import Customer
from orders.models import Order
from products.models import Product
from tenants.models import Role, Tenant
from tests.conftest import Partner
from tests.customers.records import customer
from tests.members import member, superuser, text
from tests.orders.records import line, order
from tests.products.records import product, variant

pytestmark = pytest.mark.django_db

LIST = "/admin/customers/customer/"


@pytest.fixture
def staff(partner: Partner) -> Client:
    return member(Role.STAFF, partner.tenant)


@pytest.fixture
def ada(partner: Partner) -> Customer:
    partner.save("customers", customer(Name="Ada", Phone="+358101234567", SmsOptin=False))
    return Customer.objects.get(tenant=partner.tenant)


def shown(client: Client, pk: int, where: str = LIST) -> Any:
    return client.get(f"{where}{pk}/change/").context


def facts(context: Any) -> dict[str, str]:
    return {fact.label: str(fact.value) for fact in context["head"].facts}


def chips(context: Any) -> list[str]:
    return [chip.text for chip in context["head"].chips]


def test_the_head_names_the_person_and_what_identifies_them(ada: Customer, staff: Client) -> None:
    context = shown(staff, ada.pk)

    assert context["head"].title == "Ada"
    assert context["head"].identifiers == [
        ("Customer ID", "C-1"), ("E-mail", "ada@example.com"), ("Phone", "+358101234567"), ("Hub id", str(ada.pk)),
    ]  # fmt: skip
    assert 'data-copies="identifier-4"' in text(staff.get(f"{LIST}{ada.pk}/change/"))


def test_attributes_are_shown_as_json_and_none_as_a_dash(ada: Customer, staff: Client) -> None:
    assert "{}" not in re.sub("<script.*?</script>", "", text(staff.get(f"{LIST}{ada.pk}/change/")), flags=re.DOTALL)

    Customer.objects.update(attributes={"SHOP__size": "XL"})
    assert "SHOP__size" in text(staff.get(f"{LIST}{ada.pk}/change/"))


def test_who_has_no_name_is_called_by_an_identifier(partner: Partner, staff: Client) -> None:
    partner.save("customers", {"CustomerId": "C-2"})

    assert shown(staff, Customer.objects.get().pk)["head"].title == "C-2"


def test_the_tenant_is_named_for_those_who_see_several(partner: Partner, ada: Customer, staff: Client) -> None:
    assert shown(staff, ada.pk)["head"].tenant == ""
    assert str(partner.tenant) in shown(superuser(), ada.pk)["head"].tenant


def test_chips_say_what_is_to_be_known_at_once(partner: Partner, ada: Customer, staff: Client) -> None:
    assert chips(shown(staff, ada.pk)) == ["No GDPR consent"]
    partner.save("customers", {"CustomerId": "C-1", "GdprOptin": True, "IsExcluded": True})
    assert chips(shown(staff, ada.pk)) == ["Excluded"]


def test_figures_are_those_of_the_orders_with_cancelled_ones_apart(
    partner: Partner, ada: Customer, staff: Client
) -> None:
    for number, revenue, currency in ((1, 10.5, "EUR"), (2, 20, "EUR"), (3, 5, "SEK")):
        sold = order(OrderId=f"O-{number}", TotalRevenue=revenue, Currency=currency)
        partner.save("orders", {**sold, "OrderDate": f"2026-0{number}-01T10:00:00Z"})
    cancelled = order(OrderId="O-4", TotalRevenue=99, IsOrderCancelled=True)
    partner.save("orders", {**cancelled, "OrderDate": "2026-04-01T10:00:00Z"})
    partner.save("orders", order(OrderId="O-5", CustomerId="other", Email="other@example.com"))

    context = shown(staff, ada.pk)

    assert facts(context)["Orders"] == "4"
    assert facts(context)["Revenue"] == "30.50 EUR, 5.00 SEK"
    assert "2026-01-01" in facts(context)["First order"]
    assert "2026-04-01" in facts(context)["Last order"]
    (orders,) = context["glance"]
    assert (orders.title, orders.note) == ("3 orders, 30.50 EUR, 5.00 SEK", "Cancelled: 1 order, 99.00 EUR.")
    assert len(orders.rows) == 4


def test_of_very_many_orders_no_more_is_said_than_is_known(
    partner: Partner, ada: Customer, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head, "MOST_ORDERS", 3)
    partner.save("orders", *(order(OrderId=f"O-{i}") for i in range(5)))

    context = shown(staff, ada.pk)

    assert facts(context) == {"Orders": "3+"}
    assert context["glance"][0].title == "More than 3 orders"


def test_who_never_bought_has_no_orders(ada: Customer, staff: Client) -> None:
    context = shown(staff, ada.pk)

    assert facts(context) == {"Orders": "0"}
    assert context["glance"][0].title == "No orders"


def test_each_switch_has_its_evidence_beside_it(partner: Partner, ada: Customer, staff: Client) -> None:
    partner.send("POST", "/customers/{tenant}?reason=Ticket+17", [{"CustomerId": "C-1", "EmailOptin": True}])
    partner.save("customers", {"CustomerId": "C-1", "Name": "Augusta"})

    switches = {switch.title: switch for switch in shown(staff, ada.pk)["switches"]}

    given, said = switches["E-mail opt-in"], switches["SMS opt-in"]
    assert (given.state, given.why, given.how.startswith("API, ")) == ("Yes", "Ticket 17", True)
    assert (said.state, said.why, bool(said.since)) == ("No", "", True)
    assert (switches["GDPR opt-in"].state, switches["GDPR opt-in"].since) == ("Never given", "")


def test_a_refused_save_shows_what_is_stored_beside_what_was_ticked(
    partner: Partner, ada: Customer, staff: Client
) -> None:
    Tenant.objects.filter(pk=partner.tenant.pk).update(requires_reason=True)

    page = staff.post(f"{LIST}{ada.pk}/change/", {"seen": seen(ada), "sms_optin": "on", "is_excluded": "on"})

    switches = {switch.title: switch for switch in page.context["switches"]}
    assert page.context["errors"]
    assert (switches["SMS opt-in"].state, switches["SMS opt-in"].field.value()) == ("No", True)
    assert [chip for chip in chips(page.context) if "xcluded" in chip] == []


def test_an_opt_in_against_staffs_word_says_so(partner: Partner, ada: Customer, staff: Client) -> None:
    partner.save("customers", {"CustomerId": "C-1", "SmsOptin": True})
    ada.refresh_from_db()
    staff.post(f"{LIST}{ada.pk}/change/", {"seen": seen(ada)})
    partner.save("customers", {"CustomerId": "C-1", "SmsOptin": False, "EmailOptin": True})
    partner.save("customers", {"CustomerId": "C-1", "SmsOptin": True})

    assert "after staff opted them out" in text(staff.get(f"{LIST}{ada.pk}/change/"))


def test_viewers_see_the_evidence_and_no_box(partner: Partner, ada: Customer) -> None:
    page = text(member(Role.VIEWER, partner.tenant).get(f"{LIST}{ada.pk}/change/"))

    assert "SMS opt-in" in page
    assert 'name="sms_optin"' not in page
    assert "Erase…" not in page


def test_erasing_stands_last_in_the_menu_and_is_called_the_same_everywhere(ada: Customer, staff: Client) -> None:
    page = staff.get(f"{LIST}{ada.pk}/change/")
    url, last = page.context["menu"][-1]
    asked = staff.get(url)

    assert (last.title, last.destroys) == ("Erase…", True)
    assert "Delete customer" not in text(page)
    assert (asked.context["question"].title, asked.context["question"].button) == (
        "Erase 1 customer", "Yes, erase 1 customer",
    )  # fmt: skip
    assert asked.context["question"].back == f"{LIST}{ada.pk}/change/"
    assert "Erase…" in text(staff.get(LIST))


def test_tags_and_lists_lead_to_who_has_them(partner: Partner, staff: Client) -> None:
    partner.save("customers", {"CustomerId": "C-2"})
    Customer.objects.update(tags=["vip & <more>"], mailing_lists=["news"])

    page = text(staff.get(f"{LIST}{Customer.objects.get().pk}/change/"))

    assert f'href="{LIST}?q=tag%3Avip+%26+%3Cmore%3E"' in page
    assert f'href="{LIST}?q=list%3Anews"' in page
    assert len(staff.get(f"{LIST}?q=tag%3Avip+%26+%3Cmore%3E").context["cl"].result_list) == 1


def test_an_orders_page_says_whose_it_is_and_what_it_comes_to(partner: Partner, ada: Customer, staff: Client) -> None:
    partner.save("products", product())
    partner.save("orders", order(TotalRevenue=29.9, OrderItems=[line(), line(Sku="nobody's")]))
    sold = Order.objects.get()

    context = shown(staff, sold.pk, "/admin/orders/order/")
    page = text(staff.get(f"/admin/orders/order/{sold.pk}/change/"))

    assert (context["head"].title, chips(context)) == ("O-1", ["Placed"])
    assert facts(context)["Total"] == "29.90 EUR"
    assert f"{LIST}{ada.pk}/change/" in facts(context)["Customer"]
    assert context["sections"][0].title == "2 lines"
    assert page.count("Ask the partner to send the product with this very SKU") == 1
    assert [entry.title for _, entry in context["menu"]] == ["Correct…", "Delete…"]


def test_an_order_of_nobody_known_and_a_cancelled_one_say_so(partner: Partner, staff: Client) -> None:
    partner.save("orders", order(IsOrderCancelled=True))

    context = shown(staff, Order.objects.get().pk, "/admin/orders/order/")

    assert chips(context) == ["Cancelled", "No such customer"]


def test_a_products_page_says_what_it_costs_and_sold(partner: Partner, staff: Client) -> None:
    cheap, dear = variant(OriginalPrice=10), variant(VariantId="V-2", Sku="S-2", OriginalPrice=12.5, IsAvailable=False)
    partner.save("products", product(ProductVariants=[cheap, dear]))
    partner.save("orders", order(OrderItems=[line(Quantity=2, Price=10)]))

    context = shown(staff, Product.objects.get().pk, "/admin/products/product/")

    assert chips(context) == ["Available"]
    assert facts(context)["Variants available"] == "1 of 2"
    assert facts(context)["Price"].startswith("10.00 – 12.50 ")
    assert facts(context)["Sold"].startswith("2 for 20.00 ")


def test_who_is_logged_in_is_told_to_their_own_page(staff: Client) -> None:
    answer = staff.get("/admin/session/")

    assert answer.json().keys() == {"user", "token"}
    assert "no-store" in answer["Cache-Control"]
    assert Client().get("/admin/session/").status_code == 302


def test_a_save_says_which_attempt_it_answered(ada: Customer, staff: Client) -> None:
    sent = {"_save": "1", "seen": seen(ada), "sms_optin": str(ada.pk)}

    assert staff.post(LIST, {**sent, "save": "0af7-12"}).cookies["hub_saved"].value == "0af7-12"
    assert "hub_saved" not in staff.post(LIST, {**sent, "save": "x; path=/"}).cookies
