"""TrailerNet: what a trailer is, from its frames in order, as a vector that other models take for features."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from graphrec.graph.data import Data, Shape
from graphrec.learning.batch import WindowBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.run import RunContext
from graphrec.learning.windows import Stretches, Windows
from graphrec.models.base import Encoded, Model, Needs
from graphrec.models.different import most_different
from graphrec.models.features import FeatureScaling, Scaling
from graphrec.models.item_frames import FRAME, LISTS, seen_frames
from graphrec.models.parts import Lists, PartRows
from graphrec.models.sequence_bodies import Attentive, BodyName, make_body
from graphrec.models.starts import start_as_keras
from graphrec.models.strips import TIME, in_order, require_strips, strips_of
from graphrec.models.trailer_heads import GENRES, RATING, TARGET, TrailerHeads, known_heads
from graphrec.models.trailer_losses import triplet_loss
from graphrec.ragged import Ints, Ragged
from graphrec.settings import Settings

_STRETCHES = 512


class TrailerNetSettings(Settings):
    """Settings of TrailerNet."""

    length: int = Field(20, ge=1, le=1000)
    """S, how many frames a sequence has (the paper: 10 and 20, not told apart)."""
    shift: int = Field(5, ge=1)
    """By how many frames the next sequence begins later."""
    different: int = Field(0, ge=0)
    """So many frames of a trailer count, those most different from each other; 0: all of them, as in the paper."""
    body: BodyName = "lstm"
    """What reads a sequence: the paper's two recurrent layers, or a transformer."""
    objective: Literal["heads", "triplet"] = "heads"
    """What teaches the embedding: the paper's heads, or a triplet loss, after which the heads only read it."""
    hidden: int = Field(256, ge=1, le=4096)
    """H, the width of each direction of the recurrent layers; of the transformer half the width."""
    dimension: int = Field(256, ge=1, le=4096)
    """D, the length of the last layer."""
    dropout: float = Field(0.4, ge=0, lt=1)
    """Share of the numbers of a frame, and of what a sequence is read as, that count for nothing in a step of learning
    (the paper names none; without it 600 trailers of a made world are learned by heart)."""
    layer: Literal["last", "before"] = "last"
    """Which layer is given away as the embedding: the last, of D numbers, or the one before, of 2 D."""
    rating: float = Field(1.0, ge=0, allow_inf_nan=False)
    """Weight of the mean rating's loss, where that is not the target."""
    genres: float = Field(1.0, ge=0, allow_inf_nan=False)
    """Weight of the genres' loss, where these are not the target."""
    identity: float = Field(0.1, ge=0, allow_inf_nan=False)
    """Weight of the loss of telling which trailer it is, which is much larger than the others; 1 is the paper's."""
    margin: float = Field(0.2, ge=0, le=2)
    """By how much farther other trailers shall be, of the triplet loss."""
    scaling: Scaling = "standard"
    """How features of frames are brought to one scale; see ``FeatureScaling``."""


