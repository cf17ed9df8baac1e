"""Keep the data of this version for the tests of later ones: `make release-data`, once, when a version is released.

A backup of the demo's shops, small, made by the command itself on a database and with keys of its own.
"""

import sys
from pathlib import Path

from hub.version import VERSION
from tests.system.running import KEYS, Hub, folder_for_hubs

RELEASES = sorted(Path(__file__).parent.glob("*.backup"))


def main(version: str = VERSION) -> None:
    """Write `<version>.backup` beside this file."""
    path = Path(__file__).with_name(f"{version}.backup")
    with folder_for_hubs() as folder:
        hub = Hub(folder / "var", KEYS)
        for command in (["migrate", "--verbosity", "0"], ["demo", "--percent", "5"], ["backup", str(path), "--force"]):
            done = hub.manage(*command)
            if done.returncode:
                sys.exit(done.stderr)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
