"""Movies with a trailer each, whose frames tell the genre and the genre how it is rated, in a database."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.api.plan import Plan
from graphrec.api.train import train
from graphrec.features import FeatureStore
from graphrec.serving.publish import publish
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

MOVIES, USERS, EACH, WIDTH, GENRES = 40, 25, 6, 8, 4
"""Movie n is of genre n % GENRES; its trailer ``t-mNN`` has so many frames, one a second."""


def describe_trailers(folder: Workspace, **given: object) -> None:
    """Write the graph into the embedded database of ``folder``, and publish a small trailernet trained on it."""
    settings = {"hidden": 8, "dimension": 8, "length": 4, "shift": 1, "epochs": 2, "device": "cpu", **given}
    with closing(LadybugStore(folder, write=True)) as store:
        write_trailers(store, folder)
    done = train(folder, Plan("trailernet", settings, task="node-targets"))
    with closing(LadybugStore(folder, write=True)) as store:
        publish(store, done.loaded)


def write_trailers(store: GraphStore, folder: Workspace) -> None:
    """Write the movies, their trailers, and ratings; and a movie ``silent``, which has neither."""
    rng = np.random.default_rng(0)
    movies, genre = [f"m{n:02}" for n in range(MOVIES)], np.arange(MOVIES) % GENRES
    store.initialise()
    store.write_nodes("User", pa.table({"id": [f"u{n}" for n in range(USERS)]}))
    store.write_nodes("Item", pa.table({"id": [*movies, "silent"], "title": [*movies, "Silent"]}))
    store.write_nodes("Genre", pa.table({"id": [f"g{n}" for n in range(GENRES)]}))
    store.write_relationships("IN_GENRE", "Item", "Genre", pa.table({"from": movies, "to": [f"g{n}" for n in genre]}))
    for movie, of in zip(movies, genre.tolist(), strict=True):
        write_trailer(store, folder, rng, movie, of)
    pairs = [(u, m) for u in range(USERS) for m in rng.choice(MOVIES, 15, replace=False)]
    rating = [float(np.clip(2 + genre[m] * 0.7 + rng.normal() * 0.3, 0.5, 5)) for _, m in pairs]
    store.write_relationships("RATED", "User", "Item", pa.table({
        "from": [f"u{u}" for u, _ in pairs], "to": [movies[m] for _, m in pairs], "rating": rating,
    }))  # fmt: skip


def write_trailer(store: GraphStore, folder: Workspace, rng: np.random.Generator, movie: str, genre: int) -> str:
    """Write a trailer of ``movie`` that looks like ``genre``; return its id."""
    trailer = f"t-{movie}"
    frames = [f"{trailer}@{second}" for second in range(EACH)]
    store.write_nodes("Trailer", pa.table({"id": [trailer]}))
    store.write_nodes("Frame", pa.table({"id": frames, "time_s": np.arange(EACH) + 0.5}))
    store.write_relationships("HAS_TRAILER", "Item", "Trailer", pa.table({"from": [movie], "to": [trailer]}))
    store.write_relationships("HAS_FRAME", "Trailer", "Frame", pa.table({"from": [trailer] * EACH, "to": frames}))
    looks = np.eye(WIDTH)[[genre] * EACH] + 0.2 * rng.normal(size=(EACH, WIDTH))
    shown: npt.NDArray[np.float32] = looks.astype(np.float32)
    FeatureStore(folder.features).write("look-frame", "Frame", frames, shown)
    return trailer
