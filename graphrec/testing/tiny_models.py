"""Models of a few bytes, as files, whose vectors anybody can compute: means of what they are given."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper


def write_onnx(path: Path, shape: Sequence[int | None], kept: int, *, uint8: bool = False) -> Path:
    """Write a model with the input ``input`` and, for each of n arrays, three outputs.

    ``features`` are the means over all axes but the first and ``kept``, ``whole`` is the array itself, ``logarithms``
    are those of the features.

    Args:
        path: where, a name ending in ``.onnx``.
        shape: of the input; None is what may vary.
        kept: the axis whose length is that of the vectors.
        uint8: the input's type is uint8 rather than float32.

    Returns:
        The path.
    """
    axes = [axis for axis in range(1, len(shape)) if axis != kept]
    nodes = [
        helper.make_node("Cast", ["input"], ["whole"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["whole", "axes"], ["features"], keepdims=0),
        helper.make_node("Log", ["features"], ["logarithms"]),
    ]
    kind = TensorProto.UINT8 if uint8 else TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info("input", kind, shape)],
        [
            helper.make_tensor_value_info(n, TensorProto.FLOAT, None)
            for n in ("features", "whole", "logarithms")
        ],
        [helper.make_tensor("axes", TensorProto.INT64, [len(axes)], axes)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, path)
    return path


def write_torchscript(path: Path, axes: int, kept: int) -> Path:
    """Write a TorchScript model of one array with ``axes`` axes, which gives the same means; return its path."""
    others = [axis for axis in range(1, axes) if axis != kept]
    with warnings.catch_warnings():
        # PyTorch would rather be asked for something newer; there are files of this kind all the same.
        warnings.simplefilter("ignore", DeprecationWarning)
        model = torch.jit.trace(_Means(others), torch.ones([2] * axes))  # type: ignore[no-untyped-call]
        torch.jit.save(model, str(path))
    return path


class _Means(torch.nn.Module):
    def __init__(self, others: list[int]) -> None:
        super().__init__()
        self._others = others

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.float().mean(dim=self._others)
