"""How tables are written is seen from their first bytes: encodings, delimiters, quotation marks, Excel's habits."""

import csv
from functools import partial
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.files.encodings import ENCODINGS, encoding_named
from hub.files.problems import FileProblem
from hub.files.sniffing import SAMPLE, Dialect, sniff
from hub.files.tables import rows
from tests.files.pieces import refused

FINNISH = "Nimi;Kaupunki;Hinta\r\nPäivi Mäkelä;Jyväskylä;12,50\r\nÅke Öberg;Närpiö;1,00\r\n"
WORDS = st.text("aäéß1 .-", min_size=1, max_size=5).map(lambda word: f"w{word}")
VALUES = WORDS | st.just("") | st.sampled_from(["1,5", "a;b", 'say "hi"', "x|y", "two\nlines", "a, b", "tab\tbed"])


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A table as shops have them: named columns, each row as wide as the header, its first column filled."""
    width = draw(st.integers(2, 6))
    header = [f"Column {number}" for number in range(width)]
    row = st.tuples(WORDS, *[VALUES] * (width - 1)).map(list)
    return [header, *draw(st.lists(row, max_size=8))]


@given(
    tables(),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_a_table_as_shops_have_it_comes_as_it_was_written(
    table: list[list[str]], delimiter: str, encoding: str, end: str
) -> None:
    text = StringIO(newline="")
    written = partial(csv.writer, text, delimiter=delimiter, lineterminator=end)
    # Python 3.11 quotes no other line ends than its own.
    (written(quoting=csv.QUOTE_ALL) if end == "\r" else written()).writerows(table)
    data = text.getvalue().encode(encoding)

    dialect = sniff(data, is_whole=True)

    assert (dialect.delimiter, dialect.line_end, dialect.is_guess) == (delimiter, end, False)
    assert dialect.has_bom == (encoding in ("utf-8-sig", "utf-16", "utf-32"))
    assert [row.cells for row in rows([data], dialect)] == table


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_some_dialect(data: bytes, is_whole: bool) -> None:
    dialect = sniff(data, is_whole=is_whole)

    assert dialect.encoding in ENCODINGS
    assert Dialect.from_json(dialect.to_json()).replace(is_guess=dialect.is_guess) == dialect


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1252", FINNISH),
        ("windows-1252", "Name;Ort\r\nJürgen Groß;Köln\r\nZoë Weiß;Zürich\r\n"),
        ("windows-1252", "Nom;Ville\r\nFrançois Lefèvre;Orléans\r\nAnaïs d’Œuvre – née;Besançon\r\n"),
        ("windows-1252", "Navn;By;Pris\r\nØrnulf Ærlig;Tromsø;€ 5\r\nÅse;Bodø;£3\r\n"),
        ("windows-1252", "Nombre;Ciudad\r\nÍñigo Muñoz;Cádiz\r\n¿Quién?;Logroño\r\n"),
        ("windows-1252", "Nome;Cidade\r\nJoão Conceição;São Paulo\r\nLuís;Évora\r\n"),
        ("macintosh", FINNISH.replace("\r\n", "\r")),
        ("macintosh", "Name;Ort\rJürgen Groß;Köln\rZoë Weiß;Zürich\r"),
        ("macintosh", "Nom;Ville\rFrançois Lefèvre;Orléans\rHélène;Besançon\r"),
        ("windows-1251", "Имя;Город\r\nИван Петров;Москва\r\nОльга;Київ\r\n"),
        ("windows-1250", "Imię;Miasto\r\nPaweł Wójcik;Wrocław\r\nMałgorzata Gołębiewska;Łódź\r\n"),
    ],
    ids=["fi", "de", "fr", "no", "es", "pt", "mac fi", "mac de", "mac fr", "ru", "pl"],
)
def test_what_is_no_unicode_is_guessed_by_its_words(encoding: str, text: str) -> None:
    data = text.encode(ENCODINGS[encoding])

    dialect = sniff(data, is_whole=True)

    assert (dialect.encoding, dialect.delimiter, dialect.is_guess) == (encoding, ";", True)
    assert [row.cells for row in rows([data], dialect)] == [line.split(";") for line in text.splitlines()]


def test_a_character_cut_by_the_end_of_the_sample_is_no_error() -> None:
    data = FINNISH.encode() * 3
    cut = data[: data.rindex("ö".encode()) + 1]

    assert sniff(cut) == Dialect(delimiter=";", line_end="\r\n")


def test_a_sample_is_looked_at_no_further_than_its_bound() -> None:
    assert sniff(b"a;b\n" * (SAMPLE // 4) + b"J\xfcrgen", is_whole=True) == Dialect(delimiter=";")


def test_zeros_do_not_make_utf8_another_encoding() -> None:
    assert sniff(b"Name;City\nAnn\0;Oslo\n" + b"Bob;Rome\n" * 9, is_whole=True).encoding == "utf-8"


@pytest.mark.parametrize("line", ["sep=|", '"sep=|"', "SEP=|"])
def test_the_line_in_which_excel_names_its_delimiter_is_no_row(line: str) -> None:
    data = f"{line}\r\na,b|c\r\n1,2|3\r\n".encode()

    dialect = sniff(data, is_whole=True)

    assert (dialect.delimiter, dialect.has_separator_line) == ("|", True)
    assert [(row.line, row.cells) for row in rows([data], dialect)] == [(2, ["a,b", "c"]), (3, ["1,2", "3"])]


def test_the_unicode_text_of_excel_is_read() -> None:
    data = 'Name\tNote\r\nPäivi\t"says ""hei"""\r\nΓιώργος\t"two\nlines"\r\n'.encode("utf-16")

    dialect = sniff(data, is_whole=True)

    assert (dialect.encoding, dialect.delimiter, dialect.has_bom) == ("utf-16-le", "\t", True)
    assert [row.cells for row in rows([data], dialect)][1:] == [["Päivi", 'says "hei"'], ["Γιώργος", "two\nlines"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Name;Price\nAnn;1,5\nBob;2,5\n", ";"),  # decimal commas
        ("Name;Price, EUR\nAnn;1,5\nBob;2,5\n", ";"),  # and one in the header: both fit
        ("Name,Tags\nAnn,a;b\nBob,c;d\n", ","),
        ('Name,"Last; first"\nAnn,"x;y"\nBob,"z;z"\n', ","),
        ("Name\tNote\nAnn\tone, two\nBob\tthree, four\n", "\t"),
        ("a,b,c\n1,2\n1,2,3\n1,2,3,4\n1;2;3\n", ","),
        ("CustomerId|Email\n1|a@b.c\n", "|"),
        ("Email\na@b.c\nd@e.f\n", ","),
        ("a;b;c", ";"),
        ("", ","),
    ],
    ids=["decimals", "both", "tags", "quoted", "sentences", "ragged", "pipes", "one column", "header", "nothing"],
)
def test_the_delimiter_makes_the_most_regular_table(text: str, expected: str) -> None:
    assert sniff(text.encode(), is_whole=True).delimiter == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'a','b'\n'it''s','x, y'\n", ["it's", "x, y"]),
        ('a,b\n"5\\" wide","x, y"\n', ['5" wide', "x, y"]),
        ('a,b\n"C:\\","x, y"\n', ["C:\\", "x, y"]),
        ('"a", "b"\n"1", "x, y"\n', ["1", "x, y"]),
        ('a,b\n"5"" wide", 2\n', ['5" wide', " 2"]),
    ],
    ids=["apostrophes", "backslashes", "a folder", "blanks", "doubled"],
)
def test_quotation_is_seen(text: str, expected: list[str]) -> None:
    dialect = sniff(text.encode(), is_whole=True)

    assert [row.cells for row in rows([text.encode()], dialect)][1] == expected


