"""The check that a run, loaded from its files as serving loads it, answers as the model did that was measured.

What a model has learned but does not save is gone after loading, and nothing else would tell: figures stay good, lists
become worthless.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphrec.errors import TrainingError
from graphrec.models.answers import placed_by, placed_by_parts, predicted_by, scorer_of, user_scores_of
from graphrec.models.base import SPACE, FoldsIn, Model, Places, PlacesByParts, Target
from graphrec.ragged import Ints, Ragged
from graphrec.serving.load_model import Loaded, model_of
from graphrec.tasks.cases import NodeCases, PairCases, Split

USERS, ITEMS = 8, 256
"""Of so many, at most, answers are compared: cheap beside a test of all."""
SAME = 1e-3
"""Of the largest score: what rounding may change, also that of a GPU, whose sums come in any order."""


def require_same_scores(loaded: Loaded) -> None:
    """Look whether the trained model of ``loaded`` and the run's files give the same scores.

    Raises ``TrainingError`` for a model that gives other scores each time it is asked, or other ones after loading.
    """
    trained = loaded.model
    # Making a model draws numbers, which must not be those that what follows would draw.
    # Not inference_mode, which no gradient can leave: a user may be folded in by some.
    with torch.random.fork_rng(), torch.no_grad():
        saved = model_of(loaded.run, loaded.split, trained.device)
        for split in (loaded.split, *(one.split for one in loaded.beside.values())):
            first = _answers(trained, split)
            if said := _apart(first, _answers(trained, split)):
                raise TrainingError(
                    f"{trained.name} gives other scores each time it is asked, so that what is measured is not what is "
                    f"served ({said}): draw in the learner only, by run.generator(), and keep what was drawn"
                )
            if said := _apart(first, _answers(saved, split)):
                raise TrainingError(
                    f"{trained.name} gives other scores after loading than were measured ({said}): what is learned is "
                    f"saved where it is a parameter or self.register_buffer(NAME, ...){_plain(trained)}; mend the "
                    "model and train again"
                )


def _answers(model: Model[Any], split: Split[Any]) -> Mapping[str, Tensor]:
    """Return some of what the model answers to what ``split`` asks, by method."""
    data, cases = split.data, split.test
    label = None if data.item == model.shape.item else data.item
    if isinstance(cases, NodeCases):
        return {"predict": predicted_by(model, _some(cases.nodes, ITEMS).to(model.device))}
    found = {}
    if isinstance(cases, PairCases):
        users, items = (_some(ids, ITEMS).to(model.device) for ids in (cases.users, cases.items))
        found["pairs"] = scorer_of(model, Target(label)).pairs(users, items)
    else:
        users, items = _some(np.unique(cases.users), USERS), _some(_ranked(cases, data.items), ITEMS)
        found["grid"] = scorer_of(model, Target(label, items)).grid(users, items)
    if label is None and isinstance(model, FoldsIn) and len(users):
        user = int(users[0])
        scores = user_scores_of(model, np.array(data.by_user[user]), user)
        found |= {} if scores is None else {"user_scores": scores}
    if label is None and isinstance(model, Places) and data.content.width:
        found["place"] = placed_by(model, torch.from_numpy(data.content.rows(np.arange(min(USERS, data.items)))))
    if label is None and isinstance(model, PlacesByParts):
        parts = model.parts_of(data).take(np.arange(min(USERS, data.items)))
        features = data.content_of(model.needs.described[0]).rows(parts.indices)
        its_own = Ragged(parts.indptr, np.arange(len(parts.indices)))
        found["place_parts"] = placed_by_parts(model, torch.from_numpy(features), its_own)[SPACE][data.item]
    return found


def _ranked(cases: Any, items: int) -> Ints:
    ranked: Ints | None = cases.items
    return np.arange(items) if ranked is None else ranked


def _some(of: Ints, count: int) -> Tensor:
    """Return ``count`` of ``of`` at most, from its beginning to its end."""
    at = np.unique(np.linspace(0, max(0, len(of) - 1), count).astype(np.int64)) if len(of) else np.arange(0)
    return torch.from_numpy(of[at])


def _apart(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> str:
    """Say by how much two rounds of answers differ; empty where they do not."""
    for method, one in first.items():
        other = second[method]
        if one.shape != other.shape:
            return f"{method}: {list(other.shape)} instead of {list(one.shape)}"
        finite = one[torch.isfinite(one)].abs()
        allowed = SAME * float(finite.max()) if len(finite) else 0.0
        wrong = ~torch.isclose(one, other, rtol=0.0, atol=allowed, equal_nan=True)
        if wrong.any():
            was, now = float(one[wrong][0]), float(other[wrong][0])
            return f"{method}: {int(wrong.sum()):,} of {one.numel():,} differ, such as {now:.4g} instead of {was:.4g}"
    return ""


def _plain(model: Model[Any]) -> str:
    """Name the attributes that hold numbers and are not saved."""
    saved = model.state_dict()
    names = [name for name, value in vars(model).items() if isinstance(value, Tensor | np.ndarray)]
    names += [name for name, _ in model.named_buffers() if name not in saved]
    return f", which {', '.join(names)} {'are' if len(names) > 1 else 'is'} not" if names else ""
