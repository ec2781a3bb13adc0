"""libFM: a factorization machine over users, items and any of their fields, by one of three learners."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from graphrec.errors import ConfigError
from graphrec.graph.data import Data, Shape
from graphrec.learning.alternating import Alternating
from graphrec.learning.gibbs import Gibbs
from graphrec.learning.learner import Learner
from graphrec.learning.run import RunContext
from graphrec.learning.sequential import Sequential
from graphrec.models.base import ANYTHING, SPACE, Model, Needs, Scorer, Target, Vectors
from graphrec.models.drawn import DrawnScorer, space_of
from graphrec.models.factor_steps import steps
from graphrec.models.factor_sweeps import Doubles, Floats, Prior, Sweeps, Weights, composed
from graphrec.models.fields import Mask, Side, needed, require_fields, side, widths
from graphrec.models.influences import Part
from graphrec.models.known_pairs import KnownPairs
from graphrec.models.rated import Rated
from graphrec.models.rating_parts import rating_parts
from graphrec.ragged import Ints
from graphrec.settings import Settings

MOST_DRAWN = 4_000_000_000
"""So many bytes of draws are kept at most."""
SPACE_WIDTH = 64
"""So many numbers propose what the mean of many draws then scores."""


class LibFMSettings(Settings):
    """Settings of libFM.

    Validated on MovieLens latest-small (random-k-fold, fold 0): mcmc is far ahead of als and sgd, at any dimension.
    """

    learner: Literal["mcmc", "als", "sgd"] = "mcmc"
    """Gibbs' draws of a posterior, which needs neither l2 nor a learning rate; alternating least squares; or stochastic
    gradient descent."""
    dimension: int = Field(16, ge=1, le=1024)
    """D, the length of the factors."""
    l2: float = Field(0.2, ge=0, allow_inf_nan=False)
    """λ of als and sgd, on the weights of a record's columns beside its squared error."""
    fields: str = ""
    """What is known beside users and items, separated by commas: lists (Item>Genre), properties (Item.year, User.age)
    and ``content``, all features of items."""
    burn_in: int = Field(10, ge=0)
    """So many draws of mcmc are not kept."""
    kept: int = Field(90, ge=1, le=1000)
    """So many of its draws, the last, are averaged."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that factors start with."""


