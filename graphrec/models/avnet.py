"""The audio-visual network: what a video shows alone, sounds like alone, and says in both, as three vectors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from graphrec.graph.content import Features
from graphrec.graph.data import Data, Shape
from graphrec.learning.descent import Descent
from graphrec.learning.nodes import NodeBatch, Nodes
from graphrec.learning.optimisers import Move, Phase
from graphrec.learning.run import RunContext
from graphrec.models.av_losses import Difference, difference_loss, similarity_loss
from graphrec.models.base import Encoded, Model, Needs
from graphrec.models.clips import Clips, silent, with_clips
from graphrec.models.inflated import inflate
from graphrec.models.tower import tower
from graphrec.models.trailer_losses import classes_loss, number_loss
from graphrec.models.video_bodies import Branch, VideoBodyName
from graphrec.ragged import Ints
from graphrec.settings import Settings

_AT_ONCE = 1 << 26
"""So many numbers of clips are looked at together where nothing is learned."""


class AVNetSettings(Settings):
    """Settings of the audio-visual network."""

    dimension: int = Field(32, ge=1, le=1024)
    """D, the length of each of the three vectors."""
    body: VideoBodyName = "small"
    """The network of each branch: one that trains on a CPU, or I3D, the paper's, of 12 million numbers each."""
    weights: str = ""
    """Of i3d: a safetensors file of torchvision's GoogLeNet, or its folder, whose filters are inflated by time to begin
    with; empty: it begins with nothing."""
    similarity: float = Field(0.1, ge=0, allow_inf_nan=False)
    """Weight of the similarity loss (Eq. 10), which is a sum over D numbers."""
    difference: Difference = "orthogonal"
    """What keeps what is private and what is shared apart: that they do not correlate, or the KL divergence of Eq. 11,
    which is subtracted."""
    apart: float = Field(1.0, ge=0, allow_inf_nan=False)
    """Weight of the difference loss; KL, which has no least value, wants a tenth of it or less."""
    hidden: int = Field(64, ge=1, le=4096)
    """Neurons between the vectors and the target."""
    dropout: float = Field(0.3, ge=0, lt=1)
    """Share of what a branch ends in, and of the vectors, that counts for nothing in a step of learning."""


