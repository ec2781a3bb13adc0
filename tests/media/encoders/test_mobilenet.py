from pathlib import Path

import numpy as np
import pytest

from graphrec.errors import ConfigError
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.mobilenet import NAME, VARIABLE
from graphrec.media.encoders.registry import frame_encoder

WEIGHTS = Path(__file__).resolve().parents[4] / "shared" / "data" / "weights" / "mobilenet_v2.onnx"


@pytest.fixture
def weights(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    if not WEIGHTS.is_file():
        pytest.skip("the weights mobilenet_v2.onnx are not in ../shared/data/weights")
    return str(WEIGHTS)


def test_vectors_are_the_features_of_the_network(weights):
    import onnxruntime

    frames = np.random.default_rng(0).integers(0, 256, (11, 224, 224, 3), dtype=np.uint8)
    session = onnxruntime.InferenceSession(weights, providers=["CPUExecutionProvider"])
    expected = session.run(["features"], {"input": frames})[0]
    vectors = frame_encoder(EncoderSpec(NAME, weights)).encode(frames)
    np.testing.assert_allclose(vectors, expected, atol=1e-3 * np.abs(expected).max())


def test_weights_may_be_named_by_the_environment(weights, monkeypatch):
    monkeypatch.setenv(VARIABLE, weights)
    named = frame_encoder(EncoderSpec(NAME))
    given = frame_encoder(EncoderSpec(NAME, weights, threads=2))
    assert (named.version, named.dimension) == (given.version, 1280)


def test_without_weights_it_is_told_how_to_give_them(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ConfigError, match=f"needs its weights: .* variable {VARIABLE}"):
        frame_encoder(EncoderSpec(NAME))


def test_other_weights_are_refused(tmp_path):
    (tmp_path / "other.onnx").write_bytes(b"something else")
    with pytest.raises(ConfigError, match=r"mobilenet_v2: the SHA-256 of .* get the right file"):
        frame_encoder(EncoderSpec(NAME, str(tmp_path / "other.onnx")))
    with pytest.raises(ConfigError, match="mobilenet_v2: there is no model"):
        frame_encoder(EncoderSpec(NAME, str(tmp_path / "none.onnx")))
