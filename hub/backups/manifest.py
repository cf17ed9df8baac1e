"""What a backup says of itself, in its first part."""

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, ValidationError

from hub.backups.problems import BackupProblem, Damaged

FORMAT = 1
NAME = "manifest.json"


class Manifest(BaseModel):
    """What is in a backup, which hub made it, and the moment it is of.

    `tables` are the rows of each table, as they were at the snapshot; `left_out` those whose rows are not in it. `keys`
    are the fingerprints of the hub's keys, which are in it where `holds_keys`.
    """

    format: int = FORMAT
    hub: str
    postgresql: str
    made_at: datetime
    migrations: list[str]
    tables: dict[str, int]
    left_out: list[str]
    keys: dict[str, str]
    holds_keys: bool

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(self.tables.values())

    def require_known(self, migrations: Collection[str]) -> None:
        """Raise BackupProblem where a newer hub made the backup: one with migrations that this hub has not."""
        unknown = sorted(set(self.migrations) - set(migrations))
        if unknown:
            raise BackupProblem(
                f"A newer hub made this backup ({self.hub}; {len(unknown)} migrations are unknown here, such as"
                f" {unknown[0]}): restore it with that version. Nothing was changed."
            )


def read_manifest(data: bytes) -> Manifest:
    """Return what a backup's first part says."""
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError:
        raise Damaged("its manifest cannot be read") from None
    if manifest.format != FORMAT:
        raise BackupProblem(f"A newer hub made this backup ({manifest.hub}): restore it with that version.")
    return manifest
