"""Models made of finished runs: the base of those that weigh what several others say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from graphrec.errors import ConfigError
from graphrec.graph.data import Data, Shape
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.learning.trials import Trials
from graphrec.models.answers import scorer_of
from graphrec.models.base import Model, Needs, Scorer
from graphrec.models.registry import model as model_class
from graphrec.settings import Settings


class Member(Settings):
    """What a model of runs knows of one of them: enough to load it without the run."""

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


class OfRunsSettings(Settings):
    """Settings of a model made of runs."""

    runs: str = ""
    """Ids of finished runs of one split, separated by commas, such as RUN1,RUN2."""
    members: tuple[Member, ...] = Field((), repr=False)
    """What the runs are; training fills it in."""


R = TypeVar("R", bound=OfRunsSettings)


class OfRuns(Model[R]):
    """Several models together, by weights that sum to 1: the best of those tried on validation.

    Members are as they were when training began: their tensors are copied, so that none of the runs is needed later.
    """

    needs = Needs(features=True)

    weights: Tensor

    @classmethod
    def check(cls, data: Data, settings: R) -> None:
        """Raise ``ConfigError`` where there is nothing to weigh."""
        if len(settings.members) < 2:
            raise ConfigError(f"{cls.name} needs two runs at least: --set runs=RUN1,RUN2; `graphrec runs` lists them")

    @classmethod
    def reads(cls, settings: R) -> Needs:
        """Return all that its members read."""
        each = [_reads(member) for member in settings.members]

        def together(name: str) -> tuple[str, ...]:
            return tuple(sorted({told for one in each for told in getattr(one, name)}))

        return Needs(
            features=any(one.features for one in each),
            described=together("described"),
            lists=together("lists"),
            fields=together("fields"),
            values=together("values"),
            weights=any(one.weights for one in each),
            offered=any(one.offered for one in each),
        )

    def __init__(self, shape: Shape, settings: R) -> None:
        super().__init__(shape, settings)
        self.members = nn.ModuleList(_made(shape, member) for member in settings.members)
        self.members.requires_grad_(False)
        self.register_buffer("weights", torch.full((len(self.members),), 1 / max(1, len(self.members))))

    def take(self, models: Sequence[Model[Any]]) -> None:
        """Copy what the members have learned from these ``models``, one for each."""
        for own, model in zip(self.each, models, strict=True):
            own.load_state_dict(model.state_dict())

    def learned(self) -> list[str]:
        """Return how much each member counts."""
        told = zip(self.settings.members, self.weights.tolist(), strict=True)
        weights = ", ".join(f"{one.run} {by:.3f}" for one, by in told)
        return [f"Weights, the best of those tried on validation: {weights}."]

    def attach(self, data: Data) -> None:
        """Take what each member looks at: the graph, and of the features those that it reads."""
        self.seen = [_seen_by(data, member) for member in self.settings.members]
        for own, seen in zip(self.each, self.seen, strict=True):
            own.attach(seen)

    def learner(self, data: Data, run: RunContext) -> Trials:
        """Return trials of weights."""
        return Trials(partial(self._try, run.options), len(data.records), run)

    def tried(self, options: TrainOptions, number: int) -> Sequence[float]:
        """Return the weights of attempt ``number``, from 1: each alone, points of the simplex, all alike last."""
        count = len(self.weights)
        if number >= options.epochs:
            return [1 / count] * count
        rng = np.random.default_rng([options.seed, number])
        weights = np.eye(count)[number - 1] if number <= count else rng.dirichlet(np.ones(count))
        return [float(weight) for weight in weights]

    @property
    def each(self) -> list[Model[Any]]:
        """The members."""
        return [one for one in self.members if isinstance(one, Model)]

    @property
    def scorers(self) -> list[Scorer]:
        """The members' own."""
        return [scorer_of(own) for own in self.each]

    def _try(self, options: TrainOptions, number: int) -> dict[str, float]:
        weights = self.tried(options, number)
        self.weights.copy_(torch.tensor(weights))
        names = [f"weight of {member.run}" for member in self.settings.members]
        return dict(zip(names, weights, strict=True))


def _reads(member: Member) -> Needs:
    kind = model_class(member.model)
    # Of systems that are still to be trained no settings are known yet.
    return kind.reads(kind.Settings(**member.settings)) if member.settings else kind.needs


def _made(shape: Shape, member: Member) -> Model[Any]:
    kind = model_class(member.model)
    return kind(replace(shape, widths=member.widths, beside=member.beside), kind.Settings(**member.settings))


def _seen_by(data: Data, member: Member) -> Data:
    return replace(data, features={name: data.features[name] for name in member.features})
