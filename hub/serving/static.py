"""Static files as they are served: collected once a version, under names that change with them, compressed ahead."""

import fcntl
import hashlib
from pathlib import Path

import structlog
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

log = structlog.get_logger("hub.static")


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Names files by their content where this process has collected them, else as they are."""

    def stored_name(self, name: str) -> str:
        """Return the name to ask for."""
        collected = settings.STATIC_ROOT and self.hashed_files.get(self.hash_key(self.clean_name(name)))
        return str(collected or name)


def collect_static(root: Path) -> None:
    """Collect the files of the apps into a folder, which becomes STATIC_ROOT, where they are others than last time.

    Of several processes one does it, 2 s of CPU, and the others wait. Files of former versions stay for those who still
    show their pages.
    """
    settings.STATIC_ROOT = str(root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with root.with_suffix(".collected").open("a+") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX)
            mark.seek(0)
            found = _fingerprint()
            if mark.read() != found:
                call_command("collectstatic", interactive=False, verbosity=0)
                mark.truncate(0)
                mark.write(found)
    except OSError as error:
        log.warning("static files cannot be collected, and are served as they are", reason=error.strerror)
        settings.STATIC_ROOT = None


def _fingerprint() -> str:
    """Return what changes with any of the files."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
