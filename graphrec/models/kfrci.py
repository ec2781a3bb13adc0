"""KFRCI: the frame for each user, from what frames look like and what users write over them."""

from __future__ import annotations

import torch
from torch import Tensor

from graphrec.graph.data import Data
from graphrec.graph.projection import TEXT
from graphrec.models.base import Needs, require_features
from graphrec.models.commented_frames import require_comments
from graphrec.models.key_frames import KeyFrames
from graphrec.models.kfrci_settings import KFRCISettings


class KFRCI(KeyFrames):
    """Personalized Key Frame Recommendation (Zhang et al., SIGIR 2017): section 4.3, with images and comments.

    q*_k = MERGE(q_k, W v_k) (Eq. 1), e0 = p_u q*_k elementwise (Eq. 9), e_i = relu(W_i e_(i-1)) (Eq. 10), and the
    user likes the frame with the probability σ(w_out · e_D) (Eq. 11). What the user writes on it follows from e_init,
    by an LSTM that reads it at every step (``CommentWords``). The loss is Eq. 12, for each positive: α times
    -Σ ln p(word), and 1 - α times -ln y of the positive and -Σ ln(1 - y) of its negatives. Negatives without a comment
    have no word term.

    Ours, where the paper is silent: a constant beside the score; ``l2`` and ``content_l2``; p and q start at random
    around 0, not between 0 and 1; and the first word is predicted too (``first_word``).

    Ours, and not the paper's: the LSTM reads q*_k beside e_init (``reads``). p_u q*_k alone has another sign for each
    user, so that words hardly tell what the frame is about. With it, a sum is the better merge and layers take away;
    both are settings. A frame without a record is ranked by what it looks like; a graph without features of frames
    leaves q*_k = q_k.

    With layers the score is no inner product and needs one to be found by: users are published as [p, a - p] and frames
    as [q*, q*], with a · q* the nearest linear score. Their inner product proposes, and p and q* give the score itself.
    """

    name = "kfrci"
    title = "key frames, by what they look like and what users write over them"
    Settings = KFRCISettings
    needs = Needs(features=True, lists=(TEXT,))
    tuned = ("l2", "content_l2", "learning_rate", "alpha", "dimension")

    @classmethod
    def check(cls, data: Data, settings: object) -> None:
        """Raise ``DataError`` where there are no comments with words, or no features."""
        require_comments(data, cls.name)
        require_features(data, cls.name)

    @torch.no_grad()
    def place(self, features: Tensor) -> Tensor:
        """Return what is published of frames that came later by their ``features``, float32 [n, F]."""
        return self._twice(self.frames.place(features))
