"""Work in processes of its own, with the process that makes maps as the work."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from graphrec.serving.explore.background import Background, Standing
from graphrec.serving.explore.errand import Errand
from graphrec.serving.explore.map_files import kept, make
from graphrec.testing.limits import WAIT_S, until
from graphrec.workspace import Workspace

ENDED = ("done", "failed")
VECTORS = np.random.default_rng(0).standard_normal((60, 6)).astype(np.float32)


def work(root: Path, method: str = "pca", vectors: np.ndarray = VECTORS) -> Errand:
    return Errand(make, (Workspace(root), "map", method, 0, vectors))


def until_ended(background: Background, key: str, what: Errand) -> list[Standing]:
    told = list[Standing]()

    def ended() -> bool:
        told.append(background.want(key, what))
        return told[-1].state in ENDED

    until(ended)
    return told


def test_what_is_wanted_is_done_once_and_told_as_it_goes(tmp_path: Path) -> None:
    background = Background()
    told = until_ended(background, "a", work(tmp_path, "tsne"))
    assert told[-1].state == "done"
    shares = [one.share for one in told]
    assert shares == sorted(shares)
    found = kept(Workspace(tmp_path), "map")
    assert found is not None
    assert found.shape == (60, 2)
    assert background.want("a", work(tmp_path)).state == "done"
    background.forget("a")
    assert background.want("a", work(tmp_path)).state != "done"


def test_a_failure_is_said_in_the_words_of_the_error(tmp_path: Path) -> None:
    background = Background()
    told = until_ended(background, "a", work(tmp_path, "nothing"))[-1]
    assert told.state == "failed"
    assert "no method named 'nothing'" in told.words
    ended = until_ended(background, "b", Errand(math.sqrt, (-1,)))[-1]
    assert ended.state == "failed"
    assert "math.sqrt" in ended.words


def test_one_is_done_after_the_other(tmp_path: Path) -> None:
    background = Background()
    first, second = work(tmp_path / "a", "tsne"), work(tmp_path / "b")
    until(lambda: background.want("first", first).state == "working")
    seen = list[tuple[str, str]]()

    def both_ended() -> bool:
        # The second is looked at before the first: if it has begun, then the first has ended.
        later = background.want("second", second).state
        seen.append((background.want("first", first).state, later))
        return later in ENDED

    until(both_ended)
    assert ("working", "waiting") in seen
    assert all(later == "waiting" for earlier, later in seen if earlier not in ENDED)
    assert seen[-1] == ("done", "done")


def test_what_nobody_wants_any_more_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    background = Background(patience_s=0.3)
    many = np.random.default_rng(0).standard_normal((20_000, 20)).astype(np.float32)
    background.want("long", work(tmp_path, "tsne", many))
    until(lambda: not background.busy)
    assert kept(Workspace(tmp_path), "map") is None
    # It begins anew when it is wanted again, by someone who looks often enough on a busy machine too.
    monkeypatch.setattr(background, "_patience_s", WAIT_S)
    assert until_ended(background, "long", work(tmp_path))[-1].state == "done"
