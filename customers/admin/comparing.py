"""Two customers side by side: their values, what there is to choose, and what becomes of their consents."""

import json
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst

from customers.admin.head import totals_of
from customers.admin.optins import TITLES, flags_of, state_of
from customers.flags import FLAGS, GRANTED, NAMES
from customers.merging.choices import BOTH, FIELDS, KEPT, LOST, SETS, Choices, Row, by_rule, differ
from customers.models import Customer

COMPARED = (*FIELDS, *SETS, *FLAGS)
LABELS = {
    **{name: str(Customer._meta.get_field(name).verbose_name) for name in COMPARED},  # type: ignore[union-attr]
    "customer_id": "CustomerId",
}
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Option:
    """A value that can be chosen: what the form sends, what people read, and whether it is chosen."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ValueLine:
    """A field of two customers: the value of each, `same` where there is one for both, and the options."""

    name: str
    label: str
    kept: str
    lost: str
    same: bool
    options: list[Option]


@dataclass(frozen=True, slots=True)
class FlagLine:
    """A consent of two customers, what comes of it and why, and the options to decide it by hand."""

    name: str
    label: str
    kept: str
    lost: str
    result: str
    why: str
    options: list[Option]


def text_of(value: Any) -> str:
    """Write a value as staff read it."""
    if not value:
        return NOTHING
    if isinstance(value, list):
        return ", ".join(value)
    return json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, dict) else str(value)


def value_lines(kept: Row, lost: Row, choices: Choices) -> list[ValueLine]:
    """Return the fields of both, those that neither has left out."""
    open_ = differ(kept, lost)
    lines = []
    for name in (*FIELDS, *SETS):
        ours, theirs = text_of(kept[name]), text_of(lost[name])
        if ours == theirs == NOTHING:
            continue
        options = _options(name, ours, theirs, choices) if name in open_ else []
        lines.append(ValueLine(name, str(capfirst(LABELS[name])), ours, theirs, ours == theirs, options))
    return lines


def _options(name: str, ours: str, theirs: str, choices: Choices) -> list[Option]:
    sides = [(KEPT, ours), (LOST, theirs)]
    if name in SETS:
        sides.append((BOTH, "All of both"))
    return [Option(side, text, choices.side(name) == side) for side, text in sides]


def flag_lines(kept: Customer, lost: Customer, choices: Choices) -> list[FlagLine]:
    """Return what becomes of each consent: one is granted only where both are."""
    ruled = by_rule({name: getattr(kept, name) for name in FLAGS}, {name: getattr(lost, name) for name in FLAGS})
    return [_flag_line(kept, lost, choices, name, bool(ruled & 1 << bit)) for name, bit in FLAGS.items()]


def _flag_line(kept: Customer, lost: Customer, choices: Choices, name: str, ruled: bool) -> FlagLine:
    chosen = choices.flags.get(name)
    result = ruled if chosen is None else chosen
    texts = {"": f"By the rule: {_word(ruled)}", "yes": "Yes", "no": "No"}
    said = {None: "", True: "yes", False: "no"}[chosen]
    options = [Option(value, text, value == said) for value, text in texts.items()]
    why = "you decided" if result is not ruled else _why(name, flags_of(kept), flags_of(lost))
    return FlagLine(name, TITLES[name], state_of(kept, name), state_of(lost, name), _word(result), why, options)


def _why(name: str, kept: int, lost: int) -> str:
    """Say why the rule says so: an opt-in is granted where both allow it, an exclusion where either has it."""
    number = sum(bool(flags & 1 << FLAGS[name]) for flags in (kept, lost))
    if GRANTED[NAMES[name]]:
        return ("neither allows it", "only one allows it", "both allow it")[number]
    return ("neither is excluded", "one of them is excluded", "both are excluded")[number]


def _word(value: bool) -> str:
    return "Yes" if value else "No"


def totals(customer: Customer) -> str:
    """Write how many orders a customer has and what they came to."""
    bought = totals_of(customer)
    gone = f", {bought.cancelled.orders:,} cancelled" if bought.cancelled.orders and not bought.more else ""
    return f"{bought.title}{gone}"
