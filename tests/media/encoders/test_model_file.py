import hashlib

import numpy as np
import pytest

from graphrec.errors import ConfigError, DataError
from graphrec.media.encoders import network
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.logmel import spectrogram
from graphrec.media.encoders.registry import audio_encoder, frame_encoder
from graphrec.testing.tiny_models import write_onnx, write_torchscript

PICTURES = {"kind": "frames", "layout": "NHWC", "dtype": "uint8", "width": 6, "height": 4}


@pytest.fixture
def described(tmp_path):
    """Write a TOML file beside the models; return what names it."""

    def write(**settings):
        values = {"name": "mine", **settings}
        toml = tmp_path / "mine.toml"
        toml.write_text("\n".join(f"{key} = {value!r}" for key, value in values.items()))
        return EncoderSpec(str(toml))

    return write


def _noise(count):
    return np.random.default_rng(0).integers(0, 256, (count, 4, 6, 3), dtype=np.uint8)


def _shape(layout):
    sizes = {"N": None, "T": 2, "H": 4, "W": 6, "C": 3}
    return [sizes[axis] for axis in layout]


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize(
    ("layout", "axis"),
    [
        (layout, axis)
        for layout in ("NHWC", "NCHW", "NTHWC", "NCTHW", "NTCHW")
        for axis in "CHT"
        if axis in layout
    ],
)
def test_pictures_come_in_the_order_that_the_model_wants(tmp_path, described, layout, dtype, axis):
    kept = layout.index(axis)
    write_onnx(tmp_path / "m.onnx", _shape(layout), kept, uint8=dtype == "uint8")
    write_torchscript(tmp_path / "m.pt", len(layout), kept)
    clip = {"kind": "clip", "frames_per_vector": 2} if "T" in layout else {}
    scale = {"scale": 1.0} if dtype == "float32" else {}
    frames = _noise(6)
    moments = frames.reshape(-1, 2 if clip else 1, 4, 6, 3)
    others = tuple(n for n, name in enumerate("NTHWC") if name not in ("N", axis))
    for model in ("m.onnx", "m.pt"):
        settings = {**PICTURES, **clip, **scale, "model": model, "layout": layout, "dtype": dtype}
        encoder = frame_encoder(described(**settings))
        assert encoder.dimension == {"C": 3, "H": 4, "T": 2}[axis]
        np.testing.assert_allclose(encoder.encode(frames), moments.mean(others), rtol=1e-5)


def test_pictures_are_scaled_for_floating_point_models(tmp_path, described):
    write_onnx(tmp_path / "m.onnx", [None, 3, 4, 6], 1)
    settings = {"layout": "NCHW", "dtype": "float32", "mean": [0.1, 0.2, 0.3], "std": [0.5, 0.25, 2.0]}
    encoder = frame_encoder(described(**{**PICTURES, **settings}, model="m.onnx"))
    frames = np.full((1, 4, 6, 3), (51, 102, 255), np.uint8)
    np.testing.assert_allclose(encoder.encode(frames), [[0.2, 0.8, 0.35]], atol=1e-6)


def test_moments_are_pooled_as_the_file_says(tmp_path, described):
    write_onnx(tmp_path / "m.onnx", [None, 4, 6, 3], 3, uint8=True)
    spec = described(**PICTURES, model="m.onnx", pooling=["max", "difference", "mean"])
    vectors = np.array([[1, 5, 0], [3, 4, 0], [-4, 0, 0]], np.float32)
    encoder = frame_encoder(spec)
    np.testing.assert_allclose(encoder.pool(vectors), [3, 5, 0, 4.5, 2.5, 0, 0, 3, 0])
    np.testing.assert_allclose(encoder.pool(vectors[:1]), [1, 5, 0, 0, 0, 0, 1, 5, 0])


def test_few_pictures_are_seen_at_once(tmp_path, described, monkeypatch):
    write_onnx(tmp_path / "m.onnx", [None, 4, 6, 3], 3, uint8=True)
    encoder = frame_encoder(described(**PICTURES, model="m.onnx"))
    sizes, run = [], network.OnnxNetwork.run

    def counted(self, batch):
        sizes.append(len(batch))
        return run(self, batch)

    monkeypatch.setattr(network.OnnxNetwork, "run", counted)
    monkeypatch.setattr(network, "_NUMBERS_AT_ONCE", 3 * 4 * 6 * 3)
    frames = _noise(8)
    np.testing.assert_allclose(encoder.encode(frames), frames.mean((1, 2)), rtol=1e-5)
    assert sizes == [3, 3, 2]


