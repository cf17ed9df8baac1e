"""Bodies that are broken, hostile or merely strange: refused in words that help, stored where harmless, never a 5xx."""

import pytest

from tests.conftest import Partner

EMPTY, NOT_UTF8 = "The request body is empty.", "The request body is not UTF-8. Send UTF-8."
NOT_JSON = "The request body is not valid JSON (line 1, column {})."
UNREADABLE = {
    "nothing": (b"", EMPTY),
    "blanks": (b" \t ", EMPTY),
    "cut short": (b'[{"CustomerId":"A"}', NOT_JSON.format(19)),
    "cut short in a letter": ('[{"CustomerId":"é'.encode()[:-1], NOT_JSON.format(17)),
    "comma too much": (b'[{"CustomerId":"A"},]', NOT_JSON.format(21)),
    "two values": (b"[] []", NOT_JSON.format(4)),
    "single quotes": (b"[{'CustomerId':'A'}]", NOT_JSON.format(3)),
    "two byte order marks": (b'\xef\xbb\xbf\xef\xbb\xbf[{"CustomerId":"A"}]', NOT_JSON.format(1)),
    "UTF-16": ('[{"CustomerId":"A"}]'.encode("utf-16"), NOT_UTF8),
    "Latin-1": ('[{"CustomerId":"é"}]'.encode("latin-1"), NOT_UTF8),
    "encoded surrogate": (b'[{"CustomerId":"\xed\xa0\x80"}]', NOT_UTF8),
    "NUL byte": (b'[{"CustomerId":"A\0"}]', NOT_JSON.format(18)),
    "lone surrogate, cut short": (b'[{"CustomerId":"\\ud800"}', NOT_JSON.format(23)),
    "lone surrogate, no array": (b'{"CustomerId":"\\udc00"}', NOT_JSON.format(21)),
    "lone surrogate, too deep": (b'[{"CustomerId":"\\udc00"' + b"," + b"[" * 100_000, NOT_JSON.format(22)),
    "null": (b"null", "The request body must be a JSON array."),
    "a string": (b'"[]"', "The request body must be a JSON array."),
    "a number": (b"1e400", "The request body must be a JSON array."),
    "an object of records": (b'{"customers":[]}', "The request body must be a JSON array."),
    "depth 100,000, unclosed": (b"[" * 100_000, "The request body is nested deeper than 64 levels."),
    "objects, depth 100,000": (b'[{"a":' + b'{"a":' * 100_000, "The request body is nested deeper than 64 levels."),
    "depth 150 in a known field": (
        b'[{"CustomerId":' + b"[" * 150 + b"]" * 150 + b"}]",
        "The request body is nested deeper than 64 levels.",
    ),
    "depth 65": (
        b'[{"CustomerId":"A","X":' + b"[" * 63 + b"]" * 63 + b"}]",
        "The request body is nested deeper than 64 levels.",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_body_is_refused_in_one_line(partner: Partner, name: str) -> None:
    body, text = UNREADABLE[name]

    response = partner.post("customers", body)

    assert response.status_code == 400
    assert response.json()["errors"] == {"": [text]}


DIGITS = b"9" * 5000
STRING, FLAG, NUMBER = (f"The field {{}} must be {kind}." for kind in ("a string", "true or false", "a number"))
NO_HALF = "The field {} must not contain half of a character, a lone surrogate."
NO_NUL = "The field {} must not contain the character U+0000."
HOSTILE = {
    "NaN for a text": (b'"Name":NaN', "Name", STRING),
    "Infinity for a text": (b'"Name":Infinity', "Name", STRING),
    "1e400 for a text": (b'"Name":1e400', "Name", STRING),
    "NaN for a flag": (b'"GdprOptin":NaN', "GdprOptin", FLAG),
    "-1e400 for a flag": (b'"GdprOptin":-1e400', "GdprOptin", FLAG),
    "NaN below a known field": (b'"Name":{"a":[NaN]}', "Name", STRING),
    "NaN in an unknown field": (b'"X":NaN', "X", NUMBER),
    "1e400 in an unknown field": (b'"X":[{"y":1e400}]', "X", NUMBER),
    "4,000 digits for a flag": (b'"GdprOptin":' + DIGITS[:4000], "GdprOptin", FLAG),
    "4,000 digits for a text": (b'"Name":-' + DIGITS[:4000], "Name", STRING),
    "lone surrogate": (b'"Name":"\\ud800"', "Name", NO_HALF),
    "lone low surrogate": (b'"Name":"a\\udc00"', "Name", NO_HALF),
    "lone surrogate in an unknown field": (b'"X":{"y":["\\ud800"]}', "X", NO_HALF),
    "lone surrogate in a name": (b'"X\\ud800":1', "X\ufffd", NO_HALF),
    "NUL in an identifier": (b'"Username":"\\u0000"', "Username", NO_NUL),
    "NUL in an unknown field": (b'"X":{"y":["\\u0000"]}', "X", NO_NUL),
    "NUL in a name below an unknown field": (b'"X":{"y\\u0000":1}', "X", NO_NUL),
    "NUL in a name": (b'"X\\u0000":1', "X\ufffd", NO_NUL),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_value_is_told_once_and_in_words_of_its_field(partner: Partner, name: str) -> None:
    member, field, text = HOSTILE[name]

    response = partner.post("customers", b'[{"CustomerId":"A",' + member + b"}]")

    assert response.status_code == 400
    assert response.json()["errors"] == {f"[0].{field}": [text.format(field)]}


@pytest.mark.parametrize("member", [b'"X":', b'"GdprOptin":', b'"Name":-', b'"Email":'])
def test_five_thousand_digits_are_refused(partner: Partner, member: bytes) -> None:
    assert partner.post("customers", b'[{"CustomerId":"A",' + member + DIGITS + b"}]").status_code == 400
    assert partner.post("customers", b"[" + DIGITS + b"]").status_code == 400


HARMLESS = {
    "depth 64": b'"X":' + b"[" * 62 + b"]" * 62,
    "4,000 digits": b'"X":' + DIGITS[:4000],
    "small beyond measure": b'"X":1e-400',
    "a name of a million characters": b'"' + b"x" * 1_000_000 + b'":1',
    "a written backslash-u": b'"Name":"\\\\u0000"',
    "many unknown names": b",".join(b'"x%d":1' % i for i in range(10_000)),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_odd_but_harmless_is_stored(partner: Partner, name: str) -> None:
    response = partner.post("customers", b'[{"CustomerId":"A",' + HARMLESS[name] + b"}]")

    assert response.status_code == 200, response.content
    assert len(response.content) < 3_000
    assert [customer["CustomerId"] for customer in partner.read("customers")] == ["A"]
