"""Which device a run uses, and whether its matrix products are in bfloat16."""

from __future__ import annotations

import os

import torch

from graphrec.errors import ConfigError
from graphrec.learning.options import TrainOptions


def choose_device(name: str) -> torch.device:
    """Return the device for ``auto``, ``cpu`` or ``cuda``; on CUDA the same seed then gives the same metrics.

    Raises:
        ConfigError: CUDA is asked for and not there.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "PyTorch finds no CUDA device; use --device cpu, or install a CUDA build of PyTorch"
        )
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda":
        _repeat_exactly()
    return torch.device(name)


def use_bf16(options: TrainOptions, device: torch.device) -> bool:
    """Return whether to run in bfloat16. On a CPU only when asked: few have fast instructions for it."""
    if options.bf16 != "auto":
        return options.bf16 == "on"
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def _repeat_exactly() -> None:
    """Have CUDA add in the same order each time, in this process, and in float32 where that is asked for.

    PyTorch warns of what it has in any order only.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.allow_tf32 = False
    for fast in (
        torch.backends.cuda.enable_cudnn_sdp,
        torch.backends.cuda.enable_flash_sdp,
        torch.backends.cuda.enable_mem_efficient_sdp,
    ):
        fast(False)
