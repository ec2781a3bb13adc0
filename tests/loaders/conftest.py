"""Data sets that development machines have and others do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def data_set() -> Callable[[str], Path]:
    """Return the folder of a data set; skip the test where it is absent."""

    def folder(name: str) -> Path:
        if not (DATA / name).is_dir():
            pytest.skip(f"the data set {name} is not in ../shared/data")
        return DATA / name

    return folder
