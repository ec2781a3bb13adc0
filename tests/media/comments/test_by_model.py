"""Feelings by a model of Transformers, with weights made up here; skipped where the library is not installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from graphrec.errors import ConfigError, NotFoundError
from graphrec.media.comments.by_model import BATCH, ByModel
from graphrec.media.comments.feelings import Said

transformers = pytest.importorskip("transformers")
WORDS = ["[PAD]", "[UNK]", *(f"w{n}" for n in range(30))]
LABELS = ("Negative", "neutral", "positive")


def model(folder: Path, labels: Sequence[str] = LABELS, **settings: Any) -> Path:
    """Write a classifier with random weights, and its tokenizer of words between spaces, to ``folder``."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=12, initializer_range=1.0, id2label=dict(enumerate(labels)), **settings,
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    tokens = Tokenizer(WordLevel({word: n for n, word in enumerate(WORDS)}, "[UNK]"))
    tokens.pre_tokenizer = WhitespaceSplit()
    told = {"pad_token": "[PAD]", "unk_token": "[UNK]"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokens, **told).save_pretrained(folder)
    return folder


def texts() -> list[str]:
    draw = np.random.default_rng(0)
    return [" ".join(draw.choice(WORDS[2:], draw.integers(1, 9))) for _ in range(2 * BATCH + 3)]


def said(written: list[str], code: Sequence[int]) -> Said:
    words = pa.array([text.split() for text in written])
    return Said(pa.array(written), pa.array(written), words, np.asarray(code))


def test_it_says_what_the_model_says_of_each_text_alone(tmp_path: Path) -> None:
    folder, written = str(model(tmp_path / "tiny")), texts()
    alone = transformers.pipeline("text-classification", model=folder, device="cpu")
    due = [alone(text)[0]["label"] for text in written]
    steps: list[str] = []
    # The first text is of two comments.
    felt = ByModel(folder).tell(said(written, [0, *range(len(written))]), steps.append)
    assert felt.feeling.tolist() == [-1 if label == "Negative" else 0 for label in due]
    assert set(due) == set(LABELS)
    assert {label: felt.figures[label] for label in LABELS} == {one: due.count(one) + (one == due[0]) for one in LABELS}
    assert "Negative counts as bad" in felt.notes[0]
    assert len(felt.notes) == 1
    assert len(steps) == 3


def test_long_texts_are_read_to_where_the_model_does_and_counted(tmp_path: Path) -> None:
    start = " ".join(["w1", "w2"] * 5)
    felt = ByModel(str(model(tmp_path / "tiny"))).tell(said([start, f"{start} w9 w9"], [0, 1]), lambda step: None)
    assert felt.feeling[0] == felt.feeling[1]
    assert felt.notes[1] == "of 1 different texts the model reads the first 10 tokens only"


def test_labels_that_do_not_say_what_is_negative_must_be_named(tmp_path: Path) -> None:
    plain = str(model(tmp_path / "two", ["LABEL_0", "LABEL_1"]))
    with pytest.raises(ConfigError, match=r"of its labels LABEL_0, LABEL_1 none would be bad.*--negative-label"):
        ByModel(plain)
    with pytest.raises(ConfigError, match="all would be bad"):
        ByModel(plain, ["LABEL_0", "LABEL_1"])
    with pytest.raises(NotFoundError, match="LABEL_1"):
        ByModel(plain, ["LABEL_2"])
    first, second = (
        ByModel(plain, [label]).tell(said(texts(), [0]), lambda step: None).feeling for label in ("LABEL_0", "LABEL_1")
    )
    assert (first + second == -1).all()
    with pytest.raises(ConfigError, match="none would be bad"):
        ByModel(str(model(tmp_path / "non", ["non-negative", "other"])))


def test_what_cannot_tell_is_refused(tmp_path: Path) -> None:
    several = model(tmp_path / "several", problem_type="multi_label_classification")
    with pytest.raises(ConfigError, match="does not choose one of several labels"):
        ByModel(str(several))
    with pytest.raises(ConfigError, match=r"no model can be loaded .*name a folder"):
        ByModel(str(tmp_path / "nowhere"))
    headless = model(tmp_path / "headless")
    transformers.BertModel.from_pretrained(headless).save_pretrained(headless)
    with pytest.raises(ConfigError, match="its file lacks the weights classifier"):
        ByModel(str(headless))
    pickled = model(tmp_path / "pickled")
    whole = transformers.BertForSequenceClassification.from_pretrained(pickled)
    torch.save(whole.state_dict(), pickled / "pytorch_model.bin")
    (pickled / "model.safetensors").unlink()
    with pytest.raises(ConfigError, match="no model can be loaded"):
        ByModel(str(pickled))
