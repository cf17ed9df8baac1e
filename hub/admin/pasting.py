"""What staff paste into a search or a filter, as it is meant: out of a mail, a spreadsheet, a ledger, an answer."""

import re

from hub.records.emails import normal_email

# Blanks of all kinds; soft hyphens, zero-width characters and the marks of direction that come along unseen.
UNSEEN = re.compile(r"[\s\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
BLANK = "".join(filter(UNSEEN.match, map(chr, range(0x10000))))
MAILTO = re.compile(r"mailto:([^?]+)(\?.*)?", re.IGNORECASE)
IN_BRACKETS = re.compile(r"[^<]*<([^<>]+)>[,;]?")  # Jane Doe <jane@example.com>
QUOTED = re.compile(r"""["'\u00ab\u00bb\u2018-\u201f](.+)["'\u00ab\u00bb\u2018-\u201f][,;]?""")  # out of CSV or JSON
TELEPHONE = re.compile(r"tel:(.+)", re.IGNORECASE)
ESCAPED = re.compile("'('*[=+@-].*)")  # out of an export, where it would have been a formula
NUMBERED = re.compile("#+(.+)")  # hub ids, as the ledger and the questions before a deletion write them
WRAPPINGS = (NUMBERED, QUOTED, ESCAPED, TELEPHONE)
TRACE_ID = re.compile("(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", re.IGNORECASE)


def trimmed(text: str) -> str:
    """Return a text without the blanks and invisible characters at its ends; those within belong to it."""
    return text.strip(BLANK)


def pasted(text: str) -> list[str]:
    """Return what a text may mean, as it stands first: identifiers may begin with # as well.

    Beyond that without the #, the quotes, an export's apostrophe, or `tel:`, and the e-mail address of a mailto: link
    or in angle brackets. Nothing for blanks alone.
    """
    as_it_stands = trimmed(text)
    within = [trimmed(found[1]) for shape in WRAPPINGS if (found := shape.fullmatch(as_it_stands))]
    return list(dict.fromkeys(filter(None, [as_it_stands, *within, *_address(as_it_stands)])))


def trace_id_in(text: str) -> str | None:
    """Return the trace id in an answer's traceId, in a traceparent or by itself; None where there is none."""
    found = TRACE_ID.search(text)
    return found[0].lower() if found else None


def _address(text: str) -> list[str]:
    """Return the e-mail address that a link or the header of a mail holds."""
    for shape in (IN_BRACKETS, MAILTO):
        if found := shape.fullmatch(text):
            text = trimmed(found[1])
    address = text.rstrip(",;")
    return [address] if normal_email(address) else []
