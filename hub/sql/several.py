"""Rows with one of several values, found by the index of the column, however many values there are."""

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, F, Func, TextField, Value


class IsAny(Func):
    """Whether a column has one of some texts. The planner counts a list, but not what a subquery makes an array of:
    see hub.sql.hub_ids.
    """

    template = "%(expressions)s)))"
    arg_joiner = " = ANY (ARRAY (SELECT unnest("
    output_field = BooleanField()
    conditional = True

    def __init__(self, column: str, values: Sequence[str], **extra: Any) -> None:
        super().__init__(F(column), Value(list(values), output_field=ArrayField(TextField())), **extra)
