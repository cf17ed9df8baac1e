"""A marker put into every field, through every door, is in no table, session or log once the person is erased.

Fields come from the schemas and tables from the database, so that a new one of either cannot be forgotten.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse
from pydantic import TypeAdapter, ValidationError

from customers.admin.optins import seen
from customers.dialects.custobar.fields import COMPANY, FLAGS, NAMES, SOUGHT, rules
from customers.dialects.jericommerce import PayloadRecord
from customers.duplicates import find_duplicates
from customers.models import Customer, CustomerNote
from customers.schemas import CustomerRecord
from hub.api.parameters import field_type
from hub.records.schemas import STRICT
from tenants.models import BeforeImage, Changeset, ConsentChange, ExportPart, QuarantinedRecord, Role
from tests.conftest import CLIENT, MakeTenant, Partner
from tests.customers.dialects.vendors import PROGRAM, UPLOAD, send_users, update, upload, user
from tests.customers.merges import merged, undone
from tests.customers.test_erasure import every_row
from tests.exporting import exported
from tests.members import member
from tests.orders.records import line, order
from tests.products.records import product
from tests.quarantine.lenient import take
from tests.searching import searched
from tests.spans import captured
from tests.undoing import latest, taken_back

MARK, NUMBER = "zqxmarker", "358107771234"
# In bytes, which a row as text has in hexadecimal digits, too.
MARKS = re.compile(f"{MARK}|{NUMBER[:3]} ?{NUMBER[3:]}|{MARK.encode().hex()}|{NUMBER.encode().hex()}", re.IGNORECASE)
EMAIL, SECOND, THIRD = (f"{MARK}.{word}@shop.example" for word in ("first", "second", "third"))
ID, FORMER_ID, SHOP_ID = f"{MARK}-1", f"{MARK}-0", f"{MARK}-2"
# The first that a field takes is sent in it.
FITTING = (MARK, EMAIL, f"+{NUMBER}", [MARK], {MARK: [MARK]}, True, "1973-12-15", "FI", "en", 1)


def filled(types: Mapping[str, TypeAdapter[Any]], **given: Any) -> dict[str, Any]:
    """Return a record that has every field, with the marker in each that takes one."""
    return {name: given[name] if name in given else fitting(kind) for name, kind in types.items()}


def fitting(kind: TypeAdapter[Any]) -> Any:
    for value in FITTING:
        try:
            kind.validate_python(value)
        except ValidationError:
            continue
        return value
    raise AssertionError(f"FITTING has nothing for {kind}")


def fields(record: type) -> dict[str, TypeAdapter[Any]]:
    return {name: TypeAdapter(field_type(record, name), config=STRICT) for name in record.__annotations__}


NATIVE, PAYLOAD, CUSTOBAR = fields(CustomerRecord), fields(PayloadRecord), dict(rules("UTC", "FI").fields)
SENT_TO_CUSTOBAR = {name: CUSTOBAR[name] for name in NAMES if name not in ("is_deleted", "is_forgotten")}


def natively(partner: Partner, **given: Any) -> None:
    batch = [filled(NATIVE, **given), {MARK: MARK, "CustomerId": "other"}]
    key = f"{MARK} {secrets.token_hex(4)}"
    answer = partner.send("POST", "/customers/{tenant}?results=true", batch, **{"Idempotency-Key": key})
    assert answer.status_code == 200, answer.content


def through_custobar(partner: Partner, **given: Any) -> None:
    upload(partner, filled(SENT_TO_CUSTOBAR, **given) | {f"{MARK}__{MARK}": {MARK: MARK}})


def through_jericommerce(partner: Partner, email: str, customer_id: str, /, **given: Any) -> None:
    payload = filled(PAYLOAD, externalCustomerId=customer_id, **given)
    assert [result["status"] for result in update(partner, {**user(email, customer_id), "payload": payload})] == [
        "updated"
    ]


def sell(partner: Partner, order_id: str, customer_id: str, email: str) -> None:
    partner.save("orders", order(OrderId=order_id, CustomerId=customer_id, Email=email))


def live(partner: Partner) -> None:
    """Make a person known, in turns through every door, under changing identifiers; each buys, as a guest, too."""
    sell(partner, "before", ID, EMAIL)
    sell(partner, "guest before", f"{MARK}-guest", EMAIL)
    if partner.tenant.priority == "email":
        natively(partner, CustomerId=FORMER_ID, Email=EMAIL)
        sell(partner, "former id", FORMER_ID, "ada@shop.example")
        natively(partner, CustomerId=ID, Email=EMAIL)
        through_jericommerce(partner, EMAIL, ID, email=SECOND)
        through_custobar(partner, external_id=SHOP_ID, email=SECOND)
    else:
        for email in (SECOND, "other@shop.example"):  # of somebody who stays
            partner.save("customers", {"CustomerId": "other", "Email": email})
        natively(partner, CustomerId=ID, Email=f"{MARK}.zero@shop.example")
        natively(partner, CustomerId=ID, Email=EMAIL)
        through_jericommerce(partner, EMAIL, ID, email=SECOND)
        through_custobar(partner, external_id=ID, email=THIRD)
        through_jericommerce(partner, THIRD, SHOP_ID, email=SECOND)
    sell(partner, "after", SHOP_ID, SECOND)
    for number, email in enumerate((EMAIL, SECOND)):
        sell(partner, f"guest after {number}", f"{MARK}-guest", email)
    searched()


def refuse(partner: Partner) -> None:
    """Send what is refused, with the marker in names and values, of every entity and dialect."""
    broken = {**{name: {MARK: MARK} for name in NATIVE}, MARK: "\0", f"a.{MARK}": "\0"}
    bodies: tuple[Any, ...] = ([broken], {MARK: [{}]}, MARK, [{"CustomerId": ID, MARK: "\0", "Phone": MARK * 9}])
    for body in bodies:
        assert partner.post("customers", body).status_code == 400
    assert partner.send("POST", "/customers/{tenant}", f'[{{"{MARK}'.encode()).status_code == 400
    for entity, parts in (("orders", "OrderItems"), ("products", "ProductVariants")):
        assert partner.post(entity, [{MARK: "\0", parts: [{MARK: "\0", "Sku": {MARK: 1}}]}]).status_code == 400
    assert partner.post("orders", [order(CustomerId=MARK, Email=EMAIL, Currency=MARK)]).status_code == 400
    assert send_users(partner, {MARK: MARK}).status_code == 400
    assert send_users(partner, [user(MARK, MARK, **{MARK: "\0"})]).status_code == 404
    for path in (UPLOAD, "/api/events/upload/"):
        events = {"type": "MAIL_UNSUBSCRIBE", "email": MARK}
        whole = {"customers": [{"email": MARK, MARK: MARK, f"{MARK}__{MARK}": "\0"}], "events": [events]}
        assert partner.send("POST", path, whole, Authorization=f"Bearer {partner.key}").status_code == 400


def leave_out(partner: Partner) -> None:
    """Have records of every entity and dialect left out of batches, and kept, that name the person somewhere."""
    other = {"CustomerId": "other", "Email": "other@shop.example"}
    wrong = filled(NATIVE, CustomerId=SHOP_ID, Language=MARK, Name={MARK: MARK}) | {MARK: [MARK]}
    take(
        partner,
        "customers",
        {"CustomerId": "other"},
        wrong,
        {"Phone": f"+{NUMBER}"},
        {"Email": f" {SECOND.upper()}", MARK: "\0"},
    )
    take(partner, "orders", order(OrderId="good", **other), order(CustomerId=SHOP_ID, Email=EMAIL, Currency=MARK))
    take(partner, "products", product(ProductId="good"), product(ProductName="", Taxonomy=[MARK, SECOND]))
    nobody = {"external_id": "?", "email": MARK, "first_name": SECOND, "tags": [MARK]}
    upload(partner, {"external_id": "other"}, nobody)
    assert len(marked(map(repr, QuarantinedRecord.objects.values()))) == 6


def look(partner: Partner) -> None:
    """Ask for the person in paths, parameters and headers, found, not found and refused."""
    headers = {
        "User-Agent": MARK,
        "Referer": EMAIL,
        "X-Forwarded-For": MARK,
        "traceparent": MARK,
        "Cookie": f"{MARK}={MARK}",
    }
    for path in ("customers", "orders", "products"):
        partner.send("GET", f"/{path}/{{tenant}}/{MARK}", **headers)
        partner.send(
            "GET", f"/{path}/{{tenant}}?{urlencode({'Email': EMAIL, MARK: MARK, f'a.{MARK}': EMAIL})}", **headers
        )
        partner.send("DELETE", f"/{path}/{{tenant}}/{MARK}/{MARK}?{MARK}={MARK}", **headers)
    partner.send("DELETE", f"/customers/{{tenant}}?email={MARK}&{MARK}=1", **headers)
    partner.send("DELETE", f"{PROGRAM}?email={MARK}&{MARK}=1", **{**headers, "api-key": partner.key})
    query = urlencode({"email": MARK, "phone_number": MARK, MARK: MARK})
    partner.send("GET", f"/api/data/customers/?{query}", Authorization=f"Bearer {partner.key}")
    partner.send("POST", f"/{MARK}/{MARK}?{MARK}", [{MARK: MARK}], **headers)


def administer(partner: Partner, staff: Client) -> None:
    """Find, open and edit the person in the admin."""
    pk = Customer.objects.exclude(customer_id="other").get().pk
    for term in (ID, EMAIL, f"{MARK}__{MARK}={MARK}", f"tag:{MARK}"):
        staff.get("/admin/customers/customer/", {"q": term, MARK: MARK})
        staff.get("/admin/orders/order/", {"q": term})
    for row in QuarantinedRecord.objects.all():
        staff.get(f"/admin/tenants/quarantinedrecord/{row.pk}/change/")
        staff.post(f"/admin/tenants/quarantinedrecord/{row.pk}/change/", {f"value:{MARK}": MARK, "value:Name": MARK})
    staff.get("/admin/tenants/quarantinedrecord/", {"q": SECOND, "field": MARK})
    page = staff.get(f"/admin/customers/customer/{pk}/change/")
    shown = page.context["adminform"].form.initial["seen"]
    edit = {"seen": shown, "sms_optin": "on", MARK: MARK, "reason": f"{MARK} called"}
    staff.post(f"/admin/customers/customer/{pk}/change/", edit, follow=True)
    staff.post("/admin/customers/customer/opt-ins/", {"chosen": f"{pk}:0", "flag": "gdpr_optin", "value": "yes"})
    correct_and_conflict(partner, staff, pk)
    staff.get(f"/admin/customers/customer/{pk}/consent-proof/")
    staff.post(f"/admin/customers/customer/{pk}/notes/", {"note": f"{MARK} called\nfrom +{NUMBER}", MARK: MARK})
    assert MARK in CustomerNote.objects.get(customer=pk).text
    staff.get(f"/admin/customers/customer/{pk}/change/", {"show": "notes", "before": MARK})
    both = ",".join(map(seen, Customer.objects.all()))
    bulk = {"chosen": both, "flag": "whatsapp_optin", "value": "yes", "reason": f"rang from +{NUMBER[:3]} {NUMBER[3:]}"}
    staff.post("/admin/customers/customer/opt-ins/", bulk)
    staff.get(f"/admin/customers/customer/{pk}/delete/")
    for form in ("", "json"):
        staff.get(f"/admin/customers/customer/{pk}/everything/", {"format": form})
    for term in (ID, EMAIL, MARK):
        exported(partner, staff, q=term)
    exported(partner, staff, address="/admin/orders/order/", per="part")
    assert any(MARK.encode() in bytes(part.data) for part in ExportPart.objects.all())
    staff.post(reverse("admin:customers_customer_erased"), {"tenant": partner.id, "who": EMAIL})
    naming = {"chosen": str(pk), "reference": f"asked by {MARK}", "legal_basis": "objection"}
    assert staff.post("/admin/customers/customer/delete/", naming).status_code == 400


def correct_and_conflict(partner: Partner, staff: Client, pk: int) -> None:
    """Correct the person's name and number on their page, and meet a refusal and a conflict on the way."""
    page = f"/admin/customers/customer/{pk}/correct/"
    form = staff.get(page).context["form"]
    held = {name: form[name].value() or "" for name in form.fields}
    assert staff.post(page, {**held, "CustomerId": "other", "Name": MARK}).status_code in (400, 409)
    staff.post(page, {**held, "Language": MARK})
    staff.post(page, {**held, "Surname": f"{MARK}-corrected", "Tags": f"{MARK}\n{EMAIL}", "reason": f"{MARK} wrote"})
    staff.post(page, {**held, "Surname": f"{MARK}-other"})


