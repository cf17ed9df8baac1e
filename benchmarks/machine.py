"""What the figures were taken on."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from hub.postgres.programs import SETTINGS


def describe_machine() -> dict[str, str]:
    """Return what tells one machine's figures from another's."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{os.cpu_count()} × {_processor()}",
        "memory": f"{memory:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgresql": "18, embedded: " + ", ".join(f"{name} {SETTINGS[name]}" for name in TELLING if name in SETTINGS),
        "load at the end": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


TELLING = ("shared_buffers", "max_wal_size", "wal_compression", "synchronous_commit", "fsync", "jit")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
