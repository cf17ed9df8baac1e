"""One form of an e-mail at every door, whatever the character: who is stored by a text is found and erased by it.

Python's `str.lower`, pydantic's and PostgreSQL's know different versions of Unicode, and disagree about 55 letters.
"""

import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

import orjson
import pytest
from django.utils.datastructures import MultiValueDict
from pydantic import StringConstraints, TypeAdapter

from customers.dialects.custobar.fields import rules
from customers.dialects.custobar.lookup import sought
from customers.dialects.custobar.records import read_upload
from customers.dialects.jericommerce import read_update
from customers.filters import CustomerFilterSet
from customers.models import Customer
from customers.schemas import customer_schema
from customers.views import CustomerViewSet
from hub.api.parameters import EMAIL
from hub.records.emails import normal_email
from hub.records.schemas import parse
from orders.filters import OrderFilterSet
from orders.schemas import ORDERS
from tenants.admin.searching import Column
from tenants.models import Role, Tenant
from tests.conftest import MakeTenant, Partner
from tests.customers.dialects.vendors import PROGRAM, update, upload, user
from tests.members import member
from tests.orders.records import order
from tests.statements.find import statements

PATTERNS = ("{}a@shop.example", "a{}z@shop.example", "a@x{}y.example")
LOWERED = TypeAdapter(list[Annotated[str, StringConstraints(to_lower=True)]])
RULES = rules("UTC", "")
CASES = re.compile(r"\b(?:lower|upper|initcap|casefold) ?\(|\bI?LIKE\b.*email", re.IGNORECASE)


@cache
def characters() -> list[str]:
    """Return every character that anyone writes in two ways: capitals and small letters, composed and taken apart."""
    every = [chr(i) for i in range(sys.maxunicode + 1) if not 0xD800 <= i <= 0xDFFF]
    pairs = zip(every, LOWERED.validate_python(every), strict=True)
    return [character for character, lowered in pairs if len({*spellings(character), lowered}) > 1]


def disputed() -> list[str]:
    """Return the letters that Python and pydantic lower differently."""
    lowered = LOWERED.validate_python(characters())
    return [letter for letter, other in zip(characters(), lowered, strict=True) if letter.lower() != other]


def spellings(text: str) -> list[str]:
    forms = [text, text.lower(), text.upper(), text.casefold()]
    return [unicodedata.normalize(form, spelt) for spelt in forms for form in ("NFC", "NFD")] + forms


@cache
def addresses() -> Sequence[str]:
    """Return texts that are addresses, with each of the characters in each place."""
    texts = (pattern.format(character) for character in characters() for pattern in PATTERNS)
    return [text for text in texts if normal_email(text) is not None]


def batches(size: int) -> Iterator[Sequence[str]]:
    yield from (addresses()[i : i + size] for i in range(0, len(addresses()), size))


def of_customers(texts: Sequence[str]) -> list[str]:
    body = orjson.dumps([{"CustomerId": str(i), "Email": text} for i, text in enumerate(texts)])
    return list(parse(customer_schema([]), body).records.column("Email"))


def of_orders(texts: Sequence[str]) -> list[str]:
    body = orjson.dumps([order(OrderId=str(i), Email=text) for i, text in enumerate(texts)])
    return list(parse(ORDERS, body).records.column("Email"))


def of_custobar(texts: Sequence[str]) -> list[str]:
    body = orjson.dumps({"customers": [{"external_id": str(i), "email": text} for i, text in enumerate(texts)]})
    return list(read_upload(Tenant(), body).records.column("email"))


def of_mended_custobar(texts: Sequence[str]) -> list[str]:
    """Read records one by one, as those are that have something odd."""
    sent = [{"external_id": str(i), "email": text, "odd": 1} for i, text in enumerate(texts)]
    return list(read_upload(Tenant(), orjson.dumps({"customers": sent})).records.column("email"))


def of_jericommerce(texts: Sequence[str]) -> list[str]:
    return [read_update(user(text, "C-1"))[0] for text in texts]


def of_renames(texts: Sequence[str]) -> list[Any]:
    return [read_update(user("a@b.example", "C-1", email=text))[1]["email"] for text in texts]


def of_parameters(texts: Sequence[str]) -> list[str]:
    known = CustomerViewSet.in_query["remove"]
    return [known.read(MultiValueDict({"email": [text]}))["email"] for text in texts]


def of_lookups(texts: Sequence[str]) -> list[str]:
    return [sought(RULES, MultiValueDict({"email": [text]}))["email"] for text in texts]


def of_searches(texts: Sequence[str]) -> list[str]:
    column = Column(Customer.objects.none(), "email")
    return [spelling for text in texts for spelling in column.spellings(text)]


DOORS = (
    of_customers, of_orders, of_custobar, of_mended_custobar, of_jericommerce, of_renames, of_parameters, of_lookups,
    of_searches,
)  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_every_door_reads_one_form(door: Callable[[Sequence[str]], list[str]]) -> None:
    differing = {
        (text, found)
        for texts in batches(500)
        for text, found in zip(texts, door(texts), strict=True)
        if found != normal_email(text)
    }

    assert len(addresses()) > 10_000
    assert differing == set()


def test_filters_take_the_type_of_a_parameter() -> None:
    filters: list[Any] = [filter_set.base_filters["Email"] for filter_set in (CustomerFilterSet, OrderFilterSet)]

    assert [found.kind() for found in filters] == [EMAIL] * 2
    assert get_args(CustomerViewSet.in_query["remove"].types["email"])[: len(get_args(EMAIL))] == get_args(EMAIL)


