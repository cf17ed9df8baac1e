"""What a write's answer leaves for the request log."""

from collections.abc import Iterable, Mapping

from hub.api.outcomes import Outcome
from hub.api.responses import JsonResponse
from hub.records.mistakes import Mistake, warned
from tenants.changes.changesets import Receipt


def with_receipt(
    answer: JsonResponse,
    receipt: Receipt,
    warnings: Mapping[str, list[str]],
    *,
    received: int | None = None,
    mistakes: Iterable[Mistake] = (),
    faults: int = 0,
) -> JsonResponse:
    """Return an answer that tells the log its receipt, of so many records `received`, and all that it finds fault with.

    `faults` is how many these are, where it is more than the `mistakes`. Of a dry run there is nothing to count.
    """
    is_dry = receipt.changes is not None
    answer.outcome = Outcome(
        received=receipt.received if received is None else received,
        created=None if is_dry else receipt.created,
        updated=None if is_dry else receipt.updated,
        unchanged=None if is_dry else receipt.unchanged,
        removed=None if is_dry else receipt.removed,
        changeset=receipt.number,
        mistakes=[*mistakes, *(warned(warnings) if warnings else ())],
        faults=faults,
    )
    return answer
