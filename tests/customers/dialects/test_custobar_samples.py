"""Public-style samples of every language that Faker knows pass Custobar's door: unaltered, or named as left out."""

import re
import warnings
from typing import Any

import pytest
from faker import Faker
from faker.config import AVAILABLE_LOCALES

from hub.records.types import COUNTRIES
from tests.conftest import MakeTenant
from tests.customers.dialects.vendors import upload

LOCALES = sorted(AVAILABLE_LOCALES)
PERSONS = 4
NUMBERS_LEFT_OUT = 0.2  # most of them American ones, which Faker gives to languages it has no numbers for
# By Faker's name, ours, and how the hub has it: under which name, in Attributes or not.
SAMPLES = {
    "first_name": ("first_name", lambda customer: customer["Name"]),
    "last_name": ("last_name", lambda customer: customer["Surname"]),
    "city": ("city", lambda customer: customer["Attributes"].get("city")),
    "street_address": ("street_address", lambda customer: customer["Attributes"].get("street_address")),
    "postcode": ("zip_code", lambda customer: customer["Attributes"].get("zip_code")),
    "phone_number": ("phone_number", lambda customer: customer["Phone"]),
}


def persons(locale: str) -> list[dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some locales have a newer name
        fake = Faker(locale)
    fake.seed_instance(locale)
    return [
        {"external_id": str(i)}
        | {ours: getattr(fake, theirs)() for theirs, (ours, _) in SAMPLES.items() if hasattr(fake, theirs)}
        for i in range(PERSONS)
    ]


@pytest.mark.django_db
def test_samples_of_every_locale_are_stored_or_named(make_tenant: MakeTenant) -> None:
    sent = stored = 0
    for locale in LOCALES:
        country = locale.rpartition("_")[2]
        partner = make_tenant(default_country=country if country in COUNTRIES else "")
        records = persons(locale)

        answer = upload(partner, *records)

        assert answer.keys() <= {"response", "count", "warnings"}, locale
        left_out = answer.get("warnings", {})
        customers = {customer["CustomerId"]: customer for customer in partner.read("customers")}
        for i, record in enumerate(records):
            for ours, kept in SAMPLES.values():
                if ours == "phone_number" and record.get(ours):
                    phone, named = kept(customers[str(i)]), f"[{i}].{ours}" in left_out
                    assert named if phone is None else re.fullmatch(r"\+[1-9][0-9]{6,14}", phone), (locale, record)
                    sent, stored = sent + 1, stored + (phone is not None)
                elif ours != "phone_number":
                    assert kept(customers[str(i)]) == (record.get(ours, "").strip() or None), (locale, record)
        assert {place.rpartition(".")[2] for place in left_out} <= {"phone_number"}, locale
    assert sent > 3 * len(LOCALES)
    assert stored > (1 - NUMBERS_LEFT_OUT) * sent
