"""The property graph, once: labels, relationship types, their properties and ends.

DDL, loader checks, the table in the documentation and the explorer's legend are derived from ``LABELS`` and
``RELATIONSHIPS``; no other file names a property's type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphrec.errors import unknown

PropertyType = Literal["string", "int64", "float64", "bool", "list"]
"""``list`` is a list of texts."""

KEY = "id"
WEIGHT = "weight"
"""An own property that says how much a relationship weighs, where several types are one projection."""

RUN = "GraphrecRun"
"""The label of graphrec's own bookkeeping, which nobody else uses."""


@dataclass(frozen=True)
class Property:
    """One property of a node or relationship.

    Times are seconds from the video's start (``*_s``, float64) or epoch milliseconds (``at``, ``*_at``, int64).
    """

    name: str
    type: PropertyType
    doc: str = ""


def is_time(name: str) -> bool:
    """Return whether the property ``name`` is a time, epoch milliseconds."""
    return name == "at" or name.endswith("_at")


@dataclass(frozen=True)
class Label:
    """A node label; its key is always the string property ``id``."""

    name: str
    properties: tuple[Property, ...]
    doc: str = ""

    def property(self, name: str) -> Property:
        """Return the property called ``name``; raises ``NotFoundError`` with the nearest right name."""
        return _property(self.properties, name, f"property of {self.name}")


@dataclass(frozen=True)
class RelationshipType:
    """A relationship type, unique for each pair of its ends.

    ``ends`` are the allowed (from label, to label) pairs. ``part`` says which end belongs to the other; it is None of
    what users do, which models learn.
    """

    name: str
    ends: tuple[tuple[str, str], ...]
    properties: tuple[Property, ...] = ()
    doc: str = ""
    part: Literal["from", "to"] | None = None

    def property(self, name: str) -> Property:
        """Return the property called ``name``; raises ``NotFoundError`` with the nearest right name."""
        return _property(self.properties, name, f"property of {self.name}")


def _property(properties: tuple[Property, ...], name: str, kind: str) -> Property:
    for candidate in properties:
        if candidate.name == name:
            return candidate
    raise unknown(kind, name, [p.name for p in properties])


def label(name: str) -> Label:
    """Return the label called ``name``; raises ``NotFoundError`` with the nearest right name."""
    if name not in LABELS:
        raise unknown("label", name, LABELS)
    return LABELS[name]


def relationship(name: str) -> RelationshipType:
    """Return the relationship type called ``name``; raises ``NotFoundError`` with the nearest right name."""
    if name not in RELATIONSHIPS:
        raise unknown("relationship type", name, RELATIONSHIPS)
    return RELATIONSHIPS[name]


def properties(name: str) -> tuple[Property, ...]:
    """Return the properties of the label or relationship type ``name``; raises ``NotFoundError``."""
    found = LABELS.get(name) or RELATIONSHIPS.get(name)
    if found is None:
        raise unknown("label or relationship type", name, [*LABELS, *RELATIONSHIPS])
    return found.properties


def types_at(name: str) -> list[str]:
    """Return the relationship types that nodes of the label ``name`` may have."""
    return [one.name for one in RELATIONSHIPS.values() if any(name in ends for ends in one.ends)]


_AT = Property("at", "int64", "when, epoch milliseconds")
_SPLIT = Property("split", "string", "train, valid or test where the data set says so")
_SEQUENCE = Property("sequence", "int64", "order among the user's records where no time is known")

