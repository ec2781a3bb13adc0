"""Benchmarks are run by hand: what they import must still be there."""

from __future__ import annotations

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[1] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_benchmark_can_be_loaded(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(script.parent)
    name = f"benchmark_{script.stem}"
    spec = spec_from_file_location(name, script)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    assert callable(module.main)


def test_what_is_named_as_measured_by_a_benchmark_has_it() -> None:
    root = Path(__file__).parents[1]
    told = [
        root / "README.md",
        *(file for room in ("graphrec", "docs", "app") for file in (root / room).rglob("*.[pm][yd]")),
    ]
    named = {
        name
        for file in told
        for name in re.findall(r"benchmarks/(\w+\.py)", file.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= {script.name for script in SCRIPTS}
