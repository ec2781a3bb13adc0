"""Two-dimensional maps of embeddings: PCA at once, t-SNE and UMAP in a minute or two."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib.util import find_spec
from io import TextIOBase

import numpy as np

from graphrec.errors import ConfigError, unknown
from graphrec.store.base import Floats
from graphrec.store.nearest import unit

METHODS = ("pca", "tsne", "umap")

AT_ONCE = "pca"
"""The method that needs no background."""

REDUCED = 50
"""t-SNE and UMAP start from so many principal components (van der Maaten and Hinton 2008: 30)."""

PERPLEXITY = 30
ANGLE = 0.7
"""How coarsely t-SNE looks at what is far away: from 0.2 to 0.8 the map hardly changes, but the time does."""

ITERATIONS = 1000
NEIGHBOURS = 15
FEWEST = 8
"""Of fewer points every method makes the map that PCA makes."""

Progress = Callable[[float], None]
"""Told the share that is done, from 0 to 1."""


def available() -> tuple[str, ...]:
    """Return the methods that are installed; UMAP comes with ``graphrec[umap]``."""
    return METHODS if find_spec("umap") is not None else METHODS[:2]


def layout(vectors: Floats, method: str, seed: int = 0, progress: Progress | None = None) -> Floats:
    """Return a place in the plane for each vector; the same seed on the same machine gives the same map.

    Vectors count by their directions alone, as ``similar`` compares them: a user's is the longer the more is known.

    Args:
        vectors: float32 [n, D].
        method: one of ``METHODS``.
        seed: of what is drawn by lot in t-SNE and UMAP.
        progress: told now and then how far it is.

    Returns:
        float32 [n, 2].

    Raises:
        NotFoundError: there is no such method.
        ConfigError: the method is not installed.
    """
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    if method not in available():
        raise ConfigError("UMAP is not installed: pip install 'graphrec[umap]'")
    reduced = principal(unit(vectors), REDUCED)
    spread = bool(reduced.size) and float(np.ptp(reduced, 0).max()) > 0
    if method == AT_ONCE or len(vectors) < FEWEST or not spread:
        return _two_columns(reduced)
    told = progress or _ignored
    return _tsne(reduced, seed, told) if method == "tsne" else _umap(reduced, seed, told)


def principal(vectors: Floats, components: int) -> Floats:
    """Return the first principal components, float32 [n, min(components, D)], of float32 [n, D].

    Each component's largest weight is positive, so that the map is not mirrored from one machine to another.
    """
    if not len(vectors):
        return np.empty((0, min(components, vectors.shape[1])), np.float32)
    centred = vectors - vectors.mean(0, np.float64).astype(np.float32)
    _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    axes = axes[:, ::-1][:, :components]
    largest = np.abs(axes).argmax(0)
    signs = np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1, 1)
    found: Floats = centred @ (axes * signs).astype(np.float32)
    return found


def _two_columns(reduced: Floats) -> Floats:
    places = np.zeros((len(reduced), 2), np.float32)
    places[:, : reduced.shape[1]] = reduced[:, :2]
    return places


def _tsne(reduced: Floats, seed: int, progress: Progress) -> Floats:
    from sklearn.manifold import TSNE

    model = TSNE(
        2,
        perplexity=min(PERPLEXITY, (len(reduced) - 1) / 3),
        init="pca",
        angle=ANGLE,
        max_iter=ITERATIONS,
        random_state=seed,
        verbose=2,
    )
    # Its words are the only way to learn how far it is.
    with redirect_stdout(_Listener(r"Iteration (\d+)", ITERATIONS, progress)):
        found: Floats = model.fit_transform(reduced).astype(np.float32)
    return found


def _umap(reduced: Floats, seed: int, progress: Progress) -> Floats:
    import umap
    from sklearn.neighbors import NearestNeighbors

    count = min(NEIGHBOURS, len(reduced) - 1)
    # The exact neighbours are found before UMAP's own search for some of them is compiled.
    search = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(reduced)
    distances, nearest = search.kneighbors(reduced)
    listener = _Listener(r"(\d+)%", 100, progress)
    model = umap.UMAP(
        n_neighbors=count,
        precomputed_knn=(nearest, distances.astype(np.float32)),
        init="pca",
        random_state=seed,
        n_jobs=1,
        verbose=True,
        tqdm_kwds={"file": listener},
    )
    with redirect_stdout(listener):
        found: Floats = np.asarray(model.fit_transform(reduced), np.float32)
    return found


class _Listener(TextIOBase):
    """Reads in what a library prints how far it is."""

    def __init__(self, pattern: str, whole: int, progress: Progress) -> None:
        self._pattern, self._whole, self._progress = re.compile(pattern), whole, progress

    def write(self, text: str) -> int:
        """Tell the last number that ``text`` holds."""
        found = self._pattern.findall(text)
        if found:
            self._progress(min(1.0, int(found[-1]) / self._whole))
        return len(text)


def _ignored(share: float) -> None:
    """Nobody wants to know."""
