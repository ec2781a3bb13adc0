"""Feelings by a model of Hugging Face's Transformers that classifies texts: what it calls negative is bad."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.errors import ConfigError, DataError, unknown
from graphrec.media.comments.feelings import Felt, Ints, Said
from graphrec.media.encoders.library import package

BATCH = 64
"""Texts at a time, of about the same length."""
LONGEST = 512
"""Tokens of a text that are read at most; fewer where the model takes fewer."""


class ByModel:
    """Tells feelings by the label that a model finds most likely.

    Args:
        name: of the model on the Hugging Face Hub, or of a folder that holds one. Weights are read from .safetensors
            files only, and no code that comes with a model is run.
        negative: its labels of what is bad; none for those whose names say so.

    Raises ``ConfigError`` where Transformers or the model cannot be had, where it does not choose one label of several,
    or where none or all of its labels are negative.
    """

    def __init__(self, name: str, negative: Sequence[str] = ()) -> None:
        transformers = package("transformers")
        # It is told here how far it is.
        transformers.utils.logging.disable_progress_bar()
        try:
            self._tokens = transformers.AutoTokenizer.from_pretrained(name, trust_remote_code=False)
            self._model, report = transformers.AutoModelForSequenceClassification.from_pretrained(
                name, output_loading_info=True, use_safetensors=True, trust_remote_code=False
            )
        except (OSError, ValueError, ImportError, KeyError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ConfigError(
                f"--feelings {name}: no model can be loaded ({reason}); name a folder with one that classifies "
                "texts, or one on the Hugging Face Hub where that can be reached, or words or likes"
            ) from error
        if report["missing_keys"]:
            absent = min(report["missing_keys"])
            raise ConfigError(
                f"--feelings {name}: its file lacks the weights {absent}; name a model that classifies texts"
            )
        if self._tokens.pad_token_id is None:
            raise ConfigError(f"--feelings {name}: its tokenizer has no token to pad with; name another model")
        self._model.float().eval()
        self._name = name
        labels = self._model.config.id2label
        self._labels = [str(labels[number]) for number in range(len(labels))]
        several = self._model.config.problem_type == "multi_label_classification"
        if several or len(self._labels) < 2:
            raise ConfigError(f"--feelings {name}: it does not choose one of several labels; name a model that does")
        self._negative = _negative(name, self._labels, negative)

    def tell(self, said: Said, progress: Callable[[str], None]) -> Felt:
        """Return -1 for each text that the model finds negative, 0 for others; raises ``DataError`` for no numbers."""
        chosen, cut = self._chosen(said.written, progress)
        bad = np.isin(chosen, [self._labels.index(label) for label in self._negative])
        comments = np.bincount(chosen[said.code], minlength=len(self._labels))
        told = ", ".join(f"{label} {count:,}" for label, count in zip(self._labels, comments, strict=True))
        notes = [
            f"feelings are told by the model {self._name}: {' and '.join(self._negative)} counts as bad, what else it "
            f"says as good; comments by its labels: {told}"
        ]
        if cut:
            notes.append(f"of {cut:,} different texts the model reads the first {self._longest()} tokens only")
        figures = {**dict(zip(self._labels, comments.astype(float).tolist(), strict=True)), "cut texts": float(cut)}
        return Felt(self._name, np.where(bad, -1, 0), figures, tuple(notes))

    def _chosen(self, texts: pa.Array, progress: Callable[[str], None]) -> tuple[Ints, int]:
        """Return the number of each text's label, int64 [n], and how many texts were too long to be read whole."""
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model.to(device)
        # By length, so that little is padded.
        order = pc.sort_indices(pc.utf8_length(texts)).to_numpy()
        found, cut, longest = np.empty(len(texts), np.int64), 0, self._longest()
        for start in range(0, len(order), BATCH):
            progress(f"Asking {self._name}: {start:,} of {len(order):,} different texts")
            rows = order[start : start + BATCH]
            asked = texts.take(pa.array(rows)).to_pylist()
            cut += sum(len(tokens) > longest for tokens in self._tokens(asked, verbose=False)["input_ids"])
            batch = self._tokens(asked, padding=True, truncation=True, max_length=longest, return_tensors="pt")
            with torch.inference_mode():
                scores = self._model(**batch.to(device)).logits
            if not bool(torch.isfinite(scores).all()):
                raise DataError(f"--feelings {self._name}: the model answers with what is no number; name another")
            found[rows] = scores.argmax(1).cpu().numpy()
        return found, cut

    def _longest(self) -> int:
        # Some begin to count positions at 2.
        positions = getattr(self._model.config, "max_position_embeddings", LONGEST + 2) - 2
        return int(min(LONGEST, self._tokens.model_max_length, positions))


def _negative(name: str, labels: Sequence[str], named: Sequence[str]) -> list[str]:
    """Return the labels of what is bad: those ``named``, or those whose names say so."""
    for label in named:
        if label not in labels:
            raise unknown(f"label of {name}", label, labels)
    found = [label for label in labels if (label in named if named else _says_negative(label))]
    if not 0 < len(found) < len(labels):
        which = "all" if found else "none"
        raise ConfigError(
            f"--feelings {name}: of its labels {', '.join(labels)} {which} would be bad; say which are with "
            "--negative-label, once for each"
        )
    return found


def _says_negative(label: str) -> bool:
    word = label.lower()
    return "neg" in word and not word.startswith(("non", "not"))
