from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from graphrec.models.base import Model
from graphrec.models.bpr import BPR
from graphrec.models.ease import EASE
from graphrec.models.ials import IALS
from graphrec.models.mf import MF
from graphrec.testing.training_data import data_of, learned

USERS, ITEMS, RECORDS = 20_000, 500, 40_000


class Largest(TorchDispatchMode):
    """Keeps how many numbers the largest tensor has that any operation returns; of sparse ones only their parts."""

    numbers = 0

    def __torch_dispatch__(
        self, function: Callable[..., Any], types: Any, given: Any = (), named: Any = None
    ) -> Any:
        found = function(*given, **(named or {}))
        for one in found if isinstance(found, tuple | list) else [found]:
            if isinstance(one, torch.Tensor) and one.layout == torch.strided:
                self.numbers = max(self.numbers, one.numel())
        return found


@pytest.mark.parametrize("kind", [BPR, EASE, IALS, MF])
def test_learning_makes_no_array_of_users_times_items(kind: type[Model[Any]]) -> None:
    rng = np.random.default_rng(0)
    user, item = rng.integers(0, USERS, RECORDS), rng.integers(0, ITEMS, RECORDS)
    data = replace(data_of(user, item, USERS, ITEMS, rating=np.ones(RECORDS)), value="rating")
    with Largest() as seen:
        model = learned(kind, data, {"epochs": 1}, dimension=16)
        model.embeddings()
    assert USERS * 16 <= seen.numbers < USERS * ITEMS / 5
