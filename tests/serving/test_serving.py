from __future__ import annotations

import json
import time

import numpy as np
import pyarrow as pa
import pytest

from graphrec.api.export import export_embeddings
from graphrec.api.train import Plan, train
from graphrec.errors import ConfigError, DataError, NotFoundError, TrainingError
from graphrec.features import FeatureStore
from graphrec.schema import EMBEDDED_LABELS
from graphrec.serving.embed import embed
from graphrec.serving.explain import explain
from graphrec.serving.load_model import Loaded, load_run
from graphrec.serving.publish import publish
from graphrec.serving.recommend import Request, recommend
from graphrec.serving.similar import similar
from graphrec.store.base import closing
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace


def parity(segment: str) -> int:
    return int(segment.split("#")[1]) % 2


def another_run(workspace: Workspace) -> Loaded:
    """Return a run on the highlights of one video, which knows fewer users; the database must be closed."""
    plan = Plan("transgrec", {"dimension": 16, "epochs": 0}, split="random-70-10-20", where=["at>=1009"])
    return load_run(workspace, train(workspace, plan).run)


def test_new_videos_are_ranked_by_taste(store, workspace) -> None:
    for user in ("u0", "u1"):
        ranking = recommend(store, workspace, Request(user, k=8, new_only=True))
        assert ranking.basis.startswith("transgrec-")
        assert {item.video for item in ranking.items} <= {"v10", "v11"}
        assert [parity(item.id) for item in ranking.items] == [int(user[1:]) % 2] * 8


def test_within_a_video_every_unseen_segment_is_ranked_with_its_times(store, workspace) -> None:
    ranking = recommend(store, workspace, Request("u0", k=100, within="v11"))
    assert len(ranking.items) == 8
    first = ranking.items[0]
    assert (first.video, first.title) == ("v11", "Video v11")
    assert first.end_s - first.start_s == 5
    assert sorted((i.score for i in ranking.items), reverse=True) == [i.score for i in ranking.items]


def test_seen_segments_are_left_out_unless_asked_for(store, workspace) -> None:
    seen = set(
        store.read("MATCH (:User {id: 'u0'})-[:HIGHLIGHTED]->(s:Segment) RETURN s.id AS id")[
            "id"
        ].to_pylist()
    )
    assert seen
    unseen = {i.id for i in recommend(store, workspace, Request("u0", k=1000)).items}
    everything = {i.id for i in recommend(store, workspace, Request("u0", k=1000, include_seen=True)).items}
    assert not seen & unseen
    assert everything == seen | unseen


def test_a_run_scores_as_its_published_embeddings_do(store, workspace, trained) -> None:
    published = recommend(store, workspace, Request("u3", k=5))
    from_run = recommend(store, workspace, Request("u3", k=5, run=trained[1].run.id))
    assert [i.id for i in from_run.items] == [i.id for i in published.items]
    assert [i.score for i in from_run.items] == pytest.approx([i.score for i in published.items], rel=1e-4)


def test_a_user_without_history_gets_what_is_popular_and_is_told(store, workspace) -> None:
    ranking = recommend(store, workspace, Request("newcomer", k=3))
    assert ranking.basis == "popularity"
    assert "newcomer" in ranking.note
    counts = [i.score for i in ranking.items]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 1


def test_a_run_without_knowledge_of_the_user_falls_back_too(copied, trained) -> None:
    learned = trained[1].run.id
    counted = train(copied, Plan("popularity", {}, split="temporal-last")).run.id
    store = LadybugStore(copied)
    ranking = recommend(store, copied, Request("newcomer", k=3, run=learned))
    assert ranking == recommend(store, copied, Request("newcomer", k=3))
    assert ranking.basis == "popularity"
    assert recommend(store, copied, Request("newcomer", k=3, run=counted)).basis == counted
    store.close()


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (Request("nobody"), NotFoundError),
        (Request("u0", within="v99"), NotFoundError),
        (Request("u0", run="transgrec-1"), NotFoundError),
        (Request("u0", model="jifr"), NotFoundError),
        (Request("u0", k=0), ConfigError),
    ],
)
def test_what_does_not_exist_is_named(store, workspace, request_, error) -> None:
    with pytest.raises(error):
        recommend(store, workspace, request_)


