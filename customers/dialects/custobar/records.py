"""From the body of an upload to clean records. Most are right as they are; of the others, what is wrong is mended.

What a value plainly means it is converted to (`conversions`). What cannot be used is left out and named, and a record
whose identifiers cannot be used is rejected.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from pydantic import TypeAdapter, ValidationError

from customers.dialects.custobar.bodies import Findings, elements_of, printable
from customers.dialects.custobar.conversions import converted
from customers.dialects.custobar.fields import (
    COMPANY,
    COMPANY_FIELD,
    FLAGS,
    LISTS,
    MAILING_LISTS,
    MOST_CUSTOMERS,
    NAMES,
    SOUGHT,
    Rules,
    rules_of,
)
from customers.schemas import LONGEST_ITEM, MOST_ITEMS
from hub.records.faults import Fault, Loc, fault_of
from hub.records.records import RecordList, Records
from tenants.models import Tenant
from tenants.quarantine.keeping import LeftOut

MOST_FIELDS = 1000  # of a record; 600,000 took 3 s, and 500 attributes are stored
DEEPEST = 60  # levels of a company-specific field: 64 with those around it
ERASING = ("is_forgotten", "is_deleted")
BLANK: dict[str, Any] = {**dict.fromkeys(FLAGS, False), **{name: [] for name in LISTS}}


@dataclass(frozen=True)
class Sent:
    """What an upload holds: its clean records, the place of each, how many it had, and what is to be said of them."""

    records: Records[Any]
    places: Sequence[int]
    received: int
    findings: Findings = field(default_factory=Findings)


def read_upload(tenant: Tenant, body: bytes) -> Sent:
    """Read {"customers": […]}, or the array alone; raises ValidationFailed or ApiError where nothing can be stored."""
    rules = rules_of(tenant)
    if plain := rules.plain.read(body):
        return Sent(plain, range(len(plain)), len(plain))
    elements, odd = elements_of(body, "customers", MOST_CUSTOMERS)
    findings = Findings()
    gathered = [_gathered(element, findings) for element in elements]
    clean = None if odd else _clean(rules, gathered)
    if clean is not None:
        return Sent(RecordList(clean), range(len(clean)), len(clean), findings)
    mending = Mending(rules, findings, odd=odd)
    mended = {i: record for i, element in enumerate(gathered) if (record := mending.record(i, element)) is not None}
    findings.refuse_all_rejected(len(elements))
    return Sent(RecordList(list(mended.values())), list(mended), len(elements), findings)


def without_erasures(sent: Sent) -> Sent:
    """Reject the records that delete or forget somebody, as of a key that may not.

    Raises ValidationFailed where no other is left.
    """
    records, places = sent.records, sent.places
    erasing = {i: name for name in ERASING for i, value in enumerate(records.column(name)) if value}
    for i, name in erasing.items():
        sent.findings.reject(places[i], [Fault((places[i], name), "scope_missing", name="erase customers")])
    sent.findings.refuse_all_rejected(sent.received)
    kept = [i for i in range(len(records)) if i not in erasing]
    return replace(sent, records=RecordList([records[i] for i in kept]), places=[places[i] for i in kept])


def rejected_in(body: bytes, findings: Findings) -> list[LeftOut]:
    """Return the records of an upload that are rejected, as they were sent: to read them spoils them, so once more."""
    if not findings.rejected:
        return []
    elements, _ = elements_of(body, "customers", MOST_CUSTOMERS)
    return [LeftOut(i, elements[i], faults) for i, faults in findings.rejected.items()]


def _gathered(element: Any, findings: Findings) -> Any:
    """Return a record with its company-specific fields under one name.

    Here, where it costs next to nothing, "" becomes what a flag or a list is without a value, and a string a list.
    """
    if not isinstance(element, dict):
        return element
    if len(element) > MOST_FIELDS:
        element = _shortened(element, findings)
    for name in BLANK.keys() & element.keys():
        if element[name] == "":
            element[name] = BLANK[name]
    for name in MAILING_LISTS:
        if isinstance(element.get(name), str):
            element[name] = [element[name]]
    own = [name for name in element if name not in NAMES and COMPANY_FIELD.fullmatch(name)]  # in the order sent
    if company := {name: element.pop(name) for name in own}:
        element[COMPANY] = company
    return element


def _shortened(element: dict[str, Any], findings: Findings) -> dict[str, Any]:
    """Return a record with its documented fields and the first of the others; the rest is left out and counted."""
    documented = [name for name in element if name.lower() in NAMES]
    kept = {name: element[name] for name in (*documented, *islice(element, MOST_FIELDS))}
    findings.unnamed += len(element) - len(kept)
    return kept


def _clean(rules: Rules, gathered: list[Any]) -> list[dict[str, Any]] | None:
    """Return the records where nothing is to be said about any of them, else None."""
    try:
        records: list[dict[str, Any]] = rules.batch.validate_python(gathered)
    except ValidationError:
        return None
    if any(_is_deep(record[COMPANY], DEEPEST + 1) for record in records if COMPANY in record):
        return None
    return records if all(map(_is_identified, records)) else None


def _is_identified(record: dict[str, Any]) -> bool:
    return any((value := record.get(name)) and value.strip() for name in SOUGHT)


def _is_deep(value: Any, levels: int) -> bool:
    """Tell whether arrays and objects are nested deeper than `levels`; a level at a time, a third of the time."""
    level = [value]
    while nested := [inner for inner in level if isinstance(inner, dict | list)]:
        if not levels:
            return True
        levels -= 1
        level = [inner for outer in nested for inner in (outer.values() if isinstance(outer, dict) else outer)]
    return False


class Mending:
    """Records taken one by one: each value right, or converted, or left out and named in `findings`."""

    def __init__(self, rules: Rules, findings: Findings, *, odd: bool) -> None:
        """`odd` says that there may be what no table can hold, too deep nesting apart."""
        self.rules, self.findings, self.odd = rules, findings, odd

    def record(self, i: int, element: Any) -> dict[str, Any] | None:
        """Return record `i` as it is stored, None where it is rejected."""
        if not isinstance(element, dict):
            self.findings.reject(i, [Fault((i,), "not_an_object")])
            return None
        faults: list[Fault] = []
        known = self._known(i, element, faults)
        company = known.pop(COMPANY, None)
        record = self._values(i, known, faults)
        if not _is_identified(record):
            unusable = [fault for fault in faults if fault.field in SOUGHT]
            missing = Fault((i,), "identifier_missing", name=", ".join(SOUGHT))
            self.findings.reject(i, unusable or [missing])
            return None
        self.findings.leave_out(faults)
        return {**record, COMPANY: company} if company else record

    def _known(self, i: int, element: dict[str, Any], faults: list[Fault]) -> dict[str, Any]:
        """Return the fields of documented names, in any case, whose text a table can hold."""
        known: dict[str, Any] = {}
        for sent, value in element.items():
            name = sent if sent in NAMES or sent == COMPANY else sent.lower()
            if name == COMPANY:
                known[COMPANY] = {own: inner for own, inner in value.items() if self.is_storable(i, own, inner, faults)}
            elif name not in NAMES:
                self.findings.ignore(i, sent)
            elif isinstance(value, list):
                known[name] = [item for item in value if self.is_storable(i, name, item, faults)]
            elif value is not None and self.is_storable(i, name, value, faults):
                known[name] = value
        return known

    def _values(self, i: int, record: dict[str, Any], faults: list[Fault]) -> dict[str, Any]:
        """Return the values in their normal form; only those that are wrong as they are are looked at one by one."""
        try:
            clean: dict[str, Any] = self.rules.record.validate_python(record)
        except ValidationError as error:
            wrong = {fault["loc"][0] for fault in error.errors(include_url=False, include_input=False)}
            for name in [name for name in record if name in wrong]:
                if (usable := self.value(i, name, converted(name, record.pop(name)), faults)) is not None:
                    record[name] = usable
            clean = self.rules.record.validate_python(record)
        return clean

    def value(self, i: int, name: str, value: Any, faults: list[Fault]) -> Any:
        """Return a converted value of a field in its normal form, None where it is left out; of a list, its items."""
        if isinstance(value, list) and name in LISTS:
            return _items((i, name), value, faults)
        return None if value is None else valid(self.rules.fields[name], (i, name), value, faults)

    def is_storable(self, i: int, name: str, value: Any, faults: list[Fault]) -> bool:
        """Note why a table can't hold a field, if it can't."""
        kind = _unstorable(name) or _unstorable(value) if self.odd else _too_deep(value)
        if kind:
            faults.append(Fault((i, printable(name)), kind, coined=name not in NAMES))
        return not kind


def _items(loc: Loc, items: list[Any], faults: list[Fault]) -> list[str]:
    """Return the usable items of a list; blank ones, and null, are none: PHP splits "" into one."""
    if any(item is not None and not isinstance(item, str) for item in items):
        faults.append(Fault(loc, "not_a_string"))
    texts = [text for item in items if isinstance(item, str) and (text := item.strip())]
    usable = [text for text in texts if len(text) <= LONGEST_ITEM]
    if len(usable) < len(texts):
        faults.append(Fault(loc, "too_long", limit=LONGEST_ITEM))
    if len(usable) > MOST_ITEMS:
        faults.append(Fault(loc, "too_many", limit=MOST_ITEMS))
    return usable[:MOST_ITEMS]


def valid(kind: TypeAdapter[Any], loc: Loc, value: Any, faults: list[Fault]) -> Any:
    """Return a value in its normal form; else None, and the fault noted as one of the place `loc`."""
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        faults.append(replace(fault_of(error.errors(include_url=False)[0]), loc=loc))
        return None


def _too_deep(value: Any) -> str | None:
    return "too_deep" if _is_deep(value, DEEPEST) else None


def _unstorable(value: Any, levels: int = DEEPEST) -> str | None:
    """Return what PostgreSQL would refuse of a value: the character U+0000, half a one, NaN, too deep nesting."""
    if isinstance(value, str):
        return "forbidden_character" if "\0" in value else None if _is_whole(value) else "lone_surrogate"
    if isinstance(value, float):
        return None if math.isfinite(value) else "not_a_number"
    if not isinstance(value, dict | list):
        return None
    if not levels:
        return "too_deep"
    inside = [*value, *value.values()] if isinstance(value, dict) else value
    return next((kind for inner in inside if (kind := _unstorable(inner, levels - 1))), None)


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
