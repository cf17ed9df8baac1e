"""Customers of a demo shop."""

import re
import unicodedata
from random import Random
from typing import Any

from tenants.demo.people import LONG_NAMES, ORIGINS
from tenants.demo.shops import Shop, Trade

CONSENT = {"EmailOptin": 0.66, "SmsOptin": 0.3, "WhatsappOptin": 0.24, "AppPushOptin": 0.35, "GdprOptin": 0.85}
# How often a partner leaves an optional field out.
GAPS = {"Name": 0.03, "Surname": 0.05, "Phone": 0.35, "Language": 0.08, "Username": 0.8, "IsExcluded": 0.7}
EMAIL_ONLY = 0.22  # of the customers of a shop whose priority is the e-mail: readers of the newsletter and guests
PHONE_ONLY = 0.02  # of the others' customers: a loyalty card and no e-mail address
DOMAINS = ("example.com", "example.com", "example.org", "example.net")
# Letters that Unicode does not take apart.
LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ß": "ss", "ı": "i", "æ": "ae", "œ": "oe"}
)


def draw_customers(rng: Random, trade: Trade, count: int) -> list[dict[str, Any]]:
    taken: set[str] = set()
    return [_customer(rng, trade, f"C-{10_001 + number}", taken) for number in range(count)]


def _customer(rng: Random, trade: Trade, customer_id: str, taken: set[str]) -> dict[str, Any]:
    """Make one customer; `taken` holds the shop's e-mail addresses and gets the new one."""
    language = _language(rng, trade.origins)
    name, surname, latin = _person(rng, language)
    record: dict[str, Any] = {
        "CustomerId": customer_id,
        "Email": _email(rng, latin, taken),
        "Name": name,
        "Surname": surname,
        "Phone": _phone(rng, ORIGINS[language].phone),
        "Language": language,
        "Username": "".join(latin)[:20] + str(rng.randint(1, 99)),
        "IsExcluded": rng.random() < 0.03,
    }
    record = {field: value for field, value in record.items() if _sent(rng, trade.shop, field)}
    _drop_identifier(rng, trade.shop, record)
    return record | _consent(rng, trade.shop, reachable="Phone" in record)


def _language(rng: Random, origins: str) -> str:
    """Draw from weights such as "de-DE 30, fr-FR 12"."""
    languages, weights = zip(*(origin.split() for origin in origins.split(", ")), strict=True)
    return str(rng.choices(languages, [int(weight) for weight in weights])[0])


def _sent(rng: Random, shop: Shop, field: str) -> bool:
    return field in shop.required or rng.random() >= GAPS.get(field, 0)


def _drop_identifier(rng: Random, shop: Shop, record: dict[str, Any]) -> None:
    """Take away the identifier that is not the shop's priority, from some, where the shop does not demand it."""
    identifier, chance = ("CustomerId", EMAIL_ONLY) if shop.priority == "email" else ("Email", PHONE_ONLY)
    if rng.random() < chance and identifier not in shop.required:
        del record[identifier]


def _person(rng: Random, language: str) -> tuple[str, str, tuple[str, str]]:
    """Return name, surname and both in Latin letters, for the e-mail address."""
    if rng.random() < 0.003:
        name, surname = rng.choice(LONG_NAMES)
        return name, surname, (_latin(name) or "long", _latin(surname) or "name")
    origin = ORIGINS[language]
    form = rng.randrange(2)
    name, name_latin = _spelling(rng, (origin.men, origin.women)[form], form)
    surname, surname_latin = _spelling(rng, origin.surnames, form)
    return name, surname, (name_latin, surname_latin)


def _spelling(rng: Random, names: str, form: int) -> tuple[str, str]:
    """Draw from a list such as "Вовк=vovk, Новак|Новакова=novak|novakova"; form 0 is a man's, 1 a woman's."""
    native, _, latin = rng.choice(names.split(", ")).partition("=")
    native = native.split("|")[form * native.count("|")]
    return native, latin.split("|")[form * latin.count("|")] or _latin(native)


def _latin(text: str) -> str:
    """Fold to a-z, e.g. "Łucja" to "lucja"; what has no Latin letters gives an empty text."""
    folded = unicodedata.normalize("NFKD", text.translate(LETTERS))
    return re.sub("[^a-z]", "", folded.lower())


def _email(rng: Random, latin: tuple[str, str], taken: set[str]) -> str:
    """Make an address that no other customer of the shop has, whatever the case; a few carry a tag or capitals."""
    name, surname = (part[:24] for part in latin)
    forms = (f"{name}.{surname}", f"{name}{surname}", f"{name[0]}.{surname}", f"{name}_{surname}", f"{surname}.{name}")
    local, domain = rng.choice(forms), rng.choice(DOMAINS)
    while f"{local}@{domain}" in taken:
        local += str(rng.randint(0, 99))
    taken.add(f"{local}@{domain}")
    if rng.random() < 0.02:
        local += rng.choice(("+shop", "+news", "+orders"))
    return f"{local}@{domain}".title() if rng.random() < 0.01 else f"{local}@{domain}"


def _phone(rng: Random, pattern: str) -> str:
    """Mostly E.164; one in ten as people type it, with dashes or spaces."""
    number = re.sub("#", lambda _: str(rng.randrange(10)), pattern)
    if rng.random() < 0.9:
        return number
    return rng.choice(("-", " ")).join((number[:3], number[3:6], number[6:9], number[9:]))


def _consent(rng: Random, shop: Shop, *, reachable: bool) -> dict[str, bool]:
    """Draw the consent flags: a tenth send none, an eighth refuse all, the rest differ per channel."""
    mood = rng.random()
    flags = {flag: mood >= 0.22 and rng.random() < chance for flag, chance in CONSENT.items()}
    if not reachable:
        flags |= {"SmsOptin": False, "WhatsappOptin": False}
    silence = 1.0 if mood < 0.1 else 0.12
    return {flag: given for flag, given in flags.items() if flag in shop.required or rng.random() >= silence}
