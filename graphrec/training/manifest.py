"""What a run was: versions, device, settings, data, durations, metrics."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphrec.files import read_json, write_json

if TYPE_CHECKING:
    import torch

    from graphrec.learning.options import TrainOptions
    from graphrec.models.base import Model
    from graphrec.tasks.cases import Split

FILE = "manifest.json"
FORMAT = 2
"""Of a run's files; another number where they are arranged otherwise."""
METRICS = "metrics.jsonl"
"""Beside it: a line of JSON per epoch."""
CALIBRATION = "calibration"
"""In a manifest: by what the model's probabilities are calibrated, and what that changed."""
REFUSED = "refused"
"""In a manifest: why the run is of no use, though it has come to its end."""
_PACKAGES = ("graphrec", "dgl", "numpy")


def describe_run(
    model: Model[Any], split: Split[Any], options: TrainOptions, device: torch.device, snapshot: str
) -> dict[str, Any]:
    """Return what is known before training; ``snapshot`` is the fingerprint of what it is trained on."""
    # Here, not above: listing runs should not wait for torch.
    import torch

    return {
        "model": model.name,
        "paper": model.paper,
        "doi": model.doi,
        "settings": model.settings.model_dump(),
        "options": options.model_dump(),
        "batch_size": options.batch(len(split.data.records)),
        "seed": options.seed,
        "split": split.name,
        "snapshot": snapshot,
        "data": {
            "users": split.data.users,
            "items": split.data.items,
            "edges": len(split.data.records),
            "feature_width": split.data.content.width,
            "valid_cases": len(split.valid),
            "test_cases": len(split.test),
        },
        "parameters": sum(p.numel() for p in model.parameters()),
        "device": torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else platform.machine() + " cpu",
        "threads": torch.get_num_threads(),
        "versions": {
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            **{name: _version(name) for name in _PACKAGES},
        },
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write ``manifest.json`` into the run's folder, atomically."""
    write_json(folder / FILE, manifest)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of the run in ``folder``."""
    manifest: dict[str, Any] = read_json(folder / FILE)
    return manifest
