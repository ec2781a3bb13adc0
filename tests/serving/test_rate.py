"""Predicted ratings: of one pair, with what speaks for it, and as lists."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.train import Plan, Trained, train
from graphrec.errors import ConfigError, NotFoundError
from graphrec.features import FeatureStore
from graphrec.serving import ratings
from graphrec.serving.explain import explain
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.serving.rate import rate
from graphrec.serving.recommend import Request, best_for_each, recommend, source_of
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

USERS, ITEMS = 30, 24
SPLIT = "random-70-10-20"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Users who give 4 and 5 to items of their own half and 1 and 2 to others; i23 nobody has rated, u29 nothing."""
    folder = Workspace(tmp_path_factory.mktemp("rated"))
    rng = np.random.default_rng(0)
    pairs = [(user, item) for user in range(USERS - 1) for item in range(ITEMS - 1) if rng.random() < 0.6]
    users, items = np.array(pairs).T
    ratings = np.where(users % 2 == items % 2, 4.5, 1.5) + rng.choice([-0.5, 0.5], len(pairs))
    names = [f"i{item:02}" for item in range(ITEMS)]
    with closing(LadybugStore(folder, write=True)) as store:
        store.initialise()
        store.write_nodes("User", pa.table({"id": [f"u{user:02}" for user in range(USERS)]}))
        store.write_nodes("Item", pa.table({"id": names, "title": [f"Film {name}" for name in names]}))
        rated = {"from": [f"u{user:02}" for user in users], "to": [f"i{item:02}" for item in items], "rating": ratings}
        store.write_relationships("RATED", "User", "Item", pa.table(rated))
    look = np.eye(2)[np.arange(ITEMS) % 2] + 0.1 * rng.normal(size=(ITEMS, 2))
    FeatureStore(folder.features).write("look", "Item", names, look.astype(np.float32))
    return folder


@pytest.fixture(scope="module")
def runs(made: Workspace) -> dict[str, Trained]:
    given = {"device": "cpu", "seed": 1}
    plans = {
        "libfm": Plan("libfm", {**given, "dimension": 2, "epochs": 30}, SPLIT),
        "trailer_content": Plan("trailer_content", given, SPLIT),
        "popularity": Plan("popularity", given, SPLIT),
    }
    trained = {name: train(made, plan) for name, plan in plans.items()}
    with closing(LadybugStore(made, write=True)) as store:
        publish(store, load_run(made, trained["libfm"].run))
    return trained


@pytest.fixture
def store(made: Workspace, runs: dict[str, Trained]) -> Iterator[LadybugStore]:
    with closing(LadybugStore(made)) as opened:
        yield opened


def test_a_rating_is_within_the_scale_and_tells_of_the_own_half(store: LadybugStore, made: Workspace) -> None:
    high, low = rate(store, made, "u02", "i04"), rate(store, made, "u02", "i05")
    assert high.model == "libfm"
    assert (high.low, high.high) == (1, 5)
    assert 1 <= low.rating < 2.5 < 3.5 < high.rating <= 5
    assert high.title == "Film i04"


def test_its_parts_add_up(store: LadybugStore, made: Workspace) -> None:
    told = rate(store, made, "u02", "i05")
    assert [part.name for part in told.parts] == ["all ratings", "this user", "this item", "taste"]
    assert sum(part.score for part in told.parts) == pytest.approx(told.rating, abs=1e-4)


def test_parts_beyond_the_scale_are_said(store: LadybugStore, made: Workspace) -> None:
    told = [rate(store, made, f"u{user:02}", f"i{item:02}") for user in range(0, 29, 4) for item in range(0, 23, 2)]
    beyond = [not 0.995 <= sum(part.score for part in one.parts) <= 5.005 for one in told]
    assert any(beyond)
    assert [one.note.startswith("the parts come to ") for one in told] == beyond


def test_its_neighbours_are_own_ratings_of_like_items(store: LadybugStore, made: Workspace) -> None:
    told = rate(store, made, "u02", "i04", k=4)
    assert len(told.neighbours) == 4
    assert all(int(one.id[1:]) % 2 == 0 and one.rating >= 4 for one in told.neighbours)
    assert all(one.weight is None for one in told.neighbours)
    assert "i04" not in [one.id for one in told.neighbours]


def test_shares_of_own_ratings_make_the_prediction(store: LadybugStore, made: Workspace, runs) -> None:
    told = rate(store, made, "u02", "i05", run=runs["trailer_content"].run.id, k=1000)
    shares = np.array([one.weight for one in told.neighbours])
    assert shares.sum() == pytest.approx(1)
    had = [] if told.given is None else [told.given]
    assert not had, "the user has rated it in training: the shares are of the others"
    assert shares @ [one.rating for one in told.neighbours] == pytest.approx(told.rating, abs=1e-4)