def test_what_is_declared_is_not_sniffed() -> None:
    data = "Иван;Москва\r\n".encode("koi8-r")

    assert sniff(data, is_whole=True, encoding="KOI8_R") == Dialect("koi8-r", ";", line_end="\r\n")
    assert sniff("a;b".encode("utf-16"), encoding="UTF-16").encoding == "utf-16-le"
    big = b"\xfe\xff" + "a;b".encode("utf-16-be")
    assert sniff(big, encoding="utf-16") == sniff(big).replace(encoding="UTF-16") == sniff(big)


def test_a_dialect_is_stored_and_changed() -> None:
    guessed = sniff(FINNISH.encode("cp1252"), is_whole=True)

    assert Dialect.from_json(guessed.to_json()) == guessed
    assert Dialect.from_json({"delimiter": ";", "unheard": "of"}) == Dialect(delimiter=";")
    assert guessed.replace(encoding="Latin-1") == guessed.replace(encoding="windows-1252", is_guess=False)


@pytest.mark.parametrize("name", ["zip", "rot13", "utf-7", "idna", "unicode_escape", "", "x" * 999, "a\0b", "ebcdic"])
def test_an_unknown_encoding_is_refused(name: str) -> None:
    assert refused(lambda: [sniff(b"", encoding=name or " ")]).code == "unknown_encoding"
    with pytest.raises(FileProblem, match=r"^The encoding is not known here\. Declare one of these: utf-8, "):
        Dialect().replace(encoding=name)


@pytest.mark.parametrize("delimiter", ["", ",,", "a", "1", '"', "\n", " ", "\0"])
def test_what_is_no_delimiter_is_refused(delimiter: str) -> None:
    assert refused(lambda: [Dialect().replace(delimiter=delimiter)]).code == "no_delimiter"


@pytest.mark.parametrize("quote", ['""', "a", "\n", "\0", ","])
def test_what_is_no_quotation_mark_is_refused(quote: str) -> None:
    assert refused(lambda: [Dialect().replace(quote=quote)]).code == "no_quote"


def test_a_file_without_quotation_marks_is_read() -> None:
    assert [row.cells for row in rows([b'5",x\n"a,b\n'], Dialect().replace(quote=""))] == [['5"', "x"], ['"a', "b"]]


def test_encodings_have_many_names() -> None:
    names = [
        "UTF8",
        "utf-8-sig",
        "us-ascii",
        "latin1",
        "ISO-8859-1",
        "cp1252",
        "Mac-Roman",
        "Shift-JIS",
        "GBK",
        "ISO-8859-9",
    ]

    assert [*map(encoding_named, names)] == [
        *["utf-8"] * 3,
        *["windows-1252"] * 3,
        "macintosh",
        "shift_jis",
        "gb18030",
        "windows-1254",
    ]
    assert {name: encoding_named(name) for name in ENCODINGS} == dict(zip(ENCODINGS, ENCODINGS, strict=True))
