"""The graph as files for ``neo4j-admin database import``, Neo4j's offline importer, and the command that reads them.

A first load by the importer takes seconds where one through a running server takes minutes. Runs and embeddings are
left out: a run without its vectors would lie, and ``graphrec publish`` writes both.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from graphrec import schema
from graphrec.api.neo4j_csv import BETWEEN, CsvFiles, columns, write_csv
from graphrec.errors import ConfigError, DataError, StoreError
from graphrec.files import refuse_existing, replacing_folder
from graphrec.store.base import GraphStore
from graphrec.store.neo4j.own import own_words

BLOCK = 250_000
CONTENT = [*schema.LOADED_LABELS, *schema.RELATIONSHIPS]
SCRIPT = "import.sh"

AFTERWARDS = (
    "graphrec init --store neo4j://HOST  # constraints and their indexes",
    "graphrec publish RUN --store neo4j://HOST  # runs and embeddings are not in the files",
)

LONG = 1 << 20
"""Fields from here on may not fit the importer's buffer of 4 MB, which holds a field with its quotes doubled."""

SHELL = """\
#!/bin/sh
# {nodes:,} nodes and {relationships:,} relationships of graphrec for Neo4j's importer. Run this where the server is
# and while it is stopped; --overwrite-destination replaces what the database holds. Then start the server, and:
#   {afterwards}
cd "$(dirname "$0")" || exit 1
exec "${{NEO4J_ADMIN:-neo4j-admin}}" database import full {database} \\
  {arguments} "$@"
"""


@dataclass(frozen=True)
class ImportFiles:
    """What was written, and how it gets into a server.

    Attributes:
        folder: where the files are.
        files: their names.
        nodes: how many nodes they hold.
        relationships: how many relationships.
        command: what to run in ``folder`` while the server is stopped; ``import.sh`` there does it.
        afterwards: what to run once the server is started again.
    """

    folder: Path
    files: list[str]
    nodes: int
    relationships: int
    command: str
    afterwards: tuple[str, ...] = AFTERWARDS


def export_neo4j_import(store: GraphStore, folder: Path, database: str = "neo4j") -> ImportFiles:
    """Write a header and a data file per label and per relationship type and ends, and ``import.sh``.

    What ``store`` gives at once is in memory at once: a label's nodes, or one type's relationships as numbers.

    Args:
        store: what to export.
        folder: where to; it must not exist.
        database: name of the database that the importer makes.

    Raises ``ConfigError`` for a name that no database can have, ``DataError`` where ``folder`` exists, the graph is
    empty or holds a number that is not finite, ``StoreError`` where the graph was changed meanwhile.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9.-]{2,62}", database):
        raise ConfigError(f"no database can be named {database!r}: 3 to 63 letters, digits, dots and hyphens")
    refuse_existing(folder)
    before = store.versions(CONTENT)
    with replacing_folder(folder) as part:
        nodes = list(_nodes(store, part))
        if not nodes:
            raise DataError(f"{store.uri} holds no nodes yet; load something first")
        relationships = list(_relationships(store, part))
        if store.versions(CONTENT) != before:
            raise StoreError(
                f"{store.uri} was changed while it was exported; repeat it while nothing is loaded"
            )
        counts = [sum(files.rows for _, files in each) for each in (nodes, relationships)]
        arguments = _arguments([*nodes, _bookkeeping(store, part)], relationships)
        script = SHELL.format(
            nodes=counts[0],
            relationships=counts[1],
            database=database,
            arguments=" \\\n  ".join(map(shlex.quote, arguments)),
            afterwards="\n#   ".join(AFTERWARDS),
        )
        (part / SCRIPT).write_text(script, encoding="utf-8")
        (part / SCRIPT).chmod(0o755)
        names = sorted(path.name for path in part.iterdir())
    # The database comes first: behind --nodes it would be taken for one more file.
    command = shlex.join(["neo4j-admin", "database", "import", "full", database, *arguments])
    return ImportFiles(folder, names, counts[0], counts[1], command)


def _nodes(store: GraphStore, folder: Path) -> Iterator[tuple[str, CsvFiles]]:
    for label in schema.LOADED_LABELS.values():
        properties = store.properties.of(label.name)
        table = store.read_nodes(label.name, [p.name for p in properties])
        header = [f"{schema.KEY}:ID({label.name})", *columns(properties)]
        files = write_csv(folder, label.name, header, _blocks(table))
        if files is not None:
            yield label.name, files


def _relationships(store: GraphStore, folder: Path) -> Iterator[tuple[str, CsvFiles]]:
    counts = store.counts()
    for rel in schema.RELATIONSHIPS.values():
        # A server would look for a type that it has none of by reading the ids of both labels.
        for start, end in rel.ends if counts[rel.name] else ():
            name = rel.name if len(rel.ends) == 1 else f"{rel.name}-{start}-{end}"
            properties = store.properties.of(rel.name)
            header = [f":START_ID({start})", f":END_ID({end})", *columns(properties)]
            names = [p.name for p in properties]
            files = write_csv(folder, name, header, _edges(store, rel.name, start, end, names))
            if files is not None:
                yield rel.name, files


def _blocks(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, BLOCK):
        yield table.slice(start, BLOCK)


def _edges(
    store: GraphStore, name: str, start: str, end: str, properties: Sequence[str]
) -> Iterator[pa.Table]:
    found = store.read_relationships(name, start, end, properties)
    # As one array each: every block would else put the pieces together again.
    starts, ends = found.source_ids.combine_chunks(), found.target_ids.combine_chunks()
    for block in _blocks(pa.table({"from": found.source, "to": found.target, **found.properties})):
        ids = {"from": starts.take(block["from"]), "to": ends.take(block["to"])}
        yield pa.table(ids | {name: block[name] for name in properties})


def _bookkeeping(store: GraphStore, folder: Path) -> tuple[str, CsvFiles]:
    """Write what ``Neo4jStore`` tells changes by, since one import must not be taken for the one before it, and what it
    knows own properties by.
    """
    now = [time.time_ns() // 1_000_000] * len(CONTENT)
    own = [own_words(store.properties, name) or None for name in CONTENT]
    table = pa.table(
        {"id": CONTENT, "version": now, "rewritten": now, "own": pa.array(own, pa.list_(pa.string()))}
    )
    name = "GraphrecMeta"
    files = write_csv(folder, name, [f"id:ID({name})", "version:long", "rewritten:long", "own:string[]"], [table])
    assert files is not None
    return name, files


def _arguments(nodes: list[tuple[str, CsvFiles]], relationships: list[tuple[str, CsvFiles]]) -> list[str]:
    every = [files for _, files in (*nodes, *relationships)]
    arguments = [f"--array-delimiter=U+{ord(BETWEEN):04X}"]
    multiline = [files.data for files in every if files.multiline]
    if multiline:
        # Only those: such a file is read by one thread.
        arguments += ["--multiline-fields-format=v2", f"--multiline-fields={','.join(multiline)}"]
    longest = max(files.longest for files in every)
    if longest > LONG:
        arguments.append(f"--read-buffer-size={2 * longest + LONG}")
    arguments += [f"--nodes={name}={files.header},{files.data}" for name, files in nodes]
    return arguments + [
        f"--relationships={name}={files.header},{files.data}" for name, files in relationships
    ]
