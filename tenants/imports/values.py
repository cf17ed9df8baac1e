"""What the cells of a table mean: their text as the value of a documented field, or what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from hub.records.types import normal_local_moment, normal_moment
from tenants.entities import Kind

Convert = Callable[[str], Any]


class Unreadable(Exception):
    """A cell can't be read as what its column holds: `kind` is that of a Fault, `limit` what its text needs."""

    def __init__(self, kind: str, limit: str = "") -> None:
        super().__init__(kind)
        self.kind, self.limit = kind, limit
