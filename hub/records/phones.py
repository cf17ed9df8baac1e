"""Phone numbers: one form for each, `+` and digits, in which dialects store them and the forgotten are remembered."""

import re
import unicodedata

import phonenumbers

INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")
USUALLY_BETWEEN_DIGITS = re.compile(r"[ ().\-/]")
# Kinds of characters that are no part of a number: blanks, dashes, controls, and marks of writing direction.
BETWEEN_DIGITS = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Pd"})
# The minus, what is typed for a dash in Japanese, dots.
OTHERS_BETWEEN_DIGITS = frozenset("./\u2212\u30fc\u2500\u00b7\u2022")
EXTENSION = re.compile(r"(?:[;,]?ext(?:ension|n)?[.:=]?|x|#)[0-9]{1,7}$", re.IGNORECASE)
EXIT_CODE = re.compile(r"^\(?00\)?(?=[1-9(])")
# In Italy and San Marino the 0 is part of the number, in brackets too.
TRUNK = re.compile(r"^(\(?\+\(?(?!39|378)[1-9][0-9]{0,2}\)?)\(0\)")
MOST_CHARACTERS = 100


def normal_phone(number: str, country: str = "") -> str | None:
    """Return `+` and digits (E.164), None for what is no phone number.

    A number with its country needs 7 to 15 digits, whether it is assigned is not asked. One without is a national one
    of `country` (ISO 3166), and must be possible there. An extension is left out.
    """
    if INTERNATIONAL.fullmatch(number):
        return number
    if len(number) > MOST_CHARACTERS:
        return None
    if "(0" not in number and INTERNATIONAL.fullmatch(usual := USUALLY_BETWEEN_DIGITS.sub("", number)):
        return usual
    found = dialled(number)
    if INTERNATIONAL.fullmatch(found):
        return found
    return _national(found, country) if country and found.isdecimal() else None


def dialled(number: str) -> str:
    """Return what of a text is dialled, in ASCII: no blanks, dashes, brackets and marks, `+` for 00, no trunk `(0)`."""
    plain = "".join(map(_dialled, unicodedata.normalize("NFKC", number[:MOST_CHARACTERS])))
    with_country = EXIT_CODE.sub("+", EXTENSION.sub("", plain))
    return TRUNK.sub(r"\1", with_country).replace("(", "").replace(")", "")


def _dialled(character: str) -> str:
    if character in "+()" or "0" <= character <= "9":
        return character
    kind = unicodedata.category(character)
    if kind in BETWEEN_DIGITS or character in OTHERS_BETWEEN_DIGITS:
        return ""
    return {"Ps": "(", "Pe": ")"}.get(kind) or str(unicodedata.decimal(character, character))


def _national(digits: str, country: str) -> str | None:
    """Complete a national number; 25 to 50 µs, so nothing else comes here."""
    try:
        parsed = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    if parsed.italian_leading_zero and not phonenumbers.is_valid_number(parsed):  # a 0 that is dialled nowhere there
        return None
    complete: str = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return complete if INTERNATIONAL.fullmatch(complete) else None
