"""What others have committed: the server's number of its last transaction, less graphrec's own.

A server tells its last transaction by the bookmark of any other one, on every edition. graphrec counts its own in
``(:GraphrecMeta {id: 'transactions'})``, each within itself. What is not counted, such as a name that the server met
for the first time, only makes it look as if somebody else had written.
"""

from __future__ import annotations

import base64
import binascii
import time

from graphrec.store.neo4j.mapping import META
from graphrec.store.neo4j.server import Server

ID = "transactions"
COUNT = (
    f"MERGE (m:{META} {{id: $id}}) ON CREATE SET m.rewritten = timestamp() "
    "SET m.committed = coalesce(m.committed, 0) + 1"
)
OWN = f"OPTIONAL MATCH (m:{META} {{id: $id}}) RETURN coalesce(max(m.committed), 0)"
TRIES = 3
_WIDTHS = {0xC8: 1, 0xC9: 2, 0xCA: 4, 0xCB: 8}


def of_others(server: Server) -> str | None:
    """Return a text that is another one after any commit that is not graphrec's; None where no server tells."""
    last = None
    for _ in range(TRIES):
        ((own,),), bookmarks = server.rows_and_bookmarks(OWN, id=ID)
        found = _transaction(bookmarks)
        if found is None:
            return None
        if found == last:
            # Nothing was committed between the two, and so nothing between own and its bookmark.
            return f"{found[0]}:{found[1] - own}"
        last = found
    # Somebody writes all the time: what is read now is nothing that anybody may rely on later.
    return f"busy:{time.time_ns()}"


def _transaction(bookmarks: frozenset[str]) -> tuple[str, int] | None:
    """Return the database and the number of a transaction, from its bookmark: in PackStream, bytes and an integer."""
    if len(bookmarks) != 1:
        return None
    (text,) = bookmarks
    try:
        raw = base64.b64decode(text.removeprefix("FB:") + "==")
    except binascii.Error:
        return None
    if not text.startswith("FB:") or len(raw) < 4 or raw[1] != 0xCC:
        return None
    end = 3 + raw[2]
    number = raw[end:]
    if not number:
        return None
    width = _WIDTHS.get(number[0])
    if width is None:
        return (raw[3:end].hex(), number[0]) if number[0] < 0x80 else None
    return raw[3:end].hex(), int.from_bytes(number[1 : 1 + width], "big")
