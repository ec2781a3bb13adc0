"""Writing to Neo4j: an explicit transaction that is made again when it fails for a passing reason.

Measured: a relationship with two properties takes the server 1.6 KB of heap until its transaction is committed, a
vector of 128 1.1 KB. A transaction is therefore committed, and another begun, after so many rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from neo4j import Session, Transaction

from graphrec.errors import StoreError
from graphrec.store.neo4j.commits import COUNT, ID
from graphrec.store.neo4j.errors import Failure
from graphrec.store.neo4j.server import WAIT_SECONDS, WRITE_SECONDS, Rows, Server

log = logging.getLogger(__name__)

BUMP = """\
MERGE (m:GraphrecMeta {id: $id}) ON CREATE SET m.rewritten = timestamp()
SET m.version = CASE WHEN m.version >= timestamp() THEN m.version + 1 ELSE timestamp() END"""
HOLD = """\
MERGE (m:GraphrecMeta {id: $id}) ON CREATE SET m.rewritten = timestamp()
SET m.held = true RETURN coalesce(m.version, 0)"""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Statement:
    """A writing statement that may be run again without harm.

    Attributes:
        text: Cypher.
        parameters: makes its parameters, each time it is run: Arrow and numpy are smaller than what the driver takes.
        rows: how many it writes, which is what it returns.
        of: whose content it changes: a label, type or embedding. Its version grows with every part that is committed,
            since what is read between two is not all.
        rewritten: whether it does so as ``Mark`` says.
        told: what to do with the first row that it returns.
        again: what to run instead once its transaction had to be begun anew: then internal ids, of nodes that were
            created in it, do not hold any more, and a commit of which no answer came may have been one.
    """

    text: str
    parameters: Callable[[], dict[str, Any]]
    rows: int = 0
    of: str | None = None
    rewritten: bool = False
    told: Callable[[list[Any]], None] | None = None
    again: Statement | None = None


class Work:
    """All statements of one transaction of the store, on the server in one, or in several if it is long.

    Args:
        server: where.
        most: rows that one transaction on the server writes.
    """

    def __init__(self, server: Server, most: int) -> None:
        self._server, self._most = server, most
        self._session: Session | None = None
        self._transaction: Transaction | None = None
        self._journal: list[Statement] = []
        self._rows = 0
        self._changed: set[str] = set()
        self._rewritten: set[str] = set()
        self._begun_anew = False
        self._held = set[str]()
        self._versions = dict[str, int]()
        self.committed = 0
        """Rows committed already."""

    def read(self, text: str, /, **parameters: Any) -> Rows:
        """Return the rows of a query that sees what was written."""
        return self._attempt(
            lambda transaction: transaction.run(cast(Any, self._server.text(text)), parameters).values()
        )

    def write(self, statement: Statement) -> None:
        """Run ``statement``."""
        self.make_room(statement.rows)
        self._attempt(lambda transaction: self._run(transaction, statement))
        self._journal.append(statement)
        self._rows += statement.rows
        if statement.of is not None:
            self._changed.add(statement.of)
            if statement.rewritten:
                self._rewritten.add(statement.of)

    def make_room(self, rows: int) -> None:
        """Commit what is written so far where the transaction has no room for so many rows more."""
        if self._rows and self._rows + rows > self._most:
            self.commit()

    def hold(self, name: str) -> bool:
        """Keep all other writers of graphrec's from ``name`` until this is committed.

        Returns whether it is as this work has left it; False for one that was not held before.
        """
        if name in self._held:
            return True
        told = list[list[Any]]()
        self.write(Statement(HOLD, lambda: {"id": name}, told=told.append))
        self._held.add(name)
        version = int(told[-1][0])
        same = self._versions.get(name) == version
        self._versions[name] = version
        return same

    def commit(self) -> None:
        """Commit what is written so far, and let go of the connection."""
        # In one order everywhere, so that two writers wait for each other instead of ending in a deadlock.
        bumps = [self._bump(name) for name in sorted(self._changed)]

        def finish(transaction: Transaction) -> None:
            for statement in bumps:
                self._run(transaction, statement)
            transaction.run(COUNT, id=ID).consume()
            transaction.commit()

        if self._journal:
            self._attempt(finish)
        self.committed += self._rows
        self._journal, self._rows = [], 0
        self._changed, self._rewritten, self._held = set(), set(), set()
        self._leave()

    def _bump(self, name: str) -> Statement:
        def told(row: list[Any]) -> None:
            self._versions[name] = int(row[0])

        rewritten = ", m.rewritten = m.version + 1" if name in self._rewritten else ""
        return Statement(f"{BUMP}{rewritten} RETURN m.version", lambda: {"id": name}, told=told)

    def abandon(self) -> None:
        """Undo what is not committed."""
        self._leave()
        if self.committed:
            log.warning(
                "%s: %s rows were stored before this failed; repeating the command finishes it",
                self._server.uri,
                f"{self.committed:,}",
            )

    def _attempt(self, step: Callable[[Transaction], Result]) -> Result:
        def begin_anew(error: StoreError) -> None:
            self._leave()
            if not self._begun_anew:
                log.info("%s; trying again for %.0f s", error, WAIT_SECONDS)
            self._begun_anew = True

        try:
            return self._server.patiently(lambda: step(self._begun()), begin_anew)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                # Cut off, the server ends what runs; to close the session alone would wait for it.
                self._server.close()
            self._leave()
            raise

    def _begun(self) -> Transaction:
        if self._transaction is None:
            self._session = self._server.session("WRITE")
            self._transaction = self._session.begin_transaction(timeout=WRITE_SECONDS)
            for statement in self._journal:
                self._run(self._transaction, statement)
        return self._transaction

    def _run(self, transaction: Transaction, statement: Statement) -> None:
        if self._begun_anew and statement.again is not None:
            statement = statement.again
        found = transaction.run(cast(Any, self._server.text(statement.text)), statement.parameters()).values()
        if statement.rows and found[0][0] < statement.rows:
            raise StoreError(
                f"{self._server.uri}: nodes were deleted while they were written to; repeat the command"
            )
        if statement.told is not None:
            statement.told(found[0])

    def _leave(self) -> None:
        session, self._session, self._transaction = self._session, None, None
        if session is not None:
            with suppress(*Failure):
                session.close()
