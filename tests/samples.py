"""People as they live all over the world: names, telephones and addresses in every locale that Faker knows."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial

from faker import Faker
from faker.config import AVAILABLE_LOCALES

LOCALES = sorted(AVAILABLE_LOCALES)
PEOPLE = 3  # of each locale


@dataclass(frozen=True)
class Sample:
    """An invented person; `key` is an id that no other has."""

    key: str
    locale: str
    first_name: str
    last_name: str
    phone: str
    email: str
    street: str
    city: str
    postcode: str
    company: str


@cache
def samples() -> list[Sample]:
    """Return the people of all locales, the same in every run."""
    return [sample for locale in LOCALES for sample in _samples(locale)]


def _samples(locale: str) -> Iterator[Sample]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # one of the locales has a new name
        local, english = Faker(locale), Faker("en_US")
    for number in range(PEOPLE):
        local.seed_instance(number)
        english.seed_instance(number)
        say = partial(_said, local, english)
        yield Sample(
            key=f"{locale.replace('_', '-')}-{number}",
            locale=locale,
            first_name=say("first_name"),
            last_name=say("last_name"),
            phone=say("phone_number"),
            email=f"{number}.{locale}.{say('email')}".lower(),
            street=say("street_address"),
            city=say("city"),
            postcode=say("postcode"),
            company=say("company"),
        )


def _said(local: Faker, english: Faker, name: str) -> str:
    """Return what a locale says, in English where it has no word for it: some lack telephones."""
    generate = getattr(local, name, None) or getattr(english, name)
    return str(generate()).strip()
