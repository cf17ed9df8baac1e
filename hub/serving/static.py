"""Static files as they are served: collected once a version, under names that change with them, compressed ahead."""

import fcntl
import hashlib
from pathlib import Path

import structlog
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

log = structlog.get_logger("hub.static")
# Of the sidecar the page of the API needs two files; to compress the others takes 3 s of CPU and 18 MB.
UNUSED = ["redoc", "swagger-ui-bundle.js.map", "swagger-ui-standalone-preset.*"]
BY_CONTENT = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}


def use_collected_static(folder: Path) -> None:
    """Serve static files from a folder, under names by their content: browsers keep them for good.

    Without a folder that can be written, they are served from the packages, as everywhere else. To be called before the
    application is made.
    """
    before = settings.STORAGES
    settings.STATIC_ROOT, settings.STORAGES = str(folder), {**before, "staticfiles": BY_CONTENT}
    try:
        _collect(folder)
    except OSError as error:
        log.warning("static files cannot be collected, and are served as they are", reason=error.strerror)
        settings.STATIC_ROOT, settings.STORAGES = None, before


def _collect(folder: Path) -> None:
    """Collect the files of the apps where they are others than last time.

    Of several processes one does it, 1.6 s of CPU, and the others wait. Files of former versions stay for those who
    still show their pages.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".collected").open("a+") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        mark.seek(0)
        found = _fingerprint()
        if mark.read() != found:
            call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=UNUSED)
            mark.truncate(0)
            mark.write(found)


def _fingerprint() -> str:
    """Return what changes with any of the files."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