def merge_a_twin(partner: Partner, staff: Client, *, undone_once: bool) -> None:
    """Have somebody with other identifiers, who bought and was edited, merged into the person; once undone before."""
    twin = f"{MARK}-twin"
    partner.save("customers", {"CustomerId": twin, "Email": f"{twin}@shop.example", "Phone": f"+{NUMBER}9"})
    partner.save("customers", {"CustomerId": twin, "Name": twin, "Surname": f"{twin} née", "SmsOptin": True})
    sell(partner, "twin", twin, f"{twin}@shop.example")
    sell(partner, "twin as a guest", f"{MARK}-guest", f"{twin}@shop.example")
    take(partner, "customers", {"CustomerId": "other"}, {"Phone": f"+{NUMBER}9", "Language": MARK})
    lost = Customer.objects.get(customer_id=twin)
    page = staff.get(f"/admin/customers/customer/{lost.pk}/change/")
    edit = {"seen": page.context["adminform"].form.initial["seen"], "gdpr_optin": "on", "reason": f"{twin} née rang"}
    staff.post(f"/admin/customers/customer/{lost.pk}/change/", edit, follow=True)
    kept = Customer.objects.exclude(customer_id__in=["other", twin]).get()
    find_duplicates(partner.tenant.pk)
    if undone_once:
        undone(staff, merged(staff, kept.pk, lost.pk, reason=f"{MARK} twice"))
    merged(staff, kept.pk, lost.pk, reason=f"{twin} née is the same")
    assert len(marked(map(repr, BeforeImage.objects.filter(kept_until__isnull=False).values()))) == 1


