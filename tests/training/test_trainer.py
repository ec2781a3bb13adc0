from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from graphrec.errors import ConfigError, NotFoundError, TrainingError
from graphrec.evaluation.judging import validation_judge
from graphrec.graph.content import Mapped
from graphrec.graph.data import Data
from graphrec.learning.batch import PairwiseBatch
from graphrec.learning.descent import Descent
from graphrec.learning.optimisers import Phase
from graphrec.learning.options import TrainOptions
from graphrec.learning.pairwise import Pairwise
from graphrec.learning.run import RunContext
from graphrec.models.base import ANYTHING, EmbeddingScorer, Model, Target
from graphrec.models.popularity import Popularity, PopularitySettings
from graphrec.models.transgrec import TransGRec
from graphrec.models.transgrec_settings import TransGRecSettings
from graphrec.ragged import Ragged
from graphrec.settings import Settings
from graphrec.tasks.cases import RankingCases, Split
from graphrec.tasks.ranking import Ranking
from graphrec.testing.sampler_contract import random_graph
from graphrec.testing.training_data import data_of
from graphrec.training.device import use_bf16
from graphrec.training.manifest import read_manifest
from graphrec.training.seeding import random_state, restore_random_state, seed_everything
from graphrec.training.trainer import Epoch, TrainResult, Within
from graphrec.training.trainer import train as train_judged

OPTIONS: dict[str, Any] = {"epochs": 5, "batch_size": 64, "patience": 50, "metric": "map", "device": "cpu"}


def world(seed: int = 0) -> Split[RankingCases]:
    rng = np.random.default_rng(seed)
    users, items = 40, 60
    liked = rng.random((users, items)) < np.where(
        np.arange(users)[:, None] % 2 == np.arange(items) % 2, 0.3, 0.05
    )
    held_out = rng.random((users, items)) < 0.2
    user, item = np.argwhere(liked & ~held_out).T
    data = data_of(user, item, users, items, features=rng.normal(size=(items, 5)).astype(np.float32))
    cases = RankingCases(np.arange(users), Ragged.from_pairs(*np.argwhere(liked & held_out).T, users))
    return Split("world", data, cases, cases)


def transgrec(split: Split[RankingCases], **settings: Any) -> TransGRec:
    seed_everything(1)
    return TransGRec(split.data.shape, TransGRecSettings(dimension=8, **settings))


def train(
    model: Model[Any], split: Split[RankingCases], options: TrainOptions, *given: Any, **named: Any
) -> TrainResult:
    return train_judged(model, split, options, *given, judge=validation_judge(Ranking(), split, options), **named)


def without_times(history: list[Epoch]) -> list[tuple[int, dict[str, float], dict[str, float]]]:
    return [(line.epoch, line.loss, line.valid) for line in history]


class Stop(Exception):
    """Stands for whatever cuts a run off."""


