"""Every task that is registered keeps the contract."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import ClassVar

import pytest

from graphrec.tasks.click import Click
from graphrec.tasks.node_targets import NodeTargets
from graphrec.tasks.ranking import Ranking
from graphrec.tasks.rating import Rating
from graphrec.tasks.registry import GROUP
from graphrec.testing.task_contract import TaskContract


class TestRanking(TaskContract):
    kind = Ranking


class TestRankingOfRatings(TaskContract):
    kind = Ranking
    projection = "ratings"


class TestRankingWithinVideos(TaskContract):
    kind = Ranking
    projection = "highlights"


class TestRating(TaskContract):
    kind = Rating


class TestPolarity(TaskContract):
    kind = Rating
    projection = "comments"


class TestClick(TaskContract):
    kind = Click


class TestClickOnWhatIsLiked(TaskContract):
    kind = Click
    projection = "ratings"


class NodeTargetsContract(TaskContract):
    kind = NodeTargets
    random = ("random-70-10-20", "random-k-fold")
    folded = ("random-k-fold",)


class TestMeanRating(NodeTargetsContract):
    pass


class TestYear(NodeTargetsContract):
    asked: ClassVar = {"target": "Item.year"}


class TestGenres(NodeTargetsContract):
    asked: ClassVar = {"target": "Item>Genre"}


class TestGenresByTheTypeThatSaysThem(NodeTargetsContract):
    asked: ClassVar = {"target": "Item>Genre:IN_GENRE"}


CONTRACTS = [one for one in globals().values() if isinstance(one, type) and issubclass(one, TaskContract)]


@pytest.mark.parametrize("entry", sorted(entry_points(group=GROUP), key=lambda entry: entry.name))
def test_no_task_escapes(entry):
    kind = entry.load()
    assert kind.name == entry.name
    assert any(getattr(one, "kind", None) is kind for one in CONTRACTS), f"{entry.name} has no TaskContract"