def publish_for_items(workspace: Workspace, name: str) -> LadybugStore:
    """Return the open store, where a run for items was published just now under the property ``name``."""
    store = LadybugStore(workspace, write=True)
    for label in EMBEDDED_LABELS:
        store.drop_embeddings(label, name)
    later = pa.array([time.time_ns() // 1_000_000 + 1000])
    store.write_nodes("GraphrecRun", pa.table({
        "id": [f"{name}-1"], "model": [name], "property": [name], "label": ["Item"], "published_at": later,
    }))  # fmt: skip
    return store


def test_the_newest_run_of_the_label_answers(copied, trained) -> None:
    run = trained[1].run.id
    with closing(publish_for_items(copied, "other")) as store:
        for request in (Request("u0", within="v11"), Request("u0", label="Segment")):
            assert recommend(store, copied, request).basis == run
        assert recommend(store, copied, Request("u0")).label == "Item"
        assert explain(store, copied, "u0", "v11#2").run == run
        assert similar(store, "v11#2", 1)
        with pytest.raises(NotFoundError, match="no run of 'transgrec' for Item is published"):
            recommend(store, copied, Request("u0", label="Item", model="transgrec"))


def test_a_run_whose_embeddings_were_replaced_answers_no_more(copied) -> None:
    with closing(publish_for_items(copied, "transgrec")) as store:
        ranking = recommend(store, copied, Request("u0", within="v11"))
        assert ranking.basis == "popularity"
        assert "no run for Segment is published" in ranking.note
        with pytest.raises(NotFoundError, match="Segment"):
            similar(store, "v11#2")


def test_a_run_answers_for_its_own_label_only(store, workspace, trained) -> None:
    run = trained[1].run.id
    with pytest.raises(ConfigError, match=f"run {run} recommends Segment nodes, not Item"):
        recommend(store, workspace, Request("u0", run=run, label="Item"))
    assert recommend(store, workspace, Request("u0", run=run, label="Segment")).basis == run


def test_a_run_explains_itself_when_it_is_published_and_else_the_graph_does(copied, trained) -> None:
    published, other = trained[1].run.id, another_run(copied).run.id
    without = train(copied, Plan("popularity", {}, split="temporal-last", baselines=False)).run.id
    with closing(LadybugStore(copied)) as store:
        own = explain(store, copied, "u0", "v5#2", run=published)
        assert (own.run, own.note) == (published, "")
        for run, told in ((other, f"graphrec publish {other}"), (without, "popularity has no embeddings")):
            found = explain(store, copied, "u0", "v5#2", run=run)
            assert told in found.note
            assert (found.embedding, found.account) == ([], None)
            # What has no embeddings is asked itself; for the other's score there is publishing.
            assert (found.run, found.score is None) == ((None, True) if run == other else (run, False))
        # The last counts the same records as the published one; the other only those of one video.
        assert found.shared == own.shared != []
        assert found.content == own.content != {}
        with pytest.raises(NotFoundError):
            explain(store, copied, "u0", "v5#2", run="no such run")


def test_hostile_ids_stay_data(store, workspace) -> None:
    with pytest.raises(NotFoundError):
        recommend(store, workspace, Request("'}) DETACH DELETE n //"))
    assert store.counts()["User"] == 25


def test_similar_segments_show_the_same(store) -> None:
    found = similar(store, "v11#2", 10)
    assert "v11#2" not in [item.id for item in found]
    assert [parity(item.id) for item in found] == [0] * 10
    with pytest.raises(NotFoundError, match="newcomer"):
        similar(store, "newcomer")


def test_a_run_that_is_not_published_is_read_from_its_files(copied, caplog, tmp_path) -> None:
    run = another_run(copied).run
    with closing(LadybugStore(copied, write=True)) as store:
        for name in ("v11#2", "v9#0"):
            from_files = similar(store, name, 5, workspace=copied, run=run.id)
            assert f"does not hold the embeddings of {run.id}" in caplog.text
            caplog.clear()
            publish(store, load_run(copied, run), "beside")
            assert similar(store, name, 5, workspace=copied, run=run.id) == from_files
            assert similar(store, name, 5, model=run.id) == from_files
            assert not caplog.records
            store.delete_nodes("GraphrecRun", pa.array([run.id]))
        with pytest.raises(NotFoundError, match=f"User 'newcomer' has no embedding of {run.id}, which was trained"):
            similar(store, "newcomer", workspace=copied, run=run.id)
        with pytest.raises(NotFoundError, match=f"did you mean '{run.id}'"):
            similar(store, "u0", workspace=copied, run=run.id[:-1])
        export_embeddings(store, tmp_path / "files", workspace=copied, run=run.id)
        assert f"does not hold the embeddings of {run.id}" in caplog.text
        publish(store, load_run(copied, run), "beside")
        export_embeddings(store, tmp_path / "graph", workspace=copied, run=run.id)
    names = {path.name for path in (tmp_path / "files").iterdir()}
    assert names == {"User.npy", "User.txt", "Segment.npy", "Segment.txt"}
    for label in ("User", "Segment"):
        found = []
        for folder in (tmp_path / "files", tmp_path / "graph"):
            keys, vectors = (folder / f"{label}.txt").read_text().split(), np.load(folder / f"{label}.npy")
            found.append(dict(zip(keys, vectors.tolist(), strict=True)))
        assert found[0] == found[1] != {}


def test_a_model_without_embeddings_has_nothing_near(copied) -> None:
    run = train(copied, Plan("popularity", {}, split="temporal-last", baselines=False)).run.id
    with closing(LadybugStore(copied)) as store, pytest.raises(TrainingError, match="popularity has no embeddings"):
        similar(store, "v11#2", workspace=copied, run=run)


def test_explanations_are_true(store, workspace) -> None:
    best = recommend(store, workspace, Request("u0", k=1)).items[0]
    told = explain(store, workspace, "u0", best.id)
    assert told.score == pytest.approx(best.score, rel=1e-5)
    seen = set(
        store.read("MATCH (:User {id: 'u0'})-[:HIGHLIGHTED]->(s:Segment) RETURN s.id AS id")[
            "id"
        ].to_pylist()
    )
    assert {s.via for s in told.shared} <= seen
    assert {a.id for a in told.content["look"]} <= seen
    assert told.content["look"][0].cosine > 0.9
    others = store.read(
        "MATCH (:Segment {id: $via})<-[:HIGHLIGHTED]-(o:User)-[:HIGHLIGHTED]->(:Segment {id: $id}) "
        "WHERE o.id <> 'u0' RETURN count(DISTINCT o.id) AS c",
        via=told.shared[0].via, id=best.id,
    )  # fmt: skip
    assert others["c"][0].as_py() == told.shared[0].users
    assert told.shared[0].via in told.sentence


def test_new_nodes_are_embedded_from_features_alone(copied, trained) -> None:
    loaded = load_run(copied, trained[1].run)
    with_store = LadybugStore(copied, write=True)
    ids = [f"late#{p}" for p in range(4)]
    with_store.write_nodes("Item", pa.table({"id": ["late"]}))
    with_store.write_nodes("Segment", pa.table({"id": [*ids, "late#bare"], "position": [0, 1, 2, 3, 4]}))
    owner = pa.table({"from": ["late"] * 5, "to": [*ids, "late#bare"]})
    with_store.write_relationships("HAS_SEGMENT", "Item", "Segment", owner)
    look = np.eye(2, 8, dtype=np.float32)[[p % 2 for p in range(4)]]
    FeatureStore(copied.features).write("look", "Segment", ids, look)
    before = with_store.read_embeddings("Segment", "transgrec")
    done = embed(with_store, loaded, copied)
    assert (done.embedded, done.without_features) == (4, 1)
    after_ids, after = with_store.read_embeddings("Segment", "transgrec")
    assert len(after_ids) == len(before[0]) + 4
    kept = [after_ids.index(key).as_py() for key in before[0]]
    np.testing.assert_array_equal(after[kept], before[1])
    best = recommend(with_store, copied, Request("u1", k=2, within="late"))
    assert [parity(item.id) for item in best.items] == [1, 1]
    assert embed(with_store, loaded, copied).embedded == 0
    with_store.close()


def test_only_the_published_run_embeds_what_is_new(copied, trained) -> None:
    published, other = load_run(copied, trained[1].run), another_run(copied)
    store = LadybugStore(copied, write=True)
    store.write_nodes("Segment", pa.table({"id": ["late#0"]}))
    FeatureStore(copied.features).write("look", "Segment", ["late#0"], np.ones((1, 8), np.float32))
    for run in (published, other):
        publish(store, run)
        stale = other if run is published else published
        with pytest.raises(ConfigError, match=f"graphrec publish {stale.run.id}"):
            embed(store, stale, copied)
        assert embed(store, run, copied).embedded == 1
    store.close()


def test_features_of_another_width_are_refused(copied, trained) -> None:
    loaded = load_run(copied, trained[1].run)
    store = LadybugStore(copied, write=True)
    store.write_nodes("Segment", pa.table({"id": ["x#0"]}))
    with pytest.raises(DataError, match="look"):
        FeatureStore(copied.features).write("look", "Segment", ["x#0"], np.ones((1, 3), np.float32))
    assert embed(store, loaded, copied).without_features == 1
    store.close()


def test_the_run_node_tells_where_embeddings_come_from(store, trained) -> None:
    node = store.read(
        "MATCH (r:GraphrecRun) RETURN r.id AS id, r.snapshot AS snapshot, r.metrics AS metrics"
    ).to_pylist()[0]
    manifest = trained[1].run.manifest
    assert (node["id"], node["snapshot"]) == (trained[1].run.id, manifest["snapshot"])
    assert json.loads(node["metrics"]) == manifest["test"]["metrics"]


def test_publishing_again_changes_only_the_time(copied, trained) -> None:
    store = LadybugStore(copied, write=True)
    before = store.read_embeddings("User", "transgrec")
    publish(store, load_run(copied, trained[1].run))
    after = store.read_embeddings("User", "transgrec")
    assert after[0].equals(before[0])
    np.testing.assert_array_equal(after[1], before[1])
    assert store.counts()["GraphrecRun"] == 1
    store.close()


def test_a_later_run_leaves_nothing_of_the_one_before(copied) -> None:
    store = LadybugStore(copied, write=True)
    store.write_embeddings("Item", "transgrec", pa.array(["v0"]), np.ones((1, 16), np.float32))
    before = store.read_embeddings("User", "transgrec")[0].to_pylist()
    store.close()
    fewer = another_run(copied)
    store = LadybugStore(copied, write=True)
    done = publish(store, fewer)
    after = store.read_embeddings("User", "transgrec")[0].to_pylist()
    assert set(after) < set(before)
    assert done.counts == {
        "User": len(after),
        "Segment": len(store.read_embeddings("Segment", "transgrec")[0]),
    }
    assert len(store.read_embeddings("Item", "transgrec")[0]) == 0
    store.close()


def test_missing_weights_say_how_to_finish_the_run(copied, trained) -> None:
    from graphrec.training.runs import find_run

    run = find_run(copied, trained[1].run.id)
    (run.folder / "model.safetensors").unlink()
    with pytest.raises(TrainingError, match="--resume"):
        load_run(copied, run)
