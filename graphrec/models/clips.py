"""Pictures and spectrograms of items as clips, from the feature matrices that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from graphrec.arrays import sizes_of
from graphrec.errors import DataError
from graphrec.graph.content import Features
from graphrec.graph.data import Data
from graphrec.graph.records import Mask
from graphrec.ragged import Ints

_FITTED = 256
"""So many items, spread evenly, tell how large numbers are."""


@dataclass(frozen=True)
class ClipNames:
    """Which matrices hold clips, and their sizes.

    Attributes:
        pictures: name of the matrix whose arrays are [T, H, W, 3].
        sounds: of the one whose arrays are [T, steps, bands].
        shown: T, H and W.
        heard: T, steps and bands.
    """

    pictures: str
    sounds: str
    shown: tuple[int, int, int]
    heard: tuple[int, int, int]


def clip_names(widths: Mapping[str, int]) -> ClipNames:
    """Return which of the matrices of items, numbers per item by name, hold clips.

    Raises ``DataError`` where that is not one of pictures and one of sound, of as many pictures as windows.
    """
    sizes = {name: sizes_of(name, width) for name, width in widths.items()}
    pictures = [name for name, of in sizes.items() if len(of) == 4 and of[3] == 3]
    sounds = [name for name, of in sizes.items() if len(of) == 3]
    if len(pictures) != 1 or len(sounds) != 1:
        there = ", ".join(sorted(widths)) or "no features"
        raise DataError(
            f"items need clips of pictures and of sound, one matrix of each, and have {there}; "
            "`graphrec load videos FOLDER --encoder clip --audio spectrogram` makes them, and --feature chooses"
        )
    shown, heard = sizes[pictures[0]], sizes[sounds[0]]
    if shown[0] != heard[0]:
        raise DataError(
            f"{pictures[0]} has {shown[0]} pictures and {sounds[0]} {heard[0]} windows of sound; give as many of each"
        )
    return ClipNames(pictures[0], sounds[0], (shown[0], shown[1], shown[2]), (heard[0], heard[1], heard[2]))


def with_clips(data: Data) -> Mask:
    """Return bool [items], of which there are both clips."""
    names = clip_names(_widths(data))
    return np.asarray(data.features[names.pictures].present & data.features[names.sounds].present)


def silent(data: Data) -> Mask:
    """Return bool [items], of which the spectrograms are there and the same all over."""
    sounds = data.features[clip_names(_widths(data)).sounds]
    found: Mask = np.zeros(data.items, bool)
    for item in np.flatnonzero(sounds.present):
        found[item] = not np.ptp(sounds.rows(slice(item, item + 1)))
    return found


class Clips(nn.Module):
    """Clips brought to one size and scale, as a network of clips wants them.

    Each colour, and the loudness of all bands together, gets mean 0 and variance 1 over the items that are learned
    from. A spectrogram has one channel, which stands for all three, and is scaled to the size of the pictures, so that
    one network can take both.

    Args:
        widths: numbers per item of each feature matrix.
    """

    shift: Tensor
    scale: Tensor

    def __init__(self, widths: Mapping[str, int]) -> None:
        super().__init__()
        self.names = clip_names(widths)
        self.register_buffer("shift", torch.zeros(4))
        self.register_buffer("scale", torch.ones(4))

    def fit(self, data: Data, items: Ints) -> None:
        """Fit on some of ``items``, int64 [n], which have both clips."""
        some = items[np.linspace(0, len(items) - 1, min(_FITTED, len(items))).round().astype(int)]
        sums, squares, rows = torch.zeros(4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64), 0
        for item in some.tolist():
            shown, heard = self._read(data.features, np.array([item]))
            means = [*shown.double().mean((0, 1, 2, 3)), heard.double().mean()]
            both = [*shown.double().square().mean((0, 1, 2, 3)), heard.double().square().mean()]
            sums, squares, rows = sums + torch.stack(means), squares + torch.stack(both), rows + 1
        mean = sums / rows
        spread = (squares / rows - mean.square()).clamp(min=0).sqrt()
        self.shift.copy_(mean)
        self.scale.copy_(torch.where(spread > 0, 1 / spread.clamp(min=1e-12), 0))

    def forward(self, features: Mapping[str, Features], items: Ints) -> tuple[Tensor, Tensor]:
        """Return pictures and sounds of ``items``, int64 [n], float32 [n, 3, T, H, W] each."""
        shown, heard = (one.to(self.shift.device) for one in self._read(features, items))
        pictures = ((shown - self.shift[:3]) * self.scale[:3]).movedim(-1, 1)
        sounds = ((heard - self.shift[3]) * self.scale[3])[:, None]
        if self.names.heard != self.names.shown:
            sounds = interpolate(sounds, self.names.shown, mode="trilinear")
        return pictures.contiguous(), sounds.expand(-1, 3, -1, -1, -1)

    def _read(self, features: Mapping[str, Features], items: Ints) -> tuple[Tensor, Tensor]:
        names = self.names
        shown, heard = features[names.pictures].rows(items), features[names.sounds].rows(items)
        return (
            torch.from_numpy(np.array(shown)).view(-1, *names.shown, 3),
            torch.from_numpy(np.array(heard)).view(-1, *names.heard),
        )


def _widths(data: Data) -> dict[str, int]:
    return {name: one.width for name, one in data.features.items() if one.label == data.item}
