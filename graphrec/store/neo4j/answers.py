"""Queries that a person has typed, on a server: read-only, row by row, and to be ended at any time."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import neo4j
from neo4j import graph

from graphrec import schema
from graphrec.errors import QueryError
from graphrec.store.answers import Answer, Limits, Node, Path, Relationship
from graphrec.store.neo4j.errors import Failure, wrong_query
from graphrec.store.neo4j.mapping import GraphMapping
from graphrec.store.neo4j.server import Server
from graphrec.store.neo4j.values import plain

PLAN_SECONDS = 10.0

_END = (
    "SHOW TRANSACTIONS YIELD transactionId AS id, metaData WHERE metaData.graphrec = $mark "
    "TERMINATE TRANSACTIONS id YIELD message RETURN message"
)


def answer(server: Server, text: str, parameters: Mapping[str, Any], limits: Limits) -> Answer:
    """Return what ``ConsoleStore.ask`` does."""
    mark = secrets.token_hex(16)
    values = _Values(server.mapping)
    # The server looks at its own limit every two seconds only, and at ours where this process is gone.
    query = neo4j.Query(server.query(text, 0).text, metadata={"graphrec": mark}, timeout=limits.seconds)
    with limits.watch(lambda: _end(server, mark)) as watch:
        try:
            with server.asking("READ") as session:
                result = session.run(query, dict(parameters))
                columns = tuple(result.keys())
                rows, cut = watch.fetched(values.row(record) for record in result)
                if cut:
                    # What is left would be worked out to its end otherwise.
                    _end(server, mark)
                return Answer(columns, rows, cut, watch.seconds)
        except (*Failure, ValueError, TypeError) as error:
            raise (watch.ended() if watch.over else wrong_query(error, server.uri, server.login)) from error


def plan(server: Server, text: str, parameters: Mapping[str, Any]) -> str:
    """Return what ``ConsoleStore.plan`` does."""
    query = neo4j.Query(f"EXPLAIN {server.query(text, 0).text}", timeout=PLAN_SECONDS)
    try:
        with server.asking("READ") as session:
            told = session.run(query, dict(parameters)).consume()
    except (*Failure, ValueError, TypeError) as error:
        raise wrong_query(error, server.uri, server.login) from error
    if "w" in (told.query_type or ""):
        raise QueryError("the query failed: it would write, and a query only reads")
    return "\n".join(_lines(told.plan or {}, 0))


def _lines(step: Mapping[str, Any], depth: int) -> Iterator[str]:
    arguments = step.get("args", {})
    told = [str(arguments["Details"])] if arguments.get("Details") else []
    if "EstimatedRows" in arguments:
        told.append(f"about {arguments['EstimatedRows']:,.0f} rows")
    yield "  " * depth + " - ".join([str(step.get("operatorType", "")).split("@")[0], *told])
    for child in step.get("children", ()):
        yield from _lines(child, depth + 1)


def _end(server: Server, mark: str) -> None:
    """End the transaction that bears ``mark``; a server that has ended it itself is content."""
    with suppress(*Failure), server.asking("READ") as session:
        session.run(_END, {"mark": mark}).consume()


class _Values:
    """Values of a server whose graph may have its own names."""

    def __init__(self, mapping: GraphMapping) -> None:
        self._labels = {role.name: name for name, role in mapping.labels.items()}
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
        labels = sorted(self._labels.get(name, name) for name in node.labels)
        label = next((name for name in labels if name in schema.LABELS), labels[0] if labels else "")
        properties = {name: plain(value) for name, value in node.items()}
        if label in self._keys:
            properties[schema.KEY] = str(properties.get(self._keys[label], ""))
        return Node(node.element_id, label, properties)

    def _relationship(self, one: graph.Relationship) -> Relationship:
        start, end = ("" if node is None else node.element_id for node in (one.start_node, one.end_node))
        properties = {name: plain(value) for name, value in one.items()}
        return Relationship(one.element_id, self._types.get(one.type, one.type), start, end, properties)