LABELS: dict[str, Label] = {
    entry.name: entry
    for entry in (
        Label("User", (), "someone who watches, rates, highlights or comments"),
        Label(
            "Item",
            (
                Property("kind", "string", "movie, video or product"),
                Property("title", "string"),
                Property("year", "int64"),
                Property("duration_s", "float64"),
                Property("uri", "string", "where the file is"),
                Property("digest", "string", "of the file's content"),
                Property("added_at", "int64", "when the file came into the graph, epoch milliseconds"),
                Property("thumbnail", "string", "its picture, a file below the workspace's folder"),
                Property("fps", "float64", "pictures per second"),
                Property("width", "int64", "as shown, pixels"),
                Property("height", "int64", "as shown, pixels"),
                Property(
                    "rotation", "int64", "degrees by which a player turns what is stored, counterclockwise"
                ),
                Property("audio", "bool", "whether it has sound"),
                Property("uploader", "string"),
                Property("imdb_id", "string"),
                Property("tmdb_id", "string"),
            ),
            "a movie, video or product",
        ),
        Label("Genre", (Property("name", "string"),), "a genre of items"),
        Label(
            "Segment",
            (
                Property("start_s", "float64"),
                Property("end_s", "float64"),
                Property("position", "int64", "0 for the first segment of its video"),
            ),
            "a stretch of a video",
        ),
        Label(
            "Frame",
            (
                Property("time_s", "float64"),
                Property("uri", "string", "its picture, a file below the workspace's folder"),
                Property("shots", "int64", "how many equal shots its video is cut into, of which it stands for one"),
            ),
            "a key frame",
        ),
        Label(
            "Comment",
            (
                Property("text", "string"),
                Property("words", "string", "its words, separated by spaces"),
                Property("time_s", "float64"),
                Property("moment_s", "float64", "when it was begun, where typing it is taken off"),
                Property("posted_at", "int64"),
                Property("likes", "int64"),
                Property("polarity", "float64", "below 0.5 where it says something bad"),
                Property("left_out", "string", "why nothing is learned from it; empty where something is"),
                _SPLIT,
            ),
            "a comment, or a tag given to an item",
        ),
        Label(
            "Trailer",
            (
                Property("uri", "string"),
                Property("digest", "string", "of the file's content"),
                Property("duration_s", "float64"),
                Property("views", "int64"),
                Property("likes", "int64"),
                Property("dislikes", "int64"),
            ),
            "an item's trailer",
        ),
        Label(
            RUN,
            (
                Property("model", "string"),
                Property("label", "string", "label of what it recommends"),
                Property("property", "string", "the node property that holds this run's embeddings"),
                Property("dimension", "int64"),
                Property("score", "string", "inner product of embeddings, or proposal to the model that scores"),
                Property("spaces", "string", "JSON: the properties of further embeddings by name"),
                Property("created_at", "int64"),
                Property("published_at", "int64"),
                Property("snapshot", "string", "fingerprint of what it was trained on"),
                Property("split", "string"),
                Property("seed", "int64"),
                Property("metrics", "string", "JSON"),
            ),
            "a training run whose embeddings were written back",
        ),
    )
}

RELATIONSHIPS: dict[str, RelationshipType] = {
    entry.name: entry
    for entry in (
        RelationshipType("RATED", (("User", "Item"),), (Property("rating", "float64"), _AT, _SPLIT)),
        RelationshipType("HIGHLIGHTED", (("User", "Segment"),), (_AT, _SEQUENCE, _SPLIT)),
        RelationshipType("LIKED", (("User", "Item"), ("User", "Frame")), (_AT, _SPLIT)),
        RelationshipType("VIEWED", (("User", "Item"),), (_AT, _SPLIT)),
        RelationshipType("WROTE", (("User", "Comment"),), part="to"),
        RelationshipType("ON", (("Comment", "Frame"), ("Comment", "Segment"), ("Comment", "Item")), part="from"),
        RelationshipType("HAS_SEGMENT", (("Item", "Segment"),), part="to"),
        RelationshipType("HAS_FRAME", (("Item", "Frame"), ("Segment", "Frame"), ("Trailer", "Frame")), part="to"),
        RelationshipType("HAS_TRAILER", (("Item", "Trailer"),), part="to"),
        RelationshipType("IN_GENRE", (("Item", "Genre"),), part="from"),
        RelationshipType("FOLLOWS", (("User", "User"),)),
    )
}

LOADED_LABELS = {name: entry for name, entry in LABELS.items() if name != RUN}
"""Labels of what is loaded; a ``GraphrecRun`` speaks of embeddings, without which it would lie elsewhere."""

EMBEDDED_LABELS = ("User", "Item", "Segment", "Frame", "Trailer", "Comment", "Genre")
"""Labels whose nodes may have embeddings."""


RULES = """\
`at` and `*_at` are epoch milliseconds, `*_s` seconds from the video's start.

A relationship of one type exists once between two nodes. Where several rows, of one file or of files loaded one after
the other, name the same pair, the one with the newest `at` counts and the others are counted as unchanged. Equally new
rows, or rows without `at`, that say different things contradict each other within a file; those of a later file update
what is stored. An empty value says nothing about a stored one."""


def markdown() -> str:
    """Return the schema as the documentation has it: two Markdown tables and the rules."""
    labels = [f"| `{e.name}` | {_listed(e.properties)} | {e.doc} |" for e in LABELS.values()]
    types = [
        f"| `{r.name}` | {', '.join(f'{a} → {b}' for a, b in r.ends)} | {_listed(r.properties)} |"
        for r in RELATIONSHIPS.values()
    ]
    lines = ["| label | properties besides `id` | what |", "|---|---|---|", *labels, ""]
    lines += ["| relationship | from → to | properties |", "|---|---|---|", *types]
    lines += ["", RULES]
    return "\n".join(lines) + "\n"


def _listed(properties: tuple[Property, ...]) -> str:
    return ", ".join(f"`{p.name}` {p.type}" for p in properties) or "-"


if __name__ == "__main__":
    print("# The property graph\n\nGenerated by `python -m graphrec.schema > docs/schema.md`.\n")
    print(markdown(), end="")