def test_a_model_exported_for_one_picture_is_given_one(tmp_path, described):
    write_onnx(tmp_path / "m.onnx", [1, 4, 6, 3], 3, uint8=True)
    frames = _noise(5)
    vectors = frame_encoder(described(**PICTURES, model="m.onnx")).encode(frames)
    np.testing.assert_allclose(vectors, frames.mean((1, 2)), rtol=1e-5)


def test_the_version_is_of_content_and_settings_but_not_of_the_place(tmp_path, described):
    write_onnx(tmp_path / "m.onnx", [None, 4, 6, 3], 3, uint8=True)
    write_onnx(tmp_path / "other.onnx", [None, 4, 6, 3], 1, uint8=True)
    version = frame_encoder(described(**PICTURES, model="m.onnx")).version
    (tmp_path / "copy.onnx").write_bytes((tmp_path / "m.onnx").read_bytes())
    assert frame_encoder(described(**PICTURES, model="copy.onnx")).version == version
    changes = [{"model": "other.onnx"}, {"pooling": ["max"]}, {"frames_per_s": 2.0}, {"fit": "stretch"}]
    others = {
        frame_encoder(described(**{**PICTURES, "model": "m.onnx", **change})).version for change in changes
    }
    (tmp_path / "m.onnx.data").write_bytes(b"weights beside the model")
    beside = frame_encoder(described(**PICTURES, model="m.onnx")).version
    assert len(others | {version, beside}) == 6


def test_a_digest_is_verified(tmp_path, described):
    content = write_onnx(tmp_path / "m.onnx", [None, 4, 6, 3], 3, uint8=True).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert frame_encoder(described(**PICTURES, model="m.onnx", sha256=digest.upper())).dimension == 3
    with pytest.raises(ConfigError, match=rf"mine\.toml: the SHA-256 of .*m\.onnx is {digest}, not 0{{64}}"):
        frame_encoder(described(**PICTURES, model="m.onnx", sha256="0" * 64))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model": "none.onnx"}, r"mine\.toml: there is no model .*none\.onnx"),
        ({"model": "mine.toml"}, r"mine\.toml: .*neither \.onnx nor \.pt"),
        ({"output": "feature"}, "output = 'feature': the model has no .* features, whole, logarithms"),
        ({"input": "picture"}, "input = 'picture': the model has no such input; it has: input"),
        ({"output": "whole"}, r"mine\.toml: the model gives \[1, 4, 6, 3\] for 1 inputs"),
        ({"layout": "NCHW"}, r"mine\.toml: the model does not take uint8 \[1, 3, 4, 6\]"),
        ({"dtype": "float32"}, r"mine\.toml: the model does not take float32"),
        ({"widht": 3}, r"mine\.toml: widht: no such key"),
        ({"width": 0}, r"mine\.toml: width: .*greater than 0"),
        ({"layout": "NWHC"}, r"mine\.toml: layout: "),
        ({"kind": "film"}, r"mine\.toml: .*film"),
        ({"kind": "clip"}, r"mine\.toml: "),
        ({"name": "a b"}, r"mine\.toml: name: "),
        ({"pooling": ["sum"]}, r"mine\.toml: pooling\.0: "),
        ({"pooling": []}, r"mine\.toml: pooling: "),
        ({"mean": [0.0, 0.0, 0.0]}, r"mine\.toml: mean: only for dtype"),
        ({"dtype": "float32", "std": [0.0, 1.0, 1.0]}, r"mine\.toml: std: "),
        ({"model": "m.pt", "input": "x"}, "input = 'x': inputs of TorchScript have no names"),
        ({"model": "m.pt", "output": "x"}, "output = 'x': outputs of this model have no names"),
    ],
)
def test_what_is_wrong_with_a_description_is_told(tmp_path, described, change, reason):
    write_onnx(tmp_path / "m.onnx", [None, 4, 6, 3], 3, uint8=True)
    write_torchscript(tmp_path / "m.pt", 4, 3)
    with pytest.raises(ConfigError, match=reason) as caught:
        frame_encoder(described(**{**PICTURES, "model": "m.onnx", **change}))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["m.onnx", "m.pt"])