def say_why(partner: Partner) -> None:
    """Give reasons that name the person: of what is written about them, about others, about orders and products."""
    about = {"CustomerId": SHOP_ID, "Email": SECOND, "Phone": f"+{NUMBER}", "AppPushOptin": True}
    for path, record, reason in (
        ("customers", about, f"asked by {EMAIL.upper()}"),
        ("customers", {"CustomerId": "other", "AppPushOptin": True}, f"a friend of {SHOP_ID}"),
        ("orders", order(OrderId="after"), f"{MARK} has moved"),
        ("products", product(), f"seen by “{SECOND}”"),
    ):
        answer = partner.send("POST", f"/{path}/{{tenant}}?{urlencode({'reason': reason})}", [record])
        assert answer.status_code == 200, answer.content


def change_and_take_back(partner: Partner, admin: Client) -> None:
    """Leave before-images of every kind: of writes, of orders that are deleted, of undos and of their undos."""
    sell(partner, "renamed", SHOP_ID, SECOND)
    partner.save("orders", order(OrderId="renamed", CustomerId="other", Email="other@shop.example"))
    for name in ("deleted", "back"):
        sell(partner, name, f"{MARK}-guest", EMAIL)
        partner.delete(f"/orders/{{tenant}}/{name}")
    taken_back(admin, partner, latest(partner))
    sell(partner, "lines", SHOP_ID, SECOND)
    partner.save("orders", order(OrderId="lines", CustomerId=SHOP_ID, Email=SECOND, OrderItems=[line(Sku="S-2")]))
    taken_back(admin, partner, latest(partner))
    if partner.tenant.priority == "customerid":  # somebody who stays had the person's address for a while
        for email in (SECOND, "other@shop.example"):
            partner.save("customers", {"CustomerId": "other", "Email": email})
        taken_back(admin, partner, latest(partner))
        taken_back(admin, partner, latest(partner))
    taken_back(admin, partner, rename(partner))
    sell(partner, "while renamed", SHOP_ID, SECOND)
    natively(partner, CustomerId=SHOP_ID, Email=SECOND)
    # A former phone number is not kept, and so not found in a reason.
    partner.save("customers", {"CustomerId": SHOP_ID, "Email": SECOND, "Phone": f"+{NUMBER}"})
    assert marked(map(repr, BeforeImage.objects.filter(entity="orders").values()))
    assert len(marked(map(repr, BeforeImage.objects.filter(entity="customers").values()))) > 3


