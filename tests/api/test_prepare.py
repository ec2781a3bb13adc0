"""Comments prepared in the graph."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from graphrec.api.prepare import prepare_comments
from graphrec.errors import DataError, UsageError
from graphrec.loaders.comments import Comments
from graphrec.loading.load import load
from graphrec.media.comments.clean import Cleaning
from graphrec.media.comments.feelings import FeelingSettings
from graphrec.media.language import Language
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.source_files import write_segmented_videos
from graphrec.testing.store_contract import stored_edges, stored_nodes
from graphrec.workspace import Workspace

ROWS = (
    "ann,v,7,What a lovely coat lolol",
    "bob,v,8,so boring",
    "bob,v,1,first",
    "cat,bare,30,...",
    "cat,other,30,not bad",
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def store(workspace: Workspace, tmp_path: Path) -> Iterator[GraphStore]:
    file = tmp_path / "comments.csv"
    file.write_text("\n".join(["user,video,time_s,text", *ROWS]) + "\n", encoding="utf-8")
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        write_segmented_videos(store)
        load(store, Comments(), [file], Comments.Options(), workspace)
        store.write_nodes("Comment", pa.table({"id": ["a tag"], "text": ["blue"]}))
        yield store


def found(store: GraphStore) -> dict[str, tuple[object, ...]]:
    rows = stored_nodes(store, "Comment", "text", "words", "polarity", "left_out", "time_s").values()
    return {str(row[0]): row[1:] for row in rows}


def test_what_was_written_stays_and_what_is_derived_stands_beside_it(store: GraphStore) -> None:
    done = prepare_comments(store, show=2)
    assert found(store) == {
        "What a lovely coat lolol": ("lovely coat lol", 1.0, "", 7.0),
        "so boring": ("boring", 0.0, "", 8.0),
        "first": ("first", 1.0, "opening", 1.0),
        "...": ("", 1.0, "no words", 30.0),
        "not bad": ("not bad", 1.0, "", 30.0),
        "blue": (None, None, None, None),
    }
    assert (done.language, done.without_time, done.written) == (Language.SPACED, 1, 5)
    assert (done.counts["comments"], done.counts["usable"]) == (5, 3)
    assert len(done.examples) == 2


def test_it_is_repeated_with_other_settings_and_changes_only_what_differs(store: GraphStore, tmp_path: Path) -> None:
    prepare_comments(store)
    assert prepare_comments(store).written == 0
    assert prepare_comments(store, Cleaning(opening_s=0), write=False).written == 1
    assert prepare_comments(store, Cleaning(opening_s=0)).written == 1
    assert found(store)["first"] == ("first", 1.0, "", 1.0)
    own = tmp_path / "own.tsv"
    own.write_text("stop\tcoat first\n", encoding="utf-8")
    assert prepare_comments(store, Cleaning(opening_s=0), more=[own]).written == 2
    assert found(store)["first"] == ("", 1.0, "no words", 1.0)


def test_a_comment_is_moved_to_where_it_was_begun_and_back(store: GraphStore) -> None:
    def on_segments() -> dict[object, str]:
        texts = {key: row[0] for key, row in stored_nodes(store, "Comment", "text").items()}
        return {texts[comment]: segment for comment, segment in stored_edges(store, "ON", "Comment", "Segment")}

    sent = on_segments()
    assert sent == {"What a lovely coat lolol": "v#1", "so boring": "v#1", "first": "v#0"}
    moments = {"What a lovely coat lolol": -0.5, "so boring": 5.0, "first": -0.5, "...": 30.0, "not bad": 27.0}
    done = prepare_comments(store)
    assert [*done.places.values()][:4] == [1, 2, 2, 0]
    found = {row[0]: row[1:] for row in stored_nodes(store, "Comment", "text", "moment_s", "time_s").values()}
    assert {text: row[0] for text, row in found.items()} == {t: max(0, s) for t, s in moments.items()} | {"blue": None}
    assert found["so boring"][1] == 8.0
    assert on_segments() == {**sent, "What a lovely coat lolol": "v#0"}
    slow = Cleaning(typing_speed=20)
    assert prepare_comments(store, slow, write=False).places["moved"] == 1
    assert on_segments()["so boring"] == "v#1"
    prepare_comments(store, slow)
    assert on_segments()["so boring"] == "v#0"
    assert prepare_comments(store, Cleaning(typing_speed=0)).places["moved"] == 2
    assert on_segments() == sent


def test_comments_are_put_on_frames_where_that_is_asked_for(store: GraphStore) -> None:
    done = prepare_comments(store, on="Frame")
    assert [*done.places.values()][:4] == [3, 0, 2, 0]
    assert {frame for _, frame in stored_edges(store, "ON", "Comment", "Frame")} == {"f4"}
    assert not stored_edges(store, "ON", "Comment", "Segment")


def test_videos_without_frames_are_cut_into_equal_shots(store: GraphStore) -> None:
    dry = prepare_comments(store, shots=3, write=False)
    assert not stored_nodes(store, "Frame", "shots").keys() - {"f4", "f8"}
    done = prepare_comments(store, shots=3)
    assert done.places == dry.places
    # Two videos of one comment each, which ends them; "not bad" was begun 3 s before, in the last third.
    assert (done.places["videos in equal shots"], done.places["of unknown length"]) == (2, 2)
    assert {frame for _, frame in stored_edges(store, "ON", "Comment", "Frame")} == {"f4", "bare@20000", "other@20000"}
    assert prepare_comments(store).places["moved"] == 0


def test_a_greeting_is_told_by_the_videos_that_it_is_said_of(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "comments.csv"
    rows = [f"u,v{n},9,hello there" for n in range(5)] + [f"u{n},v1,9,nice hat" for n in range(5)]
    file.write_text("\n".join(["user,video,time_s,text", *rows]) + "\n", encoding="utf-8")
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        load(store, Comments(), [file], Comments.Options(), workspace)
        done = prepare_comments(store)
    assert (done.counts["greeting"], done.counts["usable"]) == (5, 5)


def test_without_comments_it_says_what_to_load(workspace: Workspace) -> None:
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        with pytest.raises(DataError, match="no comments on moments of videos; `graphrec load comments`"):
            prepare_comments(store)


def test_feelings_by_likes(store: GraphStore, workspace: Workspace, tmp_path: Path) -> None:
    by_likes = FeelingSettings(by="likes", bad_share=0.3)
    with pytest.raises(DataError, match="0 comments are liked and 0 are not"):
        prepare_comments(store, feelings=by_likes)
    assert {row[2] for row in found(store).values()} == {None}
    file = tmp_path / "liked.csv"
    rows = [f"u{n},v,9,{'clapping' if n % 4 else 'yawning'} x{n}" for n in range(1000)]
    file.write_text("\n".join(["user,video,time_s,text", *rows]) + "\n", encoding="utf-8")
    load(store, Comments(), [file], Comments.Options(), workspace)
    texts = {key: str(row[0]).split()[0] for key, row in stored_nodes(store, "Comment", "text").items()}
    likes = {key: 3 * (text == "clapping") for key, text in texts.items() if text in ("clapping", "yawning")}
    store.write_nodes("Comment", pa.table({"id": [*likes], "likes": [*likes.values()]}))
    done = prepare_comments(store, feelings=by_likes)
    assert {text.split()[0] for text, row in found(store).items() if row[1] == 0} == {"yawning"}
    assert (done.feelings.by, done.counts["negative"]) == ("likes", 250)
    assert done.feelings.figures["auc"] == 1
    # 1,005 comments have a moment.
    assert done.feelings.figures["bad share"] == 250 / 1005
    assert prepare_comments(store).feelings.by == "words"
    store.close()
    command = ["prepare", "comments", "--feelings", "likes", "--bad-share", "0.3", "-w", str(workspace.root)]
    run = subprocess.run([sys.executable, "-m", "graphrec", *command], capture_output=True, text=True, check=False)
    assert "250 say something bad, and 755 do not, which counts as good" in run.stdout, run.stderr
    assert "750 comments are liked, 250 are not, which is no blame" in run.stdout
    assert "with an AUC of 1.000" in run.stdout


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"bad_share": 0.2}, "--bad-share goes with --feelings likes"),
        ({"by": "likes", "negative_labels": ("bad",)}, "--negative-label goes with a model"),
    ],
)
def test_settings_of_feelings_that_do_not_go_together(
    store: GraphStore, settings: dict[str, object], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        prepare_comments(store, feelings=FeelingSettings.model_validate(settings))


def test_on_the_command_line(store: GraphStore, workspace: Workspace) -> None:
    store.close()

    def called(*given: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "graphrec", "prepare", *given, "-w", str(workspace.root)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    dry = called("comments", "--dry-run", "--show", "5")
    assert dry.returncode == 0, dry.stderr
    assert "5 would change" in dry.stdout
    assert "1 would move to what was playing when they were begun (typed at 40" in dry.stdout
    assert "2 are on a whole video" in dry.stdout
    assert "What a lovely coat lolol" in dry.stdout
    assert "left out: 1 without words, 1 on the opening, 0 greetings; 3 are usable" in dry.stdout
    assert "5 different texts, split as spaced by script\n" in dry.stdout
    wrong = called("comments", "--splitter", "jieba", "--dry-run")
    assert wrong.returncode == 1
    assert "jieba splits chinese, and these comments are spaced" in wrong.stderr
    assert json.loads(called("comments", "--json").stdout)["written"] == 5
    again = called("comments", "--typing-speed", "0", "--on", "frame").stdout
    assert "3 moved to what was playing when they were begun (typing takes no time here), 0 stay" in again
    shots = called("comments", "--typing-speed", "0", "--shots", "10").stdout
    assert "2 videos are cut into equal shots, of which 2 have comments: their frames have a time and" in shots
    assert "nobody knows how long 2 of them are; these end at their last comment" in shots
    assert "1 videos have frames of their own" in shots
    assert "0 changed" in called("comments", "--typing-speed", "0").stdout
    wrong = called("comments", "--shots", "10", "--on", "segment")
    assert "--shots puts comments on frames; leave out --on segment" in wrong.stderr
    wrong = called("videos")
    assert wrong.returncode == 1
    assert "no thing to prepare named 'videos'" in wrong.stderr
