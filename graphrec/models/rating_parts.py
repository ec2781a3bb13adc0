"""What a predicted rating is the sum of, for models that are a sum of biases and an inner product."""

from __future__ import annotations

from torch import Tensor

from graphrec.models.influences import Part

MEAN, USER, ITEM, TASTE = "all ratings", "this user", "this item", "taste"


def rating_parts(mean: float, user: Tensor, item: Tensor) -> list[Part]:
    """Return the parts of μ + b_u + b_i + <p_u, q_i>.

    Args:
        mean: μ.
        user: float32 [D + 1], p_u and b_u last.
        item: float32 [D + 1], q_i and b_i last.
    """
    told = {MEAN: mean, USER: float(user[-1]), ITEM: float(item[-1]), TASTE: float(user[:-1] @ item[:-1])}
    return [Part(name, 1.0, score) for name, score in told.items()]