def rename(partner: Partner) -> int:
    """Rename the person once more, sell to the new address, and return the number of the changeset that renamed."""
    if partner.tenant.priority == "email":
        natively(partner, CustomerId=f"{MARK}-9", Email=SECOND)
    else:
        natively(partner, CustomerId=SHOP_ID, Email=f"{MARK}.ninth@shop.example")
    number = latest(partner)
    sell(partner, "under a name that is taken back", f"{MARK}-9", f"{MARK}.ninth@shop.example")
    return number


Erase = Callable[[Partner, Client], object]
ERASURES: Mapping[str, Erase] = {
    "DELETE by CustomerId": lambda partner, _: partner.delete("/customers/{tenant}", customerId=SHOP_ID),
    "DELETE by e-mail": lambda partner, _: partner.delete("/customers/{tenant}", email=SECOND.upper()),
    "DELETE by both": lambda partner, _: partner.delete("/customers/{tenant}", customerId=SHOP_ID, email=SECOND),
    "Jericommerce's DELETE": lambda partner, _: partner.send(
        "DELETE", f"{PROGRAM}?{urlencode({'email': SECOND})}", **{"api-key": partner.key}
    ),
    "is_deleted": lambda partner, _: upload(partner, {"external_id": SHOP_ID, "is_deleted": True}),
    "is_forgotten": lambda partner, _: upload(partner, {"external_id": SHOP_ID, "is_forgotten": True}),
    "the admin": lambda _, staff: staff.post(
        "/admin/customers/customer/delete/",
        {"chosen": str(Customer.objects.exclude(customer_id="other").get().pk)},
        follow=True,
    ),
}


