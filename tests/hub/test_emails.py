"""The one form of an e-mail address: a fixed point, and the same for every spelling of one address."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.records.emails import normal_email

PARTS = [
    "a", "ann", "İ", "I", "ΣΑΣ", "Σ", "ß", "ẞ", "e\u0301", "é", "K", "ﬀ", "Ａ", "\u0345", "उदाहरण", "भारत", "اب",
    "אב", "1", "-", "--", ".", "。", "．", "xn--", "ｘｎ--", "XN--BCHER-KVA", "xn--p1ai", "xn--zz", "bücher", "@", "＠",
    "+", "'", "/", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\ufe0f", "क्\u200dष", " ",
    "\u3000", "\x1c", "x" * 60, "x" * 64, "ü" * 40, "com", "😀", "_", "\ud800",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PARTS), max_size=6).map("".join)
LOCALS = TEXTS | st.text(max_size=6)
ADDRESSES = st.builds(
    "{}@{}.{}".format, LOCALS, LOCALS, st.sampled_from(["com", "भारत", "xn--p1ai", "ΣΑΣ", "x1"]) | TEXTS
)
ASSIGNED = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) not in ("Cn", "Co")]


@given(ADDRESSES | st.text() | TEXTS)
def test_the_form_of_a_form_is_itself(text: str) -> None:
    form = normal_email(text)

    assert form is None or normal_email(form) == form


@pytest.mark.parametrize("pattern", ["{}a@x.de", "a{}b@x.de", "a@{}b.de", "a@x{}y.de", "a@x.a{}"])
def test_the_form_of_a_form_is_itself_whatever_the_character(pattern: str) -> None:
    forms = {form for letter in ASSIGNED if (form := normal_email(pattern.format(letter))) is not None}

    assert {form for form in forms if normal_email(form) != form} == set()
    assert len(forms) > 10_000


@given(ADDRESSES)
def test_composed_and_decomposed_are_one_address(text: str) -> None:
    spelt = {normal_email(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}

    assert len(spelt | {normal_email(text)}) == 1


@given(ADDRESSES, st.sampled_from(["\u200b", "\u2060", "\ufeff", "\u00ad"]), st.integers(min_value=0))
def test_what_nobody_sees_makes_no_other_address(text: str, unseen: str, place: int) -> None:
    at = place % (len(text) + 1)

    assert normal_email(text[:at] + unseen + text[at:]) == normal_email(text)


SPELLINGS = [
    ["mari@bücher.example", "mari@xn--bcher-kva.example", "Mari@XN--BCHER-KVA.Example", "mari@BÜCHER.example",
     "mari@bu\u0308cher.example", "mari@bücher。example", "mari@ｂücher．example", "mari@ｘｎ--bcher-kva.example"],
    ["josé@shop.example", "jose\u0301@shop.example", "JOSÉ@SHOP.EXAMPLE", "\ufeffjosé@shop.example\u200b "],
    ["i̇x@shop.example", "İx@shop.example", "I\u0307X@shop.example"],
    ["अन\u094dन@उदाहरण.भारत", "अन\u094d\u200dन@उदाहरण.भारत", "अन\u094dन@xn--p1b6ci4b4b3a.xn--h2brj9c"],
    ["a@faß.example", "a@xn--fa-hia.example", "A@FAẞ.example"],
    ["ann@shop.example", "ann@shop.example\u2060", "a\u00adnn@sh\u00adop.example",
     "\u200b \u200bann@shop.example \u200b"],
]  # fmt: skip


@pytest.mark.parametrize("spellings", SPELLINGS)
def test_every_spelling_of_an_address_has_one_form(spellings: list[str]) -> None:
    assert {normal_email(spelling) for spelling in spellings} == {spellings[0]}


def test_different_addresses_stay_different() -> None:
    forms = [normal_email(spellings[0]) for spellings in SPELLINGS]
    others = [normal_email(address) for address in ("a@fass.example", "jose@shop.example", "mari@bucher.example")]

    assert None not in forms + others
    assert len({*forms, *others}) == len(forms) + len(others)


MARKS = "\u0301\u0323"
HUGE = {
    "marks": MARKS * 2_000_000 + "@shop.example",
    "a domain of marks": "a@" + MARKS * 2_000_000,
    "labels": "a@" + "x." * 2_000_000 + "de",
    "joiners": "\u200c" * 4_000_000 + "a@shop.example",
    "an encoded label": "a@xn--" + "a" * 4_000_000 + ".de",
}


@pytest.mark.parametrize("name", HUGE)
def test_what_is_huge_is_refused_at_once(name: str) -> None:
    assert normal_email(HUGE[name]) is None


@pytest.mark.parametrize("letter", ["a", "ü", "😀"])
def test_a_form_has_255_code_points_at_most(letter: str) -> None:
    assert normal_email(letter * 242 + "@shop.example") == letter * 242 + "@shop.example"
    assert normal_email(letter * 243 + "@shop.example") is None


@pytest.mark.parametrize(
    ("label", "fits"), [("a" * 63, True), ("a" * 64, False), ("ü" * 50, True), ("ü" * 57, True), ("ü" * 58, False)]
)
def test_a_label_has_63_octets_at_most_as_the_dns_writes_it(label: str, fits: bool) -> None:
    assert (normal_email(f"a@{label}.example") is not None) == fits


def test_an_encoded_address_may_be_longer_than_its_form() -> None:
    label = "ü" * 30
    domain = ".".join([label.encode("idna").decode()] * 5)

    assert normal_email(f"{'a' * 90}@{domain}.de") == f"{'a' * 90}@{'.'.join([label] * 5)}.de"
