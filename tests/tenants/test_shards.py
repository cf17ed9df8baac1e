"""The commands of a cluster on a server that is none, and options that mean nothing together."""

import io

import pytest
from django.core.management import CommandError, call_command

from tests.distribution import needs_plain_postgres

NO_CITUS = "This database has no Citus: install its packages on every node"


@pytest.mark.django_db
@needs_plain_postgres
@pytest.mark.parametrize(
    "command",
    [
        ["distribute"],
        ["distribute", "--plan"],
        ["distribute", "--undo"],
        ["shards"],
        ["shards", "--json"],
        ["shards", "--move", "shop"],
        ["shards", "--rebalance"],
    ],
    ids=" ".join,
)
def test_a_server_without_citus_is_told_from_a_cluster_in_one_line(command: list[str]) -> None:
    with pytest.raises(CommandError, match=NO_CITUS):
        call_command(*command, stdout=io.StringIO())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "127.0.0.1:5432"], "--to needs --move"),
        (["--move", "shop", "--rebalance"], "not allowed with argument"),
    ],
)
def test_options_that_mean_nothing_together_are_refused(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("shards", *arguments)
