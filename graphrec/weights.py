"""Weights that somebody brings: safetensors files, which hold tensors and no programs."""

from __future__ import annotations

from typing import Any

from graphrec.errors import ConfigError, DataError


def read_weights(path: str) -> dict[str, Any]:
    """Return the tensors of a .safetensors file by name; raises ``ConfigError`` or ``DataError`` naming the file."""
    if not path.endswith(".safetensors"):
        raise ConfigError(
            f"{path}: weights must be a .safetensors file; other files of weights may hold programs"
        )
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: dict[str, Any] = load_file(path)
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; correct the path of the weights") from error
    except (OSError, SafetensorError) as error:
        raise DataError(f"{path}: not a .safetensors file ({error}); get it again") from error
    return tensors
