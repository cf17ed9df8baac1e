"""Where a passphrase comes from: a file, the settings, or whoever sits at the terminal. Never a command line."""

from getpass import getpass
from pathlib import Path

from hub.backups.problems import BackupProblem

LEAST = 12  # characters
SOURCES = "--passphrase-file, BACKUP_PASSPHRASE, the terminal"


def read_passphrase(path: str) -> str:
    """Return the first line of a file; raises BackupProblem where there is none."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        raise BackupProblem(f"--passphrase-file must be a file of text that can be read, not {path}.") from None
    if not lines or not lines[0].strip():
        raise BackupProblem(f"{path} has no passphrase on its first line.")
    return lines[0].strip()


def ask_passphrase(*, twice: bool = False) -> str:
    """Ask at the terminal."""
    try:
        said = getpass("Passphrase: ")
        if twice and getpass("The same again: ") != said:
            raise BackupProblem("These are two different passphrases.")
    except EOFError:
        raise BackupProblem("There is no passphrase.") from None
    return said


def require_strong(passphrase: str) -> str:
    """Return a passphrase for a new backup; raises BackupProblem where it is too short."""
    if len(passphrase) < LEAST:
        raise BackupProblem(f"The passphrase must have {LEAST} characters or more, wherever it comes from: {SOURCES}.")
    return passphrase
