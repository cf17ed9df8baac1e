"""The exchanges of Custobar's two plugins, WooCommerce's and Magento's, as they send them, with invented persons."""

import gzip
import json
from typing import Any

import pytest

from tests.conftest import CLIENT, MakeTenant, Partner
from tests.customers.dialects.vendors import UPLOAD, by_id, the_customer, upload

DATA, EVENTS = "/api/data/customers/", "/api/events/upload/"
WORDPRESS = {
    "User-Agent": "WordPress/6.4.1; https://shop.example",
    "Accept": "*/*",
    "Accept-Encoding": "deflate;q=1.0, compress;q=0.5, gzip;q=0.5",
    "Connection": "close",
}
# The Magento plugin's own words: a media type where an encoding should stand.
MAGENTO = {"User-Agent": "Laminas_Http_Client", "Accept-Encoding": "application/json", "Expect": "100-continue"}
WOOCOMMERCE_CUSTOMER = {
    "external_id": "1482",
    "first_name": "Björn",
    "last_name": "O'Näätä",
    "email": "bjorn@shop.example",
    "phone_number": "040 123 4567",
    "company": "",
    "street_address": "Kauppakatu 1\\nB 12",
    "city": "Jyväskylä",
    "zip_code": "40100",
    "state": "",
    "country": "FI",
    "date_joined": "2021-03-04T05:06:07+00:00",
    "can_email": True,
}
WOOCOMMERCE_GUEST = {
    "first_name": "Aino",
    "last_name": "Virta",
    "email": "aino@guests.example",
    "phone_number": "+358 (0)40 765 4321",
    "company": "Virta & Co",
    "street_address": "Satamakatu 3/5",
    "city": "Kotka",
    "zip_code": "48100",
    "state": "FI-08",
    "country": "FI",
    "date_joined": "2021-03-04T05:06:07+00:00",
}
MAGENTO_CUSTOMER = {
    "first_name": "Vera",
    "last_name": "Castle",
    "external_id": "1",
    "email": "vera_castle@shop.example",
    "phone_number": "(555) 229-3326",
    "street_address": "6146 Honey Bluff Parkway, Rear",
    "city": "Calder",
    "zip_code": "49628-7978",
    "country": "US",
    "date_joined": "2013-12-15T00:00:00+00:00",
    "store_id": "1",
}
UNSUBSCRIBED = {
    "email": "vera_castle@shop.example",
    "customer_id": "1",
    "type": "MAIL_UNSUBSCRIBE",
    "date": "2026-11-01 10:00:00",
    "store_id": "1",
}


def send(partner: Partner, path: str, body: Any = None, method: str = "POST", **headers: str) -> Any:
    """Send what PHP's json_encode writes: ASCII alone, with escaped slashes."""
    data = b"" if body is None else json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()
    return CLIENT.generic(
        method,
        path,
        data,
        content_type="application/json",
        headers={"Authorization": f"Token {partner.key}", **headers},
    )


def body_of(response: Any) -> bytes:
    """Return an answer's body as its reader has it."""
    content: bytes = response.content
    return gzip.decompress(content) if response.get("Content-Encoding") == "gzip" else content


@pytest.fixture
def finnish(make_tenant: MakeTenant) -> Partner:
    return make_tenant(default_country="FI")


def test_woocommerce_tests_its_connection(finnish: Partner) -> None:
    response = send(finnish, DATA, method="GET", **WORDPRESS)

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"


def test_woocommerce_sends_a_customer(finnish: Partner) -> None:
    response = send(finnish, UPLOAD, {"customers": [WOOCOMMERCE_CUSTOMER]}, **WORDPRESS)

    assert response.status_code == 200
    assert response.json()["response"] == "ok"
    customer = the_customer(finnish)
    assert (customer["CustomerId"], customer["Surname"], customer["Phone"]) == ("1482", "O'Näätä", "+358401234567")
    assert customer["Attributes"]["street_address"] == "Kauppakatu 1\\nB 12"
    assert (customer["EmailOptin"], customer["SmsOptin"]) == (True, False)


def test_woocommerce_exports_a_hundred_of_whom_some_are_odd(finnish: Partner) -> None:
    guests = [{**WOOCOMMERCE_GUEST, "email": f"{i}@guests.example", "phone_number": f"040 {i:07}"} for i in range(94)]
    odd = [
        {**WOOCOMMERCE_GUEST, "phone_number": "please e-mail"},
        {**WOOCOMMERCE_GUEST, "country": "Suomi"},
        {**WOOCOMMERCE_GUEST, "email": "", "phone_number": ""},
        {**WOOCOMMERCE_GUEST, "date_joined": "-0001-11-30T00:00:00+00:00"},
        {**WOOCOMMERCE_GUEST, "zip_code": False},
        WOOCOMMERCE_CUSTOMER,
    ]

    answer = json.loads(body_of(send(finnish, UPLOAD, {"customers": [*guests, *odd]}, **WORDPRESS)))

    assert (answer["count"], list(answer["rejected"])) == (100, ["[96]"])
    left_out = [place for place in answer["warnings"] if not place.endswith(".state")]
    assert left_out == ["[94].phone_number", "[95].country", "[98].zip_code"]
    assert len(finnish.read("customers")) == 94 + 2


