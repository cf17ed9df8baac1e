"""A web server whose limits of time are out of the way, for tests that count what it does.

gunicorn takes the worker's class from GUNICORN_CMD_ARGS.
"""

from django.db import connections

from hub.serving import worker
from tenants.api import turns

SECONDS = 600


class PatientWorker(worker.EvenWorker):
    """Leaves connections to others until they come for them; its batches wait for their turn and for locks."""

    def init_process(self) -> None:
        worker.PATIENCE = int(SECONDS / worker.MOMENT)
        turns.SECONDS = SECONDS
        options = connections.settings["default"]["OPTIONS"]
        options["options"] += f" -c lock_timeout={SECONDS}s"
        options["connect_timeout"] = SECONDS
        super().init_process()
