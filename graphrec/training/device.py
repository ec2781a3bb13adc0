"""Which device a run uses, and whether its matrix products are in bfloat16."""

from __future__ import annotations

import torch

from graphrec.errors import ConfigError
from graphrec.learning.options import TrainOptions


def choose_device(name: str) -> torch.device:
    """Return the device for ``auto``, ``cpu`` or ``cuda``.

    Raises:
        ConfigError: CUDA is asked for and not there.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "PyTorch finds no CUDA device; use --device cpu, or install a CUDA build of PyTorch"
        )
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def use_bf16(options: TrainOptions, device: torch.device) -> bool:
    """Return whether to run in bfloat16. On a CPU only when asked: few have fast instructions for it."""
    if options.bf16 != "auto":
        return options.bf16 == "on"
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
