"""A phone number that comes in through Custobar's door has one form, whatever it is written with."""

import pytest

from tests.conftest import MakeTenant
from tests.customers.dialects.vendors import the_customer, upload

PHONES: list[tuple[str, str, str]] = [
    ("", "+44 (0)20 7946 0018", "+442079460018"),
    ("", "+44(0)2079460018", "+442079460018"),
    ("", "0044 (0)20 7946 0018", "+442079460018"),
    ("", "(+44) [0] 20.7946/0018", "+442079460018"),
    ("", "00442079460018", "+442079460018"),
    ("", "\u202a+44 20 7946 0018\u202c", "+442079460018"),
    ("", "\ufeff+44\u200b20\u00a07946\u20090018", "+442079460018"),
    ("", "+44‑20–7946—0018", "+442079460018"),
    ("", "+44−20‐7946﹣0018", "+442079460018"),
    ("", "＋４４　２０－７９４６－００１８", "+442079460018"),
    ("", "+٤٤ ٢٠ ٧٩٤٦ ٠٠١٨", "+442079460018"),
    ("", "٠٠٤٤٢٠٧٩٤٦٠٠١٨", "+442079460018"),
    ("", "+३५८ १० १२३ ४५६७", "+358101234567"),
    ("", "+39 06 12345678", "+390612345678"),
    ("", "+39 (0)6 12345678", "+390612345678"),
    ("", "001-555-229-3326x1234", "+15552293326"),
    ("", "+1 (555) 229-3326 ext. 12", "+15552293326"),
    ("", "+999 123 4567", "+9991234567"),
    ("", "+1234567", "+1234567"),
    ("FI", "040 123 4567", "+358401234567"),
    ("FI", "040-1234567", "+358401234567"),
    ("FI", "358 40 1234567", "+358401234567"),
    ("FI", "０４０ １２３ ４５６７", "+358401234567"),
    ("FI", "+44 (0)20 7946 0018", "+442079460018"),
    ("US", "(555) 229-3326", "+15552293326"),
    ("US", "1-555-229-3326", "+15552293326"),
    ("US", "555.229.3326 x99", "+15552293326"),
    ("US", "011 44 20 7946 0018", "+442079460018"),
    ("IT", "06 12345678", "+390612345678"),
    ("JP", "03ー1234ー5678", "+81312345678"),
    ("XK", "038 123 456", "+38338123456"),
]


@pytest.mark.parametrize(("country", "sent", "expected"), PHONES)
@pytest.mark.parametrize("more", [{}, {"city": "Turku"}, {"state": "FI"}], ids=["plain", "more", "unknown"])
def test_a_phone_number_has_one_form(
    country: str, sent: str, expected: str, more: dict[str, str], make_tenant: MakeTenant
) -> None:
    partner = make_tenant(default_country=country)

    upload(partner, {"external_id": "1", "phone_number": sent, **more}, {"phone_number": expected, "first_name": "Ann"})

    customer = the_customer(partner)
    assert (customer["Phone"], customer["Name"]) == (expected, "Ann")


@pytest.mark.parametrize("number", [358401234567, 401234567])
def test_a_phone_number_may_be_a_number_where_its_country_is_known(number: int, make_tenant: MakeTenant) -> None:
    partner = make_tenant(default_country="FI")

    upload(partner, {"external_id": "1", "phone_number": number})

    assert the_customer(partner)["Phone"] == "+358401234567"


@pytest.mark.parametrize("sent", ["1", "040 123 4567 040 765 4321", "040 CALL ME", "+358", "++358401234567", "0" * 500])
def test_what_is_no_number_of_the_country_is_left_out(sent: str, make_tenant: MakeTenant) -> None:
    partner = make_tenant(default_country="FI")

    answer = upload(partner, {"external_id": "1", "phone_number": sent})

    assert list(answer["warnings"]) == ["[0].phone_number"]
    assert the_customer(partner)["Phone"] is None


def test_a_country_without_a_numbering_plan_completes_nothing(make_tenant: MakeTenant) -> None:
    partner = make_tenant(default_country="AQ")

    assert "warnings" in upload(partner, {"external_id": "1", "phone_number": "040 123 4567"})


def test_a_number_of_another_country_gets_no_code_of_the_shops(make_tenant: MakeTenant) -> None:
    partner = make_tenant(default_country="US")

    answer = upload(partner, {"external_id": "1", "phone_number": "040 123 4567"})

    assert list(answer["warnings"]) == ["[0].phone_number"]
    assert the_customer(partner)["Phone"] is None