class TrailerNet(Model[TrailerNetSettings]):
    """Embedding network of trailers (Lehmann, VT2: Recommendations on Multimedia Data, section 2.3 and figure 3).

    Sequences of S frames, each beginning ``shift`` frames later, go through two bidirectional LSTM layers of H neurons
    each way (or a transformer), and fully connected layers of 2 D and of D. Heads: the target of the run, mean rating
    and genres, whichever it is, the other beside it, and which trailer it is, of a sample where there are many (see
    ``TrailerHeads``); their losses are added up, the last with a tenth of its weight, since of few trailers it drowns
    the others (``identity=1`` is the paper's). A trailer is the mean over its sequences.

    Frames come by the features that the graph has of them, such as MobileNetV2's: the paper's backbone, frozen and
    worked out once. An item's own frames, and those of its segments, are a trailer too. Only trailers of items whose
    target is known are learned from; with ``target=rating`` that is the mean over training records.

    Rulings where the paper is silent: both fully connected layers end in ReLU, so that cosines lie in [0, 1] as its
    section 2.3.1 needs; weights start as Keras has them (see ``start_as_keras``); what an item has no truth of costs it
    no loss; of the recurrent layers the last states of both directions count. With ``objective=triplet``, the paper's
    future work, another sequence of the same trailer shall be nearer than other trailers (see ``triplet_loss``), and
    the heads' gradients end at the last layer.

    The paper stops after 2 epochs without a gain, 16 at most, of 13,600 trailers; of fewer an epoch has too few steps
    for that, so that here it is 8 and 50.
    """

    name = "trailernet"
    title = "embeddings of trailers from their frames in order: ratings, genres, and which trailer it is"
    paper = "Lehmann, VT2: Recommendations on Multimedia Data (Zurich University of Applied Sciences)"
    Settings = TrailerNetSettings
    tasks = ("node-targets",)
    needs = Needs(described=(FRAME,), lists=(*LISTS, GENRES), fields=(TIME,))
    tuned = ("learning_rate", "body", "identity", "dropout")
    defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 3e-4, "batch_size": 32, "epochs": 50, "patience": 8,
    }  # fmt: skip

    @classmethod
    def check(cls, data: Data, settings: TrailerNetSettings) -> None:
        """Raise ``DataError`` where no item has frames with features."""
        require_strips(data, cls.name)

    @classmethod
    def notes(cls, data: Data, settings: TrailerNetSettings) -> list[str]:
        """Return which items and trailers have too few frames or several owners, and which heads learn nothing."""
        strips, said = strips_of(data), []
        bare, short = data.items - len(np.unique(strips.items)), strips.frames.lengths < settings.length
        shared = np.bincount(strips.trailers[strips.trailers >= 0], minlength=1) > 1
        if bare:
            said.append(f"{bare:,} of {data.items:,} items have no frames with features, nor has a trailer of theirs.")
        if short.any():
            said.append(
                f"{short.sum():,} of {len(short):,} trailers (an item's own frames are one) have fewer than "
                f"{settings.length} frames: each is one shorter sequence."
            )
        if shared.any():
            said.append(f"Of the trailers {shared.sum():,} belong to several items: they count for each.")
        # What is the target is not among the lists: its head is another.
        known = known_heads(data) | ({GENRES} - {*data.lists})
        for name, plain, weight in ((RATING, "ratings", settings.rating), (GENRES, "genres", settings.genres)):
            if weight and name not in known:
                said.append(f"The graph has no {plain}: the head that would tell them teaches nothing.")
        return said

    def __init__(self, shape: Shape, settings: TrailerNetSettings) -> None:
        super().__init__(shape, settings)
        width, dimension = shape.beside.get(FRAME, 0), settings.dimension
        self.scaling = FeatureScaling(width, settings.scaling)
        self.body = make_body(settings.body, width, settings.hidden, settings.length)
        self.dropout = nn.Dropout(settings.dropout)
        self.before, self.last = nn.Linear(2 * settings.hidden, 2 * dimension), nn.Linear(2 * dimension, dimension)
        self.heads = TrailerHeads(dimension, shape)
        self.apply(start_as_keras)

    def attach(self, data: Data) -> None:
        """Take the frames of items and trailers."""
        self._content, self._strips = data.content_of(FRAME), strips_of(data)
        self._of_item = Ragged.from_pairs(self._strips.items, np.arange(len(self._strips.items)), data.items)

    def learner(self, data: Data, run: RunContext) -> Descent[WindowBatch]:
        """Return gradient descent over the sequences of items whose target is known."""
        assert data.targets is not None
        own, strips = self.settings, self._strips
        self.scaling.fit(self._content, seen_frames(data))
        self._rows = PartRows(self._content, self.scaling)
        known = np.flatnonzero(np.isfinite(data.targets[strips.items]).all(1))
        owner = np.where(strips.trailers < 0, strips.items, data.items + strips.trailers)
        self.heads.fit(data, np.unique(owner[known]))
        self._item, self._owner = self._to(strips.items), self._to(owner)
        frames = self._kept(strips.frames, self._rows)
        self._frames = Lists.of(frames, self.device)
        feed = Windows(frames, known, run.options, run.generator(), length=own.length, shift=own.shift)
        return Descent(self, self.loss, feed, [Phase("heads", [Move([*self.parameters()])])], run)

    def loss(self, phase: str, batch: WindowBatch) -> Tensor:
        """Return the weighted sum of the losses, float32 scalar."""
        own, strips = self.settings, batch.nodes
        items, owner = self._item[strips], self._owner[strips]
        embedded = self._layers(self._rows, batch.parts, batch.lengths)[1]
        if own.objective == "triplet":
            other = self._layers(self._rows, *self._another(strips))[1]
            total, embedded = triplet_loss(embedded, other, owner, own.margin), embedded.detach()
        else:
            total = own.identity * self.heads.identity(embedded, owner)
        for name, weight in ((TARGET, 1.0), (RATING, own.rating), (GENRES, own.genres)):
            total = total + weight * self.heads.loss(name, embedded, items)
        return total

    @torch.no_grad()
    def predict(self, nodes: Tensor) -> Tensor:
        """Return float32 [n, classes], the mean over each item's trailers; NaN of one without frames."""
        asked = self._of_item.take(nodes.cpu().numpy())
        frames, rows = self._strips.frames.take(asked.indices), PartRows(self._content, self.scaling)
        told = self._mean(frames, rows, lambda before, last: self.heads.told(last), self.shape.classes)
        return _means(told, self._to(asked.rows), len(asked))

    @torch.no_grad()
    def encoded(self, data: Data, items: Ints | None = None) -> Mapping[str, Encoded]:
        """Return the embeddings of items, of trailers and segments, and of each sequence as that of its first frame.

        An item is the mean over its trailers and, where it has any, its own frames. With ``items``, int64 [n], those of
        these alone, and of their trailers, segments and frames.
        """
        few = items is not None
        asked = np.arange(data.items) if items is None else items
        rows, strips = PartRows(data.content_of(FRAME), self.scaling, few=few), strips_of(data).of(asked)
        cut = self._cut(strips.frames, rows)
        sequences = self._of_stretches(cut, rows, self._given, self._width)
        vectors = _means(sequences, self._to(cut.row), len(strips.items))
        found = {data.item: _by(strips.items, vectors)}
        shown = np.flatnonzero(strips.trailers >= 0)
        if len(shown):
            found["Trailer"] = _by(strips.trailers[shown], vectors[self._to(shown)])
        segments = in_order(data.lists["Segment>Frame"], data)
        if segments.indices.size:
            shown = np.unique(data.lists["Item>Segment"].take(asked).indices)
            shown = shown[segments.lengths[shown] > 0]
            means = self._mean(segments.take(shown), rows, self._given, self._width)
            found["Segment"] = Encoded(shown, means)
        found[FRAME] = _by(cut.parts(slice(None))[0][:, 0], sequences)
        return found

    @torch.no_grad()
    def sequences(self, item: int) -> list[Tensor]:
        """Return the embeddings of the sequences of each of an item's trailers, in order, float32 [n, width] each."""
        rows = PartRows(self._content, self.scaling, few=True)
        cut = self._cut(self._strips.frames.take(self._of_item.take(np.array([item])).indices), rows)
        found = self._of_stretches(cut, rows, self._given, self._width)
        return [found[self._to(np.flatnonzero(cut.row == row))] for row in np.unique(cut.row)]

    @torch.no_grad()
    def attention(self, trailer: int) -> tuple[Ints, Tensor]:
        """Return the frames of ``trailer``, int64 [n], and how much each says, float32 [n], 1 in all; see ``Attends``.

        That is the mean, over the sequences in which a frame is, of its weight there.
        """
        rows = PartRows(self._content, self.scaling, few=True)
        strip = np.flatnonzero(self._strips.trailers == trailer)[:1]
        if trailer < 0 or not len(strip) or not isinstance(self.body, Attentive):
            return np.empty(0, np.int64), torch.empty(0)
        parts, lengths = self._cut(self._strips.frames.take(strip), rows).parts(slice(None))
        weights = self.body.weights(self._shown(rows, self._to(parts)), self._to(lengths))
        counted = np.arange(parts.shape[1]) < lengths[:, None]
        frames, place = np.unique(parts[counted], return_inverse=True)
        shares = _means(weights[self._to(counted)][:, None], self._to(place), len(frames))[:, 0]
        return frames, shares / shares.sum()

    def _another(self, strips: Tensor) -> tuple[Tensor, Tensor]:
        """Return a sequence drawn from each strip, int64 [n, S], and how many of its frames count, int64 [n]."""
        length, starts = self.settings.length, self._frames.indptr[strips]
        counts = self._frames.lengths[strips]
        drawn = torch.rand(len(strips), device=self.device) * ((counts - length).clamp(min=0) + 1)
        at = torch.minimum(drawn.long()[:, None] + torch.arange(length, device=self.device), counts[:, None] - 1)
        return self._frames.indices[starts[:, None] + at], counts.clamp(max=length)

    def _layers(self, rows: PartRows, parts: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return the layers of 2 D and of D, float32 [n, 2 D] and [n, D], of sequences of frames, int64 [n, S]."""
        read = self.dropout(self.body(self.dropout(self._shown(rows, parts)), lengths))
        before = self.before(read).relu()
        return before.float(), self.last(before).relu().float()

    def _shown(self, rows: PartRows, parts: Tensor) -> Tensor:
        # A vector of unit length has small numbers, which recurrent layers take long to tell apart.
        width = self._content.width
        shown: Tensor = rows(parts.flatten()).view(*parts.shape, width) * width**0.5
        return shown

    @property
    def _width(self) -> int:
        return self.settings.dimension * (2 if self.settings.layer == "before" else 1)

    def _given(self, before: Tensor, last: Tensor) -> Tensor:
        return before if self.settings.layer == "before" else last

    def _mean(self, lists: Ragged, rows: PartRows, of: Callable[[Tensor, Tensor], Tensor], width: int) -> Tensor:
        """Return the mean of ``of`` over the sequences of each list of frames, float32 [lists, width]."""
        cut = self._cut(lists, rows)
        return _means(self._of_stretches(cut, rows, of, width), self._to(cut.row), len(lists))

    def _of_stretches(
        self, cut: Stretches, rows: PartRows, of: Callable[[Tensor, Tensor], Tensor], width: int
    ) -> Tensor:
        found = torch.empty(len(cut), width, device=self.device)
        for start in range(0, len(cut), _STRETCHES):
            some = slice(start, start + _STRETCHES)
            found[some] = of(*self._layers(rows, *map(self._to, cut.parts(some))))
        return found

    def _cut(self, lists: Ragged, rows: PartRows) -> Stretches:
        return Stretches.of(self._kept(lists, rows), self.settings.length, self.settings.shift)

    def _kept(self, lists: Ragged, rows: PartRows) -> Ragged:
        return most_different(lists, rows, self.settings.different) if self.settings.different else lists

    def _to(self, array: Any) -> Tensor:
        return torch.from_numpy(np.array(array)).to(self.device)


def _means(values: Tensor, rows: Tensor, count: int) -> Tensor:
    """Return the mean of ``values``, float32 [n, D], by row, float32 [count, D]; NaN of a row without any."""
    sums = torch.zeros(count, values.shape[1], device=values.device).index_add_(0, rows, values)
    counts = torch.bincount(rows, minlength=count)[:, None]
    return torch.where(counts > 0, sums / counts.clamp(min=1), torch.nan)


def _by(nodes: Ints, vectors: Tensor) -> Encoded:
    """Return the mean of the vectors of each of ``nodes``, int64 [n], which may repeat."""
    which, rows = np.unique(nodes, return_inverse=True)
    return Encoded(which, _means(vectors, torch.from_numpy(rows).to(vectors.device), len(which)))
