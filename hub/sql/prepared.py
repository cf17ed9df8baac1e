"""The prepared statements of a connection, run straight through libpq: what every request does twice.

psycopg's cursor reads its parameters' and columns' types anew each time: a request with one customer takes 0.87 of the
CPU without it, in process.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import abc
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

Row = tuple[Any, ...]
DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class Prepared:
    """The statements of one connection, each prepared once for the types of its parameters."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.writer: abc.Transformer = Transformer(connection)
        # By statement and types, its name and who reads its rows: their columns' types are looked up once.
        self.known: dict[tuple[bytes, tuple[int, ...]], tuple[bytes, abc.Transformer]] = {}

    def run(self, query: bytes, values: Sequence[object]) -> list[Row]:
        """Run a statement with $1, $2, … as its own transaction and return its rows; raises psycopg's errors."""
        if self.connection.pgconn.status != ConnStatus.OK:
            raise psycopg.OperationalError("the connection is lost")
        try:
            return self._run(query, values)
        except InvalidSqlStatementName:  # psycopg, after a ROLLBACK or DROP, has the server forget all there are
            self.known.clear()
            return self._run(query, values)

    def roll_back(self) -> None:
        """End the transaction, undone; the statements stay prepared."""
        self._done(self.connection.pgconn.exec_(b"ROLLBACK"))

    def _run(self, query: bytes, values: Sequence[object]) -> list[Row]:
        sent = self.writer.dump_sequence(values, [PyFormat.AUTO] * len(values))
        formats, types = self.writer.formats, self.writer.types or ()
        name, reader = self.known.get((query, types)) or self._prepare(query, types)
        result = self._done(self.connection.pgconn.exec_prepared(name, sent, formats))  # type: ignore[arg-type]
        reader.set_pgresult(result, set_loaders=reader.pgresult is None)
        return reader.load_rows(0, result.ntuples, tuple)

    def _prepare(self, query: bytes, types: tuple[int, ...]) -> tuple[bytes, abc.Transformer]:
        name = f"hub_{len(self.known)}".encode()
        self._done(self.connection.pgconn.prepare(name, query, types))
        self.known[query, types] = name, Transformer(self.connection)
        return self.known[query, types]

    def _done(self, result: PGresult) -> PGresult:
        if result.status in DONE:
            return result
        error = error_from_result(result)
        # Without a code it is libpq that speaks: the server closed the connection.
        raise error if error.sqlstate else psycopg.OperationalError(str(error))