class LibFM(Model[LibFMSettings]):
    """Factorization machine of second order (Rendle, TIST 2012).

    ŷ = w0 + Σ w_j x_j + Σ_j<k <v_j, v_k> x_j x_k (Eq. 1) over columns x of a user and an item: which they are, and
    ``fields`` (see ``fields.side``). As all columns belong to one of the two, ŷ = w0 + a_u + a_i + <p_u, q_i> with
    p_u = Σ v_j x_j over the user's columns and a_u what these add by themselves and with each other: what serves is an
    inner product.

    - ``mcmc``: each epoch draws α, every field's μ and λ, and each weight given all others (section 5.3); ŷ is the mean
      over the last ``kept`` draws.
    - ``als``: each epoch solves for each weight given all others (section 5.2).
    - ``sgd``: each epoch goes over all records in random order (section 5.1).

    A user or item of which nothing is known has no prediction; one without a record is predicted by its fields.
    """

    name = "libfm"
    title = "factorization machine: the rating that a user would give, from ids and any fields"
    paper = "Rendle, Factorization Machines with libFM (ACM TIST, 2012)"
    doi = "10.1145/2168752.2168771"
    Settings = LibFMSettings
    tuned = ("dimension", "learner", "l2", "learning_rate")
    tasks = ("rating",)
    defaults: ClassVar[Mapping[str, Any]] = {"epochs": 100, "learning_rate": 0.01, "patience": 5}

    mean: Tensor
    drawn: Tensor
    drawn_mean: Tensor
    drawn_users: Tensor
    drawn_items: Tensor

    @classmethod
    def reads(cls, settings: LibFMSettings) -> Needs:
        """Return what its fields are read from."""
        return needed(settings.fields)

    @classmethod
    def check(cls, data: Data, settings: LibFMSettings) -> None:
        """Raise ``ConfigError`` or ``DataError`` for a field that is none of users or items, or says nothing.

        Raises ``ConfigError``, too, for more draws than fit into memory.
        """
        require_fields(data, settings.fields)
        held = 4 * settings.kept * (data.users + data.items) * (settings.dimension + 1)
        if settings.learner == "mcmc" and held > MOST_DRAWN:
            raise ConfigError(
                f"{settings.kept} draws of {data.users + data.items:,} users and items with {settings.dimension} "
                f"factors take {held / 1e9:.1f} GB: lower kept or dimension, or take learner=sgd"
            )

    def __init__(self, shape: Shape, settings: LibFMSettings) -> None:
        super().__init__(shape, settings)
        size = settings.dimension + 1
        self.users, self.items = (
            nn.Parameter(torch.empty(sum(widths(shape, label, settings.fields)), size).normal_(0, settings.initial_std))
            for label in ("User", shape.item)
        )
        self.register_buffer("mean", torch.zeros(1))
        with torch.no_grad():
            for table in (self.users, self.items):
                table[:, -1] = 0
        if settings.learner == "mcmc":
            # Signs and order of factors change from draw to draw: only the scores of all of them have a mean.
            self.proposes = True
            self.register_buffer("drawn", torch.zeros((), dtype=torch.int64))
            self.register_buffer("drawn_mean", torch.zeros(settings.kept))
            self.register_buffer("drawn_users", torch.zeros(settings.kept, shape.users, size))
            self.register_buffer("drawn_items", torch.zeros(settings.kept, shape.items, size))

    def attach(self, data: Data) -> None:
        """Take the data; what is known of users and items is worked out when first asked for."""
        self._data = data
        self.__dict__.pop("_sides", None)

    def learner(self, data: Data, run: RunContext) -> Learner:
        """Return the learner that the settings name."""
        rated = Rated.of(data)
        self.mean.fill_(float(rated.values.mean(dtype=np.float64)))
        if self.settings.learner == "sgd":
            return Sequential("fm", partial(self._descend, rated), len(rated), run)
        sweeps = Sweeps(rated, self._sides)
        if self.settings.learner == "als":
            l2 = self.settings.l2
            priors = [Prior.of_records(*one, l2) for one in zip(sweeps.sides, sweeps.counts, strict=True)]
            return Alternating([("weights", partial(self._solve, sweeps, priors))], len(rated), run)
        return Gibbs(partial(self._draw, sweeps), self._keep, len(rated), run, self.settings.burn_in)

    def scorer(self, target: Target = ANYTHING) -> Scorer:
        """Return the predictions; NaN as a pair where nothing is known of the user or the item."""
        known = [torch.from_numpy(one.known).to(self.device) for one in self._sides]
        return KnownPairs(DrawnScorer(*self._draws), known)

    def known_items(self) -> Mask:
        """Return bool [items], which have a training record or say something in one of its fields."""
        return self._sides[1].known

    def embeddings(self) -> Mapping[str, Vectors]:
        """Return one space whose inner product is the rating; of several draws, nearly."""
        users, items = space_of(*self._draws, SPACE_WIDTH)
        return {SPACE: {"User": users, self.shape.item: items}}

    @torch.no_grad()
    def parts(self, user: int, item: int) -> list[Part]:
        """Return what the rating is the sum of; of several draws the mean of each part."""
        mean, users, items = self._draws
        drawn = [
            rating_parts(float(w0), p, q) for w0, p, q in zip(mean, users[:, user], items[:, item], strict=True)
        ]
        return [
            Part(same[0].name, 1.0, sum(part.score for part in same) / len(drawn))
            for same in zip(*drawn, strict=True)
        ]

    @cached_property
    def _sides(self) -> tuple[Side, Side]:
        fields = self.settings.fields
        return side(self._data, "User", fields), side(self._data, self.shape.item, fields)

    @property
    def _draws(self) -> tuple[Tensor, Tensor, Tensor]:
        """w0 and vectors of the draws kept, or as they are now: float32 [S], [S, users, D + 1], [S, items, D + 1]."""
        if self.settings.learner == "mcmc" and int(self.drawn):
            kept = min(int(self.drawn), self.settings.kept)
            return self.drawn_mean[:kept], self.drawn_users[:kept], self.drawn_items[:kept]
        with torch.no_grad():
            users, items = self._composed()
        return self.mean, users[None], items[None]

    def _composed(self) -> tuple[Tensor, Tensor]:
        return composed(self._sides[0], self.users), composed(self._sides[1], self.items)

    def _keep(self) -> None:
        """Keep what was drawn last, in place of the oldest where there is no room."""
        at = int(self.drawn) % self.settings.kept
        self.drawn_users[at], self.drawn_items[at] = self._composed()
        self.drawn_mean[at] = self.mean[0]
        self.drawn += 1

    def _draw(self, sweeps: Sweeps, generator: torch.Generator) -> dict[str, float]:
        """Draw all weights; return what the error's deviation is drawn as."""
        rng = np.random.default_rng(int(torch.randint(1 << 62, (), generator=generator)))
        error = self._begin(sweeps)
        count = len(error)
        precision = rng.gamma((1 + count) / 2, 2 / (1 + float(error @ error)))
        by = float(error.mean(dtype=np.float64)) + rng.standard_normal() / np.sqrt(precision * count)
        self.mean += by
        error -= np.float32(by)
        self._sweep(sweeps, lambda one, weights: Prior.drawn(sweeps.sides[one], weights, rng), precision, rng)
        return {"error": float(precision**-0.5)}

    def _solve(self, sweeps: Sweeps, priors: Sequence[Prior]) -> float:
        """Solve for all weights, one after the other; return the root of the mean squared change of the vectors."""
        error = self._begin(sweeps)
        by = np.float32(error.mean(dtype=np.float64))
        self.mean += float(by)
        error -= by
        before = torch.cat([self.users.flatten(), self.items.flatten()]).clone()
        self._sweep(sweeps, lambda one, _: priors[one])
        after = torch.cat([self.users.flatten(), self.items.flatten()])
        return float((after - before).square().mean().sqrt())

    def _begin(self, sweeps: Sweeps) -> Floats:
        """Work out the errors as the weights stand, and return them."""
        users, items = self._composed()
        sweeps.begin(users.numpy(force=True), items.numpy(force=True), float(self.mean))
        return sweeps.error

    def _sweep(
        self,
        sweeps: Sweeps,
        prior: Callable[[int, Doubles], Prior],
        precision: float = 1.0,
        rng: np.random.Generator | None = None,
    ) -> None:
        tables = self.users, self.items
        moving = [
            Weights.taken(table.numpy(force=True), one) for table, one in zip(tables, sweeps.sides, strict=True)
        ]
        sweeps.sweep(moving, prior, precision, rng)
        for table, weights in zip(tables, moving, strict=True):
            table.copy_(torch.from_numpy(weights.given()))

    def _descend(self, rated: Rated, rows: Ints, rate: float, seed: int) -> float:
        """Move the weights of the columns of these records; nothing is random but their order."""
        with torch.no_grad():
            tables = [self.users.numpy(force=True), self.items.numpy(force=True)]
            mean = self.mean.numpy(force=True)
            users, items = (
                (one.rows.indptr, one.rows.indices, one.rows.data, table)
                for one, table in zip(self._sides, tables, strict=True)
            )
            records = rated.users, rated.items, rated.values
            squared = steps(*users, *items, *records, mean, self.settings.l2, rows, rate)
            for own, moved in zip((self.users, self.items, self.mean), (*tables, mean), strict=True):
                own.copy_(torch.from_numpy(moved))
        return squared
