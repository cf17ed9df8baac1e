"""`manage.py distribute`: spread tenants over the nodes of a Citus cluster."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.cluster import NotPossible, Plan, nodes_that_log_values, plan_distribution
from tenants.distribution import SHARDS, distribute, undistribute

ALREADY = "Tenants are distributed already. Every node has the functions of this version."
MOST_SHARDS = 64_000
LOGS = (
    "Failed statements, which may hold personal values, stand in the log of {nodes}:"
    " set log_min_error_statement = panic and log_error_verbosity = terse there."
)


class Command(BaseCommand):
    """Distribute the tables of tenants, with their rows, in one transaction; or say what that would mean."""

    help = "Spreads tenants over the nodes of a Citus cluster; the API answers 503 meanwhile. See docs/scaling.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--plan", action="store_true", help="only say what would be moved, and how long it takes")
        what.add_argument("--undo", action="store_true", help="bring everything back to the coordinator")
        what.add_argument("--shards", type=int, help=f"how many there are to be, the first time (default {SHARDS})")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["plan"]:
                self._show(plan_distribution())
                self._warn_of_logs()
            elif options["undo"]:
                done = undistribute(self.stdout.write)
                self.stdout.write("All tables are plain ones of this server." if done else "No table is distributed.")
            else:
                done = self._distribute(options["shards"])
                self.stdout.write("Tenants are distributed." if done else ALREADY)
                self._warn_of_logs()
        except NotPossible as error:
            raise CommandError(str(error)) from error

    def _distribute(self, shards: int | None) -> bool:
        if shards is not None and not 1 <= shards <= MOST_SHARDS:
            raise CommandError(f"--shards must be a whole number from 1 to {MOST_SHARDS}.")
        done = distribute(self.stdout.write, shards=shards or SHARDS)
        if shards and not done:
            raise CommandError("Tenants are distributed already, and their shards are as many as the first time.")
        return done

    def _show(self, plan: Plan) -> None:
        if not plan.sizes:
            self.stdout.write("Tenants are distributed already: no table would be moved.")
            return
        self.stdout.write(f"{len(plan.sizes)} tables are to be distributed over {', '.join(plan.nodes) or 'no node'}:")
        for size in plan.sizes:
            self.stdout.write(f"  {size.table:<24} {size.rows:>14,} rows {size.bytes / 1e6:>12,.1f} MB")
        minutes, seconds = divmod(plan.seconds, 60)
        self.stdout.write(f"It takes about {minutes} min {seconds} s, in which the API answers 503 with Retry-After.")

    def _warn_of_logs(self) -> None:
        if nodes := nodes_that_log_values():
            self.stderr.write(LOGS.format(nodes=", ".join(nodes)))
