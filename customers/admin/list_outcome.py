"""What acting on a list would do, in numbers, and what became of each of its lines."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from customers.acting.edits import TITLES as OF_MEMBERS
from customers.acting.edits import Acted, Seen, Wanted
from customers.acting.matching import MOST_OF_A_LINE, Line, Listed
from customers.acting.standing import Standing
from customers.admin.edited import MOST_CONFLICTS, conflict_texts
from customers.admin.optins import NEVER, TITLES, YES_NO
from customers.consents import GIVEN_BITS
from customers.flags import has_flag
from customers.models import Customer
from tenants.admin.question import counted
from tenants.models import Tenant

HEADER = ("No.", "Line", "Result", "Hub ids")
NOT_FOUND, CHANGED, SO_ALREADY, LEFT_ALONE = "not found", "changed", "was so already", "left alone: changed meanwhile"
SAME_AS = "same as line {}"
GONE, LEFT_OUT, SHARED = "erased meanwhile", "several matches, left out", "too many matches, left out"


def figures(listed: Listed, *, shared: bool) -> str:
    """Say how many lines there are of each kind, which add up to those of the list, and whom is acted on.

    `shared`: on those of lines with several matches, too.
    """
    several = len(listed.several)
    acting = len(listed.single) + (several if shared else 0)
    each = f", {several:,} of them several each" if shared and several else ""
    people = counted(len(listed.ids(shared=shared)), Customer._meta)
    kinds = [(acting, f"{_lines(acting, 'match')} {people}{each}")]
    if not shared:
        kinds.append((several, f"{_lines(several, 'match')} several and {_are(several)} left out"))
    cut, missing, repeats = len(listed.shared), len(listed.missing), len(listed.repeats)
    kinds += [
        (cut, f"{_lines(cut, 'match')} more than {MOST_OF_A_LINE} and {_are(cut)} left out"),
        (missing, f"{missing:,} {_are(missing)} unknown"),
        (repeats, f"{repeats:,} {'is a repeat' if repeats == 1 else 'are repeats'}"),
    ]
    said = [text for number, text in kinds if number]
    return "; ".join(
        said if acting else ["No line matches a customer" if not several else "No line matches one", *said]
    )


def _lines(number: int, verb: str) -> str:
    return f"1 line {verb}es" if number == 1 else f"{number:,} lines {verb}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def happens(customers: Sequence[Standing], wanted: Wanted) -> list[str]:
    """Say of each flag, tag and list how many it changes for, and how many are so already."""
    lines = []
    for name, value in wanted.flags.items():
        states = Counter(_state(customer, name) for customer in customers)
        to = YES_NO[value]
        changes = [f"{states[was]:,} {was} → {to}" for was in ("yes", "no", NEVER.lower()) if was != to and states[was]]
        lines.append(f"{TITLES[name]}: {', '.join(changes) or 'nobody changes'}, {states[to]:,} are so already.")
    for i, ((column, item), value) in enumerate(wanted.members.items()):
        have = sum(customer.members >> i & 1 for customer in customers)
        lacking = len(customers) - have
        done = (
            f"{lacking:,} get it, {have:,} have it already" if value else f"{have:,} lose it, {lacking:,} have it not"
        )
        lines.append(f"{OF_MEMBERS[column].capitalize()} “{item}”: {done}.")
    return lines


def _state(customer: Standing, name: str) -> str:
    """Return what a customer's flag is: yes, no or never given."""
    if has_flag(customer.flags, name):
        return YES_NO[True]
    return YES_NO[False] if customer.given & GIVEN_BITS[name] else NEVER.lower()


def said(tenant: Tenant, acted: Acted, number: int) -> list[SafeString | str]:
    """Say what acting on a list did."""
    left = acted.left_alone.keys() - acted.changed
    already = number - len(acted.changed) - len(acted.gone) - len(left)
    lines: list[SafeString | str] = [f"{counted(len(acted.changed), Customer._meta)} changed."]
    if already:
        lines.append(f"{counted(already, Customer._meta)} {'was' if already == 1 else 'were'} so already.")
    if acted.gone:
        lines.append(f"{counted(len(acted.gone), Customer._meta)} no longer there.")
    if acted.left_alone:
        lines.append(f"Of {counted(len(acted.left_alone), Customer._meta)} something changed meanwhile and stays so:")
        lines += conflict_texts(tenant, acted.conflicts[:MOST_CONFLICTS])
        sets = ((hub_id, ", ".join(left)) for hub_id, left in _of_members(acted.left_alone))
        lines.append(format_html_join(" ", "Customer #{}: {}.", list(sets)[:MOST_CONFLICTS]))
    return [line for line in lines if line]


def _of_members(left_alone: Mapping[int, Sequence[str]]) -> Iterator[tuple[int, list[str]]]:
    for hub_id, names in left_alone.items():
        if found := [name for name in names if name not in TITLES]:
            yield hub_id, found


def outcomes(lines: Sequence[Line], seen: Mapping[int, Seen], acted: Acted) -> Iterator[list[str]]:
    """Yield of each line as typed its number, what became of it, and of whom; of a repeat which it is the same as."""
    for number, line in enumerate(lines, start=1):
        if line.same_as:
            became = [SAME_AS.format(line.same_as)]
        elif len(line.ids) > 1 and not any(hub_id in seen for hub_id in line.ids):
            became = [SHARED if line.is_shared else LEFT_OUT]
        else:
            became = [_became(hub_id, seen, acted) for hub_id in line.ids] or [NOT_FOUND]
        ids = "" if line.is_shared else " ".join(f"#{hub_id}" for hub_id in line.ids)
        yield [str(number), line.text, "; ".join(dict.fromkeys(became)), ids]


def _became(hub_id: int, seen: Mapping[int, Seen], acted: Acted) -> str:
    if hub_id in acted.gone or hub_id not in seen:
        return GONE
    changed = [CHANGED] if hub_id in acted.changed else []
    left = [LEFT_ALONE] if hub_id in acted.left_alone else []
    return ", ".join([*changed, *left]) or SO_ALREADY
