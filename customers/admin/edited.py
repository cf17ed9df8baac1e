"""What an edit of opt-ins did, as a message says it: each change by name while they are few, and what was left."""

from collections.abc import Iterator, Mapping, Sequence

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from customers.admin.lines import source_of
from customers.admin.optins import NEVER, TITLES, YES_NO
from customers.consents import GIVEN_BITS, Conflict, ConsentEdit, Edited
from customers.flags import FLAGS, has_flag
from customers.models import Customer
from tenants.admin.question import counted
from tenants.admin.sections import moment, record_link
from tenants.admin.undo_links import undo_links
from tenants.models import ConsentChange, Tenant

MOST_NAMED = 3  # changes
MOST_CONFLICTS = 10  # named one by one
MOST_LETTERS = 60  # of a name: messages are kept in a cookie, which has room for 2,048, and never in the database


def edited_text(
    request: HttpRequest, tenant: Tenant, edited: Edited, edits: Sequence[ConsentEdit], given: Mapping[int, int]
) -> SafeString:
    """Say what changed, with links to the changeset and to taking it back, and how many were so already.

    `given` are the bits of what customers, by hub id, had been given before.
    """
    changes = edited.changes
    named = _named(tenant, edited, edits, given)
    said = format_html_join(" ", "{}", ((line,) for line in named)) if named else _counted(edited)
    if named and changes.unchanged:
        said = format_html("{} {}", said, _so_already(changes.unchanged))
    links = undo_links(request, tenant, edited.number)
    return format_html("{} {}", said, links) if links else said


def _counted(edited: Edited) -> SafeString:
    changes = edited.changes
    changed = f"{counted(len(changes.updated), Customer._meta)} changed."
    return format_html("{} {}", changed, _so_already(changes.unchanged)) if changes.unchanged else SafeString(changed)


def _so_already(many: int) -> str:
    return f"{counted(many, Customer._meta)} {'was' if many == 1 else 'were'} so already."


def _named(tenant: Tenant, edited: Edited, edits: Sequence[ConsentEdit], given: Mapping[int, int]) -> list[SafeString]:
    """Name each change, `E-mail opt-in of Ada: no → yes.`; none where they are too many."""
    changed = edited.changes.updated
    if not 0 < len(changed) <= MOST_NAMED:
        return []
    told = {consent.customer: consent for consent in edited.changes.consents}
    lines: list[tuple[int, str, str, bool]] = []
    for edit in edits:
        for name, value in edit.flags.items() if edit.customer in changed else ():
            consent = told.get(edit.customer)
            was = consent.before if consent and consent.before is not None else None
            if was is not None and has_flag(was, name) == value:
                continue
            is_first = was is None or not (has_flag(was, name) or given.get(edit.customer, 0) & GIVEN_BITS[name])
            lines.append((edit.customer, name, NEVER.lower() if is_first else YES_NO[not value], value))
    return [] if len(lines) > MOST_NAMED else _written(tenant, lines)


def _written(tenant: Tenant, lines: Sequence[tuple[int, str, str, bool]]) -> list[SafeString]:
    people = Customer.objects.filter(tenant_id=tenant.pk).in_bulk({line[0] for line in lines})
    return [
        format_html("{} of {}: {} → {}.", TITLES[name], person_link(people, customer), before, YES_NO[value])
        for customer, name, before, value in lines
    ]


def person_link(people: Mapping[int, Customer], customer: int) -> SafeString:
    """Return a link to a customer by name, shortened."""
    name = people.get(customer, f"customer #{customer}")
    return record_link("customers_customer", customer, Truncator(str(name)).chars(MOST_LETTERS))


def conflict_texts(tenant: Tenant, conflicts: Sequence[Conflict]) -> Iterator[SafeString]:
    """Say of each flag that was left alone what is stored now, what was wanted, and who changed it, through what."""
    stored = {conflict.edit.customer: conflict.stored for conflict in conflicts}
    changes = last_changes(tenant, [customer for customer, flags in stored.items() if flags is not None])
    for conflict in conflicts:
        customer = conflict.edit.customer
        values = [
            (TITLES[name], _now(conflict.stored, name), YES_NO[value], _by(changes.get((customer, name))))
            for name, value in conflict.edit.flags.items()
        ]
        yield format_html(
            "{} was left alone: {}. Look again, then decide.",
            record_link("customers_customer", customer, f"Customer #{customer}"),
            format_html_join(", ", "{} is now {}, you wanted {}{}", values),
        )


def _now(stored: int | None, name: str) -> str:
    return "erased" if stored is None else YES_NO[has_flag(stored, name)]


def last_changes(tenant: Tenant, customers: Sequence[int]) -> dict[tuple[int, str], ConsentChange]:
    """Return by customer and flag the last row of the ledger about it."""
    found: dict[tuple[int, str], ConsentChange] = {}
    for change in ConsentChange.objects.filter(tenant_id=tenant.pk, customer__in=customers).order_by("pk"):
        found.update({(change.customer, name): change for name in FLAGS if has_flag(change.channels, name)})
    return found


def _by(change: ConsentChange | None) -> SafeString | str:
    """Say who made a change of the ledger, through what and when."""
    if change is None:
        return ""
    said = (change.actor, source_of(change), moment(change.created_at))
    return format_html(": changed by <bdi>{}</bdi> through {}, {}", *said)
