"""What models answer, looked at once for all who ask: a wrong shape or type is said with the model and the method.

A stranger's scores of one column too few would else be somebody else's, or end in a traceback far from the cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from graphrec.errors import ConfigError, TrainingError
from graphrec.models.base import (
    ANYTHING,
    EmbeddingScorer,
    Model,
    Proposes,
    Scorer,
    ScorerAt,
    Scores,
    ScoresVectors,
    Target,
    Vectors,
)
from graphrec.ragged import Ints, Ragged

ANY = -1
"""A length that the model chooses."""


def scorer_of(model: Model[Any], target: Target = ANYTHING) -> Scorer:
    """Return the model's scorer, whose answers are checked, and calibrated where the model is.

    Raises ``ConfigError`` for a model that scores nothing, ``TrainingError`` for an answer of another shape or type.
    """
    if not isinstance(model, Scores):
        raise ConfigError(f"{model.name} scores nothing; `graphrec models {model.name}` tells what it is for")
    scorer, items = model.scorer(target), model.shape.nodes[target.label or model.shape.item]
    if not isinstance(scorer, EmbeddingScorer):
        return CheckedAt(scorer, model, items) if isinstance(scorer, ScorerAt) else Checked(scorer, model, items)
    width = scorer.users.shape[-1]
    _check(model, "scorer, vectors of users", scorer.users, (model.shape.users, width), torch.float32)
    _check(model, "scorer, vectors of items", scorer.items, (items, width), torch.float32)
    return scorer


def pairs_at(scorer: Scorer, users: Tensor, items: Tensor, at: Tensor | None) -> Tensor:
    """Return float [n], scores of pairs as of ``at``, int64 [n], where the scorer tells moments apart."""
    if at is not None and isinstance(scorer, ScorerAt):
        return scorer.pairs_at(users, items, at)
    return scorer.pairs(users, items)


def grid_at(scorer: Scorer, users: Tensor, items: int, at: int) -> Tensor:
    """Return float [users, items], scores of all ``items`` as of ``at``, where the scorer tells moments apart."""
    if not isinstance(scorer, ScorerAt):
        return scorer.grid(users)
    every = torch.arange(items, device=users.device).repeat(len(users))
    who = users.repeat_interleave(items)
    return scorer.pairs_at(who, every, torch.full_like(who, at)).view(len(users), items)


def embeddings_of(model: Any) -> Mapping[str, Vectors]:
    """Return the spaces of a model that ``Embeds``, of each label a vector for every node."""
    spaces: Mapping[str, Vectors] = model.embeddings()
    for name, vectors in spaces.items():
        width = ANY
        for label, matrix in vectors.items():
            space = f" of {name}" if name else ""
            nodes = model.shape.nodes.get(label, ANY)
            _check(model, f"embeddings, {label}{space}", matrix, (nodes, width), torch.float32)
            width = matrix.shape[1]
    return spaces


def predicted_by(model: Any, nodes: Tensor) -> Tensor:
    """Return what a model that ``Predicts`` tells of ``nodes``, float [n, classes]."""
    return _check(model, "predict", model.predict(nodes), (len(nodes), model.shape.classes))


def user_scores_of(model: Any, history: Ints, user: int | None = None) -> Tensor | None:
    """Return the scores of a model that ``FoldsIn``, float [items], of clicks calibrated chances, or None."""
    found = model.user_scores(history, user)
    if found is None:
        return None
    found = _check(model, "user_scores", found, (model.shape.items,))
    return chances_of(model, found) if model.shape.binary else found


def user_vector_of(model: Any, history: Ints, user: int | None = None) -> Tensor | None:
    """Return the vector of a model that ``FoldsIntoSpace``, float [D], or None."""
    found = model.user_vector(history, user)
    return None if found is None else _check(model, "user_vector", found, (ANY,))


def only_proposes(model: Model[Any]) -> bool:
    """Return whether the inner product of two embeddings is not the score: of clicks it is the logit of a chance."""
    return isinstance(model, Proposes) or model.shape.binary


def scores_vectors(model: Model[Any]) -> bool:
    """Return whether of a model that ``only_proposes`` the score follows from two vectors of its first space."""
    return isinstance(model, ScoresVectors) or (model.shape.binary and not isinstance(model, Proposes))


def chances_of(model: Model[Any], logits: Tensor) -> Tensor:
    """Return what ``logits`` of a model of clicks mean, shaped as they are, calibrated where it is."""
    return _meant(model, logits.sigmoid())


def vector_scores_of(model: Model[Any], users: Tensor, items: Tensor) -> Tensor:
    """Return the scores of a model that ``scores_vectors``, float [n], calibrated where it is.

    Args:
        model: whose vectors they are.
        users: float32 [n, D].
        items: float32 [n, D].
    """
    if not isinstance(model, ScoresVectors):
        return chances_of(model, (users * items).sum(1))
    return _check(model, "vector_scores", model.vector_scores(users, items), (len(users),))


def placed_by(model: Any, features: Tensor) -> Tensor:
    """Return the vectors of a model that ``Places``, float32 [n, D]."""
    return _check(model, "place", model.place(features), (len(features), ANY), torch.float32)


def placed_by_parts(model: Any, features: Tensor, parts: Ragged) -> Mapping[str, Vectors]:
    """Return the spaces of a model that ``PlacesByParts``, with vectors of new items and of their parts."""
    spaces: Mapping[str, Vectors] = model.place_parts(features, parts)
    for name, vectors in spaces.items():
        for label, matrix in vectors.items():
            due = len(parts) if label == model.shape.item else len(features)
            _check(model, f"place_parts, {label}{name and f' of {name}'}", matrix, (due, ANY), torch.float32)
    return spaces


class Checked:
    """A scorer whose answers are checked, and calibrated where the model is.

    Args:
        scorer: the model's own.
        model: whose it is.
        items: how many there are.
    """

    def __init__(self, scorer: Scorer, model: Model[Any], items: int) -> None:
        self._scorer, self._model, self._items = scorer, model, items

    def grid(self, users: Tensor, items: Tensor | None = None) -> Tensor:
        """Return float [len(users), len(items)]."""
        due = len(users), self._items if items is None else len(items)
        return _meant(self._model, _check(self._model, "scorer().grid", self._scorer.grid(users, items), due))

    def pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return float [n]."""
        found = self._scorer.pairs(users, items)
        return _meant(self._model, _check(self._model, "scorer().pairs", found, (len(users),)))


