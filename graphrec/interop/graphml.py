"""GraphML files, the XML that Gephi, yEd and Cytoscape read: nodes are called ``Label:id`` there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError

import networkx as nx

from graphrec.errors import DataError

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document holds."""


def write_graphml(graph: nx.MultiDiGraph, file: IO[bytes]) -> None:
    """Write a graph of ``to_networkx``; XML turns a carriage return into a line feed.

    Raises ``DataError`` naming the node whose id or text holds a character that XML has not.
    """
    for node, attributes in graph.nodes.items():
        if any(isinstance(value, str) and NO_XML.search(value) for value in attributes.values()):
            raise DataError(
                f"{node[0]} {node[1]!r} holds a control character, which XML has not; "
                "use `graphrec export graph` instead"
            )
    nx.write_graphml(nx.relabel_nodes(graph, {node: f"{node[0]}:{node[1]}" for node in graph}), file)


def read_graphml(path: Path) -> nx.MultiDiGraph:
    """Return the graph in a file of ``graphrec export networkx``, for ``from_networkx``.

    Raises ``DataError`` where the file cannot be read.
    """
    try:
        return nx.read_graphml(path, force_multigraph=True)
    except (OSError, ParseError, nx.NetworkXError, KeyError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path} cannot be read as GraphML: {reason}", str(path)) from error
