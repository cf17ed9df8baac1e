"""E-mail addresses: one form for each, in which it is stored, compared, looked up and erased at every door.

The form, in this order, which makes it its own form: characters that nobody sees go, and blanks around; the local part
loses its joiners; both parts are composed (NFC), put in lower case and composed again, since lower case can take a text
apart; the domain is mapped by UTS 46 (full-width letters and dots), and its `xn--` labels are decoded.
"""

import re
import unicodedata
from functools import lru_cache

import idna

MOST_EMAIL = 255
MOST_USUAL = 64  # no label of a domain is longer than 63 in an address of 64
# NFC makes at most four characters one; of 40,000 marks in a row it takes 0.9 s, and four times that of twice as many.
MOST_LOOKED_AT = 4 * MOST_EMAIL
# Only addresses in their one form match, and most that are sent: no label has two dashes in a row.
USUAL = re.compile(r"[a-z0-9._+-]++@(?:[a-z0-9]++(?:-[a-z0-9]++)*+\.)+[a-z]{2,}")
UNSEEN = str.maketrans("", "", "\u200b\u2060\ufeff\u00ad")  # zero-width space, word joiner, BOM, soft hyphen
JOINERS = str.maketrans("", "", "\u200c\u200d")  # in a domain they have a meaning, and idna's rules
LOCAL_PART = re.compile(r"""[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff@()<>,;:\\"\[\]]+""")
ASCII_LABEL = re.compile(r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def normal_email(address: str) -> str | None:
    """Return an address in its one form, None for what is no e-mail address."""
    if _is_usual(quick := address.strip().lower()):
        return quick
    local, at, domain = (found := one_form(address)).rpartition("@")
    return found if at and len(found) <= MOST_EMAIL and LOCAL_PART.fullmatch(local) and _is_domain(domain) else None


def one_form(text: str) -> str:
    """Return a text as it would be stored if it were an address; two spellings of one address come out the same."""
    if len(text := text.strip()) > MOST_LOOKED_AT:
        return text
    local, at, domain = text.translate(UNSEEN).strip().rpartition("@")
    return _lower(local.translate(JOINERS)) + at + _one_domain(_lower(domain))


def one_beginning(text: str) -> str:
    """Return how an address begins in its one form, as far as a text tells: an address, or the first part of one."""
    return one_form(text) if "@" in text else _lower(text[:MOST_LOOKED_AT].strip().translate(UNSEEN | JOINERS))


def _is_usual(address: str) -> bool:
    return len(address) <= MOST_USUAL and USUAL.fullmatch(address) is not None


def _lower(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


@lru_cache(maxsize=1024)  # without: 14 µs for an address that is not ASCII
def _one_domain(domain: str) -> str:
    try:
        return ".".join(map(_decoded, idna.uts46_remap(domain).split(".")))
    except idna.IDNAError:  # it has a character that no domain may have
        return domain


def _decoded(label: str) -> str:
    try:
        return idna.ulabel(label) if label.startswith("xn--") else label
    except idna.IDNAError:  # what cannot be decoded stays, and is no label
        return label


@lru_cache(maxsize=1024)
def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) > 1 and _is_top(labels[-1]) and all(map(_is_label, labels))


def _is_top(label: str) -> bool:
    """Tell whether a last label can be one: a letter first (192.168.0.1 is no domain), two octets at least."""
    return label[:1].isalpha() and (len(label) > 1 or not label.isascii())


def _is_label(label: str) -> bool:
    if label.isascii():
        return ASCII_LABEL.fullmatch(label) is not None
    try:
        return bool(idna.alabel(label))
    except idna.IDNAError:
        return False
