"""Texts -> vectors by a model of sentence-transformers, where that package is installed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graphrec.errors import ConfigError
from graphrec.media.encoders.base import Floats

PREFIX = "sentence-transformers:"


class SentenceEncoder:
    """A model that was trained to place sentences of like meaning near each other.

    Attributes:
        dimension: D, numbers per text.

    Args:
        model: a folder, or a name that the library looks up; its weights must be safetensors.

    Raises ``ConfigError`` where the package or the model cannot be had.
    """

    def __init__(self, model: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ConfigError(
                f"{PREFIX}{model} needs its package: pip install 'graphrec[sentence-transformers]'"
            ) from error
        try:
            # Other files of weights, and code that comes with a model, may be programs.
            self._model = SentenceTransformer(
                model, trust_remote_code=False, model_kwargs={"use_safetensors": True}
            )
        except Exception as error:
            # The library raises whatever the hub, the files or their configuration give cause for.
            reason = str(error).strip().splitlines()
            raise ConfigError(
                f"{PREFIX}{model} cannot be loaded ({reason[0][:200] if reason else type(error).__name__}); "
                "name a folder that holds a model"
            ) from error
        self.dimension = len(self.encode(["one"])[0])

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return float32 [n, D]."""
        found = self._model.encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
        return np.asarray(found, np.float32)
