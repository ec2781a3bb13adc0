"""KFRI: the frame for each user, from what frames look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from graphrec.graph.data import Data
from graphrec.models.base import Needs, require_features
from graphrec.models.key_frames import KeyFrames
from graphrec.models.kfrci_settings import KFRISettings


class KFRI(KeyFrames):
    """KFRCI without comments (Zhang et al., SIGIR 2017, section 4.1): y = σ(p_u · q*_k) (Eq. 3), on the loss of Eq. 4.

    It needs features of what is commented on, or liked, and no words.
    """

    name = "kfri"
    title = "key frames, by what they look like"
    Settings = KFRISettings
    needs = Needs(features=True)
    tuned = ("l2", "content_l2", "learning_rate", "dimension", "merge")
    lacks: ClassVar[Mapping[str, Any]] = {"alpha": 0}

    @classmethod
    def check(cls, data: Data, settings: object) -> None:
        """Raise ``DataError`` where there are no features."""
        require_features(data, cls.name)

    @torch.no_grad()
    def place(self, features: Tensor) -> Tensor:
        """Return what is published of frames that came later by their ``features``, float32 [n, F]."""
        return self._twice(self.frames.place(features))
