"""`python -m benchmarks [--quick]`: give the run a data folder of its own, then Django, then start it."""

import importlib
import os
import signal
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path
from types import FrameType

import django

from hub.environment import read_environment


def main() -> int:
    """Run the benchmark; everything it started has ended and its data is gone when this returns."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _interrupt)
    os.environ.pop("READ_DATABASE_URL", None)
    os.environ.pop("DATABASE_URL", None)  # never anybody's database: always an embedded server of its own
    folder = read_environment().HUB_DATA.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="bench-", dir=folder))
    os.environ.update(HUB_DATA=str(data), DJANGO_SETTINGS_MODULE="hub.settings", LOG_LEVEL="WARNING")
    django.setup()
    run = importlib.import_module("benchmarks.run")  # models can be imported only from here on
    try:
        return int(run.run(data, quick=arguments.quick))
    except KeyboardInterrupt:
        return 130


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks", description="Measure ingest side by side with the raw limit.")
    parser.add_argument("--quick", action="store_true", help="the most telling cases only, in under a minute")
    return parser.parse_args()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