class CheckedAt(Checked):
    """One whose answers depend on the moment."""

    def pairs_at(self, users: Tensor, items: Tensor, at: Tensor) -> Tensor:
        """Return float [n]."""
        assert isinstance(self._scorer, ScorerAt)
        found = self._scorer.pairs_at(users, items, at)
        return _meant(self._model, _check(self._model, "scorer().pairs_at", found, (len(users),)))


def _meant(model: Model[Any], scores: Tensor) -> Tensor:
    return scores if model.calibration is None else model.calibration(scores)


def _check(
    model: Model[Any], method: str, found: object, due: tuple[int, ...], dtype: torch.dtype | None = None
) -> Tensor:
    """Return ``found`` where it is a tensor of this shape and of this type; None: of any that holds fractions."""
    fits = (
        isinstance(found, Tensor)
        and found.ndim == len(due)
        and all(want in (ANY, got) for want, got in zip(due, found.shape, strict=True))
        and (found.is_floating_point() if dtype is None else found.dtype == dtype)
    )
    if fits:
        assert isinstance(found, Tensor)
        return found
    got = _type(found.dtype, found.shape) if isinstance(found, Tensor) else f"a {type(found).__name__}"
    raise TrainingError(
        f"{model.name}, {method}: {_type(dtype or torch.float32, due)} is due, it returned {got}; mend the model"
    )


def _type(dtype: torch.dtype, shape: tuple[int, ...]) -> str:
    return f"{str(dtype).removeprefix('torch.')} [{', '.join('D' if n == ANY else str(n) for n in shape)}]"
