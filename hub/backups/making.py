"""A backup is made: one stream, of one moment, while the hub goes on."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from hub.backups import manifest
from hub.backups.age import Encrypting, Sink
from hub.backups.archive import Writer
from hub.backups.files import put_files
from hub.backups.keys import fingerprints, keys_of
from hub.backups.manifest import Manifest
from hub.backups.programs import parameters_of
from hub.backups.snapshot import LEFT_OUT, dump, snapshot_of
from hub.environment import Environment
from hub.version import VERSION

KEYS = "keys.json"
DATABASE = "database"


class Made(NamedTuple):
    """What a backup has."""

    manifest: Manifest
    files: int


def make_backup(environment: Environment, sink: Sink, *, passphrase: str, seen: Callable[[int], object]) -> Made:
    """Write a backup of the hub, and tell `seen` of each compressed bytes of the dump how many they are.

    With a passphrase all of it is encrypted, and the hub's keys are in it; else they are named by their fingerprints.
    Raises BackupProblem; then what was written has no end, and no hub restores it.
    """
    encrypting = Encrypting(sink, passphrase) if passphrase else None
    archive = Writer(encrypting or sink)
    parameters, keys = parameters_of(environment), keys_of(environment)
    with snapshot_of(parameters) as snapshot:
        said = Manifest(
            hub=VERSION,
            postgresql=snapshot.postgresql,
            made_at=snapshot.begun_at,
            migrations=snapshot.migrations,
            tables=snapshot.tables,
            left_out=list(LEFT_OUT),
            keys=fingerprints(keys),
            holds_keys=bool(passphrase),
        )
        archive.put(manifest.NAME, said.model_dump(mode="json"))
        if passphrase:
            archive.put(KEYS, keys)
        # Before the dump, which may take an hour: the snapshot's imports end meanwhile, and their files go.
        files = put_files(archive, Path(environment.FILES)) if environment.FILES else 0
        archive.put_stream(DATABASE, _seen(dump(parameters, snapshot), seen))
    archive.close()
    if encrypting:
        encrypting.close()
    return Made(said, files)


def _seen(chunks: Iterable[bytes], seen: Callable[[int], object]) -> Iterator[bytes]:
    for chunk in chunks:
        seen(len(chunk))
        yield chunk
