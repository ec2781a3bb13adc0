"""Full graph or sampled blocks: milliseconds a training step, by graph, batch, fanout and feature width.

    python benchmarks/sampling.py --threads 1 --cpu-time   # the table in graphrec/graph/samplers.py
    python benchmarks/sampling.py --graph large --batches 1024,16384 --widths 0

On a machine that others use as well, ``--threads 1 --cpu-time`` counts processor time, which they hardly
change.

A step: sample, gather inputs (free embeddings, plus features projected to D where there are any), K layers of
relu(W(x + mean)), scores of the batch's positives and negatives, backward. The optimiser is left out: it
costs the same in both.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from graphrec.graph.blocks import Blocks, Sampler
from graphrec.graph.data import Data
from graphrec.graph.full_graph import whole_graph
from graphrec.graph.native_sampler import NativeSampler
from graphrec.models.aggregate import mean_pool
from graphrec.testing.training_data import data_of

GRAPHS = {"phd2": (6_500, 25_000, 34_000), "large": (60_000, 20_000, 1_000_000)}
NEGATIVES = 10
Clock = Callable[[], float]


@dataclass(frozen=True)
class Whole:
    """The whole graph as a sampler."""

    blocks: Blocks

    def sample(self, users: Tensor, items: Tensor) -> Blocks:
        return replace(self.blocks, seed_users=users, seed_items=items)


def random_graph(users: int, items: int, edges: int, seed: int = 0) -> Data:
    """Return a graph whose items' popularity falls like a power law (rank^-0.6)."""
    rng = np.random.default_rng(seed)
    weights = np.arange(1, items + 1) ** -0.6
    popular = rng.choice(items, 2 * edges, p=weights / weights.sum())
    pairs = np.stack([rng.integers(0, users, 2 * edges), popular])
    pairs = rng.permutation(np.unique(pairs, axis=1).T)[:edges]
    return data_of(pairs[:, 0], pairs[:, 1], users, items, sampled=np.ones(items, np.bool_))


@dataclass
class Model:
    """Just enough of a GNN recommender to time its propagation."""

    users: Tensor
    items: Tensor
    features: Tensor
    projection: Tensor
    weights: list[Tensor]

    @classmethod
    def of(cls, data: Data, layers: int, dimension: int, width: int) -> Model:
        def parameter(*shape: int) -> Tensor:
            return nn.Parameter(torch.randn(*shape) * 0.1)

        return cls(
            parameter(data.users, dimension),
            parameter(data.items, dimension),
            torch.randn(data.items, width),
            parameter(width, dimension),
            [parameter(dimension, dimension) for _ in range(2 * layers)],
        )

    def step(self, sampler: Sampler, users: Tensor, items: Tensor) -> None:
        """One forward and backward pass for ``users`` [B] and ``items`` [B, 1 + negatives]."""
        seed_users, user_rows = torch.unique(users, return_inverse=True)
        seed_items, item_rows = torch.unique(items, return_inverse=True)
        blocks = sampler.sample(seed_users, seed_items)
        u, v = self.users[blocks.users], self.items[blocks.items]
        if self.features.shape[1]:
            v = v + self.features[blocks.items] @ self.projection
        for k, layer in enumerate(blocks.layers):
            pooled_items, pooled_users = mean_pool(layer.user_items, v), mean_pool(layer.item_users, u)
            u = torch.relu((u[: layer.users] + pooled_items) @ self.weights[2 * k])
            v = torch.relu((v[: layer.items] + pooled_users) @ self.weights[2 * k + 1])
        u, v = u[blocks.seed_users][user_rows], v[blocks.seed_items][item_rows]
        scores = torch.einsum("bd,bnd->bn", u, v)
        torch.autograd.backward(softplus(scores[:, 1:] - scores[:, :1]).mean())


def milliseconds(
    data: Data, model: Model | None, sampler: Sampler, batch: int, budget_s: float, clock: Clock
) -> float:
    """Return the median time of a step, or of sampling alone without a model."""
    rng = np.random.default_rng(1)
    rows = data.by_user.rows
    times: list[float] = []
    start = time.perf_counter()
    while len(times) < 4 or (len(times) < 30 and time.perf_counter() - start < budget_s):
        edges = rng.integers(0, len(rows), batch)
        users = torch.from_numpy(rows[edges])
        items = torch.from_numpy(
            np.concatenate(
                [data.by_user.indices[edges, None], rng.integers(0, data.items, (batch, NEGATIVES))], axis=1
            )
        )
        begun = clock()
        if model is None:
            sampler.sample(torch.unique(users), torch.unique(items))
        else:
            model.step(sampler, users, items)
        times.append(1000 * (clock() - begun))
    return statistics.median(times[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--graph", choices=[*GRAPHS, "all"], default="all")
    parser.add_argument("--batches", default="256,512,1024,2048,4096,16384")
    parser.add_argument("--fanouts", default="10,-1")
    parser.add_argument("--widths", default="0,256")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--budget", type=float, default=1.0, help="seconds for each figure")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cpu-time", action="store_true", help="processor time instead of wall time")
    options = parser.parse_args()
    clock = time.process_time if options.cpu_time else time.perf_counter
    torch.set_num_threads(options.threads)
    try:
        from graphrec.graph.dgl_sampler import DglSampler
    except (ImportError, OSError) as error:
        print(f"without DGL: {error}")
        DglSampler = None  # type: ignore[assignment,misc]  # noqa: N806
    print(f"K={options.layers} D={options.dimension} negatives={NEGATIVES} threads={options.threads}")
    print("milliseconds a step")
    print("| graph | width | fanout | batch | full | native | of it sampling | dgl | of it sampling |")
    print("|---|---|---|---|---|---|---|---|---|")
    for graph in GRAPHS if options.graph == "all" else (options.graph,):
        data = random_graph(*GRAPHS[graph])
        full = Whole(whole_graph(data, torch.arange(data.items), options.layers))
        for width in map(int, options.widths.split(",")):
            model = Model.of(data, options.layers, options.dimension, width)
            for batch in map(int, options.batches.split(",")):
                whole = milliseconds(data, model, full, batch, options.budget, clock)
                for fanout in map(int, options.fanouts.split(",")):
                    fanouts = (fanout,) * options.layers
                    figures = []
                    for kind in (NativeSampler, DglSampler):
                        if kind is None:
                            figures += ["-", "-"]
                            continue
                        sampler = kind(data, fanouts, 0)
                        figures += [
                            f"{milliseconds(data, m, sampler, batch, options.budget, clock):.1f}"
                            for m in (model, None)
                        ]
                    print(
                        f"| {graph} | {width} | {fanout} | {batch} | {whole:.1f} | {' | '.join(figures)} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
