import csv
from collections import Counter

import numpy as np
import pytest

from graphrec.api.reproduce.kfrci_data import load_world
from graphrec.errors import DataError
from graphrec.features import FeatureStore
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.workspace import Workspace
from graphrec.worlds.comments import BLAME, FILLERS, PRAISE, SHOT_S, STYLES, TOPICS, make_comment_world

SMALL = {"users": 12, "videos": 4, "shots": 25, "praises": 20, "blames": 8}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_comment_world(tmp_path_factory.mktemp("comments"), seed=3, **SMALL)


@pytest.fixture(scope="module")
def placed(world, tmp_path_factory):
    """Return the prepared comments, each with its writer and frame, and what the world's frames look like."""
    workspace = Workspace(tmp_path_factory.mktemp("w"))
    with closing(open_store(workspace, write=True)) as graph:
        load_world(graph, world, workspace, lambda *told: None)
        comments = graph.read_nodes("Comment", ["words", "polarity", "left_out", "time_s", "moment_s"])
        on = graph.read_relationships("ON", "Comment", "Frame")
        wrote = graph.read_relationships("WROTE", "User", "Comment")
        frame = dict(zip(_ends(on, "source"), _ends(on, "target"), strict=True))
        user = dict(zip(_ends(wrote, "target"), _ends(wrote, "source"), strict=True))
    looks, known = FeatureStore(workspace.features).read("descriptor-frame", world.frame_ids)
    assert known.all()
    return [{**row, "frame": frame[row["id"]], "user": user[row["id"]]} for row in comments.to_pylist()], looks


def _ends(relationships, side):
    return getattr(relationships, f"{side}_ids").take(getattr(relationships, side)).to_pylist()


def _rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_world(world, tmp_path):
    same, other = (make_comment_world(tmp_path / str(seed), seed=seed, **SMALL) for seed in (3, 4))
    for name in ("videos", "frames", "comments"):
        assert getattr(same, name).read_bytes() == getattr(world, name).read_bytes()
    assert other.comments.read_bytes() != world.comments.read_bytes()
    first = world.frame_ids[0].replace(":", "/") + ".png"
    assert (same.stills / first).read_bytes() == (world.stills / first).read_bytes()
    assert (other.stills / first).read_bytes() != (world.stills / first).read_bytes()
    assert not np.array_equal(other.scores, world.scores)


def test_comments_are_on_the_frames_that_they_were_meant_for_once_typing_is_taken_off(world, placed):
    comments, _ = placed
    at = {row["id"]: float(row["time_s"]) for row in _rows(world.frames)}
    assert len(comments) == 12 * 28
    for one in comments:
        begins = at[one["frame"]]
        assert begins <= one["moment_s"] < begins + SHOT_S
    # Where they were sent, many would be on a later frame.
    assert sum(one["time_s"] >= at[one["frame"]] + SHOT_S for one in comments) > len(comments) / 3
    # A frame is of one topic: what is said on it, by whomever, is of no other, and nothing of what it looks like.
    topics = {word: topic for topic, words in enumerate(TOPICS) for word in words.split()}
    others = {*f"{FILLERS} {PRAISE} {BLAME}".split()}
    told = {}
    for one in comments:
        for word in one["words"].split():
            assert (word in topics) != (word in others)
            told.setdefault(one["frame"], set()).add(topics.get(word))
    assert max(len(found - {None}) for found in told.values()) == 1
    assert sum(found != {None} for found in told.values()) > 60


def test_each_user_praises_and_blames_as_many_frames_as_asked_for_and_what_the_truth_says(world, placed):
    comments, _ = placed
    assert not any(one["left_out"] for one in comments)
    good, bad = ([one for one in comments if one["polarity"] == polarity] for polarity in (1, 0))
    for some, each in ((good, 20), (bad, 8)):
        counts = Counter(one["user"] for one in some)
        assert counts == dict.fromkeys(world.users, each)
    assert len({(one["user"], one["frame"]) for one in comments}) == len(comments)
    assert all({*one["words"].split()} & {*BLAME.split()} for one in bad)
    felt = sum(bool({*one["words"].split()} & {*PRAISE.split()}) for one in good)
    assert 0.15 < felt / len(good) < 0.45
    place = {name: number for number, name in enumerate(world.frame_ids)}
    of_good, of_bad = (
        np.mean([world.scores[world.users.index(one["user"]), place[one["frame"]]] for one in some])
        for some in (good, bad)
    )
    assert of_good > world.scores.mean() + 0.1
    assert of_bad < world.scores.mean()


def test_frames_of_one_style_look_alike_and_others_do_not(world, placed):
    seen = placed[1]
    assert len({*world.styles.tolist()}) == STYLES == len(TOPICS)
    # A descriptor's numbers are of different scales.
    seen = (seen - seen.mean(0)) / (seen.std(0) + 1e-9)
    apart = ((seen[:, None] - seen) ** 2).sum(2)
    np.fill_diagonal(apart, np.inf)
    assert (world.styles[apart.argmin(1)] == world.styles).mean() > 0.6


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "w").write_text("a file")
    with pytest.raises(DataError, match="the made world cannot be written"):
        make_comment_world(tmp_path / "w", seed=0, **SMALL)
