"""What went when a user or an item was forgotten, and what is to be said of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Forgotten:
    """What went of a user or an item, or would go.

    Attributes:
        node: such as ``User:u1``.
        nodes: nodes of the graph by label, the comments, segments, frames and trailers with them.
        read_only: whether the graph is somebody else's, who alone can delete it there, and has to do so first.
        features: vectors by feature matrix.
        snapshots: fingerprints of the snapshots that held any of them.
        copies: copied relationships that held any.
        files: pictures, and descriptions of media files.
        journal: entries of video files.
        maps: maps of embeddings.
        rejects: refused rows that named them.
        learned: runs that were trained on any of them, and still have their weights.
        backups: copies of a damaged database, which are left alone.
        carried: commands that work out anew what other nodes have of their values, as videos of comments.
        file: the embedded database, whose file may hold the ids still, though nothing answers with them; else None.
    """

    node: str
    nodes: dict[str, int]
    read_only: bool
    features: dict[str, int]
    snapshots: list[str]
    copies: int
    files: int
    journal: int
    maps: int
    rejects: int
    learned: list[str]
    backups: list[Path] = field(default_factory=list)
    carried: list[str] = field(default_factory=list)
    file: Path | None = None


def in_words(one: Forgotten) -> str:
    """Return in a sentence what goes."""
    nodes = ", ".join(f"{count:,} {label}" for label, count in one.nodes.items())
    parts = [
        *([f"{nodes} in the graph with all relationships and embeddings"] if nodes and not one.read_only else []),
        *([f"{sum(one.features.values()):,} vectors of {', '.join(sorted(one.features))}"] if one.features else []),
        *_counted(
            (len(one.snapshots), "snapshot"),
            (one.copies, "copy of relationships", "copies of relationships"),
            (one.files, "picture or description", "pictures and descriptions"),
            (one.journal, "entry of the journal", "entries of the journal"),
            (one.maps, "map of embeddings", "maps of embeddings"),
            (one.rejects, "refused row"),
        ),
    ]
    return f"{one.node}: {'; '.join(parts) or 'nothing is kept beside the graph'}"


def warnings(one: Forgotten) -> list[str]:
    """Return what is to be known of what stays."""
    found = []
    if one.learned:
        found.append(
            f"what these runs have learned of it stays in their weights: {', '.join(one.learned)}; their snapshot is "
            "gone: train again and publish; `graphrec prune` removes them once they are not published, a day after "
            "they were last touched"
        )
    if one.nodes and one.file:
        found.append(
            f"nothing answers with it any more, but pages of the file {one.file} may hold the id still: "
            "`graphrec export graph FOLDER` leaves it out, and `graphrec load table` of its files into a new workspace "
            "makes a graph without it"
        )
    found += [f"means of vectors still count it: `{command}` works them out anew" for command in one.carried]
    if one.backups:
        found.append(f"left alone, and may hold it: {', '.join(map(str, one.backups))}")
    return found


def without(one: Forgotten) -> str:
    """Return which runs will be without a snapshot once it is forgotten, and what they then do no more; or nothing."""
    if not one.learned:
        return ""
    return (
        f"{', '.join(one.learned)}: learned of it, and will be without a snapshot: neither evaluated nor published any "
        "more, and who came or chose more since training is not placed; train again"
    )


def stays(one: Forgotten) -> str:
    """Return that it is still in a graph of somebody else's, and what to do; empty where it is not."""
    if not (one.read_only and one.nodes):
        return ""
    return (
        f"{one.node} is still in the graph, which is somebody else's and read only to graphrec; delete it there first, "
        "its embeddings go with it, and then repeat this; nothing was removed"
    )


def _counted(*counts: tuple[int, str] | tuple[int, str, str]) -> list[str]:
    return [
        f"{count:,} {words[0] if count == 1 else words[1] if words[1:] else words[0] + 's'}"
        for count, *words in counts
        if count
    ]