@pytest.mark.parametrize("settings", [{}, {"transfer": "adversarial"}, {"preset": "printed", "layers": 1}])
@pytest.mark.parametrize("propagation", ["full", "blocks"])
def test_resuming_equals_never_stopping(tmp_path: Path, settings: dict[str, Any], propagation: str) -> None:
    split = world()
    options = TrainOptions(**OPTIONS, propagation=propagation, schedule="cosine", warmup=0.2, fanout=3)
    whole_model = transgrec(split, **settings)
    whole = train(whole_model, split, options, tmp_path / "whole")

    def stop(line: Epoch | Within, epochs: int) -> None:
        if isinstance(line, Epoch) and line.epoch == 2:
            raise Stop

    with pytest.raises(Stop):
        train(transgrec(split, **settings), split, options, tmp_path / "cut", stop)
    torch.manual_seed(99)
    model = TransGRec(split.data.shape, TransGRecSettings(dimension=8, **settings))
    cut = train(model, split, options, tmp_path / "cut", resume=True)
    assert without_times(cut.history) == without_times(whole.history)
    assert (cut.best, cut.best_epoch) == (whole.best, whole.best_epoch)
    for name, weight in whole_model.state_dict().items():
        assert torch.equal(weight, model.state_dict()[name])
    lines = [json.loads(line) for line in (tmp_path / "cut/metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("propagation", ["full", "blocks"])
def test_resuming_within_an_epoch_equals_never_stopping(
    tmp_path: Path, propagation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphrec.training.trainer.TELL_SECONDS", 0.0)
    split = world()
    options = TrainOptions(**OPTIONS, propagation=propagation, fanout=3, checkpoint_minutes=1e-9)
    whole_model = transgrec(split)
    whole = train(whole_model, split, options, tmp_path / "whole")

    def stop(line: Epoch | Within, epochs: int) -> None:
        if isinstance(line, Within) and (line.epoch, line.done) == (2, 3):
            raise Stop

    with pytest.raises(Stop):
        train(transgrec(split), split, options, tmp_path / "cut", stop)
    torch.manual_seed(99)
    model = TransGRec(split.data.shape, TransGRecSettings(dimension=8))
    steps = list[tuple[int, int]]()

    def note(line: Epoch | Within, epochs: int) -> None:
        steps.append((line.epoch, line.done if isinstance(line, Within) else 0))

    cut = train(model, split, options, tmp_path / "cut", note, resume=True)
    # The step at which it was cut off had been made, but nobody had saved it.
    assert steps[0] == (2, 3)
    assert without_times(cut.history) == without_times(whole.history)
    for name, weight in whole_model.state_dict().items():
        assert torch.equal(weight, model.state_dict()[name])


_KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_trainer import Epoch, OPTIONS, train, transgrec, world, TrainOptions
def kill(line, epochs):
    if isinstance(line, Epoch) and line.epoch == 3: os.kill(os.getpid(), signal.SIGKILL)
split = world()
train(transgrec(split), split, TrainOptions(**OPTIONS), Path(sys.argv[1]), kill)
"""


def test_killed_run_goes_on(tmp_path: Path) -> None:
    split, options = world(), TrainOptions(**OPTIONS)
    folder = tmp_path / "killed"
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(folder), str(Path(__file__).parent)], check=False
    )
    assert done.returncode == -9
    killed = train(transgrec(split), split, options, folder, resume=True)
    assert len(killed.history) == 5
    assert without_times(killed.history) == without_times(train(transgrec(split), split, options).history)


def test_resuming_another_run_is_refused(tmp_path: Path) -> None:
    split = world()
    train(transgrec(split), split, TrainOptions(**OPTIONS), tmp_path)
    with pytest.raises(TrainingError, match="made with settings"):
        train(transgrec(split, l2=7), split, TrainOptions(**OPTIONS), tmp_path, resume=True)
    with pytest.raises(TrainingError, match="made with options"):
        train(transgrec(split), split, TrainOptions(**OPTIONS, seed=3), tmp_path, resume=True)
    more = train(transgrec(split), split, TrainOptions(**OPTIONS | {"epochs": 7}), tmp_path, resume=True)
    assert len(more.history) == 7


def test_damaged_checkpoint(tmp_path: Path) -> None:
    split = world()
    train(transgrec(split), split, TrainOptions(**OPTIONS | {"epochs": 1}), tmp_path)
    path = tmp_path / "checkpoint/latest.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(TrainingError, match="is damaged"):
        train(transgrec(split), split, TrainOptions(**OPTIONS), tmp_path, resume=True)


def test_same_seed_same_result_and_another_seed_another() -> None:
    split = world()
    first, second, other = (
        train(transgrec(split), split, TrainOptions(**OPTIONS, seed=seed)).history for seed in (0, 0, 1)
    )
    assert without_times(first) == without_times(second) != without_times(other)


@pytest.mark.parametrize(
    "settings", [{}, {"transfer": "adversarial", "detach": False}, {"preset": "printed"}]
)
def test_threads_change_nothing(settings: dict[str, Any]) -> None:
    # Large enough for torch to share the work among threads, where a sum in no fixed order would show.
    data = random_graph(users=600, items=900, edges=9_000)
    look = np.random.default_rng(0).normal(size=(900, 24)).astype(np.float32)
    data = replace(data, features={"look": Mapped("Item", look, np.ones(900, bool))})
    cases = RankingCases(np.arange(0), Ragged(np.zeros(1, np.int64), np.arange(0)))
    split = Split("large", data, cases, cases)
    options = TrainOptions(epochs=2, batch_size=4096, device="cpu")
    weights = []
    for _ in range(2):
        seed_everything(0)
        model = TransGRec(data.shape, TransGRecSettings(dimension=32, **settings))
        train_judged(model, split, options)
        weights.append(model.state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_untrained_model_is_left_as_it_is(tmp_path: Path) -> None:
    split = world()
    model = transgrec(split)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    result = train(model, split, TrainOptions(**OPTIONS | {"epochs": 0}), tmp_path)
    assert (result.best_epoch, result.history) == (0, [])
    assert 0 < result.best < 1
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())
    assert (tmp_path / "model.safetensors").exists()


def test_a_model_in_closed_form_has_one_epoch() -> None:
    split = world()
    for epochs in (0, 5):
        model = Popularity(split.data.shape, PopularitySettings())
        result = train(model, split, TrainOptions(**OPTIONS | {"epochs": epochs}))
        assert [line.epoch for line in result.history] == [1]
        assert model.get_buffer("scores_Item").tolist() == split.data.by_item.lengths.tolist()
        assert result.best > 0


def test_manifest(tmp_path: Path) -> None:
    split = world()
    result = train(transgrec(split), split, TrainOptions(**OPTIONS), tmp_path, snapshot="abc")
    manifest = read_manifest(tmp_path)
    assert manifest == json.loads(json.dumps(result.manifest))
    assert (manifest["snapshot"], manifest["model"], manifest["metric"]) == ("abc", "transgrec", "map")
    assert manifest["best"] == result.best == max(line.valid["map"] for line in result.history)
    assert manifest["data"]["edges"] == len(split.data.records)
    assert manifest["versions"]["torch"] == str(torch.__version__)


def test_early_stop_keeps_the_best_weights() -> None:
    split = world()
    model = transgrec(split)
    options = TrainOptions(**OPTIONS | {"epochs": 60, "patience": 3, "learning_rate": 0.3})
    result = train(model, split, options)
    assert len(result.history) == result.best_epoch + 3 < 60
    again = train(model, split, TrainOptions(**OPTIONS | {"epochs": 0}))
    assert again.best == result.best


def test_nmsd_is_minimised() -> None:
    split = world()
    result = train(transgrec(split), split, TrainOptions(**OPTIONS | {"metric": "nmsd"}))
    assert result.best == min(line.valid["nmsd"] for line in result.history)


class Exploding(Model[Settings]):
    """Its loss turns infinite at the third step."""

    name = "exploding"
    title = "for tests"
    Settings = Settings

    def __init__(self, data: Data) -> None:
        super().__init__(data.shape, Settings())
        self.weight = nn.Parameter(torch.ones(1))
        self.steps = 0

    def learner(self, data: Data, run: RunContext) -> Descent[PairwiseBatch]:
        feed = Pairwise(data, run.options, run.generator())
        return Descent(self, self.loss, feed, [Phase.of("boom", [self.weight])], run)

    def loss(self, phase: str, batch: PairwiseBatch) -> Tensor:
        self.steps += 1
        return self.weight.sum() * (math.inf if self.steps == 3 else 1)

    def scorer(self, target: Target = ANYTHING) -> EmbeddingScorer:
        return EmbeddingScorer(torch.zeros(self.shape.users, 1), torch.zeros(self.shape.items, 1))


def test_infinite_loss_stops_with_step_and_phase(tmp_path: Path) -> None:
    split = world()
    with pytest.raises(
        TrainingError, match="phase 'boom' is not finite at epoch 1, step 3: likely the learning"
    ):
        train(Exploding(split.data), split, TrainOptions(**OPTIONS), tmp_path)
    assert not (tmp_path / "model.safetensors").exists()


def test_no_edges() -> None:
    data = data_of(np.arange(0), np.arange(0), 2, 2, features=np.zeros((2, 3), np.float32))
    cases = RankingCases(np.array([0]), Ragged(np.array([0, 1]), np.array([1])))
    with pytest.raises(TrainingError, match="no edges"):
        train(
            transgrec(Split("empty", data, cases, cases)), Split("empty", data, cases, cases), TrainOptions()
        )


def test_unknown_metric() -> None:
    with pytest.raises(NotFoundError, match="recal"):
        train(transgrec(world()), world(), TrainOptions(metric="recal@20"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_where_there_is_none() -> None:
    with pytest.raises(ConfigError, match="no CUDA device"):
        train(transgrec(world()), world(), TrainOptions(device="cuda"))


def test_a_generator_on_the_cpu_leaves_the_gpu_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def touched(*given: object) -> None:
        raise AssertionError("the GPU was asked")

    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.get_rng_state", touched)
    monkeypatch.setattr("torch.cuda.set_rng_state", touched)
    here = torch.device("cpu")
    state = random_state(here)
    assert set(state) == {"cpu"}
    restore_random_state(state | {"cuda": state["cpu"]}, here)


def test_bf16_is_not_emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda including_emulation=True: including_emulation)
    assert not use_bf16(TrainOptions(), torch.device("cuda"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("propagation", ["full", "blocks"])
def test_cuda(tmp_path: Path, propagation: str) -> None:
    split = world()
    options = TrainOptions(**OPTIONS | {"device": "cuda", "epochs": 20}, propagation=propagation)
    assert train(transgrec(split), split, options, tmp_path).best > 0.2


def test_bf16_trains_on_any_device() -> None:
    split = world()
    result = train(transgrec(split), split, TrainOptions(**OPTIONS | {"epochs": 10}, bf16="on"))
    assert result.best > train(transgrec(split), split, TrainOptions(**OPTIONS | {"epochs": 0})).best
