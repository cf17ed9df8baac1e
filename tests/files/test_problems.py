"""What is wrong with a file is said in one place, and every text says what to do."""

import re
from string import Formatter

from hub.files.problems import TEXTS, problem

SAID = {"line": 1234, "n": 5, "encoding": "utf-8", "guess": "windows-1252", "known": "utf-8, macintosh"}


def test_texts_are_sorted_and_name_nothing_but_places_bounds_and_encodings() -> None:
    assert list(TEXTS) == sorted(TEXTS)
    assert {name for text in TEXTS.values() for _, name, _, _ in Formatter().parse(text) if name} == set(SAID)


def test_every_text_says_what_to_do() -> None:
    todo = re.compile(r"\b(Send|send|Save|save|Pack|pack|Close|Declare|declare|Name|Shorten|A delimiter is)\b")

    assert [code for code, text in TEXTS.items() if not todo.search(text)] == []


def test_numbers_are_written_for_people() -> None:
    error = problem("not_encoded", **SAID)

    assert (error.code, str(error)) == ("not_encoded", error.text)
    assert error.text.startswith("Line 1,234 is not utf-8 text.")
