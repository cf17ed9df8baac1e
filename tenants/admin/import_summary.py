"""How an import reads: its state, its counts and its speed in words, as its page and the script on it show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.html import format_html
from procrastinate.contrib.django.models import ProcrastinateWorker

from tenants.admin.sections import moment, named
from tenants.entities import entity_config
from tenants.imports.jobs import tell
from tenants.imports.options import MARKS
from tenants.models import Import, ImportState

SOURCES = {"admin": "Admin", "api": "API", "command": "Command"}
STATES = {
    "uploading": "",
    "waiting": "info",
    "running": "info",
    "tried": "warning",
    "finished": "success",
    "failed": "danger",
    "cancelled": "",
}
COUNTED = {
    "created": "created",
    "updated": "changed",
    "unchanged": "unchanged",
    "rejected": "rejected",
    "folded": "folded or skipped",
}
COUNTED_TRIED = {
    "created": "would be created",
    "updated": "would be changed",
    "unchanged": "are so already",
    "rejected": "would be rejected",
    "folded": "would be folded or skipped",
}
GOING_ON = (ImportState.WAITING, ImportState.RUNNING)
WORKER_SECONDS = 60  # without a heartbeat, which a worker gives every ten
PATIENCE = timedelta(seconds=8)  # in which a worker takes what waits, if there is one
NO_WORKER = (
    "Waiting for the background worker, which does not seem to run: whoever runs the hub starts it (manage.py serve, or"
    " manage.py procrastinate worker). The file is kept, and it begins by itself then."
)
BUSY = "Waiting for the background worker: it is busy with other files. This one begins when its turn comes."
OPTIONS = {
    "encoding": "Encoding",
    "delimiter": "Delimiter",
    "dates": "Dates",
    "decimal": "Decimals after",
    "timeZone": "Time zone",
}
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", ".": "point"}
SECONDS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def through(job: Import) -> str:
    """Return through what a file came."""
    return SOURCES["api" if job.api_key_id else "admin" if job.user_id else "command"]


def progress(job: Import) -> dict[str, Any]:
    """Return how far an import is, for the script on its page."""
    told = tell(job)
    return {
        "state": job.state,
        "title": title(job),
        "percent": percent(job),
        "read": f"{job.read:,}",
        "counts": {name: f"{getattr(job, name):,}" for name in COUNTED},
        "speed": speed(told) if job.state == ImportState.RUNNING else "",
        "warning": waiting_text(job),
        "goesOn": job.state in GOING_ON,
    }


def title(job: Import) -> str:
    """Say in a few words what is happening to a file, or what became of it."""
    if job.is_cancelled and job.state == ImportState.RUNNING:
        return "Stopping: what is being stored now is stored to its end"
    trying = {
        ImportState.UPLOADING: "Uploading",
        ImportState.WAITING: "Waiting to be tried" if job.is_dry_run else "Waiting to be stored",
        ImportState.RUNNING: "Being tried: nothing is stored" if job.is_dry_run else "Being stored",
        ImportState.FINISHED: "Tried: nothing is stored yet" if job.is_dry_run else "Finished",
        ImportState.FAILED: "Failed",
        ImportState.CANCELLED: "Cancelled",
    }
    return trying[ImportState(job.state)]


def percent(job: Import) -> int:
    """Return how much of the file has been read, in hundredths."""
    if job.state == ImportState.FINISHED:
        return 100
    return min(99, job.bytes_read * 100 // job.size) if job.size else 0


def speed(told: Mapping[str, Any]) -> str:
    """Say how fast a job is, and how long it will take."""
    per_second, left = told.get("rowsPerSecond"), told.get("secondsLeft")
    texts = [f"{round(per_second):,} records a second"] if per_second else []
    if left is not None:
        texts.append(f"{spoken(left)} left")
    return ", ".join(texts)


def spoken(seconds: float) -> str:
    """Write a length of time as people say it: about 2 minutes."""
    whole = max(1, round(seconds))
    unit, name = next((unit, name) for unit, name in SECONDS if whole >= unit)
    many = round(whole / unit)
    return f"about {many:,} {name}{'' if many == 1 else 's'}"


def waiting_text(job: Import) -> str:
    """Say why a job that waits has not begun; nothing where it has, or may in a moment."""
    if job.state != ImportState.WAITING:
        return ""
    if not worker_is_there():
        return NO_WORKER
    return BUSY if datetime.now(UTC) - (job.started_at or job.created_at) > PATIENCE else ""


def worker_is_there() -> bool:
    """Tell whether a background worker was seen a moment ago."""
    since = datetime.now(UTC) - timedelta(seconds=WORKER_SECONDS)
    return bool(ProcrastinateWorker.objects.filter(last_heartbeat__gte=since).exists())


@dataclass(frozen=True)
class Consents:
    """How many customers a file would give a consent, and from how many it would take it, in words."""

    title: str
    given: int
    taken: int
    gives: str
    takes: str


def consents(job: Import) -> list[Consents]:
    """Return the consents that a dry run would give and withdraw, flag by flag."""
    found = []
    for flag in entity_config(job.entity).consents:
        given, taken = job.consents.get(flag.name, (0, 0))
        gives, takes = (
            ("would be given", "would be withdrawn") if flag.grants else ("would be so no more", "would be so")
        )
        if given or taken:
            found.append(Consents(flag.title, given, taken, gives, takes))
    return found


def counts(job: Import) -> list[tuple[str, str, str]]:
    """Return what became of a file's records, or would: (the count's name, what it is called, the number)."""
    texts = COUNTED_TRIED if job.is_dry_run else COUNTED
    return [(name, text, f"{getattr(job, name):,}") for name, text in texts.items() if name != "folded" or job.folded]


def facts(job: Import) -> list[tuple[str, object]]:
    """Return who sent what, when, through what: (name, value)."""
    packed = f", packed with {job.packing}" if job.packing else ""
    moments = {"Uploaded": job.created_at, "Started": job.started_at, "Ended": job.ended_at}
    return [
        ("Tenant", named(job.tenant)),
        ("Records", job.get_entity_display()),
        ("File", f"{job.get_format_display()}{packed}, {size_text(job.announced or job.size)}"),
        ("By", f"{job.actor}, through {through(job)}"),
        *((name, moment(at)) for name, at in moments.items() if at),
        *([("Why", job.reason)] if job.reason else []),
        ("Trace", format_html("<code>{}</code>", job.trace_id)),
    ]


def columns(job: Import) -> list[tuple[str, str]]:
    """Return how the rows of a table were read: (option or header, what it is)."""
    said = {name: str(value) for name, value in job.options.items() if isinstance(value, str)}
    named = [(text, DELIMITERS.get(said[name], said[name])) for name, text in OPTIONS.items() if name in said]
    mapping, constants = job.options.get("mapping") or {}, job.options.get("constants") or {}
    named += [(header, field_text(fields)) for header, fields in mapping.items()]
    return [*named, *((f"{name}, in all records", value) for name, value in constants.items())]


def field_text(fields: str | Sequence[str] | None) -> str:
    """Say which fields a column gives."""
    names = [fields] if isinstance(fields, str) else fields or []
    return ", ".join(f"{name[1:]}, {MARKS[name[0]]}" if name[0] in MARKS else name for name in names) or "left out"


def size_text(size: int) -> str:
    """Write a number of bytes as people do."""
    number, unit = float(size), "bytes"
    for larger in ("KB", "MB", "GB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f"{number:,.0f} {unit}" if unit == "bytes" or number >= 100 else f"{number:,.1f} {unit}"
