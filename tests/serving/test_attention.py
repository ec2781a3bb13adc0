"""What each part of a trailer says to the network that describes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphrec.serving.explore.attention import attention
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.trailer_graph import EACH, describe_trailers, write_trailers
from graphrec.workspace import Workspace


@pytest.fixture(scope="module")
def attending(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = Workspace(tmp_path_factory.mktemp("attending"))
    describe_trailers(folder, body="transformer")
    return folder


def test_each_frame_has_a_stretch_and_a_share(attending: Workspace) -> None:
    with closing(LadybugStore(attending)) as store:
        found = attention(store, attending, "t-m07")
        assert [(one.start_s, one.end_s) for one in found] == [(n, n + 1) for n in range(EACH)]
        assert sum(one.share for one in found) == pytest.approx(1, abs=1e-5)
        assert attention(store, attending, "unknown") == []


def test_a_network_that_attends_to_none_tells_nothing(attending: Workspace, tmp_path: Path) -> None:
    folder = Workspace(tmp_path / "lstm")
    with closing(LadybugStore(folder, write=True)) as store:
        write_trailers(store, folder)
        assert attention(store, folder, "t-m07") == []
    describe_trailers(folder, body="lstm")
    with closing(LadybugStore(folder)) as store:
        assert attention(store, folder, "t-m07") == []
