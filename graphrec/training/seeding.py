"""Everything random in a run, from one seed; and its state, to be saved and put back."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


def seed_everything(seed: int) -> None:
    """Seed torch's global generators, of the CPU and of all GPUs. Call it before a model is made."""
    torch.manual_seed(seed)


def random_state(device: torch.device) -> dict[str, Tensor]:
    """Return the state of torch's global generators, uint8 tensors by name."""
    state = {"cpu": torch.get_rng_state()}
    # Asking a GPU takes some hundred MB of its memory, which a run on the CPU has no use for.
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def restore_random_state(state: Mapping[str, Tensor], device: torch.device) -> None:
    """Put back what ``random_state`` returned."""
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"])
