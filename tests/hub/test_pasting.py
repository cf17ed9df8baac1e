"""What staff paste is read as they mean it."""

import pytest

from hub.admin.pasting import pasted, trace_id_in, trimmed

TRACE = "923dc1a0b1c2d3e4f5061728394a5b6c"
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"


@pytest.mark.parametrize("blank", [*INVISIBLE, *" \t\n\r\v\f\x85\xa0\u2003\u2007\u2028\u202f\u3000"], ids=ascii)
def test_what_cannot_be_seen_is_cut_off_both_ends_and_stays_within(blank: str) -> None:
    assert trimmed(f"{blank} C-1{blank}1800 {blank}{blank}") == f"C-1{blank}1800"
    assert pasted(blank * 3) == []


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("", []),
        ("C-11800", ["C-11800"]),
        (" \u200bC-11800\ufeff\t", ["C-11800"]),
        ("C 11800", ["C 11800"]),
        ("#1800", ["#1800", "1800"]),
        (" # 1800 ", ["# 1800", "1800"]),
        ("##7", ["##7", "7"]),
        ("#", ["#"]),
        ("C#1", ["C#1"]),
        ('"C-11800",', ['"C-11800",', "C-11800"]),
        ("'C-11800'", ["'C-11800'", "C-11800"]),
        ("'+358401112223", ["'+358401112223", "+358401112223"]),
        ("'=1+1", ["'=1+1", "=1+1"]),
        ("''-C-1", ["''-C-1", "'-C-1"]),
        ("'@jane", ["'@jane", "@jane"]),
        ("'Neill", ["'Neill"]),
        ("„C-11800“", ["„C-11800“", "C-11800"]),
        ('5" pipe', ['5" pipe']),
        ("TEL:+358401112223", ["TEL:+358401112223", "+358401112223"]),
        ("Jane@Example.com", ["Jane@Example.com"]),
        ("mailto:Jane@Example.com", ["mailto:Jane@Example.com", "Jane@Example.com"]),
        ("MailTo: jane@example.com?subject=Hi", ["MailTo: jane@example.com?subject=Hi", "jane@example.com"]),
        ("Jane Doe <jane@example.com>", ["Jane Doe <jane@example.com>", "jane@example.com"]),
        ('"Doe, Jane" <jane@example.com>;', ['"Doe, Jane" <jane@example.com>;', "jane@example.com"]),
        ("<mailto:jane@example.com>", ["<mailto:jane@example.com>", "jane@example.com"]),
        ("jane@example.com,", ["jane@example.com,", "jane@example.com"]),
        ("Tank <Top>", ["Tank <Top>"]),
        ("mailto:jane", ["mailto:jane"]),
        ("tag:vip", ["tag:vip"]),
        ("COMPANY__size=Medium", ["COMPANY__size=Medium"]),
    ],
)
def test_a_text_is_read_as_it_stands_and_as_what_it_wraps(text: str, readings: list[str]) -> None:
    assert pasted(text) == readings


@pytest.mark.parametrize(
    "text",
    [
        TRACE,
        TRACE.upper(),
        f" \u200b{TRACE}\n",
        f"00-{TRACE}-b0cd01e2f3a4b5c6-00",
        f"traceparent: 00-{TRACE.upper()}-b0cd01e2f3a4b5c6-01",
        f'"traceId": "00-{TRACE}-b0cd01e2f3a4b5c6-00",',
        f"X-Request-Id: {TRACE}",
    ],
)
def test_a_trace_id_is_found_in_what_carries_it(text: str) -> None:
    assert trace_id_in(text) == TRACE


@pytest.mark.parametrize("text", ["", "C-1", TRACE[:-1], TRACE + "0", "00-b0cd01e2f3a4b5c6-00", "g" * 32])
def test_anything_else_has_none(text: str) -> None:
    assert trace_id_in(text) is None
