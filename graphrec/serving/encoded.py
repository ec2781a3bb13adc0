"""What a model makes of nodes by what they are made of, in the feature files, where other models find it."""

from __future__ import annotations

from collections.abc import Mapping

from graphrec.errors import DataError
from graphrec.features import SUFFIXES, FeatureStore
from graphrec.serving.run_embeddings import Space
from graphrec.training.runs import Run
from graphrec.workspace import Workspace


def matrix_of(name: str, space: str, label: str) -> str:
    """Return what a matrix of what a model makes of nodes is called: ``<name>-item``, ``<name>_<space>-item``."""
    return name + (f"_{space}" if space else "") + SUFFIXES[label]


def keep_encoded(run: Run, name: str, spaces: Mapping[str, Space]) -> None:
    """Write ``spaces`` to the feature files of the run's workspace, as ``<name>-item``, ``<name>_<space>-item``, ...

    Raises ``DataError``, and writes nothing, where such a matrix was loaded.
    """
    features = FeatureStore(Workspace(run.folder.parents[1]).features)
    found = {
        matrix_of(name, space, label): (label, *vectors)
        for space, of_labels in spaces.items()
        for label, vectors in of_labels.items()
    }
    for matrix in {*found} & {*features.names()}:
        if not features.info(matrix).run:
            raise DataError(
                f"feature {matrix!r} was loaded, and {run.id} does not replace it: publish the run under another name, "
                "with --property"
            )
    for matrix, (label, ids, vectors) in found.items():
        features.put(matrix, label, ids.to_pylist(), vectors, run.id)
