"""The audio-visual network: what it reads, what its vectors are made of, and what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from graphrec.arrays import with_sizes
from graphrec.errors import ConfigError, DataError
from graphrec.graph.content import Mapped
from graphrec.graph.data import Data
from graphrec.learning.nodes import NodeBatch
from graphrec.learning.options import TrainOptions
from graphrec.learning.run import RunContext
from graphrec.models.av_losses import difference_loss, similarity_loss
from graphrec.models.avnet import AVNet
from graphrec.models.clips import clip_names
from graphrec.testing.training_data import data_of

ITEMS = 6
SHOWN, HEARD = (4, 8, 8, 3), (4, 6, 5)
PICTURES, SOUNDS = (f"{with_sizes(*one)}-item" for one in (("clip", SHOWN), ("spectrogram", HEARD)))


def watched(classes: int = 2) -> Data:
    """Item 1 has no sound's clip, item 2 is silent, the target of item 5 is not known."""
    rng = np.random.default_rng(0)
    shown = rng.uniform(0, 255, (ITEMS, *SHOWN)).reshape(ITEMS, -1).astype(np.float32)
    heard = rng.normal(size=(ITEMS, *HEARD)).reshape(ITEMS, -1).astype(np.float32)
    heard[2] = -4.6
    everything = np.ones(ITEMS, bool)
    features = {
        PICTURES: Mapped("Item", shown, everything),
        SOUNDS: Mapped("Item", heard, np.arange(ITEMS) != 1),
    }
    targets = rng.integers(0, 2, (ITEMS, classes)) * 1.0 if classes > 1 else np.arange(ITEMS)[:, None] * 2.0
    targets[5] = np.nan
    data = data_of(np.zeros(2, int), np.arange(2), 1, ITEMS)
    return replace(data, features=features, targets=targets.astype(np.float32))


def net(data: Data, **settings: object) -> AVNet:
    torch.manual_seed(0)
    model = AVNet(data.shape, AVNet.Settings.model_validate({"dimension": 4, "dropout": 0, **settings}))
    model.attach(data)
    return model.eval()


def test_which_matrices_hold_clips() -> None:
    names = clip_names({PICTURES: 4 * 8 * 8 * 3, SOUNDS: 4 * 6 * 5, "look-item": 7})
    assert (names.pictures, names.sounds, names.shown, names.heard) == (PICTURES, SOUNDS, (4, 8, 8), HEARD)
    with pytest.raises(DataError, match="one matrix of each, and have look-item; `graphrec load videos"):
        clip_names({"look-item": 7})
    with pytest.raises(DataError, match="and have no features"):
        clip_names({})
    with pytest.raises(DataError, match="one matrix of each"):
        clip_names({PICTURES: 768, SOUNDS: 120, "clip-1x2x2x3-item": 12})
    with pytest.raises(DataError, match="has 4 pictures and spectrogram-2x3x3 2 windows"):
        clip_names({PICTURES: 768, "spectrogram-2x3x3": 18})
    with pytest.raises(DataError, match="items need clips"):
        AVNet.check(replace(watched(), features={}), AVNet.Settings())


def test_clips_have_one_size_and_scale() -> None:
    data = watched()
    model = net(data)
    every = np.array([0, 2, 3, 4, 5])
    model.clips.fit(data, every)
    pictures, sounds = model.clips(data.features, every)
    assert pictures.shape == (5, 3, 4, 8, 8)
    assert sounds.shape == (5, 3, 4, 8, 8)
    torch.testing.assert_close(pictures.mean((0, 2, 3, 4)), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(pictures.std((0, 2, 3, 4)), torch.ones(3), atol=1e-2, rtol=0)
    raw = data.features[PICTURES].rows(every).reshape(5, 4, 8, 8, 3)
    at = (raw[3, 2, 5, 6, 1] - float(model.clips.shift[1])) * float(model.clips.scale[1])
    assert float(pictures[3, 1, 2, 5, 6]) == pytest.approx(at, abs=1e-5)
    assert torch.equal(sounds[:, 0], sounds[:, 2]), "one channel stands for three"


def test_a_video_is_its_private_and_shared_features_side_by_side() -> None:
    data = watched()
    model = net(data)
    found = model.encoded(data)["Item"]
    assert found.nodes.tolist() == [0, 2, 3, 4, 5], "item 1 has no sound"
    with torch.no_grad():
        pictures, sounds = model.clips(data.features, found.nodes)
        shared = (model.shared(pictures) + model.shared(sounds)) / 2
        expected = {"visual": model.visual(pictures), "shared": shared, "audio": model.audio(sounds)}
    assert list(model.columns()) == list(expected)
    for name, columns in model.columns().items():
        torch.testing.assert_close(found.vectors[:, columns], expected[name], rtol=1e-4, atol=1e-5)
    few = model.encoded(data, np.array([4, 1]))["Item"]
    assert few.nodes.tolist() == [4]
    torch.testing.assert_close(few.vectors[0], found.vectors[3], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("difference", ["orthogonal", "kl"])
def test_the_loss_is_the_weighted_sum(difference: str) -> None:
    data = watched()
    model = net(data, difference=difference, similarity=0.5, apart=2)
    model.learner(data, RunContext(TrainOptions(device="cpu")))
    nodes = torch.tensor([0, 3, 4])
    with torch.no_grad():
        visual, seen, heard, audio = model._vectors(data.features, nodes.numpy())
        told = model.head(torch.cat([visual, (seen + heard) / 2, audio], 1))
        true = torch.from_numpy(data.targets[nodes.numpy()])  # type: ignore[index]
        expected = torch.nn.functional.binary_cross_entropy_with_logits(told, true)
        expected += 0.5 * similarity_loss(seen, heard)
        apart = model.settings.difference
        expected += 2 * (difference_loss(apart, visual, seen) + difference_loss(apart, audio, heard))
        torch.testing.assert_close(model.loss("branches", NodeBatch(nodes)), expected)


def test_numbers_are_told_on_their_scale() -> None:
    data = watched(1)
    model = net(data)
    learner = model.learner(data, RunContext(TrainOptions(epochs=1, batch_size=8, device="cpu")))
    known = np.array([0.0, 4, 6, 8])
    assert float(model.centre) == pytest.approx(known.mean())
    assert float(model.spread) == pytest.approx(known.std())
    learner.epoch(1, lambda done, steps: None)
    told = model.predict(torch.arange(ITEMS))
    assert torch.isnan(told[1]).all()
    assert torch.isfinite(told[[0, 2, 3, 4, 5]]).all()
    classes = net(watched()).predict(torch.tensor([0, 3]))
    assert ((classes > 0) & (classes < 1)).all()


def test_what_it_does_not_learn_from_is_said() -> None:
    settings = AVNet.Settings.model_validate({"weights": "googlenet.safetensors"})
    assert AVNet.notes(watched(), settings) == [
        "1 of 6 items have no clips of pictures and of sound.",
        "1 of 6 items are silent: what they sound like is silence.",
        "body=small has no weights to begin with: weights=googlenet.safetensors is left alone.",
    ]


def test_weights_that_are_not_there_are_told_before_anything_is_learned(tmp_path: Path) -> None:
    data = watched()
    model = net(data, body="i3d", weights=str(tmp_path / "gone.safetensors"))
    with pytest.raises(ConfigError, match=r"gone\.safetensors: no such file"):
        model.learner(data, RunContext(TrainOptions(device="cpu")))
