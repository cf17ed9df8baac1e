"""What keeps a backup from being made or restored."""


class BackupProblem(Exception):
    """One line that says what is wrong and what to do."""


class Damaged(BackupProblem):
    """The file is not as the backup wrote it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The file is damaged: {what}. Nothing was restored.")
