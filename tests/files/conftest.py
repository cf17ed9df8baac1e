"""Where files are kept in the tests of them."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(params=["folder", "database"])
def files(request: Any, settings: Any, tmp_path: Path) -> Path | None:
    """Where files are kept: each test that asks runs with a shared folder (its path), and with the database (None)."""
    settings.FILES = tmp_path if request.param == "folder" else None
    found: Path | None = settings.FILES
    return found
