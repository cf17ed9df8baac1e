"""People of every locale pass Custobar's door: as they are, or what is left out is named."""

import re
from itertools import groupby
from operator import attrgetter
from typing import Any

import pytest

from hub.records.types import COUNTRIES
from tests.conftest import MakeTenant
from tests.customers.dialects.vendors import by_id, upload
from tests.samples import Sample, samples

INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")
NUMBERS_STORED = 0.8  # at least; of the others most are American ones of people who live elsewhere


def as_custobar(sample: Sample) -> dict[str, Any]:
    return {
        "external_id": sample.key,
        "email": sample.email,
        "first_name": sample.first_name,
        "last_name": sample.last_name,
        "phone_number": sample.phone,
        "language": sample.locale,
        "street_address": sample.street,
        "city": sample.city,
        "zip_code": sample.postcode,
        "company": sample.company,
    }


def as_stored(customer: dict[str, Any]) -> dict[str, Any]:
    names = {"external_id": "CustomerId", "email": "Email", "first_name": "Name", "last_name": "Surname"}
    return {**{ours: customer[name] for ours, name in names.items()}, **customer["Attributes"]}


@pytest.mark.django_db
def test_people_of_every_locale_are_stored_and_numbers_left_out_are_named(make_tenant: MakeTenant) -> None:
    stored = []
    for locale, group in groupby(samples(), attrgetter("locale")):
        people, country = list(group), locale.rpartition("_")[2]
        partner = make_tenant(default_country=country if country in COUNTRIES else "")

        warnings = upload(partner, *map(as_custobar, people)).get("warnings", {})

        customers = by_id(partner)
        for i, person in enumerate(people):
            customer, sent = customers[person.key], as_custobar(person)
            del sent["phone_number"], sent["language"]
            assert as_stored(customer) == sent
            assert (customer["Phone"] is None) == (f"[{i}].phone_number" in warnings), person
            stored.append(bool(customer["Phone"] and INTERNATIONAL.fullmatch(customer["Phone"])))
        assert {place.rpartition(".")[2] for place in warnings} <= {"phone_number"}, locale
    assert sum(stored) > NUMBERS_STORED * len(stored)
