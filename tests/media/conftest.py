import pytest

from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.registry import frame_encoder


@pytest.fixture(scope="session")
def descriptor():
    return frame_encoder(EncoderSpec("descriptor"))
