import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from graphrec.errors import ConfigError, NotFoundError
from graphrec.media.encoders import registry
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.registry import audio_encoder, frame_encoder


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


def test_no_library_of_networks_is_imported_before_it_is_asked_for():
    code = (
        "import sys; from graphrec.media.encoders.registry import audio_encoder, frame_encoder;"
        "from graphrec.media.encoders.base import EncoderSpec;"
        "frame_encoder(EncoderSpec('descriptor')); audio_encoder(EncoderSpec('logmel'));"
        "sys.exit(str({'torch', 'onnxruntime', 'scipy', 'cv2'} & set(sys.modules) or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
