"""Lists whose order keeps to a rule beside the scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from graphrec.api.train import Plan, Trained, train
from graphrec.errors import ConfigError, NotFoundError
from graphrec.ragged import Ragged
from graphrec.serving.lists import write_lists
from graphrec.serving.recommend import Request, recommend
from graphrec.serving.shared_values import values_of
from graphrec.serving.variety import Variety, picked
from graphrec.store.ladybug import LadybugStore
from graphrec.store.nearest import unit
from graphrec.workspace import Workspace

NONE = np.empty(0, np.int64)


@pytest.fixture(scope="module")
def clicks(trained: tuple[Workspace, Trained]) -> str:
    given = {"epochs": 5, "learning_rate": 0.01, "device": "cpu"}
    return train(trained[0], Plan("fm", given, projection="highlights", split="random-70-10-20")).run.id


def by_the_book(scores: np.ndarray, looks: np.ndarray, share: float, k: int) -> list[int]:
    """Maximal marginal relevance as its paper writes it, one candidate after the other."""
    worth, taken = (scores - scores.min()) / (scores.max() - scores.min()), [int(scores.argmax())]
    while len(taken) < k:
        value = {
            one: (1 - share) * worth[one] - share * max(float(looks[one] @ looks[other]) for other in taken)
            for one in range(len(scores))
            if one not in taken
        }
        taken.append(max(value, key=lambda one: value[one]))
    return taken


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_the_next_is_good_and_unlike_what_stands_above(share: float) -> None:
    rng = np.random.default_rng(0)
    scores, looks = rng.normal(size=60), unit(rng.normal(size=(60, 4)).astype(np.float32))
    found = picked(Variety(share), 12, scores, looks, None)
    assert found.tolist() == by_the_book(scores, looks, share, 12)


def test_without_a_rule_it_is_the_order_of_scores_and_of_equals_the_first() -> None:
    scores = [1.0, 3, 3, 2]
    assert picked(Variety(), 3, scores, None, None).tolist() == [1, 2, 3]
    assert picked(Variety(1), 9, [2.0, 2], np.eye(2, dtype=np.float32), None).tolist() == [0, 1]
    assert picked(Variety(1), 9, [], np.empty((0, 2), np.float32), None).tolist() == []


def test_at_most_so_many_share_a_value_and_what_has_none_is_free() -> None:
    # Of 7 candidates: a a ab b - b -.
    values = Ragged.from_pairs(np.array([0, 1, 2, 2, 3, 5]), np.array([0, 0, 0, 1, 1, 1]), 7)
    scores = np.arange(7, 0, -1)
    assert picked(Variety(0, 1, "x"), 9, scores, None, values).tolist() == [0, 3, 4, 6]
    assert picked(Variety(0, 2, "x"), 9, scores, None, values).tolist() == [0, 1, 3, 4, 5, 6]
    nothing = Ragged.from_pairs(NONE, NONE, 7)
    assert picked(Variety(0, 1, "x"), 2, scores, None, nothing).tolist() == [0, 1]


@pytest.mark.parametrize("given", [(-0.1,), (1.1,), (0.5, 2), (0.5, None, "year"), (0, 0, "year")])
def test_what_is_no_rule_is_refused(given: tuple[float, int | None, str | None]) -> None:
    with pytest.raises(ConfigError):
        Variety(*given)


def test_a_diverse_list_says_by_what(store: LadybugStore, trained: tuple[Workspace, Trained]) -> None:
    workspace, run = trained[0], trained[1].run.id
    usual = recommend(store, workspace, Request("u3", k=96))
    found = recommend(store, workspace, Request("u3", k=6, variety=Variety(0.5)))
    ids = [one.id for one in usual.items]
    known, vectors = store.read_embeddings("Segment", "transgrec", ids)
    place = {node: row for row, node in enumerate(known.to_pylist())}
    looks = unit(vectors[[place[node] for node in ids]])
    order = by_the_book(np.array([one.score for one in usual.items]), looks, 0.5, 6)
    assert [one.id for one in found.items] == [ids[at] for at in order]
    assert found.items != usual.items[:6]
    assert {one.id: one.score for one in found.items}.items() <= {one.id: one.score for one in usual.items}.items()
    assert found.note == (
        f"of {len(ids)} candidates each next has the most 0.5 x score - 0.5 x cosine to the most alike above it, the "
        f"score 0 for the lowest candidate and 1 for the highest, cosines in the space of {run}"
    )
    assert found.variety == Variety(0.5)
    assert usual.variety is None
    unpublished = recommend(store, workspace, Request("u3", k=6, run=run, variety=Variety(0.5)))
    assert [one.id for one in unpublished.items] == [one.id for one in found.items]


def test_at_most_so_many_of_a_video(store: LadybugStore, workspace: Workspace) -> None:
    found = recommend(store, workspace, Request("u3", k=20, variety=Variety(0, 1, "HAS_SEGMENT")))
    videos = [one.video for one in found.items]
    assert len(videos) == len({*videos}) == 12
    assert "at most 1 of one Item (HAS_SEGMENT) among" in found.note
    assert found.note.endswith("no more candidates keep to that: the list is 8 short")
    usual = recommend(store, workspace, Request("u3", k=1))
    assert found.items[0] == usual.items[0]


def test_what_says_nothing_is_not_limited_and_is_counted(store: LadybugStore, workspace: Workspace) -> None:
    found = recommend(store, workspace, Request("u3", k=3, variety=Variety(0, 1, "HAS_FRAME")))
    usual = recommend(store, workspace, Request("u3", k=96))
    assert found.items == usual.items[:3]
    assert f"{len(usual.items)} of them have no Frame (HAS_FRAME) in the graph and are not limited" in found.note
    with pytest.raises(NotFoundError, match="property or relationship of Segment"):
        recommend(store, workspace, Request("u3", variety=Variety(0, 1, "uploader")))
    assert values_of(store, "Segment", "position", ["v1#0", "v1#3"]) == {"v1#0": ["0"], "v1#3": ["3"]}
    assert values_of(store, "Segment", "HAS_SEGMENT", ["v1#0"]) == {"v1#0": ["v1"]}
    assert values_of(store, "Item", "uploader", ["v1"]) == {}


def test_what_is_ranked_again_is_varied_by_who_proposed(
    store: LadybugStore, trained: tuple[Workspace, Trained], clicks: str
) -> None:
    workspace, run = trained[0], trained[1].run.id
    again = recommend(store, workspace, Request("u3", k=96, rank_by=clicks))
    found = recommend(store, workspace, Request("u3", k=6, rank_by=clicks, variety=Variety(0.4, 2, "HAS_SEGMENT")))
    assert found.basis == clicks
    assert found.note.startswith(f"{again.note}; of {len(again.items)} candidates each next has the most 0.6 x score")
    assert f"cosines in the space of {run}; at most 2 of one Item (HAS_SEGMENT)" in found.note
    assert found.items[0].id == again.items[0].id
    with pytest.raises(ConfigError, match=f"fm has no embeddings that say what is alike.*--rank-by {clicks}"):
        recommend(store, workspace, Request("u3", run=clicks, variety=Variety(0.4)))


def test_who_is_unknown_gets_a_varied_popular_list(store: LadybugStore, workspace: Workspace) -> None:
    found = recommend(store, workspace, Request("newcomer", k=5, variety=Variety(0.3, 1, "HAS_SEGMENT")))
    assert found.basis == "popularity"
    assert len({one.video for one in found.items}) == 5


def test_lists_of_all_users_are_those_of_each(
    store: LadybugStore, trained: tuple[Workspace, Trained], clicks: str, tmp_path: Path
) -> None:
    request = Request("", k=4, rank_by=clicks, variety=Variety(0.4, 1, "HAS_SEGMENT"))
    done = write_lists(store, trained[0], request, tmp_path / "lists.parquet", ["u3", "u4", "newcomer"])
    rows = pq.read_table(done.path).to_pylist()
    for user in ("u3", "u4", "newcomer"):
        own = recommend(store, trained[0], Request(user, k=4, rank_by=clicks, variety=request.variety))
        listed = [(row["item"], row["score"]) for row in rows if row["user"] == user]
        assert [item for item, _ in listed] == [one.id for one in own.items]
        assert [score for _, score in listed] == pytest.approx([one.score for one in own.items], rel=1e-5)
    assert done.by == {clicks: 3}