# Through the front door, for letters of every kind: those that are disputed, and those with more than one small form.
TRICKY = ["İ", "I", "ı", "ẞ", "ß", "Σ", "ς", "K", "Å", "ŉ", "ǰ", "Ǆ", "ǅ", "ﬀ", "Ꭰ", "ꭰ", "Ⱥ", "Ა", "é", "가", "Ω"]


def letters() -> list[str]:
    found = disputed()
    assert len(found) > 10, "this Python lowers as pydantic does: the test has lost its letters"
    return [letter for letter in [*found, *TRICKY] if normal_email(text_with(letter))]


def text_with(letter: str) -> str:
    return f"{letter}{ord(letter):x}@shop.example"


def asked_by(letter: str) -> list[str]:
    """Return the text that stored somebody, and every other spelling of the same address."""
    form = normal_email(text_with(letter))
    return [text for text in dict.fromkeys(spellings(text_with(letter))) if normal_email(text) == form]


def natively(partner: Partner, texts: Mapping[str, str]) -> None:
    partner.save("customers", *({"CustomerId": name, "Email": text} for name, text in texts.items()))


def through_custobar(partner: Partner, texts: Mapping[str, str]) -> None:
    upload(partner, *({"external_id": name, "email": text} for name, text in texts.items()))


def through_jericommerce(partner: Partner, texts: Mapping[str, str]) -> None:
    update(partner, *(user(text, name) for name, text in texts.items()))


def with_jericommerces_key(partner: Partner, text: str) -> Any:
    path = f"{PROGRAM}?{urlencode({'email': text})}"
    return partner.send("DELETE", path, **{"api-key": partner.key}).json()["removed"]


def by_custobar(partner: Partner, text: str) -> int:
    before = Customer.objects.count()
    upload(partner, {"email": text, "is_deleted": True})
    return before - Customer.objects.count()


ERASURES: tuple[Callable[[Partner, str], Any], ...] = (
    lambda partner, text: partner.delete("/customers/{tenant}", email=text).json()["data"]["removed"],
    with_jericommerces_key,
    by_custobar,
)


# Each door once: that all read one form is said above.
@pytest.mark.parametrize(
    ("store", "erase"), [*zip([through_custobar, through_jericommerce, natively], ERASURES, strict=True)]
)
def test_who_was_stored_is_erased_by_the_same_text(
    partner: Partner, store: Callable[[Partner, Mapping[str, str]], None], erase: Callable[[Partner, str], Any]
) -> None:
    texts = {f"C-{ord(letter)}": text_with(letter) for letter in letters()}
    store(partner, texts)
    partner.save("orders", *(order(OrderId=name, CustomerId=f"g-{name}", Email=text) for name, text in texts.items()))

    removed = {text: erase(partner, text) for text in texts.values()}

    assert {text for text, number in removed.items() if number != 1} == set()
    assert partner.read("customers") == []
    assert {sale["Email"] for sale in partner.read("orders")} == {None}


def test_who_was_stored_is_found_by_every_spelling(partner: Partner) -> None:
    some = letters()[::3]
    natively(partner, {f"C-{ord(letter)}": text_with(letter) for letter in some})
    key = {"Authorization": f"Bearer {partner.key}"}

    for letter in some:
        name = f"C-{ord(letter)}"
        for text in asked_by(letter):
            query = urlencode({"email": text})
            looked_up = partner.send("GET", f"/api/data/customers/?{query}", **key).json()["customers"]
            assert [customer["CustomerId"] for customer in partner.read("customers", Email=text)] == [name], text
            assert [customer["external_id"] for customer in looked_up] == [name], text


def test_staff_find_who_was_stored_by_every_spelling(partner: Partner) -> None:
    some = letters()[::6]
    natively(partner, {f"C-{ord(letter)}": text_with(letter) for letter in some})
    staff = member(Role.STAFF, partner.tenant)

    for letter in some:
        for text in asked_by(letter):
            listed = staff.get("/admin/customers/customer/", {"q": text}).context["cl"].result_list
            assert [customer.customer_id for customer in listed] == [f"C-{ord(letter)}"], text


@pytest.mark.parametrize("again", [natively, through_custobar, through_jericommerce])
def test_another_spelling_is_the_same_customer(make_tenant: MakeTenant, again: Any) -> None:
    partner = make_tenant(priority="email")
    natively(partner, {f"C-{ord(letter)}": text_with(letter) for letter in letters()})

    again(partner, {f"C-{ord(letter)}": asked_by(letter)[-1] for letter in letters()})

    assert len(partner.read("customers")) == len(letters())


def test_the_beginning_of_an_address_is_searched_in_its_one_form(partner: Partner) -> None:
    partner.save("customers", {"CustomerId": "C-1", "Email": "josé.İlker@bücher.example"})
    staff = member(Role.STAFF, partner.tenant)

    for term in ("JOSÉ", "jose\u0301.I\u0307L", "josé.i̇lker@BU\u0308CH", "jo\u200bsé"):
        listed = staff.get("/admin/customers/customer/", {"q": term}).context["cl"].result_list
        assert [customer.customer_id for customer in listed] == ["C-1"], term


BY_NAME = ("local", "domain")


def test_no_statement_changes_the_case_of_an_identifier() -> None:
    """PostgreSQL's lower() would be a third one; a tenant's GUID has hexadecimal digits, which nobody disputes.

    Names of persons and SKUs are no identifiers of theirs: they are compared to tell who and what is nearly alike.
    """
    changing = {name for name, text in statements().items() if CASES.search(text)}

    nearly_alike = {"tenants.health.UNKNOWN_SKUS", *(f"customers.duplicates.SHARING.name_and_{by}" for by in BY_NAME)}
    assert changing == {"tenants.api.authentication.AUTHORISE", *nearly_alike}
