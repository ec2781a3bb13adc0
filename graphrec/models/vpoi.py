"""VPOI: matrix factorization by pairs, whose items also have to tell their own pictures from others'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import embedding, linear, softplus

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.learning.table import Table
from graphrec.models.base import InSpace, Needs
from graphrec.models.features import FeatureScaling, Scaling
from graphrec.models.folding import fold_in
from graphrec.models.item_frames import FRAME, LISTS, frames_of, require_frames, seen_frames
from graphrec.models.parts import Lists, PartRows
from graphrec.ragged import Ints
from graphrec.settings import Settings


class VPOISettings(Settings):
    """Settings of VPOI."""

    dimension: int = Field(64, ge=1, le=4096)
    """D, the length of u and v."""
    picture_weight: float = Field(0.1, ge=0, allow_inf_nan=False)
    """How much telling pictures apart weighs beside ranking (the paper's β)."""
    other_pictures: int = Field(5, ge=1, le=1024)
    """r, how many pictures of others each picture is told from."""
    l2: float = Field(0.01, ge=0, allow_inf_nan=False)
    """λ on the squared u and v of a record's user, item and negatives (mean over the batch)."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that vectors start with."""
    scaling: Scaling = "standard"
    """How features of frames are brought to one scale; see ``FeatureScaling``."""


class VPOI(InSpace[VPOISettings]):
    """What Your Images Reveal: Exploiting Visual Contents for Point-of-Interest Recommendation (Wang et al., WWW 2017).

    Score = <u_i, v_j>. A picture f of item j is likely to be j's with P = exp(<v_j, Q c_f>) / Σ_f' exp(<v_j, Q c_f'>),
    learned by negative sampling: ln σ(<v_j, Q c_f>) + Σ_r ln σ(-<v_j, Q c_r>), r being pictures of other items of the
    batch. Pictures so shape v_j in training alone, and rank nothing that has no record.

    The paper has users' own pictures too, which nobody uploads here, and squared errors of visits; as beside JIFR's
    baselines (Wu et al., IJCAI 2019, section 4.1) the loss of ranking is that of BPR. An item is asked for one of its
    frames in each step, drawn at random; one without a frame for none.
    """

    name = "vpoi"
    title = "matrix factorization by pairs, whose items tell their own pictures from others'"
    paper = (
        "Wang et al., What Your Images Reveal: Exploiting Visual Contents for Point-of-Interest Recommendation "
        "(WWW '17)"
    )
    doi = "10.1145/3038912.3052638"
    Settings = VPOISettings
    needs = Needs(described=(FRAME,), lists=LISTS)
    tuned = ("l2", "learning_rate", "picture_weight", "dimension")
    defaults: ClassVar[Mapping[str, Any]] = {"negatives": 1, "batch_size": 1024, "patience": 20}

    @classmethod
    def check(cls, data: Data, settings: VPOISettings) -> None:
        """Raise ``DataError`` where items have no frames with features."""
        require_frames(data, cls.name)

    def __init__(self, shape: Shape, settings: VPOISettings) -> None:
        super().__init__(shape, settings)
        width = shape.beside.get(FRAME, 0)
        self.scaling = FeatureScaling(width, settings.scaling)
        self.users = Table(shape.users, settings.dimension, std=settings.initial_std)
        self.items = Table(shape.items, settings.dimension, std=settings.initial_std)
        self.projection = nn.Parameter(torch.zeros(settings.dimension, width))
        if width:
            nn.init.xavier_normal_(self.projection)

    def attach(self, data: Data) -> None:
        """Take the frames of items, and which items have a record."""
        self._frames = Lists.of(frames_of(data), self.device)
        self._rows = PartRows(data.content_of(FRAME), self.scaling)
        self._seen = torch.from_numpy(data.by_item.lengths > 0).to(self.device)

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        """Return gradient descent over triplets."""
        self.scaling.fit(data.content_of(FRAME), seen_frames(data))
        self._rows = PartRows(data.content_of(FRAME), self.scaling)
        phase = Phase("bpr", [self.users.move, self.items.move, Move([self.projection])])
        return Descent(self, self.loss, Pairwise(data, run.options, run.generator()), [phase], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        """Return the mean over the batch, float32 scalar."""
        items, places = torch.unique(batch.items, return_inverse=True)
        item, user = self.items(items), self.users(batch.users)
        columns = torch.cat([places[: len(batch), None], places[len(batch) :].view_as(batch.negatives)], 1)
        scores = (user[:, None] * embedding(columns, item)).sum(-1)
        sizes = item.square().sum(1)
        size = user.square().sum(1).mean() + sizes[columns[:, 0]].mean() + sizes[columns[:, 1:]].mean()
        loss: Tensor = softplus(scores[:, 1:] - scores[:, :1]).mean() + self.settings.l2 * size
        return loss + self.settings.picture_weight * self.of_pictures(items, item)

    def of_pictures(self, items: Tensor, vectors: Tensor) -> Tensor:
        """Return the mean loss of telling a picture of each of ``items`` from those of others, float32 scalar."""
        lists = self._frames.take(items)
        shown = lists.lengths > 0
        vectors, lengths, starts = vectors[shown], lists.lengths[shown], lists.indptr[:-1][shown]
        if len(lengths) < 2:
            return vectors.new_zeros(())
        # Drawn on the CPU, by the generator that a checkpoint keeps.
        places = (torch.rand(len(lengths)).to(lengths.device) * lengths).long().clamp(max=lengths - 1)
        looks = linear(self._rows(lists.indices[starts + places]), self.projection).float()
        ahead = torch.randint(1, len(lengths), (len(lengths), self.settings.other_pictures)).to(lengths.device)
        others = (torch.arange(len(lengths), device=lengths.device)[:, None] + ahead) % len(lengths)
        own = (vectors * looks).sum(1)
        against = (vectors[:, None] * embedding(others, looks)).sum(-1)
        loss: Tensor = (softplus(-own) + softplus(against).sum(1)).mean()
        return loss

    def vectors(self) -> tuple[Tensor, Tensor]:
        """Return u and v."""
        return self.users.weight.detach(), self.items.weight.detach() * self._seen[:, None]

    def user_vector(self, history: Ints, user: int | None = None) -> Tensor | None:
        """Return u that minimises the loss of ranking over ``history`` while items stay, from the user's own on."""
        items = self.vectors()[1]
        start = items.new_zeros(items.shape[1]) if user is None else self.users.weight[user]
        liked = torch.from_numpy(np.asarray(history)).to(items.device)
        biased = torch.cat([items, items.new_zeros(len(items), 1)], 1)
        vector = fold_in(biased, self._seen, liked, start, self.settings.l2)
        return None if vector is None else vector[:-1]
