"""What a model makes of nodes by what they are made of, in the feature files, where other models find it."""

from __future__ import annotations

from graphrec.errors import DataError
from graphrec.features import SUFFIXES, FeatureStore
from graphrec.serving.run_embeddings import Space
from graphrec.training.runs import Run
from graphrec.workspace import Workspace


def keep_encoded(run: Run, name: str, space: Space) -> None:
    """Write ``space`` to the feature files of the run's workspace, as ``<name>-item`` and so on.

    Raises ``DataError``, and writes nothing, where such a matrix was loaded.
    """
    features = FeatureStore(Workspace(run.folder.parents[1]).features)
    matrices = {label: name + SUFFIXES[label] for label in space}
    for matrix in {*matrices.values()} & {*features.names()}:
        if not features.info(matrix).run:
            raise DataError(
                f"feature {matrix!r} was loaded, and {run.id} does not replace it: publish the run under another name, "
                "with --property"
            )
    for label, (ids, vectors) in space.items():
        features.put(matrices[label], label, ids.to_pylist(), vectors, run.id)
