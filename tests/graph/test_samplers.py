import importlib.util
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

import graphrec.graph
from graphrec.errors import ConfigError
from graphrec.graph.blocks import Blocks, Sampler
from graphrec.graph.checks import check_seeds
from graphrec.graph.data import Data
from graphrec.graph.full_graph import whole_graph
from graphrec.graph.native_sampler import NativeSampler, draw_subsets
from graphrec.graph.samplers import full_graph_wins, make_sampler
from graphrec.models.aggregate import mean_pool
from graphrec.testing.sampler_contract import (
    NeighbourSamplerContract,
    SamplerContract,
    random_graph,
    same_blocks,
)


class Whole:
    """The whole graph as a sampler: a seed's position is its id."""

    def __init__(self, data: Data, layers: int) -> None:
        self.data, self.blocks = data, whole_graph(data, torch.arange(data.items), layers)

    def sample(self, users: Tensor, items: Tensor) -> Blocks:
        check_seeds("user", users, self.data.users)
        check_seeds("item", items, self.data.items)
        return replace(self.blocks, seed_users=users, seed_items=items)


class TestWholeGraph(SamplerContract):
    def sampler(self, data: Data, fanouts: tuple[int, ...], seed: int) -> Sampler:
        return Whole(data, len(fanouts))


class TestNativeSampler(NeighbourSamplerContract):
    def sampler(self, data: Data, fanouts: tuple[int, ...], seed: int) -> Sampler:
        return NativeSampler(data, fanouts, seed)


@pytest.mark.skipif(importlib.util.find_spec("dgl") is None, reason="DGL is not installed")
class TestDglSampler(NeighbourSamplerContract):
    def sampler(self, data: Data, fanouts: tuple[int, ...], seed: int) -> Sampler:
        from graphrec.graph.dgl_sampler import DglSampler

        return DglSampler(data, fanouts, seed)


def test_layers_that_share_their_lists_are_moved_once() -> None:
    blocks = whole_graph(random_graph(), torch.arange(60), 3)
    moved = blocks.to(torch.device("meta"))
    tensors = [t for layer in moved.layers for lists in vars(layer).values() for t in vars(lists).values()]
    assert len(tensors) == 24
    assert len({id(t) for t in tensors}) == 4
    assert {t.device.type for t in tensors} == {"meta"}


def test_sampled_rows_equal_full_rows_after_propagation() -> None:
    data, users, items = random_graph(), torch.tensor([7, 0, 30]), torch.tensor([4, 50])
    torch.manual_seed(0)
    x, y = torch.randn(data.users, 4, dtype=torch.float64), torch.randn(data.items, 4, dtype=torch.float64)
    outputs = []
    for sampler in (Whole(data, 2), NativeSampler(data, (-1, -1))):
        blocks = sampler.sample(users, items)
        u, v = x[blocks.users], y[blocks.items]
        for layer in blocks.layers:
            pooled_items, pooled_users = mean_pool(layer.user_items, v), mean_pool(layer.item_users, u)
            u, v = u[: layer.users] + pooled_items, v[: layer.items] + pooled_users
        outputs.append(torch.cat([u[blocks.seed_users], v[blocks.seed_items]]))
    torch.testing.assert_close(*outputs)


def test_without_a_seed_torchs_random_state_decides() -> None:
    sampler, users, items = NativeSampler(random_graph(), (2, 2)), torch.arange(20), torch.arange(20)
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first = sampler.sample(users, items)
    torch.set_rng_state(state)
    assert same_blocks(first, sampler.sample(users, items))


def test_subsets_of_one_less_than_all() -> None:
    sizes = np.arange(4, 40).repeat(20)
    drawn = draw_subsets(sizes, 3, np.random.default_rng(0))
    assert (drawn >= 0).all()
    assert (drawn < sizes[:, None]).all()
    assert (np.diff(np.sort(drawn, axis=1)) > 0).all()
    assert set(drawn[sizes == 4].flatten()) == {0, 1, 2, 3}


def test_rule_by_batch() -> None:
    data = random_graph()  # 150 nodes: 38 edges a batch are enough for the whole graph
    assert full_graph_wins(data, 38)
    assert not full_graph_wins(data, 37)
    assert full_graph_wins(data, 1, "cuda")


def test_fanouts_and_misspelt_backends() -> None:
    sampler = make_sampler(random_graph(), 2, 5, backend="native")
    assert isinstance(sampler, NativeSampler)
    assert sampler.fanouts == (5, 5)
    with pytest.raises(ConfigError, match="auto, dgl, native"):
        make_sampler(random_graph(), 1, 5, backend="pyg")  # type: ignore[arg-type]


WITHOUT_DGL = """
import sys
sys.modules["dgl"] = None
import torch
from graphrec.errors import ConfigError
from graphrec.graph.samplers import make_sampler
from graphrec.testing.sampler_contract import check_shape, random_graph
sampler = make_sampler(random_graph(), 2, 3)
users, items = torch.tensor([4, 1]), torch.tensor([2])
check_shape(sampler.sample(users, items), users, items)
print(type(sampler).__name__)
try:
    make_sampler(random_graph(), 2, 3, backend="dgl")
except ConfigError as error:
    print(error)
"""


def test_works_where_dgl_is_not_installed() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_DGL], capture_output=True, text=True, check=True)
    kind, message = done.stdout.splitlines()
    assert kind == "NativeSampler"
    assert message.startswith("DGL does not work here")
    assert "native" in message


def test_only_one_file_imports_dgl() -> None:
    package = Path(graphrec.graph.__path__[0]).parent
    imports = re.compile(r"^\s*(import|from) dgl\b", re.MULTILINE)
    assert [f.name for f in package.rglob("*.py") if imports.search(f.read_text())] == ["dgl_sampler.py"]
