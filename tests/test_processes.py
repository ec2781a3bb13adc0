"""Tests of a file share a process, and so what takes long to make."""

from __future__ import annotations

import pytest

RAN: list[str] = []


@pytest.mark.parametrize("number", range(6))
def test_a_file_runs_in_one_process(number: int, request: pytest.FixtureRequest) -> None:
    here = [item.name for item in request.session.items if item.path == request.node.path]
    assert here[: len(RAN)] == RAN
    assert request.node.name == here[len(RAN)], "what comes before in this file has run in another process"
    RAN.append(request.node.name)
