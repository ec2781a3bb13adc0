"""Settings of KFRCI, and of its halves KFRI and KFRC."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from graphrec.models.comment_words import Softmax
from graphrec.models.features import Scaling
from graphrec.models.frame_vectors import Merge
from graphrec.settings import Settings


class LikeSettings(Settings):
    """What all three have."""

    dimension: int = Field(100, ge=1, le=4096)
    """K, the length of p_u and q_k (section 5.2: 50 to 300, best 100 to 150)."""
    disliked: float = Field(0.0, ge=0, le=1)
    """Share of negatives that are drawn from what the user finds bad; 0: alike from that and from what the user has not
    commented on, as in the paper."""
    l2: float = Field(0.1, ge=0, allow_inf_nan=False)
    """On the squared p_u and q_k of a pair, mean over the batch (ours; the paper has none)."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that vectors start with."""


class LookSettings(Settings):
    """What is said of images."""

    merge: Merge = "sum"
    """How q_k and what the frame looks like come together: as a product (Eq. 2), a sum, or by a gate."""
    content_l2: float = Field(0.1, ge=0, allow_inf_nan=False)
    """On the squared W v_k of a pair's frame (ours)."""
    scaling: Scaling = "standard"
    """How features of frames are brought to one scale; see ``FeatureScaling``."""


class WordSettings(Settings):
    """What is said of comments."""

    reads: Literal["preference", "frame"] = "frame"
    """What the LSTM reads beside words: p_u q_k (or e_init), as in Eq. 5, or the frame's vector beside it (ours)."""
    alpha: float = Field(0.3, ge=0, lt=1)
    """α of Eq. 12, the weight of words against likes (figure 9: best .3 to .5)."""
    words: int = Field(5000, ge=1, le=1_000_000)
    """So many words at most are told apart, those that are said most."""
    min_count: int = Field(5, ge=1)
    """And only words that training comments say so often."""
    longest: int = Field(32, ge=2, le=1024)
    """Words of a comment beyond so many are not read."""
    word_dimension: int = Field(100, ge=1, le=4096)
    """Length of a word's vector and of the LSTM's state."""
    first_word: bool = True
    """Whether a comment's first word is predicted too (ours); False: it is given, as in Eq. 8 and 12."""
    softmax: Softmax = "auto"
    """Over all words at once or adaptive; auto: adaptive of more than 2,000 words."""


class KFRISettings(LikeSettings, LookSettings):
    """Settings of KFRI; as the paper has it: ``merge=product``."""


class KFRCSettings(LikeSettings, WordSettings):
    """Settings of KFRC; as the paper has it: ``reads=preference, first_word=false``."""


class KFRCISettings(LikeSettings, LookSettings, WordSettings):
    """Settings of KFRCI; the paper has a product, 3 layers, init 2, reads the preference, and gives the first word."""

    layers: int = Field(0, ge=0, le=8)
    """D, how many layers of ReLU stand above p_u q*_k (the paper: 3); with none the score is their sum (figure 6)."""
    layer_size: int = Field(40, ge=1, le=4096)
    """Width of the first layer; each further one is half as wide (section 5.1: 40, 20, 10)."""
    init: int = Field(0, ge=0, le=8)
    """Which layer's output the LSTM reads at every step (table 4: best 2); 0 for p_u q*_k itself."""

    @model_validator(mode="after")
    def _within(self) -> KFRCISettings:
        if self.init > self.layers:
            raise ValueError(f"init {self.init} is no layer: there are {self.layers}")
        return self
