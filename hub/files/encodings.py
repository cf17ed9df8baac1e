"""Encodings of text: which are known, and which one bytes are probably in."""

import codecs
import re
import unicodedata
from itertools import islice

from hub.files.problems import problem

# Their usual names → Python's. Bytes that Latin-1 has no characters for are meant as Windows-1252, as in browsers.
ENCODINGS = {
    "utf-8": "utf-8",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "utf-32-le": "utf-32-le",
    "utf-32-be": "utf-32-be",
    **{f"windows-{page}": f"cp{page}" for page in range(1250, 1259)},
    **{f"iso-8859-{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    "macintosh": "mac-roman",
    "ibm437": "cp437",
    "ibm850": "cp850",
    "ibm852": "cp852",
    "ibm866": "cp866",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "euc-kr": "cp949",
    "windows-874": "cp874",
}
OTHERS = {
    "iso8859-1": "windows-1252",
    "iso8859-9": "windows-1254",
    "iso8859-11": "windows-874",
    "ascii": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
    "shift_jis": "shift_jis",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "big5": "big5",
    "euc_kr": "euc-kr",
}
USUAL = "utf-8, utf-16-le, windows-1252, windows-1250, windows-1251, iso-8859-15, macintosh, shift_jis, gb18030"
NAMED = {codecs.lookup(codec).name: usual for usual, codec in ENCODINGS.items()} | OTHERS
# That of UTF-32 begins as that of UTF-16 does, so it comes before it.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
GUESSED = ("windows-1252", "macintosh", "windows-1250", "windows-1251")
MOST_GUESSED = 5_000  # characters beyond ASCII that are looked at
BEYOND_ASCII = re.compile(r"(?<=(.))([^\x00-\x7f])(?=(.))", re.DOTALL)
IN_WORDS = "’‘'-·­"


def encoding_named(name: str) -> str:
    """Return the usual name of an encoding, whatever name it was called by; raises FileProblem for an unknown one."""
    if name.lower() in ENCODINGS:
        return name.lower()
    try:
        return NAMED[codecs.lookup(name).name]
    except (LookupError, ValueError):
        raise problem("unknown_encoding", known=USUAL) from None


def decoder(encoding: str, errors: str = "strict") -> codecs.IncrementalDecoder:
    """Return what decodes bytes as they come, and raises UnicodeDecodeError for those that are none of its text."""
    return codecs.getincrementaldecoder(ENCODINGS[encoding])(errors)


def marked(sample: bytes) -> str:
    """Return the encoding whose byte order mark a text begins with, or nothing."""
    return next((encoding for mark, encoding in MARKS if sample.startswith(mark)), "")


def without_mark(sample: bytes) -> str:
    """Return the encoding of a text that tells it without a byte order mark, or nothing.

    UTF-16 has a zero in every second byte of what is ASCII: its line ends and delimiters at least. What is valid UTF-8
    is practically never anything else by chance. A character that the end of the sample cuts is no error.
    """
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 20 > len(sample) and max(even, odd) > 10 * min(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    try:
        decoder("utf-8").decode(sample)
    except UnicodeDecodeError:
        return ""
    return "utf-8"


def guessed(sample: bytes) -> str:
    """Return the encoding in which bytes that are no Unicode make words, the usual one first: a guess, to be shown."""
    return min(GUESSED, key=lambda encoding: _misfits(sample.decode(ENCODINGS[encoding], "replace")))


def _misfits(text: str) -> int:
    """Count characters beyond ASCII that no word has where they stand."""
    found = islice(BEYOND_ASCII.finditer(f" {text} "), MOST_GUESSED)
    return sum(not _fits(*match.groups()) for match in found)


def _fits(before: str, character: str, after: str) -> bool:
    """Tell whether a character may stand between two others: no sign in Wroc³aw, no capital in PŠivi or JŸrgen.

    Nor one of another script, nor one that the encoding does not have; and not every letter of a word has an accent.
    """
    if not character.isalpha():
        is_within = before.isalpha() and after.isalpha() and character not in IN_WORDS
        return not is_within and character != "\ufffd" and unicodedata.category(character) != "Cc"
    if character.isupper() and before.isalpha() and (before.islower() or after.islower()):
        return False
    near = [letter for letter in (before, after) if letter.isalpha()]
    if any(_is_latin(letter) != _is_latin(character) for letter in near):
        return False
    return not (_is_latin(character) and len(near) == 2 and not any(map(str.isascii, near)))


def _is_latin(character: str) -> bool:
    return character < "\u0250"