def test_what_the_model_cannot_tell_is_the_mean_and_said(store: LadybugStore, made: Workspace) -> None:
    for user, item in (("u29", "i04"), ("u02", "i23")):
        told = rate(store, made, user, item)
        assert not told.known
        assert "on average" in told.note
        assert 1 <= told.rating <= 5
        assert told.parts == ()
        assert told.neighbours == [], "of what the model knows nothing, nothing is alike"


def test_who_came_after_training_gets_what_the_item_has_on_average(made: Workspace, runs, tmp_path) -> None:
    import shutil

    copied = Workspace(tmp_path / "copy")
    shutil.copytree(made.root, copied.root)
    with closing(LadybugStore(copied, write=True)) as store:
        store.write_nodes("User", pa.table({"id": ["late"]}))
    with closing(LadybugStore(copied)) as store:
        told = rate(store, copied, "late", "i04")
    assert not told.known
    assert told.note.startswith("late came after training")


def test_unknown_names_and_other_runs_are_refused(store: LadybugStore, made: Workspace, runs) -> None:
    with pytest.raises(NotFoundError, match="nobody"):
        rate(store, made, "nobody", "i04")
    with pytest.raises(NotFoundError, match="i99"):
        rate(store, made, "u02", "i99")
    with pytest.raises(ConfigError, match="predicts no ratings"):
        rate(store, made, "u02", "i04", run=runs["popularity"].run.id)
    with pytest.raises(NotFoundError, match="no published run of 'mf' predicts ratings"):
        rate(store, made, "u02", "i04", model="mf")


@pytest.mark.parametrize("name", ["libfm", "trailer_content"])
def test_lists_are_in_the_order_of_predicted_ratings(store: LadybugStore, made: Workspace, runs, name: str) -> None:
    run = runs[name].run.id
    found = recommend(store, made, Request("u02", k=30, run=run, include_seen=True, rated=True))
    scores = [one.score for one in found.items]
    assert scores == sorted(scores, reverse=True)
    assert max(scores) <= 5
    assert min(scores) >= 1
    assert found.basis == run
    first = rate(store, made, "u02", found.items[0].id, run=run)
    assert first.rating == pytest.approx(scores[0], abs=1e-6)
    # Of i23 libfm knows nothing; its features say what it looks like.
    assert ("i23" in [one.id for one in found.items]) == (name == "trailer_content")


def test_a_list_leaves_out_what_was_rated_and_is_by_the_published_run(store: LadybugStore, made: Workspace) -> None:
    found = recommend(store, made, Request("u02", k=30, rated=True))
    had = store.read("MATCH (:User {id: 'u02'})-[:RATED]->(i) RETURN i.id AS id")["id"].to_pylist()
    assert found.items
    assert not {one.id for one in found.items} & {*had}
    assert found.basis.startswith("libfm-")
    assert all(int(one.id[1:]) % 2 == 0 for one in found.items[:2])


@pytest.mark.parametrize("name", ["libfm", "trailer_content"])
def test_the_lists_of_several_are_those_of_each(
    store: LadybugStore, made: Workspace, runs, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ratings, "PAIRS", 50)  # two users at a time
    request, users = Request("", k=5, run=runs[name].run.id, rated=True), ["u03", "u29", "u00", "u02", "u05", "u01"]
    source = source_of(store, made, request)
    together = best_for_each(store, made, request, source, users)
    assert [one.user for one in together] == users
    for user, one in zip(users, together, strict=True):
        assert one == best_for_each(store, made, request, source, [user])[0]


def test_of_whom_nothing_is_known_a_list_is_by_popularity(store: LadybugStore, made: Workspace) -> None:
    found = recommend(store, made, Request("u29", k=3, rated=True))
    assert found.basis == "popularity"
    assert "no rating in training" in found.note


def test_ratings_are_of_what_the_run_rates(store: LadybugStore, made: Workspace) -> None:
    with pytest.raises(ConfigError, match="not of Segment"):
        recommend(store, made, Request("u02", label="Segment", rated=True))


def test_a_published_rating_is_explained(store: LadybugStore, made: Workspace, runs) -> None:
    told = explain(store, made, "u02", "i04", run=runs["libfm"].run.id)
    assert told.score == pytest.approx(rate(store, made, "u02", "i04").rating, abs=0.6)
    assert explain(store, made, "u02", "i23", run=runs["libfm"].run.id).score is None
