"""A Neo4j server as the store sees it: one driver per process, sessions, reads that are tried again."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from threading import Lock
from typing import Any, Literal, TypeVar, cast

import neo4j
from neo4j import GraphDatabase, Session

from graphrec.errors import StoreError
from graphrec.store.neo4j.errors import Failure, explained, worth_retrying
from graphrec.store.neo4j.login import Login
from graphrec.store.neo4j.mapping import GraphMapping
from graphrec.store.neo4j.worded import worded

CONNECT_SECONDS = 10.0
WAIT_SECONDS = 30.0
"""For how long what fails for a passing reason is tried again."""
READ_SECONDS = 600.0
WRITE_SECONDS = 3600.0
FETCH = 1000

Rows = list[list[Any]]
Result = TypeVar("Result")


class Bulk(list[Any]):
    """A long parameter. The driver writes every parameter out as text for a log that nobody may read: 128 numbers
    a row took five times as long as sending them, and the text would hold what is stored.
    """

    def __repr__(self) -> str:
        return f"<{len(self):,} values>"


@dataclass(frozen=True)
class About:
    """What a server says of itself: version, edition, and the versions of Cypher that it speaks if they are several."""

    version: str
    edition: str
    languages: tuple[str, ...]

    @property
    def has_search(self) -> bool:
        """Whether Cypher has the clause SEARCH there, which is no preview since 2026.02."""
        return "25" in self.languages and [int(n) for n in re.findall(r"\d+", self.version)][:2] >= [2026, 2]


class Server:
    """The way to a database; made without a connection, and the same after a fork.

    Args:
        uri: ``scheme://host[:port]``.
        login: who, and which database.
        mapping: what the graph calls the schema's labels, types and properties.
    """

    def __init__(self, uri: str, login: Login, mapping: GraphMapping) -> None:
        self.uri, self.login = uri, login
        self.speak(mapping)
        self._lock = Lock()
        self._drivers: dict[int, neo4j.Driver] = {}
        self._about: About | None = None

    def speak(self, mapping: GraphMapping) -> None:
        """Ask in the names of ``mapping`` from now on."""
        self.mapping = mapping
        self.text = lru_cache(1000)(partial(worded, mapping=mapping))
        """Return a query of graphrec's own as the graph understands it."""

    def driver(self) -> neo4j.Driver:
        """Return this process's driver; one that was inherited by a fork shares its sockets and is left alone."""
        with self._lock:
            found = self._drivers.get(os.getpid())
            if found is None:
                password = self.login.password
                found = GraphDatabase.driver(
                    self.uri,
                    auth=None if password is None else (self.login.user, password),
                    connection_timeout=CONNECT_SECONDS,
                    connection_acquisition_timeout=WAIT_SECONDS,
                    max_transaction_retry_time=WAIT_SECONDS,
                    notifications_min_severity="OFF",
                    user_agent="graphrec",
                )
                self._drivers[os.getpid()] = found
            return found

    def session(self, mode: Literal["READ", "WRITE"]) -> Session:
        """Return a session, to be closed by the caller."""
        return self.driver().session(database=self.login.database, default_access_mode=mode, fetch_size=FETCH)

    @contextmanager
    def asking(self, mode: Literal["READ", "WRITE"]) -> Iterator[Session]:
        """A session for the block, whose failures are the driver's own.

        Ctrl-C cuts the connection, at which the server ends what runs: to close the session alone would first wait for
        the answer.
        """
        session = self.session(mode)
        try:
            yield session
        except KeyboardInterrupt:
            self.close()
            raise
        finally:
            with suppress(*Failure):
                session.close()

    def check(self) -> None:
        """Raise ``StoreError`` unless server, login and database are right; tried once, so that it is told at once."""
        self.call(lambda session: session.run("RETURN 1").consume())

    def about(self) -> About:
        """Return what the server says of itself, asked once."""
        if self._about is None:
            text = "CALL dbms.components() YIELD name, versions, edition RETURN name, versions, edition"
            told = {name: (versions, edition) for name, versions, edition in self.rows(text)}
            versions, edition = told.pop("Neo4j Kernel")
            languages = told.get("Cypher", ([], ""))[0]
            self._about = About(versions[0], edition, tuple(languages))
        return self._about

    def rows(self, text: str, /, **parameters: Any) -> Rows:
        """Return the rows of a reading query of graphrec's; a passing failure is tried again."""
        return self._rows(self.query(text, READ_SECONDS), parameters)

    def rows_as_named(self, text: str, /, **parameters: Any) -> Rows:
        """Return the rows of a reading query in the graph's own names; a passing failure is tried again."""
        return self._rows(neo4j.Query(cast(Any, text), timeout=READ_SECONDS), parameters)

    def rows_and_bookmarks(self, text: str, /, **parameters: Any) -> tuple[Rows, frozenset[str]]:
        """Return the rows of a reading query, and by what the server names the state of the graph that it has seen."""
        query = self.query(text, READ_SECONDS)

        def step() -> tuple[Rows, frozenset[str]]:
            with self.asking("READ") as session:
                return session.run(query, parameters).values(), session.last_bookmarks().raw_values

        return self.patiently(step)

    def _rows(self, query: neo4j.Query, parameters: dict[str, Any]) -> Rows:
        def step() -> Rows:
            with self.asking("READ") as session:
                return session.run(query, parameters).values()

        return self.patiently(step)

    def patiently(
        self, step: Callable[[], Result], before_again: Callable[[StoreError], None] = lambda error: None
    ) -> Result:
        """Return what ``step`` does; where it fails for a passing reason it is tried again for ``WAIT_SECONDS``."""
        deadline, pause = time.monotonic() + WAIT_SECONDS, 0.1
        while True:
            try:
                return step()
            except Failure as error:
                if not worth_retrying(error) or time.monotonic() > deadline:
                    raise self.failure(error) from error
                before_again(self.failure(error))
            time.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(pause * 2, 5.0)

    def query(self, text: str, seconds: float) -> neo4j.Query:
        """Return ``text`` as the graph understands it, to be ended by the server after so many seconds."""
        return neo4j.Query(cast(Any, self.text(text)), timeout=seconds)

    def command(self, text: str, /, **parameters: Any) -> Rows:
        """Run what cannot be part of a transaction with data: the schema's commands."""
        query = self.query(text, READ_SECONDS)
        return self.call(lambda session: session.run(query, parameters).values(), "WRITE")

    def call(self, work: Callable[[Session], Result], mode: Literal["READ", "WRITE"] = "READ") -> Result:
        """Return what ``work`` does with a session; what the driver raises becomes a ``StoreError``."""
        try:
            with self.asking(mode) as session:
                return work(session)
        except Failure as error:
            raise self.failure(error) from error

    def failure(self, error: BaseException) -> StoreError:
        """Return the error to raise for one of the driver's."""
        return explained(error, self.uri, self.login)

    def close(self) -> None:
        """Close this process's connections."""
        with self._lock:
            driver = self._drivers.pop(os.getpid(), None)
        if driver is not None:
            with suppress(*Failure):
                driver.close()