def test_woocommerce_looks_a_customer_up(finnish: Partner) -> None:
    send(finnish, UPLOAD, {"customers": [WOOCOMMERCE_CUSTOMER]}, **WORDPRESS)

    found = send(finnish, f"{DATA}?external_id=1482", method="GET", **WORDPRESS).json()
    missing = send(finnish, f"{DATA}?external_id=1", method="GET", **WORDPRESS).json()

    assert [customer["email"] for customer in found["customers"]] == ["bjorn@shop.example"]
    assert missing["customers"] == []


def test_woocommerce_shows_the_reason_of_a_refusal(finnish: Partner) -> None:
    response = send(finnish, f"{DATA}?external_id=", method="GET", **WORDPRESS)

    assert response.status_code == 400
    assert response.json()["error"]["reason"]


def test_magento_sends_its_sample_customer(make_tenant: MakeTenant) -> None:
    american, nowhere = make_tenant(default_country="US"), make_tenant()

    for partner in (american, nowhere):
        answer = send(partner, UPLOAD, {"customers": [MAGENTO_CUSTOMER]}, **MAGENTO).json()
        assert (answer["response"], answer["count"]) == ("ok", 1)

    assert the_customer(american)["Phone"] == "+15552293326"
    assert (the_customer(nowhere)["Phone"], the_customer(nowhere)["Name"]) == (None, "Vera")
    assert "[0].phone_number" in answer["warnings"]


def test_magento_unsubscribes(partner: Partner) -> None:
    guest = {"external_id": "0", "email": "zero@shop.example", "can_email": True}
    upload(partner, {**MAGENTO_CUSTOMER, "can_email": True}, {"email": "guest@shop.example", "can_email": True}, guest)

    send(partner, EVENTS, {"events": [UNSUBSCRIBED]}, **MAGENTO)
    send(partner, EVENTS, {"events": [{**UNSUBSCRIBED, "email": "guest@shop.example", "customer_id": "0"}]}, **MAGENTO)

    assert {name: c["EmailOptin"] for name, c in by_id(partner).items()} == {"1": False, None: False, "0": True}


@pytest.mark.parametrize(
    ("accepted", "may_be"),
    [
        (WORDPRESS["Accept-Encoding"], {"", "gzip"}),
        ("gzip;q=1.0, deflate;q=0.6, identity;q=0.3", {"", "gzip"}),
        (MAGENTO["Accept-Encoding"], {""}),
        ("", {""}),
        ("\xff;q=x,,", {""}),
        ("gzip;q=0, identity", {""}),
        ("identity, gzip; q=0.000", {""}),
        ("gzip;q=0.1", {"gzip"}),
    ],
)
def test_an_answer_comes_as_its_reader_can_read_it(accepted: str, may_be: set[str], partner: Partner) -> None:
    upload(partner, *({"external_id": str(i), "email": f"{i}@shop.example"} for i in range(100)))

    response = send(partner, DATA, method="GET", **{"Accept-Encoding": accepted})

    assert response.get("Content-Encoding", "") in may_be
    assert len(json.loads(body_of(response))["customers"]) == 100


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("path", ["/api/products/upload/", "/api/sales/upload/", "/api/nothing", "/api/", "/api"])
def test_other_addresses_answer_in_the_vendors_shape(path: str, method: str, partner: Partner) -> None:
    response = send(partner, path, {"products": []}, method, **WORDPRESS)

    assert response.status_code == 404
    assert response.json() == {"response": "error", "error": {"reason": "No such endpoint.", "errors": {}}}
    assert response["X-RateLimit-Limit"]


@pytest.mark.parametrize(("path", "method"), [(UPLOAD, "GET"), (DATA, "POST"), (EVENTS, "GET"), (EVENTS, "DELETE")])
def test_another_method_is_refused_in_the_vendors_shape(path: str, method: str, partner: Partner) -> None:
    response = send(partner, path, {}, method)

    assert response.status_code == 405
    assert response.json() == {"response": "error", "error": {"reason": "Method not allowed.", "errors": {}}}
    assert response["Allow"]
