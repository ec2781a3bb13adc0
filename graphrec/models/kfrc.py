"""KFRC: the frame for each user, from what users write over them."""

from __future__ import annotations

from graphrec.graph.data import Data
from graphrec.graph.projection import TEXT
from graphrec.models.base import Needs
from graphrec.models.commented_frames import require_comments
from graphrec.models.key_frames import KeyFrames
from graphrec.models.kfrci_settings import KFRCSettings


class KFRC(KeyFrames):
    """KFRCI without images (Zhang et al., SIGIR 2017, section 4.2): y = σ(p_u · q_k), and words by p_u q_k (Eq. 8)."""

    name = "kfrc"
    title = "key frames, by what users write over them"
    Settings = KFRCSettings
    needs = Needs(lists=(TEXT,))
    tuned = ("l2", "learning_rate", "alpha", "dimension")

    @classmethod
    def check(cls, data: Data, settings: object) -> None:
        """Raise ``DataError`` where there are no comments with words."""
        require_comments(data, cls.name)
