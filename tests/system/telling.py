"""Imported first in a process, it has each further module named on standard error as it is looked for."""

import sys


class Telling:
    """A finder of modules that finds none."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        sys.stderr.write(f"\nimports {name}\n")


sys.meta_path.insert(0, Telling)
