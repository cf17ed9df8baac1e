"""What an erasure does to free text: the ledger of the erased goes, and no reason about them stays, no reference.

A reason is about somebody where its changeset touched nobody else, or where it holds, in any case, something that the
person was known by: then it is cleared wherever in the tenant it stands, with orders, in others' rows of the ledger.
So is a reference in the certificate of somebody else's erasure.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

import orjson

from hub.sql.files import read_sql
from tenants.changes.changesets import as_array
from tenants.changes.erasure import spelled_alike
from tenants.changes.writing import Write

TEXTS = {"tenants_changeset": "reason", "tenants_consentchange": "reason", "tenants_erasurecertificate": "reference"}
SAID = ("reason", "reference")  # with a write
REASONS = read_sql("tenants", "reasons")
CLEAR_ABOUT = read_sql("tenants", "clear_reasons_about")
CLEAR = {
    table: f"UPDATE {table} SET {text} = '' WHERE tenant_id = %(tenant_id)s AND {text} <> ''"  # noqa: S608 — constants
    f" AND {text} IN (SELECT json_array_elements_text(%(reasons)s::json)) RETURNING id"
    for table, text in TEXTS.items()
}
DROP_LEDGER = """
DELETE FROM tenants_consentchange
 WHERE tenant_id = %(tenant_id)s AND customer = ANY (%(ids)s::bigint[])
RETURNING customer
"""
IDS_OF_A_BLOCK = 64  # tenants/sql/functions/id_blocks.sql
LEAST = 2  # letters of a value that can name somebody: "a" stands in any text
WORD = re.compile(r"\w+")
NUMBER = re.compile(r"\+?\d(?:[\s().\-/]*\d){4,}")  # as people write a phone number


def forget_reasons(write: Write, ids: Sequence[int], known: "Known") -> Counter[int]:
    """Take what was said about erased customers, by hub id, out of the ledger, the changesets and this write.

    Returns how many rows of the ledger each of them had.
    """
    ledger = Counter(row[0] for row in write.execute(DROP_LEDGER, ids=as_array(ids))) if ids else Counter[int]()
    given = {row[0] for row in write.execute(REASONS)}
    _clear(write, ids, known, given)
    for said in SAID:
        if known.stands_in(str(write.parameters[said])):
            write.leave_out(said)
    return ledger


def _clear(write: Write, ids: Sequence[int], known: "Known", given: Collection[str]) -> None:
    """Clear those of the texts given that are about erased customers."""
    if ids and given:
        blocks = {id_ // IDS_OF_A_BLOCK for id_ in ids}
        write.execute(CLEAR_ABOUT, ids=as_array(ids), touched=as_array(sorted(blocks)))
    if telling := sorted(filter(known.stands_in, given)):
        for statement in CLEAR.values():
            write.execute(statement, reasons=orjson.dumps(telling).decode())


class Known:
    """What erased persons were known by, to be found in texts as whole words.

    `values` are names and identifiers, `phones` numbers, which are spelled in many ways.
    Every beginning and end of a word of a text is tried, so a text costs the same for one person and for 100,000.
    """

    def __init__(self, values: Iterable[str | None], phones: Iterable[str | None]) -> None:
        numbers = [phone for phone in phones if phone]
        texts = (_core(value.casefold()) for value in (*values, *numbers) if value)
        self.values = {text for text in texts if len(text) >= LEAST}
        self.numbers = {digits for _, digits in spelled_alike(("Phone", number) for number in numbers)}

    def stands_in(self, text: str) -> bool:
        """Tell whether a text holds one of the values."""
        return not self.values.isdisjoint(_phrases(text.casefold())) or not self.numbers.isdisjoint(_numbers(text))


def _core(value: str) -> str:
    """Return a value from its first word to its last: what _phrases finds of it in a text."""
    words = [found.span() for found in WORD.finditer(value)]
    return value[words[0][0] : words[-1][1]] if words else ""


def _phrases(text: str) -> Iterator[str]:
    """Yield every part of a text that begins and ends with a word."""
    words = [found.span() for found in WORD.finditer(text)]
    for i, (start, _) in enumerate(words):
        for _, end in words[i:]:
            yield text[start:end]


def _numbers(text: str) -> set[str]:
    """Return what in a text may be a phone number, as its digits alone."""
    return {digits for _, digits in spelled_alike(("Phone", found) for found in NUMBER.findall(text))}
