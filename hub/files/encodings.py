"""Encodings of text: which are known, and which one bytes are probably in."""

import codecs
import re
import unicodedata

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
    """Return the encoding in which bytes that are no Unicode make the likeliest words: a guess, to be shown as one."""
    return max(GUESSED, key=lambda encoding: _likelihood(sample.decode(ENCODINGS[encoding], "replace")))


def _likelihood(text: str) -> int:
    """Add up how well the characters beyond ASCII go with their neighbours."""
    found = BEYOND_ASCII.findall(f" {text} ", 0)[:MOST_GUESSED]
    return sum(_fits(before, character, after) for before, character, after in found)


def _fits(before: str, character: str, after: str) -> int:
    """Say how well a character stands where it stands: a sign within a word does not, nor does ŠA in vŠA or àéî."""
    if character == "\ufffd":
        return -4
    if not character.isalpha():
        within = before.isalpha() and after.isalpha() and character not in IN_WORDS
        return -3 if within or unicodedata.category(character) == "Cc" else 0
    if character.isupper() and before.islower():
        return -3
    is_latin = _is_latin(character)
    if any(near.isalpha() and _is_latin(near) != is_latin for near in (before, after)):
        return -3
    alone = not before.isalpha() and not after.isalpha()
    crowded = is_latin and not before.isascii() and before.isalpha() and not after.isascii() and after.isalpha()
    return -1 if crowded else 0 if alone else 1


def _is_latin(character: str) -> bool:
    return character < "\u0250"
