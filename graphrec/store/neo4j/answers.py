"""Queries that a person has typed, on a server: each from a process of its own, and to be ended at any time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import neo4j
from neo4j import GraphDatabase, Session, graph

from graphrec import schema
from graphrec.errors import QueryError
from graphrec.store.answers import Node, Path, Relationship
from graphrec.store.console.job import Ask
from graphrec.store.console.wire import as_stream, packed
from graphrec.store.neo4j.errors import Failure, wrong_query
from graphrec.store.neo4j.login import Login
from graphrec.store.neo4j.mapping import GraphMapping
from graphrec.store.neo4j.server import Server
from graphrec.store.neo4j.values import plain, table

Verb = Literal["rows", "table", "plan"]

LATER_S = 2.0
"""The server ends a query so long after its time: before that the query's own process has been ended."""

_END = (
    "SHOW TRANSACTIONS YIELD transactionId AS id, metaData WHERE metaData.graphrec = $mark "
    "TERMINATE TRANSACTIONS id YIELD message RETURN message"
)


@dataclass(frozen=True)
class Neo4jJob:
    """A person's query of a server, to which its process has a connection of its own.

    Attributes:
        verb: whether rows, a table or the plan is wanted.
        uri: the server.
        login: who asks.
        mapping: what the graph calls the schema's labels, types and properties.
        text: Cypher that has been looked at.
        parameters: its parameters.
        rows: no more are fetched for ``rows``.
        seconds: after which the server ends it.
        mark: by which the server knows it.
    """

    verb: Verb
    uri: str
    login: Login
    mapping: GraphMapping
    text: str
    parameters: Mapping[str, Any]
    rows: int
    seconds: float
    mark: str
    # The query is read on the server, and a driver opens files and connections as it goes.
    closes_files = False

    def begin(self) -> Ask:
        """Connect to the server."""
        server = Server(self.uri, self.login, self.mapping)
        server.check()
        return lambda: self._ask(server)

    def _ask(self, server: Server) -> bytes:
        # The session is left open: to close it would first work out all the rows that nobody wants.
        try:
            return _VERBS[self.verb](server.session("READ"), self)
        except (*Failure, ValueError, TypeError) as error:
            raise wrong_query(error, self.uri, self.login) from error

    def query(self, prefix: str = "") -> neo4j.Query:
        """Return what the server is sent."""
        text: Any = prefix + self.text
        return neo4j.Query(text, metadata={"graphrec": self.mark}, timeout=self.seconds + LATER_S)


def warm_up() -> None:
    """Have everything imported that a query needs."""
    GraphDatabase.driver("bolt://127.0.0.1:1").close()
    as_stream(table(["x"], [[1]]))


def end(server: Server, mark: str) -> None:
    """End the transaction that bears ``mark``; a server that has ended it itself is content."""
    with suppress(*Failure), server.asking("READ") as session:
        session.run(_END, {"mark": mark}).consume()


def _rows(session: Session, job: Neo4jJob) -> bytes:
    values = _Values(job.mapping)
    result = session.run(job.query(), dict(job.parameters))
    columns, found = tuple(result.keys()), list[tuple[Any, ...]]()
    for record in result:
        if len(found) == job.rows:
            return packed(columns, found, True)
        found.append(values.row(record))
    return packed(columns, found, False)


def _table(session: Session, job: Neo4jJob) -> bytes:
    result = session.run(job.query(), dict(job.parameters))
    return as_stream(table(result.keys(), result.values()))


def _plan(session: Session, job: Neo4jJob) -> bytes:
    told = session.run(job.query("EXPLAIN "), dict(job.parameters)).consume()
    if "w" in (told.query_type or ""):
        raise QueryError("the query failed: it would write, and a query only reads")
    return "\n".join(_lines(told.plan or {}, 0)).encode()


_VERBS = {"rows": _rows, "table": _table, "plan": _plan}


def _lines(step: Mapping[str, Any], depth: int) -> Iterator[str]:
    arguments = step.get("args", {})
    told = [str(arguments["Details"])] if arguments.get("Details") else []
    if "EstimatedRows" in arguments:
        told.append(f"about {arguments['EstimatedRows']:,.0f} rows")
    yield "  " * depth + " - ".join([str(step.get("operatorType", "")).split("@")[0], *told])
    for child in step.get("children", ()):
        yield from _lines(child, depth + 1)


class _Values:
    """Values of a server whose graph may have its own names."""

    def __init__(self, mapping: GraphMapping) -> None:
        own = {name: name for name in schema.LABELS if mapping.has(name) and name not in mapping.labels}
        self._labels = own | {role.name: name for name, role in mapping.labels.items()}
        self._types = {role.name: name for name, role in mapping.types.items()}
        self._keys = {name: role.columns[schema.KEY].name for name, role in mapping.labels.items()}

    def row(self, record: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(self._value(value) for value in record)

    def _value(self, value: Any) -> Any:
        match value:
            case graph.Node():
                return self._node(value)
            case graph.Relationship():
                return self._relationship(value)
            case graph.Path():
                return Path(
                    tuple(self._node(node) for node in value.nodes),
                    tuple(self._relationship(one) for one in value.relationships),
                )
            case list():
                return [self._value(entry) for entry in value]
            case dict():
                return {name: self._value(entry) for name, entry in value.items()}
        return plain(value)

    def _node(self, node: graph.Node) -> Node:
        label = min((self._labels[name] for name in node.labels if name in self._labels), default=None)
        properties = {name: plain(value) for name, value in node.items()}
        nobody = label in self._keys and properties.get(self._keys[label]) is None
        if label is None or nobody:
            return Node(node.element_id, min(node.labels, default=""), properties, foreign=True)
        if label in self._keys:
            properties[schema.KEY] = str(properties[self._keys[label]])
        return Node(node.element_id, label, properties)

    def _relationship(self, one: graph.Relationship) -> Relationship:
        start, end = ("" if node is None else node.element_id for node in (one.start_node, one.end_node))
        properties = {name: plain(value) for name, value in one.items()}
        return Relationship(one.element_id, self._types.get(one.type, one.type), start, end, properties)
