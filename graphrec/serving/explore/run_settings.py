"""How a run was set up, and in what two runs differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphrec.training.runs import Run

PARTS = {
    "run": ("model", "paper", "doi", "started", "seed", "device", "threads", "parameters"),
    "data": ("task", "projection", "split", "split_name", "fold", "folds", "item_label", "protocol", "snapshot"),
    "training": ("metric", "best_epoch", "best", "epochs", "train_seconds", "validation_seconds", "total_seconds"),
}
"""Single entries of the manifest by what they speak of; ``GROUPED`` entries are mappings of such."""

GROUPED = ("data", "settings", "options", "versions")

ALWAYS = frozenset({"started", "train_seconds", "validation_seconds", "total_seconds"})
"""What differs between any two runs, and tells nothing."""


@dataclass(frozen=True)
class ManifestEntry:
    """An entry of one manifest, or of two.

    Attributes:
        part: what it speaks of.
        name: of the entry.
        first: its value, as JSON has it but without quotes; None where the manifest says nothing.
        second: the other run's; None without another run.
        differs: whether two runs differ in it.
    """

    part: str
    name: str
    first: str | None
    second: str | None
    differs: bool


def settings(first: Run, second: Run | None = None) -> list[ManifestEntry]:
    """Return what the manifest of ``first``, or those of two runs, say, part by part."""
    here = dict(_entries(first.manifest))
    there = dict(_entries(second.manifest)) if second is not None else {}
    return [
        ManifestEntry(
            part,
            name,
            here.get((part, name)),
            there.get((part, name)),
            second is not None and here.get((part, name)) != there.get((part, name)) and name not in ALWAYS,
        )
        for part, name in dict.fromkeys([*here, *there])
    ]


def _entries(manifest: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    for part, names in PARTS.items():
        for name in names:
            if manifest.get(name) is not None:
                yield (part, name), _text(manifest[name])
    for part in GROUPED:
        for name, value in manifest.get(part, {}).items():
            yield (part, name), _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
