"""What may be asked of a server, beyond its refusal to write.

A reading query may still open files and addresses (LOAD CSV, apoc.load, genai), see other databases (USE), other
people's queries and the server's settings (SHOW, dbms), and end what others run (TERMINATE).
"""

from __future__ import annotations

import re
from collections import Counter

from graphrec.errors import QueryError
from graphrec.store.checks import shown
from graphrec.store.console.tokens import Read, read, refuse_beginnings, refuse_words

BEGINNINGS = (
    "MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CALL", "SHOW", "LET", "FOR", "FILTER", "CYPHER",
)  # fmt: skip

_ADMINISTRATION = "it administers the server"
REFUSED = {
    "LOAD": "it opens files and addresses",
    "USE": "it leaves this database",
    "TRANSACTION": "a query only reads, in one transaction",
    "TRANSACTIONS": "a query only reads, in one transaction, and those of others are theirs",
    "TERMINATE": "it ends what others run",
    "FOREACH": "it would write, and a query only reads",
    "ALTER": _ADMINISTRATION,
    "GRANT": _ADMINISTRATION,
    "REVOKE": _ADMINISTRATION,
    "DENY": _ADMINISTRATION,
}
PROCEDURES = (
    "apoc.algo.aStar", "apoc.algo.allSimplePaths", "apoc.algo.dijkstra", "apoc.meta.schema",
    "apoc.meta.stats", "apoc.neighbors.athop", "apoc.neighbors.byhop", "apoc.neighbors.tohop",
    "apoc.path.expand", "apoc.path.expandConfig", "apoc.path.spanningTree", "apoc.path.subgraphAll",
    "apoc.path.subgraphNodes", "db.index.fulltext.queryNodes", "db.index.fulltext.queryRelationships",
    "db.index.vector.queryNodes", "db.index.vector.queryRelationships", "db.info", "db.labels",
    "db.propertyKeys", "db.relationshipTypes", "db.schema.nodeTypeProperties", "db.schema.relTypeProperties",
    "db.schema.visualization",
)  # fmt: skip
"""One by one: of a family, such as apoc.meta, some run Cypher that they are given as text."""
FUNCTIONS = (
    "apoc.agg.*", "apoc.coll.*", "apoc.convert.*", "apoc.date.*", "apoc.map.*", "apoc.math.*", "apoc.node.*",
    "apoc.number.*", "apoc.rel.*", "apoc.temporal.*", "apoc.text.clean", "apoc.text.compareCleaned",
    "apoc.text.distance", "apoc.text.fuzzyMatch", "apoc.text.indexOf", "apoc.text.jaroWinklerDistance",
    "apoc.text.join", "apoc.text.levenshteinSimilarity", "apoc.text.sorensenDiceSimilarity",
    "apoc.text.toUpperCase", "date.*", "datetime.*", "db.nameFromElementId", "duration.*", "localdatetime.*",
    "localtime.*", "point.*", "time.*", "vector.*",
)  # fmt: skip
"""Functions whose name has a dot; those without are Cypher's own. Of text none that takes a regular expression."""
SHOWN = ("CONSTRAINT", "CONSTRAINTS", "FUNCTION", "FUNCTIONS", "INDEX", "INDEXES", "PROCEDURE", "PROCEDURES")
_SHOW_WORDS = (
    "ALL", "BUILT", "DEFINED", "EXIST", "EXISTENCE", "FULLTEXT", "IN", "KEY", "LOOKUP", "NODE", "POINT", "PROPERTY",
    "RANGE", "REL", "RELATIONSHIP", "TEXT", "TYPE", "UNIQUE", "UNIQUENESS", "USER", "VECTOR",
)  # fmt: skip
MOST_OF = {"NOT": 200, "XOR": 10}
"""A server works for hours on how to run 500 NOT in a row, or 20 XOR, and cannot be made to stop."""
MOST_REPEATS = 5
_PLAIN_PATTERN = re.compile(r"""(['"])(\(\?[a-z]+\))?(?P<rest>[^()]*)\1""", re.DOTALL)
_ASCII_ESCAPE = re.compile(r"\\u+00[0-7][0-9a-fA-F]")


