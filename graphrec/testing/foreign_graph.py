"""A graph of films that graphrec did not load, with what its owner keeps beside it, and a mapping of what matters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import neo4j
import numpy as np

from graphrec.testing.neo4j_server import Neo4jServer

MAPPING = """
[neo4j.nodes.User]
label = "Person"
id = "login"
country = "country:string"

[neo4j.nodes.Item]
label = "Film"
id = "slug"
title = "name"

[neo4j.nodes.Genre]
label = "Tag"
id = "name"
name = "name"

[neo4j.relationships.VIEWED]
type = "WATCHED"
at = "ts:s"
minutes = "minutes:int64"

[neo4j.relationships.IN_GENRE]
type = "HAS_TAG"

[train]
property = "taste"

[publish]
property = "taste"
"""
OWN = "nobody else's "
"""How the texts begin that are not mapped."""
SHOWN = "name, type, labelsOrTypes, properties"


@dataclass(frozen=True)
class Contents:
    """All that a server holds: its schema by name, and each node by its element id."""

    constraints: dict[str, Any]
    indexes: dict[str, Any]
    nodes: dict[str, tuple[tuple[str, ...], dict[str, Any]]]
    relationships: list[Any]


@dataclass(frozen=True)
class Owner:
    """The owner of a graph of films, and what reaches it."""

    uri: str
    driver: neo4j.Driver

    def ask(self, text: str, **parameters: Any) -> list[list[Any]]:
        """Run a query as it stands; return its rows."""
        return [record.values() for record in self.driver.execute_query(text, **parameters).records]

    def contents(self) -> Contents:
        """Return everything."""
        constraints, indexes = (
            {name: tuple(map(str, told)) for name, *told in self.ask(f"SHOW {what} YIELD {SHOWN}")}
            for what in ("CONSTRAINTS", "INDEXES")
        )
        found = {
            key: (tuple(sorted(labels)), own)
            for key, labels, own in self.ask("MATCH (n) RETURN elementId(n), labels(n), properties(n)")
        }
        edges = self.ask(
            "MATCH (a)-[e]->(b) RETURN elementId(a), type(e), properties(e), elementId(b) ORDER BY elementId(e)"
        )
        return Contents(constraints, indexes, found, edges)


@contextmanager
def films(server: Neo4jServer) -> Iterator[Owner]:
    """The graph on an empty server during the block: 40 people, 24 films, 3 tags, and who watched what when.

    Other nodes of the owner's have labels, types and properties that are called like graphrec's: ``Run``, ``Comment``,
    ``Frame``, ``User``, ``RATED``, ...; their texts begin with ``OWN``.
    """
    auth = ("neo4j", server.password_file.read_text())
    with neo4j.GraphDatabase.driver(server.uri, auth=auth, notifications_min_severity="OFF") as driver:
        made = Owner(server.uri, driver)
        for (name,) in made.ask("SHOW CONSTRAINTS YIELD name RETURN name"):
            made.ask(f"DROP CONSTRAINT `{name}`")
        _fill(made)
        yield made
        for (name,) in made.ask("SHOW CONSTRAINTS YIELD name WHERE name STARTS WITH 'own' RETURN name"):
            made.ask(f"DROP CONSTRAINT `{name}`")
        made.ask("DROP INDEX own_comments")


def _fill(owner: Owner) -> None:
    rng = np.random.default_rng(0)
    rows = [
        {"p": f"p{p}", "f": f"f{f}", "minutes": int(rng.integers(1, 120)), "ts": 1_600_000_000 + 60 * n}
        for n, (p, f) in enumerate(rng.permutation(np.argwhere(rng.random((40, 24)) < 0.3)))
    ]
    owner.ask("CREATE CONSTRAINT own_login FOR (p:Person) REQUIRE p.login IS UNIQUE")
    owner.ask("CREATE CONSTRAINT own_slug FOR (f:Film) REQUIRE f.slug IS UNIQUE")
    owner.ask("CREATE CONSTRAINT own_run FOR (r:Run) REQUIRE r.nr IS UNIQUE")
    owner.ask("CREATE INDEX own_comments FOR (c:Comment) ON (c.text)")
    owner.ask(
        "UNWIND range(0, 39) AS n CREATE (:Person {login: 'p' + n, country: ['de', 'fr'][n % 2], "
        "born: date('1990-01-01'), tags: ['a', 'b']})"
    )
    owner.ask(
        "UNWIND range(0, 23) AS n CREATE (:Film {slug: 'f' + n, name: 'Film ' + n, id: $own + n})", own=OWN
    )
    owner.ask("UNWIND ['war', 'noir', 'farce'] AS name CREATE (:Tag {name: name})")
    owner.ask("MATCH (f:Film), (t:Tag) WHERE rand() < 0.5 CREATE (f)-[:HAS_TAG]->(t)")
    owner.ask(
        "UNWIND $rows AS row MATCH (p:Person {login: row.p}), (f:Film {slug: row.f}) "
        "CREATE (p)-[:WATCHED {minutes: row.minutes, ts: row.ts}]->(f)",
        rows=rows,
    )
    # Called like graphrec's own, down to the properties, and none of its business.
    owner.ask(
        "CREATE (:Run {nr: 1, id: $own, model: $own, label: 'Item', property: 'taste', published_at: 9}), "
        "(:Run {nr: 2})",
        own=OWN,
    )
    owner.ask(
        "MATCH (p:Person)-[:WATCHED]->(f:Film) WITH p, f, $own + p.login + f.slug AS id LIMIT 6 "
        "CREATE (p)-[:WROTE]->(c:Comment {id: id, text: $own})-[:ON]->(f), "
        "(f)-[:HAS_FRAME]->(:Frame {id: id, taste: [1.0, 2.0]}), "
        "(f)-[:IN_GENRE]->(:Genre {id: 'own'}), (:User {id: id})-[:RATED {rating: 5.0}]->(f)",
        own=OWN,
    )
