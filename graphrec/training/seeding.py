"""Everything random in a run, from one seed; and its state, to be saved and put back."""

from __future__ import annotations

import torch
from torch import Tensor


def seed_everything(seed: int) -> None:
    """Seed torch's global generators, of the CPU and of all GPUs. Call it before a model is made."""
    torch.manual_seed(seed)


def random_state(own: torch.Generator, device: torch.device) -> dict[str, Tensor]:
    """Return the state of torch's global generators and of the run's ``own``, uint8 tensors by name.

    ``own`` may be on the CPU in a run whose ``device`` is a GPU: batches for sampled blocks are made there.
    """
    state = {"cpu": torch.get_rng_state(), "own": own.get_state()}
    # Asking a GPU takes some hundred MB of its memory, which a run on the CPU has no use for.
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def restore_random_state(state: dict[str, Tensor], own: torch.Generator, device: torch.device) -> None:
    """Put back what ``random_state`` returned."""
    torch.set_rng_state(state["cpu"])
    own.set_state(state["own"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"])
