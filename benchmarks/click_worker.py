"""Trains a click model of FuxiCTR or RecBole in an environment of the peer's own, which need not have graphrec.

    PYTHON benchmarks/click_worker.py SYSTEM GIVEN.npz ANSWER.npz SETTINGS.json

GIVEN.npz holds ``sizes``, int64 [fields], and for each part of ``train``, ``valid`` and ``test`` codes, int64 [rows,
fields], and clicks, float32 [rows]; with lists also ``lists``, int64 [rows, longest], from 1, 0 where nothing is.
ANSWER.npz gets probabilities of ``valid`` and ``test``, and ``seconds``, those of each epoch.

FuxiCTR's package has layers and a trainer; its models are put together of these as its model zoo, which is not in the
package, does it.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

PARTS = ("train", "valid", "test")


def main() -> None:
    system, source, target, settings = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    told = json.loads(Path(settings).read_text())
    torch.set_num_threads(told.pop("threads"))
    library, name = system.split()
    answer = {"FuxiCTR": in_fuxictr, "RecBole": in_recbole}[library](name, dict(np.load(source)), **told)
    np.savez(target, **answer)


def in_fuxictr(name, given, *, seed, epochs, patience, batch_size, loader, **settings):
    from fuxictr.features import FeatureMap
    from fuxictr.pytorch.dataloaders import RankDataLoader
    from fuxictr.pytorch.torch_utils import seed_everything

    seed_everything(seed)
    with tempfile.TemporaryDirectory() as folder:
        # It does not make the folder of its checkpoints.
        Path(folder, "told").mkdir()
        features = FeatureMap("told", folder)
        columns = {f"f{at}": given["sizes"][at] for at in range(len(given["sizes"]))}
        plain = {"source": "", "type": "categorical"}
        features.features.update({one: {**plain, "vocab_size": int(size)} for one, size in columns.items()})
        longest = given["train_lists"].shape[1] if "train_lists" in given else 0
        if longest:
            features.features["list"] = {
                "source": "", "type": "sequence", "vocab_size": int(given["listed"]) + 1, "padding_idx": 0,
                "max_len": longest, "feature_encoder": "layers.MaskedAveragePooling()",
            }  # fmt: skip
        features.labels, features.num_fields = ["click"], len(features.features)
        features.default_emb_dim = settings["dimension"]
        features.set_column_index()
        batches = {part: Batches(given, part, batch_size) for part in PARTS}
        if loader == "own":
            told = dict(zip(columns, given["train_codes"].T, strict=True))
            np.savez(Path(folder, "train.npz"), **told, click=given["train_clicks"])
            path = str(Path(folder, "train.npz"))
            batches["train"], _ = RankDataLoader(features, "train", path, batch_size=batch_size, data_format="npz")
        model = fuxictr_model(name)(features, folder, patience, **settings)
        seconds = []
        train_epoch = model.train_epoch

        def timed(data):
            started = time.perf_counter()
            train_epoch(data)
            seconds.append(time.perf_counter() - started)

        model.train_epoch = timed
        model.fit(batches["train"], epochs, batches["valid"])
        return {**{part: model.predict(batches[part]) for part in PARTS[1:]}, "seconds": seconds}


class Batches:
    """Batches of a part, shuffled where it trains, made of whole columns."""

    def __init__(self, given, part, size):
        self.columns = {
            **{f"f{at}": torch.from_numpy(one.copy()) for at, one in enumerate(given[f"{part}_codes"].T)},
            "click": torch.from_numpy(given[f"{part}_clicks"]),
        }
        if f"{part}_lists" in given:
            self.columns["list"] = torch.from_numpy(given[f"{part}_lists"])
        self.size, self.shuffled = size, part == "train"
        self.rows = len(self.columns["click"])

    def __len__(self):
        return -(-self.rows // self.size)

    def __iter__(self):
        order = torch.randperm(self.rows) if self.shuffled else torch.arange(self.rows)
        for rows in order.split(self.size):
            yield {name: column[rows] for name, column in self.columns.items()}


def fuxictr_model(name):
    from fuxictr.pytorch.layers import (
        CrossNetV2,
        FactorizationMachine,
        FeatureEmbedding,
        MLP_Block,
        ScaledDotProductAttention,
    )
    from fuxictr.pytorch.models import BaseModel
    from torch import nn

    class Attention(nn.Module):
        def __init__(self, size, heads, width):
            super().__init__()
            self.heads, self.own = heads, nn.Linear(size, heads * width, bias=False)
            self.query, self.key, self.value = (nn.Linear(size, heads * width, bias=False) for _ in range(3))
            self.attend = ScaledDotProductAttention()

        def forward(self, x):
            rows, fields, _ = x.shape
            query, key, value = (
                one(x).view(rows, fields, self.heads, -1).transpose(1, 2) for one in (self.query, self.key, self.value)
            )
            found, _ = self.attend(query, key, value)
            return (found.transpose(1, 2).contiguous().view(rows, fields, -1) + self.own(x)).relu()

    class Clicks(BaseModel):
        def __init__(
            self, features, folder, patience, *, dimension, learning_rate, l2, dropout=0.0, hidden=64, depth=2,
            crosses=2, attention_layers=2, heads=2, attention=16,
        ):  # fmt: skip
            super().__init__(
                features, model_root=folder, metrics=["AUC"], verbose=0, early_stop_patience=patience,
                embedding_regularizer=l2,
            )  # fmt: skip
            self.embedding_layer = FeatureEmbedding(features, dimension)
            wide, deep = features.num_fields * dimension, name != "FM"
            if name in ("FM", "DeepFM"):
                self.fm = FactorizationMachine(features)
            if deep:
                out = None if name == "DCNv2" else 1
                units = [hidden] * depth
                self.mlp = MLP_Block(input_dim=wide, output_dim=out, hidden_units=units, dropout_rates=dropout)
            if name == "DCNv2":
                self.cross, self.fc = CrossNetV2(wide, crosses), nn.Linear(wide + hidden, 1)
            if name == "AutoInt":
                sizes = [dimension, *[heads * attention] * (attention_layers - 1)]
                self.attention = nn.Sequential(*(Attention(size, heads, attention) for size in sizes))
                self.fc = nn.Linear(features.num_fields * heads * attention, 1)
            self.compile("adam", "binary_crossentropy", learning_rate)
            self.reset_parameters()
            self.model_to_device()

        def forward(self, inputs):
            told = self.get_inputs(inputs)
            x = self.embedding_layer(told)
            flat = x.flatten(1)
            if name == "DCNv2":
                found = self.fc(torch.cat([self.cross(flat), self.mlp(flat)], -1))
            elif name == "AutoInt":
                found = self.fc(self.attention(x).flatten(1)) + self.mlp(flat)
            else:
                found = self.fm(told, x)
                found = found if name == "FM" else found + self.mlp(flat)
            return {"y_pred": self.output_activation(found)}

    return Clicks


def in_recbole(name, given, *, seed, epochs, batch_size, dimension, learning_rate, depth, hidden, **settings):
    import pandas as pd
    from recbole.config import Config
    from recbole.data import create_dataset, data_preparation
    from recbole.utils import get_model, get_trainer, init_seed

    names = ["user_id", "item_id", *(f"f{at}" for at in range(2, len(given["sizes"])))]
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder) / "told"
        where.mkdir()
        table = pd.DataFrame(given["train_codes"], columns=[f"{one}:token" for one in names])
        table["label:float"] = given["train_clicks"]
        table.to_csv(where / "told.inter", sep="\t", index=False)
        config = Config(
            name,
            "told",
            config_dict={
                "data_path": folder, "load_col": {"inter": [*names, "label"]}, "use_gpu": False, "seed": seed,
                "epochs": epochs, "embedding_size": dimension, "train_batch_size": batch_size, "show_progress": False,
                "eval_args": {"split": {"RS": [1, 0, 0]}, "order": "RO", "mode": "labeled"}, "metrics": ["AUC"],
                "valid_metric": "AUC", "checkpoint_dir": folder, "learning_rate": learning_rate,
                "mlp_hidden_size": [hidden] * depth, **settings,
            },
        )  # fmt: skip
        init_seed(seed, True)
        batches, *_ = data_preparation(config, create_dataset(config))
        model = get_model(name)(config, batches.dataset)
        trainer = get_trainer(config["MODEL_TYPE"], name)(config, model)
        seconds = []
        for epoch in range(epochs):
            started = time.perf_counter()
            trainer._train_epoch(batches, epoch)
            seconds.append(time.perf_counter() - started)
    return {"seconds": seconds}


if __name__ == "__main__":
    main()