def marked(rows: Iterable[str]) -> list[str]:
    return [row for row in rows if MARKS.search(row)]


def written(record: logging.LogRecord) -> str:
    """Return a line of the log as the hub writes it: without exceptions' messages, which pytest's own lines have."""
    return next(handler for handler in logging.getLogger().handlers if handler.name == "stderr").format(record)


def sessions() -> list[str]:
    """Return the sessions as they are read: in their table they are compressed."""
    return [repr(session.get_decoded()) for session in Session.objects.all()]


def be_everywhere(partner: Partner, staff: Client, *, keeps: bool) -> None:
    """Have a person go through every door, and be looked for, refused, left out and edited."""
    live(partner)
    refuse(partner)
    leave_out(partner)
    look(partner)
    administer(partner, staff)
    say_why(partner)
    if keeps:
        change_and_take_back(partner, staff)
    known = Customer.objects.exclude(customer_id="other").get()
    assert (known.customer_id, known.email) == (SHOP_ID, SECOND)
    assert len(marked(every_row())) > 5
    assert len(marked(Changeset.objects.exclude(reason="").values_list("reason", flat=True))) == 7
    assert len(marked(ConsentChange.objects.exclude(reason="").values_list("reason", flat=True))) >= 5


def scraped() -> str:
    """Return the hub's metrics."""
    with override_settings(METRICS_TOKEN=MARK):
        answer = CLIENT.get("/metrics", headers={"Authorization": f"Bearer {MARK}"})
    assert b"hub_requests_total" in answer.content
    return answer.content.decode()


def after_each_erasure(partner: Partner, staff: Client) -> Iterator[str]:
    """Erase the person in each way, one after the other, as if there had been no other before; yield its name."""
    for name, erase in ERASURES.items():
        before = transaction.savepoint()
        erase(partner, staff)
        yield name
        transaction.savepoint_rollback(before)


def assert_nothing_is_left_by(erasure: str, partner: Partner) -> None:
    assert [customer["CustomerId"] for customer in partner.read("customers")] == ["other"], erasure
    assert marked(every_row()) == [], erasure
    assert marked(sessions()) == [], erasure


@pytest.mark.parametrize("keeps", [False, True], ids=["", "images kept"])
@pytest.mark.parametrize("priority", ["customerid", "email"])
def test_nothing_of_a_person_stays_whatever_came_through_whichever_door(
    make_tenant: MakeTenant, priority: str, keeps: bool, caplog: pytest.LogCaptureFixture
) -> None:
    partner = make_tenant(priority=priority, default_country="FI", keeps_images=keeps)
    staff = member(Role.ADMIN, partner.tenant)
    with captured() as spans:
        be_everywhere(partner, staff, keeps=keeps)
        for erasure in after_each_erasure(partner, staff):
            assert_nothing_is_left_by(erasure, partner)

    logged, sent = [*map(written, caplog.records)], [span.to_json() for span in spans.get_finished_spans()]
    assert sum('"event":"request"' in line for line in logged) > 50
    assert any('"db.query.text"' in span for span in sent)
    assert marked([*logged, *sent, scraped()]) == []


@pytest.mark.parametrize(("priority", "undone_once"), [("customerid", False), ("email", True)])
def test_nothing_of_whoever_was_merged_into_a_person_stays(
    make_tenant: MakeTenant, priority: str, undone_once: bool
) -> None:
    partner = make_tenant(priority=priority, default_country="FI")
    staff = member(Role.ADMIN, partner.tenant)
    live(partner)
    merge_a_twin(partner, staff, undone_once=undone_once)
    known = Customer.objects.exclude(customer_id="other").get()
    assert (known.customer_id, known.email) == (SHOP_ID, SECOND)

    for erasure in after_each_erasure(partner, staff):
        assert_nothing_is_left_by(erasure, partner)


def test_every_field_that_takes_any_text_is_marked() -> None:
    sent = [filled(NATIVE), filled(PAYLOAD), filled(SENT_TO_CUSTOBAR)]
    unmarked = {name for record in sent for name, value in record.items() if not MARKS.search(repr(value))}

    assert unmarked <= {
        *(name for name in NATIVE if name.endswith("Optin")), *FLAGS, "IsExcluded", "Language", "language",
        "emailVerified", "birth_date", "country", "date_joined", "last_login",
    }  # fmt: skip
    assert {*SOUGHT, "tags", "mailing_lists.add"} <= SENT_TO_CUSTOBAR.keys()
    assert COMPANY not in SENT_TO_CUSTOBAR