def checked(text: str) -> str:
    """Return the query to run, without comments; raises ``QueryError`` for one that may do more than read the graph."""
    query = read(text)
    for token in query.tokens:
        # Servers that speak Cypher 5 read an escaped quote as the quote, and so end a string where none seems to end.
        if token.text == "\\" or _ASCII_ESCAPE.search(token.text):
            raise QueryError(
                "the query failed: a character is written as itself, not by its number as in \\u0027"
            )
    refuse_beginnings(query, BEGINNINGS)
    if query.token(0).upper == "CYPHER":
        version = query.token(1)
        if version.kind != "number":
            raise QueryError(
                "the query failed: behind CYPHER there may be its version, 5 or 25, and no option"
            )
        refuse_beginnings(Read(query.text, query.tokens[2:]), BEGINNINGS[:-1])
    refuse_words(query, REFUSED)
    counted = Counter(word for _, word in query.words())
    for word, most in MOST_OF.items():
        if counted[word] > most:
            raise QueryError(
                f"the query failed: it says {word} more than {most} times; ask in a simpler way"
            )
    for place, word in query.words():
        if word == "CALL":
            _check_call(query, place + 1)
        elif word == "SHOW":
            _check_show(query, place + 1)
    for place in range(len(query.tokens)):
        _check_function(query, place)
        if query.token(place).text == "=" and query.token(place + 1).text == "~":
            _check_pattern(query.token(place + 2).text)
    return query.text


def _check_call(query: Read, place: int) -> None:
    if query.token(place).text in ("{", "("):
        return  # a subquery, whose inside is looked at like everything else
    name = _dotted(query, place)
    if not _listed(name, PROCEDURES):
        raise QueryError(
            f"the query failed: a query only reads, and CALL {shown(name)} is not allowed here; "
            f"allowed are {', '.join(PROCEDURES)}"
        )


def _check_show(query: Read, place: int) -> None:
    while query.token(place).upper in _SHOW_WORDS:
        place += 1
    asked = query.token(place)
    if asked.upper not in SHOWN:
        raise QueryError(
            f"the query failed: SHOW {shown(asked.text)} is not allowed here; allowed are {', '.join(SHOWN[1::2])}"
        )


def _check_function(query: Read, place: int) -> None:
    if not query.token(place).name or query.token(place - 1).text == ".":
        return
    parts = _parts(query, place)
    called = query.token(place + 2 * len(parts) - 1).text == "("
    name = ".".join(parts)
    if not called or "." not in name or query.token(place - 1).upper == "CALL":
        return
    if not _listed(name, FUNCTIONS):
        raise QueryError(f"the query failed: the function {shown(name)} is not allowed here")


def _check_pattern(text: str) -> None:
    """Raise ``QueryError`` for a regular expression that a server might try for ever, or that cannot be seen here."""
    found = _PLAIN_PATTERN.fullmatch(text)
    if found is None or sum(found["rest"].count(sign) for sign in "*+{") > MOST_REPEATS:
        raise QueryError(
            "the query failed: behind =~ there may be a text without groups and with at most "
            f"{MOST_REPEATS} repetitions, such as '(?i).*noir.*'; CONTAINS and STARTS WITH take anything"
        )


def _dotted(query: Read, place: int) -> str:
    """Return the name that begins there, with the parts behind its dots."""
    return ".".join(_parts(query, place))


def _parts(query: Read, place: int) -> list[str]:
    parts = [query.token(place).name or query.token(place).text]
    while query.token(place + 1).text == "." and query.token(place + 2).name:
        place += 2
        parts.append(query.token(place).name)
    return parts


def _listed(name: str, known: tuple[str, ...]) -> bool:
    return any(
        name.lower() == entry.lower() or (entry.endswith("*") and name.lower().startswith(entry[:-1].lower()))
        for entry in known
    )
