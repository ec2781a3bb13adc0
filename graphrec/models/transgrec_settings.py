"""Settings of TransGRec: the paper's choices, and those that validate better."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from graphrec.models.features import Scaling
from graphrec.models.propagation import Activation, Pooling
from graphrec.settings import Settings

PRINTED: dict[str, Any] = {
    "activation": "relu",
    "transform": True,
    "pooling": "mean",
    "scaling": "whiten",
    "user_weighting": 0.5,
    "l2": 0.1,
    "content_l2": 0.0,
    "neighbour_share": 0.0,
    "detach": False,
}
"""What ``preset=printed`` stands for. It wants a learning rate of 1e-3 (section 4.1)."""

HISTORY: dict[str, Any] = {"dimension": 128, "scaling": "standard", "content_l2": 1.0, "neighbour_share": 0.0}
"""What ``preset=history`` stands for."""

PRESETS = {"printed": PRINTED, "history": HISTORY}


class TransGRecSettings(Settings):
    """The defaults are the project's own variant; ``preset=printed`` has the paper's network and losses (Eq. 2 to 15).

    What the paper does not say stays ours there too: features are scaled, W start as the identity, heavy users weigh
    less; ``scaling=none, identity_start=false, user_weighting=0, content_gain=1`` undo that.

    The own variant drops relu and W_u, W_v and pools as LightGCN does. With relu no embedding has a negative entry,
    so no item can repel a user, and with free embeddings on both sides W adds nothing but ways to overfit.
    """

    preset: Literal["own", "history", "printed"] = "own"
    """history: for items that have edges, where content should only help out. printed: relu, W_u and W_v, mean
    pooling; the transfer loss moves the graph network (Eq. 15). A setting given beside a preset overrules it."""
    dimension: int = Field(64, ge=1, le=4096)
    """D, the length of all embeddings (section 4.1: 32 to 256, best 128)."""
    layers: int = Field(2, ge=0, le=3)
    """K, how many propagation steps (tables 4 and 5: best 2 for E, 1 for A)."""
    activation: Activation = "none"
    """σ in Eq. 5 and 7, and of T's last layer; relu is the paper's."""
    transform: bool = False
    """Whether Eq. 5 and 7 have W_u and W_v; the paper's do."""
    identity_start: bool = True
    """Whether W_u and W_v start as the identity, so that training begins at plain pooling, or at random."""
    pooling: Pooling = "symmetric"
    """Eq. 4 and 6: mean is the paper's; symmetric divides by sqrt(degree * degree), so popular items weigh more."""
    free_items: bool = True
    """Whether items have a free embedding z_i beside content (Eq. 3); without it: the ablation "content only"."""
    scaling: Scaling = "whiten"
    """How content features are scaled first (see FeatureScaling)."""
    block_dropout: float = Field(0.2, ge=0, lt=1)
    """Of so large a share of items a feature matrix is left out in each step, drawn anew: so the network learns to do
    with part of the features. Only where some items do lack one."""
    content_gain: float = Field(0.3, ge=0, allow_inf_nan=False)
    """Xavier gain that W0 starts with; small, so that content does not drown z_i."""
    initial_std: float = Field(0.1, gt=0, allow_inf_nan=False)
    """Standard deviation that X and Z start with (section 4.1: variance 0.01)."""
    l2: float = Field(0.3, ge=0, allow_inf_nan=False)
    """λ of Eq. 14, on the free embeddings of the batch's users and items."""
    content_l2: float = Field(0.1, ge=0, allow_inf_nan=False)
    """The same for content g_i, which the paper leaves free: W0 then cannot drown z_i."""
    user_weighting: float = Field(0.25, ge=0, le=1)
    """An edge of a user with d edges weighs d ** -user_weighting in the loss: 0 counts edges alike (Eq. 14),
    1 counts users alike. Keeps a few heavy users from deciding alone."""
    transfer: Literal["euclidean", "adversarial", "none"] = "euclidean"
    """TransGRec-E, TransGRec-A, or the ablation without T, where items without edges have g_i alone."""
    transfer_input: Literal["content", "fused"] = "content"
    """What T is trained on: g_i, as in use (Eq. 18), or y_i = g_i + z_i (Eq. 11). In use it is always g_i."""
    transfer_weight: float = Field(1.0, ge=0, allow_inf_nan=False)
    """λ of Eq. 1."""
    detach: bool = True
    """Whether the transfer loss leaves the graph network alone; Eq. 15 lets it move."""
    neighbour_share: float = Field(0.5, ge=0, le=1)
    """Ours, not the paper's: an item without edges is embedded by (1 - share) * T(g_i) plus share * the mean v_j of
    the items in the graph most like it. T sees what content says in general, neighbours what it says nearby."""
    neighbours: int = Field(20, ge=1)
    """How many such items, weighted by cosine of scaled content."""
    hidden: int = Field(128, ge=1, le=65536)
    """Width of the hidden layer of T and of D."""
    nonsaturating: bool = True
    """Whether T maximises log D(T) instead of minimising log(1 - D(T)) (Eq. 16), whose gradient fades as D wins."""
    item_embedding: Literal["auto", "graph", "transfer"] = "auto"
    """What an item with edges is ranked by: v_i of the graph network, or T(g_i). auto: T(g_i) where items are
    segments of videos, since candidates with and without edges must be comparable, else v_i. An item without
    edges always has T(g_i)."""

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, given: Any) -> Any:
        if isinstance(given, dict):
            return PRESETS.get(given.get("preset", "own"), {}) | given
        return given
