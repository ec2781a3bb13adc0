"""Sentence models, with weights made up here; skipped where the library is not installed."""

import json

import numpy as np
import pytest

from graphrec.api.describe import describe
from graphrec.errors import ConfigError
from graphrec.features import FeatureStore
from graphrec.media.sentences import PREFIX, SentenceEncoder
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.store_contract import nodes
from graphrec.workspace import Workspace


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model that knows eight words."""
    pytest.importorskip("sentence_transformers")
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    plain, whole = (tmp_path_factory.mktemp("model") / name for name in ("bert", "sentences"))
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "toy", "story", "alien", "aliens"]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    special = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(plain)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(words), **sizes)).save_pretrained(plain)
    read = Transformer(str(plain))
    SentenceTransformer(modules=[read, Pooling(16)], device="cpu").save(str(whole))
    return whole


def test_vectors_are_the_models_own(folder):
    from sentence_transformers import SentenceTransformer

    encoder, texts = SentenceEncoder(str(folder)), ["toy story", "alien", ""]
    assert encoder.dimension == 16
    found = encoder.encode(texts)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, SentenceTransformer(str(folder)).encode(texts), atol=1e-5)


def test_nodes_are_described_once_and_by_one_encoder(folder, tmp_path):
    store, workspace = MemoryStore(), Workspace(tmp_path)
    store.write_nodes("Item", nodes("a", "b", title=["toy story", "alien"]))
    encoder = f"{PREFIX}{folder}"
    assert describe(store, workspace, "Item.title", encoder=encoder).described == 2
    store.write_nodes("Item", nodes("c", title=["toy story"]))
    done = describe(store, workspace, "Item.title", encoder=encoder)
    assert (done.described, done.known, done.dimension, done.fitted) == (1, 2, 16, False)
    vectors, _ = FeatureStore(workspace.features).read("item-title", ["a", "c"])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)
    assert describe(store, workspace, "Item.title").encoder == encoder
    with pytest.raises(ConfigError, match="another encoder than tfidf"):
        describe(store, workspace, "Item.title", encoder="tfidf")
    with pytest.raises(ConfigError, match="gives 16 numbers"):
        describe(store, workspace, "Item.title", encoder=encoder, dimension=32)
    assert describe(store, workspace, "Item.title", refit=True).dimension == 128
    assert describe(store, workspace, "Item.title").described == 0
    assert not (workspace.encoders / "item-title.json").exists()
    assert describe(store, workspace, "Item.title", encoder=encoder, refit=True).described == 3
    kept = json.loads((workspace.encoders / "item-title.json").read_text())
    assert kept == {"what": "Item.title", "encoder": encoder}


def test_a_folder_without_a_model_is_named(folder, tmp_path):
    with pytest.raises(ConfigError, match=r"cannot be loaded .* name a folder"):
        SentenceEncoder(str(tmp_path))


def test_a_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", None)
    with pytest.raises(ConfigError, match=r"graphrec\[sentence-transformers\]"):
        SentenceEncoder("x")
