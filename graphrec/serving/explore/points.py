"""The nodes of a map: who has an embedding of a run, and what is known of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.errors import NotFoundError
from graphrec.serving.explore.point_facts import Facts, facts
from graphrec.serving.explore.spaces import labels_of
from graphrec.serving.lookups import rows
from graphrec.serving.naming import in_a_list
from graphrec.serving.popularity import new, popular
from graphrec.serving.published import published_run
from graphrec.store.base import Floats, GraphStore, Ints


@dataclass(frozen=True)
class Points:
    """Nodes with an embedding; the columns are of one length n.

    Attributes:
        vectors: float32 [n, D].
        label: the label of each node.
        ids: their ids.
        titles: what each is called; its id, if nothing else.
        genres: the names of each one's genres, most common first; those of the video for a part of one.
        records: int64 [n]; how many relationships of users lead to a node, for a user how many start there.
        new: bool [n]; nobody has interacted with the video or, for a user, the user with none.
        pictures: a file of each node's picture, as the graph has it, or None.
    """

    vectors: Floats
    label: Sequence[str]
    ids: Sequence[str]
    titles: Sequence[str]
    genres: Sequence[Sequence[str]]
    records: Ints
    new: npt.NDArray[np.bool_]
    pictures: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def digest(self) -> str:
        """Another for other vectors."""
        found = blake2b(str(self.vectors.shape).encode(), digest_size=12)
        found.update(np.ascontiguousarray(self.vectors).data)
        return found.hexdigest()


NONE = Points(np.empty((0, 0), np.float32), [], [], [], [], np.empty(0, np.int64), np.empty(0, bool), [])


def points(store: GraphStore, run: str, labels: Sequence[str]) -> Points:
    """Return the nodes of ``labels`` that have an embedding of ``run``, label by label, by id.

    It takes a fixed number of queries, however many nodes there are.

    Raises ``NotFoundError`` where the run is not published.
    """
    published = published_run(store, run)
    if published is None:
        raise NotFoundError(f"the run {run!r} is not published; `graphrec publish {run}` does so")
    parts = [
        _of_label(store, published.property, name) for name in labels_of(store, published) if name in labels
    ]
    found = [part for part in parts if len(part)]
    if not found:
        return NONE
    return Points(
        np.concatenate([part.vectors for part in found]),
        [label for part in found for label in part.label],
        [key for part in found for key in part.ids],
        [title for part in found for title in part.titles],
        [genres for part in found for genres in part.genres],
        np.concatenate([part.records for part in found]),
        np.concatenate([part.new for part in found]),
        [picture for part in found for picture in part.pictures],
    )


def _of_label(store: GraphStore, name: str, label: str) -> Points:
    ids, vectors = store.read_embeddings(label, name)
    order = np.argsort(np.array(ids.to_pylist(), object), kind="stable")
    keys = ids.take(pa.array(order)).to_pylist()
    known = facts(store, label)
    records, fresh = _interactions(store, label)
    told = [known.get(key, Facts(key)) for key in keys]
    return Points(
        vectors[order],
        [label] * len(keys),
        keys,
        [in_a_list(one) for one in told],
        [one.genres for one in told],
        np.array([records.get(key, 0) for key in keys], np.int64),
        np.array([key in fresh for key in keys], bool)
        if fresh is not None
        else np.array([key not in records for key in keys], bool),
        [one.picture for one in told],
    )


def _interactions(store: GraphStore, label: str) -> tuple[dict[str, int], set[str] | None]:
    """Return the records of each node that has any, and who is new; None where that is whoever has no record."""
    if label == "User":
        found = rows(store, "active_users")
        return {row["id"]: int(row["score"]) for row in found}, None
    found = popular(store, label).to_pylist()
    return {row["id"]: int(row["score"]) for row in found}, set(new(store, label))
