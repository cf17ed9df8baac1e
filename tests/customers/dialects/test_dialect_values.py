"""Bodies and values are read in the vendors' dialects as they are in the native API."""

import gzip
import json
from typing import Any

import pytest

from tests.conftest import Partner
from tests.customers.dialects.vendors import PROGRAM, basic, statuses, the_customer, update, upload, user

BOM = b"\xef\xbb\xbf"
CUSTOBAR = [{"external_id": "1", "email": "ann@shop.example", "first_name": "Émile"}]
DIALECTS = {
    "custobar": ("/api/customers/upload/", 200, {"customers": CUSTOBAR}),
    "custobar, unusual": ("/api/customers/upload/", 200, {"customers": CUSTOBAR, "x": 1}),
    "jericommerce": (PROGRAM, 201, [user("ann@shop.example", "1", name="Émile")]),
}
SPELLINGS = [
    ("mari@xn--bcher-kva.example", "mari@bücher.example"),
    ("Mari@BU\u0308CHER.example", "mari@bücher.example"),
    ("\ufeffjose\u0301@shop.example\u200b", "josé@shop.example"),
    ("ann@xn--p1b6ci4b4b3a.xn--h2brj9c", "ann@उदाहरण.भारत"),
    ("o'hara/a..b.@shop.example", "o'hara/a..b.@shop.example"),
]


def send(partner: Partner, dialect: str, body: bytes, **headers: str) -> Any:
    named = {"api-key": partner.key} if dialect == "jericommerce" else basic(partner.slug, partner.key)
    return partner.send("POST", DIALECTS[dialect][0], body, **named, **headers)


def reason(response: Any) -> str:
    """Return a failure's words, wherever the dialect has them."""
    error = response.json()["error"]
    return str(error["reason"] if isinstance(error, dict) else error)


def written(dialect: str, encoding: str = "utf-8") -> bytes:
    return json.dumps(DIALECTS[dialect][2], ensure_ascii=False).encode(encoding)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_byte_order_mark_is_skipped(partner: Partner, dialect: str, compressed: bool) -> None:
    body = BOM + written(dialect)
    headers = {"content-encoding": "gzip"} if compressed else {}

    response = send(partner, dialect, gzip.compress(body) if compressed else body, **headers)

    assert response.status_code == DIALECTS[dialect][1], response.content
    assert the_customer(partner)["Name"] == "Émile"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be", "latin-1"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_another_encoding_is_told_to_send_utf_8(partner: Partner, dialect: str, encoding: str) -> None:
    response = send(partner, dialect, written(dialect, encoding))

    assert response.status_code == 400
    assert reason(response) == "The request body is not UTF-8. Send UTF-8."
    assert partner.read("customers") == []


@pytest.mark.parametrize("body", [b"", b" \r\n", BOM])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_empty_body_says_that_it_is_empty(partner: Partner, dialect: str, body: bytes) -> None:
    response = send(partner, dialect, body)

    assert response.status_code == 400
    assert reason(response) == "The request body is empty."


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_no_json_is_told_the_place(partner: Partner, dialect: str) -> None:
    response = send(partner, dialect, b"[\n{'a': 1}]")

    assert response.status_code == 400
    assert reason(response) == "The request body is not valid JSON (line 2, column 2)."


@pytest.mark.parametrize(("sent", "form"), SPELLINGS)
def test_an_email_has_one_form_at_every_door(by_email: Partner, sent: str, form: str) -> None:
    by_email.save("customers", {"Email": sent, "Name": "native"})
    assert statuses(by_email, user(sent, "1", name="jericommerce"), user(form, "1")) == ["updated", "updated"]
    upload(by_email, {"email": sent, "first_name": "custobar"}, {"email": form, "city": "Turku"})

    found = the_customer(by_email)
    assert (found["Email"], found["Name"], found["Attributes"]["city"]) == (form, "custobar", "Turku")


@pytest.mark.parametrize(("sent", "form"), SPELLINGS)
def test_a_customer_is_renamed_to_the_one_form(partner: Partner, sent: str, form: str) -> None:
    update(partner, user("old@shop.example", "1", email=sent))

    assert the_customer(partner)["Email"] == form


@pytest.mark.parametrize("sent", ["mailto:ann@shop.example", "a,b@shop.example", "ann@xn--zz--.example"])
def test_what_is_no_email_is_none_for_jericommerce(partner: Partner, sent: str) -> None:
    (result,) = update(partner, user(sent, "1"))

    assert (result["status"], result["error"]) == ("failed", "The field email must be a valid e-mail address.")


@pytest.mark.parametrize("sent", ["en_US", "en_us", "EN_us"])
def test_a_language_with_an_underscore_is_read(partner: Partner, sent: str) -> None:
    upload(partner, {"external_id": "1", "language": sent})

    assert the_customer(partner)["Language"] == "en-US"


def test_numbers_of_a_company_are_kept_in_a_body_that_is_read_twice(partner: Partner) -> None:
    figures = {"X__a": 1.25, "X__b": [2.5, {"c": 1e2}], "X__d": 7}

    answer = upload(partner, {"external_id": "1", "shoe_size": 4.5, **figures})

    assert answer["warnings"] == {"[0].shoe_size": ["Unknown field, ignored."]}
    assert the_customer(partner)["Attributes"] == figures


def test_numbers_of_a_payload_are_no_hindrance(partner: Partner) -> None:
    record = {**user("ann@shop.example", "1", score=1.25, scores=[1.5]), "version": 2.5}

    assert statuses(partner, record) == ["created"]
