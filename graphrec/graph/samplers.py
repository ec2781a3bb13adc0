"""Whether a training run samples blocks or propagates the whole graph, and who samples: DGL or numpy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch

from graphrec.errors import ConfigError
from graphrec.graph.blocks import Sampler
from graphrec.graph.data import Data
from graphrec.graph.native_sampler import NativeSampler

Backend = Literal["auto", "dgl", "native"]

NODES_PER_BATCH_EDGE = 4
"""See ``full_graph_wins``."""
RESIDENT_EDGES = 5_000_000
"""See ``full_graph_wins``."""


def make_sampler(
    data: Data, layers: int, fanout: int, backend: Backend = "auto", seed: int | None = None
) -> Sampler:
    """Return what draws the blocks of a training run, on the CPU; ``Blocks.to`` moves them.

    Args:
        data: the training graph.
        layers: K, how many propagation steps.
        fanout: neighbours that a target draws at most in each layer, -1 for all.
        backend: ``dgl``, ``native``, or ``auto``: DGL where it works, else native. The two draw from the same
            distribution, but not the same blocks from the same seed.
        seed: start of the sampler's own random stream; None follows torch's global generator, and with it a
            trainer's resume.

    Raises:
        ConfigError: DGL is asked for and does not work, a fanout draws nothing, or a name is no choice.
        DataError: a record points outside the graph.
    """
    return _block_sampler(backend)(data, (fanout,) * layers, seed)


def full_graph_wins(data: Data, batch_edges: int, device: torch.device | str = "cpu") -> bool:
    """Whether a training step is faster over the whole graph than over sampled blocks.

    On a CPU: from 1 edge in a batch for every 4 nodes of the graph. With ten negatives each, such a batch
    asks for nearly every item itself, so that blocks save little. Measured by ``benchmarks/sampling.py
    --threads 1 --cpu-time`` (K = 2, D = 128, forward and backward; ms of processor time a step, on a busy
    machine: the same figure came out up to 30 % higher or lower in another run):

    graph (users, items, edges)  fanout  batch   whole graph   blocks (native / DGL)
    6,500  25,000     34,000         10    512           210      62 /    67
                                     10  2,048           239     173 /   140
                                     10  4,096           233     232 /   198
                                     10  8,192           344     366 /   353
                                    all  8,192           344     322 /   339
    60,000 20,000  1,000,000         10  1,024           651     292 /   272
                                    all  1,024           651     422 /   451
                                     10 16,384         1,092     778 /   792
                                    all 16,384         1,092     850 /   938
                                     10 32,768         1,384   1,124 / 1,086
                                    all 32,768         1,384   1,243 / 1,384

    Past the threshold blocks of all neighbours are about level with the whole graph. A small fanout on a
    dense graph stays up to a fifth cheaper there, but leaves neighbours out: ask for ``blocks`` to have it.

    On a GPU: up to 5,000,000 edges, whatever the batch. This is arithmetic, not a measurement: a step over
    1M edges at K = 2 and D = 128 moves about 4 GB inside the GPU, a few milliseconds; drawing the blocks of a
    batch of 1,024 takes a CPU 5 to 90 ms.
    """
    if torch.device(device).type != "cpu":
        return len(data.by_user.indices) <= RESIDENT_EDGES
    return batch_edges * NODES_PER_BATCH_EDGE >= data.users + data.items


def _block_sampler(backend: Backend) -> Callable[[Data, Sequence[int], int | None], Sampler]:
    if backend == "native":
        return NativeSampler
    if backend not in ("auto", "dgl"):
        raise ConfigError(f"sampler backend {backend!r} is not one of auto, dgl, native")
    try:
        from graphrec.graph.dgl_sampler import DglSampler
    except (ImportError, OSError) as error:  # OSError: a DGL built for another torch
        if backend == "auto":
            return NativeSampler
        raise ConfigError(
            f"DGL does not work here ({str(error).splitlines()[0]}); install dgl==1.1.3 (Linux on x86-64, "
            "Python 3.11 or older) or choose the native sampler"
        ) from error
    return DglSampler
