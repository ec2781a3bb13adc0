"""GraphML files, the XML that Gephi, yEd and Cytoscape read: nodes are called ``Label:id`` there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError

import networkx as nx

from graphrec.errors import DataError

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document holds."""
LISTED = "[]"
"""Behind the name of a list."""


def write_graphml(graph: nx.MultiDiGraph, file: IO[bytes]) -> None:
    """Write a graph of ``to_networkx``, lists as JSON under ``name[]``; XML turns a carriage return into a line feed.

    Raises ``DataError`` naming the node whose id or text holds a character that XML has not.
    """
    for node, attributes in graph.nodes.items():
        if any(isinstance(value, str) and NO_XML.search(value) for value in attributes.values()):
            raise DataError(
                f"{node[0]} {node[1]!r} holds a control character, which XML has not; "
                "use `graphrec export graph` instead"
            )
    plain = nx.relabel_nodes(graph, {node: f"{node[0]}:{node[1]}" for node in graph})
    for attributes in (*plain.nodes.values(), *plain.edges.values()):
        for name in [name for name, value in attributes.items() if isinstance(value, list)]:
            attributes[f"{name}{LISTED}"] = json.dumps(attributes.pop(name))
    nx.write_graphml(plain, file)


def read_graphml(path: Path) -> nx.MultiDiGraph:
    """Return the graph in a file of ``graphrec export networkx``, for ``from_networkx``.

    Raises ``DataError`` where the file cannot be read.
    """
    try:
        graph = nx.read_graphml(path, force_multigraph=True)
        for attributes in (*graph.nodes.values(), *graph.edges.values()):
            for name in [name for name in attributes if name.endswith(LISTED)]:
                attributes[name.removesuffix(LISTED)] = json.loads(attributes.pop(name))
        return graph
    except (OSError, ParseError, nx.NetworkXError, KeyError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path} cannot be read as GraphML: {reason}", str(path)) from error
