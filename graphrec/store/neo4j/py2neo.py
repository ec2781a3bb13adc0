"""Where a py2neo ``Graph`` is connected to, and as whom.

py2neo is at the end of its life: it is a way in, and the official driver does the work. Tried with py2neo 2021.2.4,
Python 3.11 and Neo4j 5.26: ``bolt`` and ``neo4j``, plain, ``+s`` and ``+ssc`` (where Python warns that py2neo's
``ssl.PROTOCOL_TLS`` is deprecated); ``auth=``, ``user=`` and ``password=``, or both in the URI, which py2neo does not
decode; graphs with and without a name, and those of a ``GraphService`` (which finds none by ``neo4j``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphrec.errors import ConfigError
from graphrec.store.neo4j.login import Login

if TYPE_CHECKING:
    import py2neo


def address_and_login(graph: py2neo.Graph) -> tuple[str, Login]:
    """Return the address, and the user, password and database, of ``graph``.

    Args:
        graph: where; a graph without a name is the user's home database.

    Raises ``ConfigError`` where py2neo is not installed, or ``graph`` is none of its graphs, speaks HTTP or is the
    system database.
    """
    try:
        from py2neo import Graph
    except ImportError:
        raise ConfigError("py2neo is not installed; `pip install graphrec[py2neo]` does it") from None
    if not isinstance(graph, Graph):
        raise ConfigError(
            f"a store is an address such as neo4j://host or a py2neo Graph, not {type(graph).__name__}"
        )
    if graph.name == "system":
        raise ConfigError("the system database holds no graph; name another with py2neo.Graph(..., name=...)")
    profile = graph.service.profile
    if profile.protocol != "bolt":
        raise ConfigError(
            f"graphrec speaks bolt, not {profile.protocol}; give py2neo a bolt:// or neo4j:// address"
        )
    # Not profile.uri, which leaves out the brackets of an IPv6 address.
    host = f"[{profile.host}]" if ":" in profile.host else profile.host
    who = Login(profile.user, profile.password, graph.name)
    return f"{profile.scheme}://{host}:{profile.port_number}", who
