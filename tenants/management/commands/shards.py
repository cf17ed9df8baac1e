"""`manage.py shards`: where tenants live on a Citus cluster; moves them."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from tenants.cluster import NotPossible
from tenants.moves import Progress, move_tenant, rebalance
from tenants.shards import Home, Node, find_homes, find_nodes

ABOUT = "Rows are estimates, of the last ANALYZE; the bytes of a shared shard are those of all who live there."
BROKEN_OFF = "Broken off: nothing has moved. What was copied is removed by the cluster; run it again to move."
STOPPED = "Stopped: what has moved stays where it is. Run it again to go on."
BAR = "{desc} {percentage:3.0f} %|{bar}| {elapsed}"


class Command(BaseCommand):
    """Show where each tenant lives, or move a tenant or shards, while the hub serves."""

    help = "Shows on which node and shard of a Citus cluster tenants live, and moves them. See docs/scaling.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--move", metavar="TENANT", help="give a tenant, by id or slug, a shard of its own")
        what.add_argument("--rebalance", action="store_true", help="move shards until nodes have about the same bytes")
        parser.add_argument(
            "--to", metavar="HOST:PORT", help="the node to move to (default: the one with fewest bytes)"
        )

    def handle(self, **options: Any) -> None:
        if options["to"] and not options["move"]:
            raise CommandError("--to needs --move.")
        if options["json"] and (options["move"] or options["rebalance"]):
            raise CommandError("--json goes with neither --move nor --rebalance.")
        try:
            if options["move"]:
                self._move(options["move"], options["to"])
            elif options["rebalance"]:
                self._rebalance()
            else:
                nodes = find_nodes()
                homes = find_homes(nodes)
                self.stdout.write(_as_json(homes, nodes) if options["json"] else _as_text(homes, nodes))
        except NotPossible as error:
            raise CommandError(str(error)) from error

    def _move(self, tenant: str, to: str | None) -> None:
        with self._shown(BROKEN_OFF) as tell:
            former, new = move_tenant(tenant, to, tell)
        there = f"a shard of its own ({new.shard}) on {new.node.address}"
        said = f"lives on {there} already." if new is former else f"has moved from {former.node.address} to {there}."
        self.stdout.write(f"{new.slug} {said}")

    def _rebalance(self) -> None:
        with self._shown(STOPPED) as tell:
            done = rebalance(tell)
        self.stdout.write("The nodes are balanced." if done else "The nodes are balanced already.")

    @contextmanager
    def _shown(self, interrupted: str) -> Iterator[Callable[[Progress], None]]:
        """Show progress as a bar on a terminal, elsewhere as lines; say what an interrupt has left."""
        is_terminal = self.stdout.isatty()
        try:
            with tqdm(total=100, bar_format=BAR, disable=not is_terminal) as bar:
                yield _bar(bar) if is_terminal else _lines(self.stdout.write)
        except KeyboardInterrupt:
            self.stderr.write(interrupted)
            raise


def _bar(bar: Any) -> Callable[[Progress], None]:
    def show(progress: Progress) -> None:
        bar.set_description_str(progress.what)
        bar.update(100 * progress.part - bar.n)

    return show


def _lines(write: Callable[[str], object]) -> Callable[[Progress], None]:
    """Write a line where something new is done, or another tenth of it."""
    last: list[tuple[str, int]] = []

    def show(progress: Progress) -> None:
        here = (progress.what, int(10 * progress.part))
        if last[-1:] != [here]:
            last.append(here)
            write(f"{progress.what}: about {10 * here[1]} %")

    return show


def _as_text(homes: Sequence[Home], nodes: Sequence[Node]) -> str:
    slug, name, address = (
        max([8, *map(len, texts)])
        for texts in ([h.slug for h in homes], [h.name for h in homes], [n.address for n in nodes])
    )
    lines = [
        f"{home.slug:<{slug}}  {home.name:<{name}}  {home.node.address:<{address}}  shard {home.shard}"
        f"  {_company(home):<16} {_rows(home.rows)} {_megabytes(home.bytes)}"
        for home in homes
    ]
    sums = [
        f"{node.address:<{address}}  {sum(home.node == node for home in homes):>6,} tenants"
        f" {_rows(node.rows)} {_megabytes(node.bytes)}"
        for node in nodes
    ]
    return "\n".join([*lines, "", *sums, "", ABOUT])


def _company(home: Home) -> str:
    if home.is_own:
        return "of its own"
    others = {0: "nobody else", 1: "1 other"}.get(home.neighbours, f"{home.neighbours} others")
    return f"with {others}"


def _rows(number: int | None) -> str:
    return f"{'?' if number is None else format(number, ',')}".rjust(14) + " rows"


def _megabytes(number: int | None) -> str:
    return f"{'?' if number is None else format(number / 1e6, ',.1f')}".rjust(12) + " MB"


def _as_json(homes: Sequence[Home], nodes: Sequence[Node]) -> str:
    return json.dumps(
        {
            "tenants": [
                {
                    "tenant_id": str(home.tenant),
                    "slug": home.slug,
                    "name": home.name,
                    "node": home.node.address,
                    "shard": home.shard,
                    "is_own": home.is_own,
                    "neighbours": home.neighbours,
                    "estimated_rows": home.rows,
                    "bytes": home.bytes,
                }
                for home in homes
            ],
            "nodes": [
                {
                    "node": node.address,
                    "tenants": sum(home.node == node for home in homes),
                    "estimated_rows": node.rows,
                    "bytes": node.bytes,
                }
                for node in nodes
            ],
        }
    )
