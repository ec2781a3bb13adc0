"""What gets a place without training: what has none yet, and what has other features than when it was placed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.features import FeatureStore
from graphrec.files import read_json, write_json
from graphrec.graph.snapshot import GENRES
from graphrec.serving.lacking import Lacking
from graphrec.serving.load_model import Loaded
from graphrec.serving.published import PublishedRun
from graphrec.store.base import Floats, GraphStore

PLACED = "placed.json"
"""In a run's folder: by which state of the features its nodes were placed last."""
SAME = 1e-5
"""Numbers that differ by less were worked out from the same features, in blocks of another size."""


@dataclass(frozen=True)
class Embedded:
    """What ``embed`` did.

    Attributes:
        run: id of the run.
        label: what the run recommends.
        embedded: how many nodes of ``label`` got an embedding.
        without_features: how many have no feature at all, and so no embedding.
        partly: how many of the embedded lack some of their features; of these the mean stands in.
        lacking: which features the nodes that had no embedding lack, and what makes them.
        again: how many were placed anew, since they have other features than when they were placed.
        siblings: the same of each other label whose nodes are described in the same space, if any.
        new_genres: how many genres came after training; they do not count until the model is trained again.
        unable: why the run places nothing that came after training; empty where it can.
    """

    run: str
    label: str
    embedded: int
    without_features: int
    siblings: tuple[Embedded, ...] = ()
    partly: int = 0
    lacking: tuple[Lacking, ...] = ()
    again: int = 0
    new_genres: int = 0
    unable: str = ""


def place_all(
    store: GraphStore,
    loaded: Loaded,
    name: str,
    label: str,
    state: Sequence[str],
    write: Callable[[pa.Array], Embedded],
) -> Embedded:
    """Have ``write`` place the nodes of ``label`` that have no place, and again the others where ``state`` is another.

    Args:
        store: the graph.
        loaded: the run.
        name: the property that says which nodes have a place.
        label: of the nodes.
        state: what is another as soon as a feature of a node is another; empty where they have none.
        write: places nodes, string [n], and tells how many.
    """
    have, _ = store.read_embeddings(label, name)
    everything = store.read_nodes(label)["id"].combine_chunks()
    new = everything.filter(pc.invert(pc.is_in(everything, value_set=have)))
    noted = loaded.run.folder / PLACED
    before = read_json(noted) if noted.exists() else {}
    again = 0
    if state and before.get(label) != [*state] and len(have):
        placed = have.filter(pc.invert(pc.is_in(have, value_set=_trained(loaded, label))))
        again = write(placed).embedded
    written = write(new)
    if state:
        write_json(noted, {**before, label: [*state]})
    return replace(written, again=again)


def state_of(
    store: GraphStore, features: FeatureStore, matrices: Sequence[str], published: PublishedRun
) -> list[str]:
    """Return what is another as soon as a vector in one of ``matrices`` is another, or the run was published again.

    To publish it again writes places by the features that it was trained on.
    """
    found = [
        str(store.versions(["IN_GENRE"])) if name == GENRES else features.info(name).fingerprint
        for name in matrices
    ]
    return [str(published.published_at), *found] if found else []


def write_changed(store: GraphStore, label: str, name: str, ids: pa.Array, vectors: Floats) -> int:
    """Write those of ``vectors`` that are not there already; return how many."""
    there, stored = store.read_embeddings(label, name, ids.to_pylist())
    before = np.full_like(vectors, np.nan)
    if len(there) and stored.shape[1] == vectors.shape[1]:
        before[np.asarray(pc.index_in(there, value_set=ids))] = stored
    new = ~np.isclose(before, vectors, rtol=SAME, atol=SAME).all(1)
    if new.any():
        store.write_embeddings(label, name, ids.filter(pa.array(new)), vectors[new])
    return int(new.sum())


def _trained(loaded: Loaded, label: str) -> pa.Array:
    """Return the ids of the nodes of ``label`` that are where training, and not their content alone, has put them."""
    data = loaded.split.data
    if label != data.item:
        return pa.array([], pa.string())
    return loaded.snapshot.items.values.take(pa.array(np.flatnonzero(data.by_item.lengths > 0)))