def test_a_damaged_model_is_told(tmp_path, described, name):
    (tmp_path / name).write_bytes(b"no model at all")
    with pytest.raises(DataError, match=rf"{name}: not a") as caught:
        frame_encoder(described(**PICTURES, model=name))
    assert "\n" not in str(caught.value)


def test_a_damaged_description_is_told(tmp_path):
    (tmp_path / "bad.toml").write_text("name = ")
    with pytest.raises(ConfigError, match=r"bad\.toml: not a TOML file"):
        frame_encoder(EncoderSpec(str(tmp_path / "bad.toml")))
    with pytest.raises(ConfigError, match=r"none\.toml: no such file"):
        frame_encoder(EncoderSpec(str(tmp_path / "none.toml")))


def test_infinite_vectors_are_refused(tmp_path, described):
    write_onnx(tmp_path / "m.onnx", [None, 4, 6, 3], 3, uint8=True)
    encoder = frame_encoder(described(**PICTURES, model="m.onnx", output="logarithms"))
    assert np.isfinite(encoder.encode(_noise(2))).all()
    with pytest.raises(DataError, match="mine: the model gives infinite numbers"):
        encoder.encode(np.zeros((2, 4, 6, 3), np.uint8))


@pytest.mark.parametrize("frames", [np.zeros((2, 4, 5, 3), np.uint8), np.zeros((2, 4, 6, 3)), _noise(0)])
def test_other_pictures_are_refused(tmp_path, described, frames):
    write_onnx(tmp_path / "m.onnx", [None, 4, 6, 3], 3, uint8=True)
    with pytest.raises(DataError, match="is needed"):
        frame_encoder(described(**PICTURES, model="m.onnx")).encode(frames)


def test_half_a_clip_is_refused(tmp_path, described):
    write_torchscript(tmp_path / "m.pt", 5, 4)
    settings = {**PICTURES, "kind": "clip", "layout": "NTHWC", "frames_per_vector": 2}
    with pytest.raises(DataError, match="n a multiple of 2"):
        frame_encoder(described(**settings, model="m.pt")).encode(_noise(3))


def test_waves_are_heard_as_they_are(tmp_path, described):
    write_onnx(tmp_path / "m.onnx", [None, 50], 1)
    encoder = audio_encoder(
        described(kind="waveform", model="m.onnx", output="whole", rate=100, window_s=0.5)
    )
    waves = np.random.default_rng(0).uniform(-1, 1, (3, 50)).astype(np.float32)
    np.testing.assert_array_equal(encoder.encode(waves), waves)
    with pytest.raises(DataError, match="is needed"):
        encoder.encode(waves[:, :49])


@pytest.mark.parametrize(
    ("shape", "axis"),
    [([None, None, 20], 2), ([None, 1, None, 20], 3), ([None, None, 20, 1], 2), ([None, 98, 20], 1)],
)
def test_spectrograms_come_as_the_model_wants_them(tmp_path, described, shape, axis):
    write_onnx(tmp_path / "m.onnx", shape, axis)
    encoder = audio_encoder(described(kind="logmel", model="m.onnx", bands=20, high_hz=7000.0, floor=0.1))
    waves = np.random.default_rng(0).uniform(-1, 1, (2, 16_000)).astype(np.float32)
    bands = spectrogram(waves, 16_000, 20, high_hz=7000.0, floor=0.1)
    np.testing.assert_allclose(encoder.encode(waves), bands.mean(2 if shape[1] == 98 else 1), rtol=1e-4)


def test_pictures_are_not_sound(tmp_path, described):
    write_onnx(tmp_path / "m.onnx", [None, 4, 6, 3], 3, uint8=True)
    with pytest.raises(ConfigError, match="kind 'frames' is of pictures; name it as a frame encoder"):
        audio_encoder(described(**PICTURES, model="m.onnx"))
    with pytest.raises(ConfigError, match="kind 'waveform' is of sound; name it as an audio encoder"):
        frame_encoder(described(kind="waveform", model="m.onnx"))
