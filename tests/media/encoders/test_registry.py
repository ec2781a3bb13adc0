import subprocess
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from graphrec.errors import ConfigError, NotFoundError
from graphrec.media.encoders import registry
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.registry import audio_encoder, frame_encoder, make_encoders
from graphrec.media.settings import EncoderSpecs
from graphrec.testing.tiny_models import write_onnx


def test_an_encoder_is_found_by_its_name():
    assert frame_encoder(EncoderSpec("descriptor")).dimension == 214
    assert audio_encoder(EncoderSpec("logmel")).dimension == 192


def test_the_nearest_name_is_told():
    with pytest.raises(NotFoundError, match="no frame encoder named 'descriptr'; did you mean 'descriptor'"):
        frame_encoder(EncoderSpec("descriptr"))
    with pytest.raises(NotFoundError, match=r"no audio encoder named 'descriptor'; there are: .*logmel"):
        audio_encoder(EncoderSpec("descriptor"))
    with pytest.raises(NotFoundError, match="no frame encoder named 'descriptor:small'"):
        frame_encoder(EncoderSpec("descriptor:small"))


def test_a_package_that_cannot_be_imported_is_told(monkeypatch):
    broken = EntryPoint("mine", "graphrec_absent.encoder:create", registry.FRAMES)
    monkeypatch.setattr(registry, "entry_points", lambda group: [broken])
    with pytest.raises(ConfigError, match=r"'mine' cannot be loaded .*graphrec_absent.* reinstall"):
        frame_encoder(EncoderSpec("mine"))


def test_a_network_is_pooled_as_asked(tmp_path):
    write_onnx(tmp_path / "tiny.onnx", [None, 16, 16, 3], 3)
    (tmp_path / "tiny.toml").write_text(
        'name = "tiny"\nmodel = "tiny.onnx"\nkind = "frames"\nlayout = "NHWC"\ndtype = "float32"\n'
        "width = 16\nheight = 16\n"
    )
    spec = EncoderSpec(str(tmp_path / "tiny.toml"))
    own = make_encoders(EncoderSpecs(spec)).frames
    other = make_encoders(EncoderSpecs(replace(spec, pooling="difference, mean"))).frames
    assert (other.name, own.version == other.version) == ("tiny-mean-difference", False)
    moments = other.encode(np.random.default_rng(0).integers(0, 255, (4, 16, 16, 3), dtype=np.uint8))
    differences = np.abs(np.diff(moments, axis=0)).mean(axis=0)
    np.testing.assert_allclose(other.pool(moments), [*own.pool(moments), *differences], rtol=1e-5)


@pytest.mark.parametrize("pooling", ["", "average", "mean,mean,x", "max,max"])
def test_pooling_that_means_nothing_is_told(pooling):
    with pytest.raises(ConfigError, match="some of mean, max, difference are meant"):
        make_encoders(EncoderSpecs(EncoderSpec("descriptor", pooling=pooling)))


def test_the_descriptor_is_pooled_in_its_own_way():
    with pytest.raises(ConfigError, match="descriptor has its own way of pooling"):
        make_encoders(EncoderSpecs(EncoderSpec("descriptor", pooling="max")))


def test_no_library_of_networks_is_imported_before_it_is_asked_for():
    code = (
        "import sys; from graphrec.media.encoders.registry import audio_encoder, frame_encoder;"
        "from graphrec.media.encoders.base import EncoderSpec;"
        "frame_encoder(EncoderSpec('descriptor')); audio_encoder(EncoderSpec('logmel'));"
        "sys.exit(str({'torch', 'onnxruntime', 'scipy', 'cv2'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
