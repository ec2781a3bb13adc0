"""Networks that run: arrays in, a vector for each out. From ONNX and TorchScript files, or any module of PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from graphrec.errors import ConfigError, DataError
from graphrec.media.encoders.base import Floats

# Of a batch: eight pictures of 224 x 224. More are hardly quicker, and what a network makes of them fills memory.
_NUMBERS_AT_ONCE = 8 * 224 * 224 * 3


class Network(Protocol):
    """A network.

    Attributes:
        input_shape: of its input, with None for what may vary; None where nothing is known.
    """

    input_shape: Sequence[int | None] | None

    def run(self, batch: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return what the network makes of a batch [n, ...]: [n, ...]; raises ``DataError`` where it fails."""
        ...


def vectors(network: Network, inputs: Callable[[slice], npt.NDArray[Any]], count: int, size: int) -> Floats:
    """Run a network on few enough inputs at once, however many there are.

    Args:
        network: to run.
        inputs: return these inputs, [n, ...].
        count: how many inputs there are, at least 1.
        size: numbers in each.

    Returns:
        float32 [count, D].

    Raises:
        DataError: it gives something else than a vector for each input.
    """
    fixed = network.input_shape[0] if network.input_shape else None
    at_once = fixed or max(1, _NUMBERS_AT_ONCE // size)
    found = []
    for start in range(0, count, at_once):
        batch = inputs(slice(start, min(start + at_once, count)))
        result = np.asarray(network.run(batch), np.float32)
        # Layers that pool leave axes of length 1 behind.
        if result.ndim < 2 or len(result) != len(batch) or result.size != len(batch) * max(result.shape[1:]):
            raise DataError(
                f"the model gives {list(result.shape)} for {len(batch)} inputs; a vector for each, [n, D], is needed: "
                "name another output"
            )
        found.append(result.reshape(len(batch), -1))
    return np.concatenate(found)


def load(path: Path, input_name: str | None, output_name: str | None, threads: int) -> Network:
    """Open a model file, for the processor.

    A TorchScript file is a program: take one only from people you trust. It is never unpickled.

    Args:
        path: of an .onnx or TorchScript .pt file.
        input_name: of an ONNX model; its first by default.
        output_name: of an ONNX model, or a key where a TorchScript model returns a dictionary; the first by default.
        threads: how many it may use.

    Raises:
        ConfigError: there is no such input or output, or the file is of another kind.
        DataError: the file cannot be opened as what its name says.
    """
    if path.suffix == ".onnx":
        return OnnxNetwork(path, input_name, output_name, threads)
    if path.suffix == ".pt":
        if input_name is not None:
            raise ConfigError(f"input = {input_name!r}: inputs of TorchScript have no names; leave it out")
        return TorchNetwork(_torchscript(path), output_name, threads)
    raise ConfigError(f"{path}: neither .onnx nor .pt; export the model as ONNX or TorchScript")


class OnnxNetwork:
    """An ONNX model in ONNX Runtime; arguments and errors as for ``load``."""

    def __init__(self, path: Path, input_name: str | None, output_name: str | None, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        # Threads that wait busily take the processor from those that decode: a third fewer pictures per second.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Only what is raised is told; warnings of the optimiser help nobody.
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise DataError(f"{path}: not a usable ONNX model ({_line(error)}); export it again") from error
        inputs = {i.name: i.shape for i in self._session.get_inputs()}
        self._input = _chosen("input", input_name, list(inputs))
        self._output = _chosen("output", output_name, [o.name for o in self._session.get_outputs()])
        if len(inputs) > 1:
            raise ConfigError(f"{path}: has the inputs {', '.join(inputs)}; export it with one")
        self.input_shape: Sequence[int | None] | None = [
            size if isinstance(size, int) else None for size in inputs[self._input]
        ]

    def run(self, batch: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """As ``Network`` says."""
        try:
            return np.asarray(self._session.run([self._output], {self._input: batch})[0])
        except Exception as error:
            raise _refused(batch, error) from error


class TorchNetwork:
    """A module of PyTorch that takes one tensor and returns a tensor, or several in a tuple or dictionary.

    Args:
        module: the module, or a function.
        output_name: which tensor of a dictionary; the first by default.
        threads: how many it may use.
    """

    input_shape: Sequence[int | None] | None = None

    def __init__(self, module: Callable[[Any], Any], output_name: str | None, threads: int) -> None:
        self._module, self._output_name, self._threads = module, output_name, threads

    def run(self, batch: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """As ``Network`` says; ``ConfigError`` where there is no such output."""
        import torch

        with torch.inference_mode(), _threads(self._threads):
            try:
                result = self._module(torch.tensor(batch))
            except Exception as error:
                raise _refused(batch, error) from error
        if isinstance(result, dict):
            result = result[_chosen("output", self._output_name, list(result))]
        elif self._output_name is not None:
            raise ConfigError(
                f"output = {self._output_name!r}: outputs of this model have no names; leave it out"
            )
        elif isinstance(result, tuple | list):
            result = result[0]
        return np.asarray(result.float())


def _torchscript(path: Path) -> Any:
    import torch

    try:
        with warnings.catch_warnings():
            # PyTorch would rather be asked for something newer; there are files of this kind all the same.
            warnings.simplefilter("ignore", DeprecationWarning)
            return torch.jit.load(str(path), map_location="cpu").eval()  # type: ignore[no-untyped-call]
    except Exception as error:
        raise DataError(
            f"{path}: not a TorchScript model ({_line(error)}); save it by torch.jit.save"
        ) from error


@contextmanager
def _threads(count: int) -> Iterator[None]:
    import torch

    # One number for the whole process, in which others may be training.
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _chosen(what: str, name: str | None, names: Sequence[str]) -> str:
    if name is None:
        return names[0]
    if name not in names:
        raise ConfigError(f"{what} = {name!r}: the model has no such {what}; it has: {', '.join(names)}")
    return name


def _refused(batch: npt.NDArray[Any], error: Exception) -> DataError:
    return DataError(
        f"the model does not take {batch.dtype} {list(batch.shape)} ({_line(error)}); check layout, dtype and sizes"
    )


def _line(error: Exception) -> str:
    """The last line of an error, which tells the reason where PyTorch shows the whole way to it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
