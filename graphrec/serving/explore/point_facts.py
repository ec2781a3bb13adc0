"""What each node of a label is called, its genres and its picture, all read at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from graphrec.store.base import GraphStore


@dataclass(frozen=True)
class Facts:
    """What is known of a node.

    Attributes:
        id: of the node.
        title: the item's, or that of the video of which it is a part.
        video: id of that video.
        start_s: of a part, seconds from the video's start.
        end_s: of a segment likewise.
        genres: most common first; those of the video for a part of one.
        picture: a file of its picture.
    """

    id: str
    title: str | None = None
    video: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    genres: Sequence[str] = ()
    picture: str | None = None


def facts(store: GraphStore, label: str) -> Mapping[str, Facts]:
    """Return by id what is known of the items, segments or frames; of users nothing is."""
    if label == "User":
        return {}
    items = _items(store)
    if label == "Item":
        return items
    return _segments(store, items) if label == "Segment" else _frames(store, items)


def _items(store: GraphStore) -> dict[str, Facts]:
    table = store.read_nodes("Item", ["title", "thumbnail"])
    genres = _genres(store)
    columns = (table[name].to_pylist() for name in ("id", "title", "thumbnail"))
    return {
        key: Facts(key, title, genres=genres.get(key, ()), picture=picture)
        for key, title, picture in zip(*columns, strict=True)
    }


def _genres(store: GraphStore) -> dict[str, tuple[str, ...]]:
    names = store.read_nodes("Genre", ["name"])
    called = dict(zip(names["id"].to_pylist(), names["name"].to_pylist(), strict=True))
    rows = _pairs(store, "IN_GENRE", "Item", "Genre")
    common = Counter(genre for _, genre in rows)
    found: dict[str, list[str]] = {}
    for item, genre in rows:
        found.setdefault(item, []).append(genre)
    return {
        item: tuple(called.get(genre) or genre for genre in sorted(genres, key=lambda g: (-common[g], g)))
        for item, genres in found.items()
    }


def _segments(store: GraphStore, items: Mapping[str, Facts]) -> dict[str, Facts]:
    table = store.read_nodes("Segment", ["start_s", "end_s"])
    owner = {segment: item for item, segment in _pairs(store, "HAS_SEGMENT", "Item", "Segment")}
    shown = _first_frames(store)
    columns = (table[name].to_pylist() for name in ("id", "start_s", "end_s"))
    found = {}
    for key, start_s, end_s in zip(*columns, strict=True):
        part = _part(items, owner.get(key), key, start_s, end_s)
        found[key] = replace(part, picture=shown.get(key) or part.picture)
    return found


def _frames(store: GraphStore, items: Mapping[str, Facts]) -> dict[str, Facts]:
    table = store.read_nodes("Frame", ["time_s", "uri"])
    of_segment = {segment: item for item, segment in _pairs(store, "HAS_SEGMENT", "Item", "Segment")}
    owner = {
        frame: of_segment[segment]
        for segment, frame in _pairs(store, "HAS_FRAME", "Segment", "Frame")
        if segment in of_segment
    }
    # Of a frame that several videos have, the first by id counts, as in ``details_frame``.
    owner |= {frame: item for item, frame in reversed(_pairs(store, "HAS_FRAME", "Item", "Frame"))}
    columns = (table[name].to_pylist() for name in ("id", "time_s", "uri"))
    return {
        key: replace(_part(items, owner.get(key), key, time_s), picture=uri)
        for key, time_s, uri in zip(*columns, strict=True)
    }


def _first_frames(store: GraphStore) -> dict[str, str]:
    table = store.read_nodes("Frame", ["uri"])
    pictures = dict(zip(table["id"].to_pylist(), table["uri"].to_pylist(), strict=True))
    found: dict[str, str] = {}
    for segment, frame in _pairs(store, "HAS_FRAME", "Segment", "Frame"):
        if pictures.get(frame):
            found.setdefault(segment, pictures[frame])
    return found


def _pairs(store: GraphStore, name: str, source: str, target: str) -> list[tuple[str, str]]:
    """Return both ends of each relationship, in order."""
    table = store.read_relationships(name, source, target).table()
    return sorted(zip(table["from"].to_pylist(), table["to"].to_pylist(), strict=True))


def _part(
    items: Mapping[str, Facts], video: str | None, key: str, start_s: float | None, end_s: float | None = None
) -> Facts:
    of_video = items.get(video or "", Facts(""))
    return replace(of_video, id=key, video=video, start_s=start_s, end_s=end_s)
