"""Models of other libraries with weights made up here; each test is skipped where its library is not installed."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from graphrec.errors import ConfigError, DataError, NotFoundError
from graphrec.media.encoders.base import EncoderSpec, Picture
from graphrec.media.encoders.library import package
from graphrec.media.encoders.registry import frame_encoder
from graphrec.testing.encoder_contract import FrameEncoderContract

OPEN_CLIP = {
    "embed_dim": 12,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "head_width": 32, "patch_size": 8},
    "text_cfg": {"context_length": 5, "vocab_size": 10, "width": 32, "heads": 2, "layers": 1},
}


def _normalised(frames, mean, std):
    """As float32 [n, 3, h, w]."""
    scaled = (torch.tensor(frames) / 255 - torch.tensor(mean)) / torch.tensor(std)
    return scaled.permute(0, 3, 1, 2).float()


def _noise(side):
    return np.random.default_rng(0).integers(0, 256, (3, side, side, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def shufflenet(tmp_path_factory):
    models = pytest.importorskip("torchvision").models
    torch.manual_seed(0)
    model = models.get_model("shufflenet_v2_x0_5", weights=None).eval()
    path = tmp_path_factory.mktemp("weights") / "shufflenet.safetensors"
    save_file(model.state_dict(), path)
    return model, EncoderSpec("torchvision:shufflenet_v2_x0_5", str(path))


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    model = transformers.ViTModel(transformers.ViTConfig(image_size=32, patch_size=8, **sizes)).eval()
    folder = tmp_path_factory.mktemp("models") / "tiny vit"
    model.save_pretrained(folder)
    transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return model, EncoderSpec(f"transformers:{folder}")


@pytest.fixture(scope="module")
def tiny_clip(tmp_path_factory):
    open_clip = pytest.importorskip("open_clip")
    folder = tmp_path_factory.mktemp("clip")
    (folder / "tiny-clip.json").write_text(json.dumps(OPEN_CLIP))
    open_clip.add_model_config(folder)
    torch.manual_seed(0)
    model = open_clip.create_model("tiny-clip", load_weights=False).eval()
    save_file(model.state_dict(), folder / "clip.safetensors")
    return model, EncoderSpec("open_clip:tiny-clip", str(folder / "clip.safetensors"))


class TestTorchvision(FrameEncoderContract):
    @pytest.fixture
    def spec(self, shufflenet):
        return shufflenet[1]


class TestTransformers(FrameEncoderContract):
    @pytest.fixture
    def spec(self, vit):
        return vit[1]


class TestOpenClip(FrameEncoderContract):
    @pytest.fixture
    def spec(self, tiny_clip):
        return tiny_clip[1]


def test_torchvision_gives_what_its_last_layer_is_told(shufflenet):
    model, spec = shufflenet
    encoder = frame_encoder(spec)
    assert (encoder.name, encoder.dimension) == ("torchvision_shufflenet_v2_x0_5", 1024)
    frames = _noise(224)
    with torch.inference_mode():
        classes = model(_normalised(frames, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
        told = model.fc(torch.tensor(encoder.encode(frames)))
    torch.testing.assert_close(told, classes, rtol=1e-3, atol=1e-4)


def test_torchvision_uses_what_it_downloaded_before(shufflenet, tmp_path, monkeypatch):
    model, spec = shufflenet
    published = package("torchvision").models.get_model_weights("shufflenet_v2_x0_5").DEFAULT
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    torch.save(model.state_dict(), tmp_path / "hub" / "checkpoints" / published.url.rpartition("/")[2])
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert frame_encoder(EncoderSpec(spec.name)).version == frame_encoder(spec).version


def test_torchvision_weights_that_cannot_be_downloaded(shufflenet, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for proxy in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    with pytest.raises(ConfigError, match=r"cannot be downloaded .*name a \.safetensors file"):
        frame_encoder(EncoderSpec("torchvision:resnet18"))


def test_transformers_gives_the_pooled_output(vit):
    model, spec = vit
    encoder = frame_encoder(spec)
    assert (encoder.name, encoder.picture) == ("transformers_tiny_vit", Picture(32, 32, "stretch"))
    frames = _noise(32)
    with torch.inference_mode():
        expected = model(_normalised(frames, [0.5] * 3, [0.5] * 3)).pooler_output
    np.testing.assert_allclose(encoder.encode(frames), expected, atol=1e-5)


def test_a_pooler_without_weights_is_not_used(vit, tmp_path):
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(1)
    model = transformers.ViTModel(vit[0].config, add_pooling_layer=False).eval()
    model.save_pretrained(tmp_path)
    transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path)
    frames = _noise(32)
    with torch.inference_mode():
        expected = model(_normalised(frames, [0.5] * 3, [0.5] * 3)).last_hidden_state.mean(1)
    vectors = frame_encoder(EncoderSpec(f"transformers:{tmp_path}")).encode(frames)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_transformers_clip_gives_its_features_of_pictures(tmp_path):
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = transformers.CLIPConfig(
        text_config={**sizes, "vocab_size": 10, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2},
        vision_config={**sizes, "image_size": 32, "patch_size": 8},
        projection_dim=10,
    )
    model = transformers.CLIPModel(config).eval()
    model.save_pretrained(tmp_path)
    seen = transformers.CLIPImageProcessor(size={"shortest_edge": 40}, crop_size={"height": 32, "width": 32})
    seen.save_pretrained(tmp_path)
    encoder = frame_encoder(EncoderSpec(f"transformers:{tmp_path}"))
    assert (encoder.dimension, encoder.picture.fit) == (10, "crop")
    frames = _noise(32)
    with torch.inference_mode():
        pictures = _normalised(frames, seen.image_mean, seen.image_std)
        expected = model.visual_projection(model.vision_model(pictures).pooler_output)
    np.testing.assert_allclose(encoder.encode(frames), expected, atol=1e-5)


def test_transformers_without_a_model_there(vit, tmp_path):
    with pytest.raises(ConfigError, match="cannot be loaded") as caught:
        frame_encoder(EncoderSpec(f"transformers:{tmp_path}"))
    assert "\n" not in str(caught.value)


def test_open_clip_gives_its_features_of_pictures(tiny_clip):
    model, spec = tiny_clip
    encoder = frame_encoder(spec)
    assert (encoder.name, encoder.dimension) == ("open_clip_tiny-clip", 12)
    frames = _noise(32)
    with torch.inference_mode():
        expected = model.encode_image(_normalised(frames, model.visual.image_mean, model.visual.image_std))
    np.testing.assert_allclose(encoder.encode(frames), expected, atol=1e-5)


def test_open_clip_without_weights(tiny_clip):
    with pytest.raises(
        ConfigError, match=r"open_clip:tiny-clip needs its weights: name their \.safetensors file"
    ):
        frame_encoder(EncoderSpec("open_clip:tiny-clip"))


@pytest.mark.parametrize(("library", "name"), [("torchvision", "resnet19"), ("open_clip", "ViT-B-33")])
def test_the_nearest_model_is_told(library, name):
    pytest.importorskip(library)
    with pytest.raises(NotFoundError, match="did you mean"):
        frame_encoder(EncoderSpec(f"{library}:{name}"))


def test_other_weights_are_refused(shufflenet, tmp_path):
    name = shufflenet[1].name
    save_file({"other": torch.zeros(1)}, tmp_path / "other.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="the weights are of another model") as caught:
        frame_encoder(EncoderSpec(name, str(tmp_path / "other.safetensors")))
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match=r"bad\.safetensors: not a \.safetensors file"):
        frame_encoder(EncoderSpec(name, str(tmp_path / "bad.safetensors")))
    with pytest.raises(ConfigError, match="no such file"):
        frame_encoder(EncoderSpec(name, str(tmp_path / "none.safetensors")))
    with pytest.raises(ConfigError, match="may hold programs"):
        frame_encoder(EncoderSpec(name, "weights.pth"))


def test_the_extra_that_installs_a_package_is_told():
    with pytest.raises(
        ConfigError, match=r"graphrec_absent cannot be imported .*'graphrec\[graphrec_absent\]'"
    ):
        package("graphrec_absent")