class AVNet(Model[AVNetSettings]):
    """Private visual, shared and private audio features of videos (Hasama and Li, sections 3.1 and 3.4).

    Three networks of 3-D convolutions, each with mean pooling and a fully connected layer of D: the private visual one
    sees 32 pictures, the private audio one as many spectrograms, the shared one both in turn, as H_v^s and H_a^s. The
    global feature is [H_v^p, (H_v^s + H_a^s) / 2, H_a^p], from which a layer of ``hidden`` tells the target of the run:
    one number (squared error), or classes that a video may have several of (binary cross-entropy). To that loss are
    added ``similarity`` times Eq. 10, and ``apart`` times what is the less the more private and shared features differ
    (see ``difference_loss``), which moves the private networks alone, as the text says.

    Clips are features of items whose arrays hold pictures and spectrograms, such as the encoders ``clip`` and
    ``spectrogram`` make; see ``Clips`` for how they are scaled.

    What a branch says is normalised over the batch, of the shared one both modalities together: each number has mean 0
    and variance 1, so that shared features cannot be alike by being small, nor private ones differ by being large.

    Rulings where the paper is silent or contradicts itself: pictures are spread evenly over the video, as its windows
    of sound are, and not the first 32; a spectrogram's one channel stands for three; features are fused side by side,
    and shared ones as the mean of both modalities; Eq. 11, minimised, would pull private and shared features together,
    so that it is subtracted; its distributions are softmaxes; in its place, by default, features shall not correlate.
    """

    name = "avnet"
    title = "embeddings of videos from pictures and sound: what each says alone, and what both say"
    paper = "Hasama, Li, Attention-based Multimodal Feature Representation Model for Micro-video Recommendation"
    Settings = AVNetSettings
    tasks = ("node-targets",)
    needs = Needs(features=True, arrays=True)
    tuned = ("learning_rate", "apart", "similarity", "dimension", "difference")
    defaults: ClassVar[Mapping[str, Any]] = {
        "learning_rate": 2e-3, "batch_size": 32, "epochs": 60, "patience": 15,
    }  # fmt: skip
    branches = ("visual", "shared", "audio")

    @classmethod
    def check(cls, data: Data, settings: AVNetSettings) -> None:
        """Raise ``DataError`` where items have no clips of pictures and of sound."""
        with_clips(data)

    @classmethod
    def notes(cls, data: Data, settings: AVNetSettings) -> list[str]:
        """Return how many items have no clips, or no sound, and which setting says nothing."""
        said, there, without_sound = [], with_clips(data), silent(data)
        if not there.all():
            said.append(f"{(~there).sum():,} of {data.items:,} items have no clips of pictures and of sound.")
        if without_sound.any():
            said.append(f"{without_sound.sum():,} of {data.items:,} items are silent: what they sound like is silence.")
        if settings.weights and settings.body != "i3d":
            said.append(f"body={settings.body} has no weights to begin with: weights={settings.weights} is left alone.")
        return said

    def __init__(self, shape: Shape, settings: AVNetSettings) -> None:
        super().__init__(shape, settings)
        own = settings
        self.clips = Clips(shape.widths)
        self.visual, self.shared, self.audio = (Branch(own.body, own.dimension, own.dropout) for _ in self.branches)
        self.dropout = nn.Dropout(own.dropout)
        self.head = tower([3 * own.dimension, own.hidden, shape.classes])
        self.register_buffer("centre", torch.zeros(()))
        self.register_buffer("spread", torch.ones(()))

    centre: Tensor
    spread: Tensor

    def attach(self, data: Data) -> None:
        """Take the clips of items."""
        self._features, self._there = data.features, with_clips(data)

    def learner(self, data: Data, run: RunContext) -> Descent[NodeBatch]:
        """Return gradient descent over the items that have clips and whose target is known.

        Raises ``ConfigError`` where there are no such weights to begin with as the settings say.
        """
        assert data.targets is not None
        known = np.flatnonzero(np.isfinite(data.targets).all(1) & self._there)
        feed = Nodes(known, run.options, run.generator())
        self.clips.fit(data, known)
        if self.settings.weights and self.settings.body == "i3d":
            for branch in (self.visual, self.shared, self.audio):
                inflate(branch.body, Path(self.settings.weights))
        targets = torch.from_numpy(data.targets).to(self.device)
        if self._number:
            self.centre.copy_(targets[known].mean())
            self.spread.copy_(targets[known].std(correction=0).clamp(min=1e-6))
            targets = (targets - self.centre) / self.spread
        self._targets = targets
        return Descent(self, self.loss, feed, [Phase("branches", [Move([*self.parameters()])])], run)

    def loss(self, phase: str, batch: NodeBatch) -> Tensor:
        """Return the weighted sum of the losses, float32 scalar."""
        own = self.settings
        visual, seen, heard, audio = self._vectors(self._features, batch.nodes.cpu().numpy())
        told, true = self._told(visual, seen, heard, audio), self._targets[batch.nodes]
        total = number_loss(told[:, 0], true[:, 0]) if self._number else classes_loss(told, true)
        if own.similarity:
            total = total + own.similarity * similarity_loss(seen, heard)
        if own.apart:
            for private, shared in ((visual, seen), (audio, heard)):
                total = total + own.apart * difference_loss(own.difference, private, shared.detach())
        return total

    @torch.no_grad()
    def predict(self, nodes: Tensor) -> Tensor:
        """Return float32 [n, classes]: a number, or a probability for each class; NaN of an item without clips."""
        items = nodes.cpu().numpy()
        told = torch.full((len(items), self.shape.classes), torch.nan, device=self.device)
        some = np.flatnonzero(self._there[items])
        for rows in self._parts(some):
            found = self._told(*self._vectors(self._features, items[rows]))
            told[torch.from_numpy(rows)] = found * self.spread + self.centre if self._number else found.sigmoid()
        return told

    @torch.no_grad()
    def encoded(self, data: Data, items: Ints | None = None) -> Mapping[str, Encoded]:
        """Return the global features of items, float32 [n, 3 D], ``branches`` side by side; see ``Encodes``."""
        there = with_clips(data)
        nodes = np.flatnonzero(there) if items is None else items[there[items]]
        vectors = torch.empty(len(nodes), 3 * self.settings.dimension, device=self.device)
        for rows in self._parts(np.arange(len(nodes))):
            vectors[torch.from_numpy(rows)] = _fused(*self._vectors(data.features, nodes[rows]))
        return {data.item: Encoded(nodes, vectors)}

    def columns(self) -> Mapping[str, slice]:
        """Return which columns of what is encoded are those of each branch; see ``EncodesApart``."""
        size = self.settings.dimension
        return {name: slice(at * size, (at + 1) * size) for at, name in enumerate(self.branches)}

    def _vectors(self, features: Mapping[str, Features], items: Ints) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return H_v^p, H_v^s, H_a^s and H_a^p of ``items``, float32 [n, D] each."""
        pictures, sounds = self.clips(features, items)
        # Both at once: what is normalised over a batch is then normalised alike.
        seen, heard = self.shared(torch.cat([pictures, sounds])).chunk(2)
        return self.visual(pictures), seen, heard, self.audio(sounds)

    def _told(self, visual: Tensor, seen: Tensor, heard: Tensor, audio: Tensor) -> Tensor:
        told: Tensor = self.head(self.dropout(_fused(visual, seen, heard, audio)))
        return told.float()

    def _parts(self, rows: Ints) -> list[Ints]:
        step = max(1, _AT_ONCE // int(np.prod(self.clips.names.shown) * 3))
        return [rows[start : start + step] for start in range(0, len(rows), step)]

    @property
    def _number(self) -> bool:
        return self.shape.classes == 1


def _fused(visual: Tensor, seen: Tensor, heard: Tensor, audio: Tensor) -> Tensor:
    """Return the global feature, float32 [n, 3 D]."""
    return torch.cat([visual, (seen + heard) / 2, audio], 1)
