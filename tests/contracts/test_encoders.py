"""Every encoder that is registered, and models from files, keep the contract."""

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.registry import AUDIO, FRAMES
from graphrec.testing.encoder_contract import AudioEncoderContract, FrameEncoderContract
from graphrec.testing.tiny_models import write_onnx, write_torchscript

WEIGHTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "weights"


def _described(path, **settings):
    lines = [
        f"{key} = {value!r}" for key, value in {"name": path.stem, "model": path.name, **settings}.items()
    ]
    toml = path.with_suffix(".toml")
    toml.write_text("\n".join(lines).replace("(", "[").replace(")", "]"))
    return EncoderSpec(str(toml))


@pytest.mark.parametrize("name", sorted(entry.name for entry in entry_points(group=FRAMES)))
class TestRegisteredFrameEncoders(FrameEncoderContract):
    @pytest.fixture
    def spec(self, name):
        weights = WEIGHTS / f"{name}.onnx"
        if name == "mobilenet_v2" and not weights.is_file():
            pytest.skip("the weights mobilenet_v2.onnx are not in ../shared/data/weights")
        return EncoderSpec(name, str(weights) if weights.is_file() else None)


@pytest.mark.parametrize("name", sorted(entry.name for entry in entry_points(group=AUDIO)))
class TestRegisteredAudioEncoders(AudioEncoderContract):
    @pytest.fixture
    def spec(self, name):
        return EncoderSpec(name)


class TestOnnxPictures(FrameEncoderContract):
    @pytest.fixture
    def spec(self, tmp_path):
        path = write_onnx(tmp_path / "seen.onnx", [None, 12, 16, 3], kept=2, uint8=True)
        return _described(path, kind="frames", layout="NHWC", dtype="uint8", width=16, height=12)


class TestOnnxClips(FrameEncoderContract):
    @pytest.fixture
    def spec(self, tmp_path):
        path = write_onnx(tmp_path / "seen.onnx", [1, 3, 4, 12, 16], kept=2)
        ways = ("mean", "max", "difference")
        settings = {"layout": "NCTHW", "dtype": "float32", "width": 16, "height": 12, "pooling": ways}
        return _described(path, kind="clip", frames_per_vector=4, **settings)


class TestTorchScriptPictures(FrameEncoderContract):
    @pytest.fixture
    def spec(self, tmp_path):
        path = write_torchscript(tmp_path / "seen.pt", axes=4, kept=3)
        norm = {"mean": (0.4, 0.5, 0.6), "std": (0.2, 0.3, 0.4)}
        return _described(path, kind="frames", layout="NCHW", dtype="float32", width=16, height=12, **norm)


class TestTorchScriptClips(FrameEncoderContract):
    @pytest.fixture
    def spec(self, tmp_path):
        path = write_torchscript(tmp_path / "seen.pt", axes=5, kept=1)
        size = {"width": 16, "height": 12}
        return _described(path, kind="clip", layout="NTHWC", dtype="uint8", frames_per_vector=3, **size)


class TestOnnxSpectrograms(AudioEncoderContract):
    @pytest.fixture
    def spec(self, tmp_path):
        path = write_onnx(tmp_path / "heard.onnx", [None, 1, None, 64], kept=3)
        return _described(path, kind="logmel", window_s=0.96)


class TestTorchScriptSpectrograms(AudioEncoderContract):
    @pytest.fixture
    def spec(self, tmp_path):
        path = write_torchscript(tmp_path / "heard.pt", axes=3, kept=2)
        return _described(path, kind="logmel", rate=8000, bands=20, high_hz=4000)


class TestOnnxWaves(AudioEncoderContract):
    @pytest.fixture
    def spec(self, tmp_path):
        path = write_onnx(tmp_path / "heard.onnx", [None, 400], kept=1)
        return _described(
            path, kind="waveform", rate=4000, window_s=0.1, output="whole", pooling=("mean", "max")
        )
