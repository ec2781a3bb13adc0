"""A blend: what several trained models say of a user's items, each as much as validation says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from graphrec.errors import ConfigError
from graphrec.graph.data import Data, Shape
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.learning.trials import Trials
from graphrec.models.answers import scorer_of, user_scores_of
from graphrec.models.base import ANYTHING, Embeds, FoldsIn, Model, Needs, Scorer, Target
from graphrec.models.influences import Part
from graphrec.models.known import as_served, placed_items
from graphrec.models.mixing import MIXABLE, Mixed
from graphrec.models.registry import model as model_class
from graphrec.ragged import Ints
from graphrec.settings import Settings


class Member(Settings):
    """What a blend knows of one of its runs: enough to load it without the run."""

    run: str
    """Its id."""
    model: str
    """Name of its model."""
    settings: dict[str, Any]
    """Of the model."""
    features: tuple[str, ...]
    """The matrices that it reads, of items and of other labels."""
    widths: dict[str, int]
    """Numbers per item of each matrix of items."""
    beside: dict[str, int]
    """Numbers per node of other labels (see ``Shape.beside``)."""


class BlendSettings(Settings):
    """Settings of a blend."""

    runs: str = ""
    """Ids of finished runs of one split, separated by commas, such as RUN1,RUN2."""
    by: Literal["scores", "ranks"] = "scores"
    """Whether their scores are added, brought to mean 0 and deviation 1 for each user, or 1 / (60 + rank)."""
    members: tuple[Member, ...] = Field((), repr=False)
    """What the runs are; training fills it in."""


class Blend(Model[BlendSettings]):
    """Several models together, by weights that sum to 1: the best of random ones on validation.

    For each user the scores of each member are brought to mean 0 and standard deviation 1 over the items that it has a
    place for (one that it has none for counts as 0, its average), or turned into 1 / (60 + rank), as in reciprocal rank
    fusion (Cormack et al., SIGIR 2009), equal scores with their mean rank. Each epoch tries other weights: each member
    alone, then points of the simplex drawn evenly (Dirichlet), equal weights last; early stop keeps the best.

    Members are as they were when training began: their tensors are copied, so that a blend needs none of its runs.
    """

    name = "blend"
    title = "several runs together: their scores or ranks, weighed by validation"
    Settings = BlendSettings
    needs = Needs(features=True)
    defaults: ClassVar[Mapping[str, Any]] = {"epochs": 40, "patience": 1000}

    weights: Tensor

    @classmethod
    def check(cls, data: Data, settings: BlendSettings) -> None:
        """Raise ``ConfigError`` where there is nothing to blend."""
        if len(settings.members) < 2:
            raise ConfigError("blend needs two runs at least: --set runs=RUN1,RUN2; `graphrec runs` lists them")

    @classmethod
    def reads(cls, settings: BlendSettings) -> Needs:
        """Return all that its members read."""
        each = [model_class(member.model).needs for member in settings.members]
        listed = {
            name: tuple(sorted({told for one in each for told in getattr(one, name)}))
            for name in ("described", "lists", "fields", "values")
        }
        return Needs(
            features=any(one.features for one in each), weights=any(one.weights for one in each), **listed
        )

    def __init__(self, shape: Shape, settings: BlendSettings) -> None:
        super().__init__(shape, settings)
        self.members = nn.ModuleList(_made(shape, member) for member in settings.members)
        self.members.requires_grad_(False)
        self.register_buffer("weights", torch.full((len(self.members),), 1 / max(1, len(self.members))))

    def take(self, models: Sequence[Model[Any]]) -> None:
        """Copy what the members have learned from these ``models``, one for each."""
        for own, model in zip(self._each, models, strict=True):
            own.load_state_dict(model.state_dict())

    def attach(self, data: Data) -> None:
        """Take what each member looks at: the graph, and of the features those that it reads."""
        self._data = [_seen_by(data, member) for member in self.settings.members]
        for own, seen in zip(self._each, self._data, strict=True):
            own.attach(seen)
        self._known: tuple[list[Scorer], Tensor] | None = None

    def learner(self, data: Data, run: RunContext) -> Trials:
        """Return trials of weights."""
        return Trials(partial(self._try, run.options), len(data.records), run)

    def scorer(self, target: Target = ANYTHING) -> Mixed:
        """Return the weighted sum of what the members say, each as it is served."""
        return Mixed(*self._served, self.weights, MIXABLE[self.settings.by])

    @torch.no_grad()
    def user_scores(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return the same sum, float32 [items], of those members that know what ``history`` says."""
        _, placed = self._served
        total = torch.zeros(1, self.shape.items, device=self.device)
        spoken = False
        for own, known, weight in zip(self._each, placed, self.weights, strict=True):
            scores = user_scores_of(own, history, user) if weight and isinstance(own, FoldsIn) else None
            if scores is not None:
                total += weight * MIXABLE[self.settings.by](scores[None].to(total), known)
                spoken = True
        return total[0] if spoken else None

    @torch.no_grad()
    def parts(self, user: int, item: int) -> list[Part]:
        """Return what each member adds to the score of ``item`` for ``user``."""
        added = self.scorer().parts(torch.tensor([user], device=self.device))
        told = zip(self.settings.members, self.weights.tolist(), added, strict=True)
        return [Part(member.run, weight, float(part[0, item])) for member, weight, part in told]

    @property
    def scorers(self) -> list[Scorer]:
        """The members' own."""
        return [scorer_of(own) for own in self._each]

    @property
    def _each(self) -> list[Model[Any]]:
        return [one for one in self.members if isinstance(one, Model)]

    @property
    def _served(self) -> tuple[list[Scorer], Tensor]:
        """The members' scorers, and bool [members, items], for which items each has a place; made once."""
        if self._known is None:
            with torch.no_grad():
                each = zip(self._each, self.scorers, self._data, strict=True)
                scorers = [as_served(own, scorer, seen) for own, scorer, seen in each]
            everything = np.ones(self.shape.items, bool)
            placed = [
                placed_items(seen) if isinstance(own, Embeds) else everything
                for own, seen in zip(self._each, self._data, strict=True)
            ]
            self._known = scorers, torch.from_numpy(np.stack(placed)).to(self.device)
        return self._known

    def _try(self, options: TrainOptions, number: int) -> dict[str, float]:
        """Set the weights of attempt ``number``, from 1."""
        count = len(self.weights)
        weights = np.full(count, 1 / count)
        if number < options.epochs:
            rng = np.random.default_rng([options.seed, number])
            weights = np.eye(count)[number - 1] if number <= count else rng.dirichlet(np.ones(count))
        self.weights.copy_(torch.from_numpy(weights))
        names = [f"weight of {member.run}" for member in self.settings.members]
        return dict(zip(names, weights.tolist(), strict=True))


def _made(shape: Shape, member: Member) -> Model[Any]:
    kind = model_class(member.model)
    return kind(replace(shape, widths=member.widths, beside=member.beside), kind.Settings(**member.settings))


def _seen_by(data: Data, member: Member) -> Data:
    return replace(data, features={name: data.features[name] for name in member.features})
