"""What may be asked of the embedded database, beyond its own refusal to write.

Its reading clause ``LOAD FROM`` opens any file, so do some of its table functions, and ``CALL name=value`` changes
settings; COPY TO and EXPORT count as reading for it, and write files.
"""

from __future__ import annotations

import re

from graphrec.errors import QueryError
from graphrec.store.checks import shown
from graphrec.store.console.tokens import Read, read, refuse_beginnings, refuse_words

BEGINNINGS = ("MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CALL")

_TO_JSON = re.compile(r"to_json\s*\(\s*\$", re.IGNORECASE)
"""The database's client writes the parameter into the text in its place, also within a string."""
_FILES, _OTHERS = "it opens files", "it leaves this graph"
REFUSED = {
    "LOAD": _FILES,
    "COPY": _FILES,
    "EXPORT": _FILES,
    "IMPORT": _FILES,
    "GLOB": _FILES,
    "ATTACH": _OTHERS,
    "USE": _OTHERS,
    "INSTALL": "it changes the database's program",
    "UNINSTALL": "it changes the database's program",
}
CALLS = (
    "CATALOG_VERSION",
    "DB_VERSION",
    "SHOW_CONNECTION",
    "SHOW_FUNCTIONS",
    "SHOW_INDEXES",
    "SHOW_TABLES",
    "STATS_INFO",
    "STORAGE_INFO",
    "STORAGE_VERSION",
    "TABLE_INFO",
)
"""Table functions that tell of the graph, and of nothing beside it."""


def checked(text: str) -> str:
    """Return the query to run, without comments; raises ``QueryError`` for one that may do more than read the graph."""
    query = read(text)
    refuse_beginnings(query, BEGINNINGS)
    refuse_words(query, REFUSED)
    if _TO_JSON.search(query.text):
        raise QueryError("the query failed: to_json($..) is not allowed here; give the value as it is")
    for place, word in query.words():
        if word == "CALL":
            _check_call(query, place + 1)
    return query.text


def _check_call(query: Read, place: int) -> None:
    called, then = query.token(place), query.token(place + 1).text
    if then == "=":
        raise QueryError(
            f"the query failed: CALL {shown(called.text)} = changes a setting, and a query only reads"
        )
    if called.upper not in CALLS or then != "(":
        raise QueryError(
            f"the query failed: CALL {shown(called.text)} is not allowed here; allowed are {', '.join(CALLS).lower()}"
        )
