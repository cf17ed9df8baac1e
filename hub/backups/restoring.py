"""A backup is restored: into an empty database, in one transaction, and its keys to where the hub looks for them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from hub.backups.files import PREFIX, Placing
from hub.backups.keys import fingerprints, kept_in_file, keys_of, place
from hub.backups.loading import Loading
from hub.backups.making import DATABASE
from hub.backups.problems import BackupProblem
from hub.backups.programs import parameters_of
from hub.backups.reading import Content
from hub.environment import Environment

NO_FOLDER = "The backup has {files} files of imports that were under way: set FILES to the folder where they belong."
SHOWN = "`manage.py restore FILE --show-keys` shows it"
SESSIONS = (
    "The SECRET_KEY is not the one of the backup: browsers that had logged in are strangers at their next log-in."
)


def require_keys(environment: Environment, content: Content, *, is_lost: bool) -> Iterator[str]:
    """Yield what is to be said of the keys; raises BackupProblem where the hub would lack the database's ERASURE_KEY.

    A key that the backup holds and that belongs into a file of HUB_DATA is none that the hub would not have.
    """
    have = fingerprints(keys_of(environment))
    for name, wanted in content.manifest.keys.items():
        if have.get(name) == wanted or (name in content.keys and kept_in_file(environment, name)):
            continue
        if name != "ERASURE_KEY":
            yield SESSIONS
        elif not is_lost:
            raise BackupProblem(_missing(environment, content))


def _missing(environment: Environment, content: Content) -> str:
    path = kept_in_file(environment, "ERASURE_KEY")
    return (
        "The ERASURE_KEY is not the one of the backup, without which it is not known who was erased, and secrets cannot"
        f" be read: set it{f' in {path}' if path else ''}"
        f" ({SHOWN if content.keys else 'the backup does not hold it'}), or add --erasure-key-is-lost."
        " Nothing was changed."
    )


def place_keys(environment: Environment, content: Content) -> Iterator[str]:
    """Put the keys of a backup into HUB_DATA where the hub looks there for them, and yield what was put aside."""
    have = keys_of(environment)
    for name, key in content.keys.items():
        path = kept_in_file(environment, name)
        if path and have[name] != key and (former := place(path, key)):
            yield f"{path} holds the key of the backup now; what it held before is in {former}."


def require_folder(environment: Environment, content: Content) -> None:
    """Raise BackupProblem where the backup has files and the hub no folder for them."""
    if content.files and not environment.FILES:
        raise BackupProblem(NO_FOLDER.format(files=content.files) + " Nothing was changed.")


def load(
    environment: Environment, parts: Iterable[tuple[str, bytes]], content: Content, server_version: int, more: str
) -> None:
    """Put the files into their folder, then the dump into the database, with `more` statements before its COMMIT."""
    placing = Placing(Path(environment.FILES))
    with Loading(parameters_of(environment), server_version) as loading:
        for part, data in parts:
            if part.startswith(PREFIX):
                placing.write(part, data)
            elif part == DATABASE:
                placing.finish()
                loading.write(data)
        loading.commit(content.manifest.tables, more)
