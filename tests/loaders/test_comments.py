"""Comments by their moment in a video, and highlights by start and end."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from csv import DictReader
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from graphrec.api.prepare import prepare_comments
from graphrec.errors import BadRows, DataError
from graphrec.graph.build import snapshot
from graphrec.graph.projection import PROJECTIONS
from graphrec.graph.snapshot import SPLITS
from graphrec.loaders.comments import Comments
from graphrec.loaders.highlights import Highlights
from graphrec.loading.load import load
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.source_files import write_segmented_videos
from graphrec.testing.store_contract import edges, nodes, stored_edges, stored_nodes
from graphrec.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def with_videos() -> MemoryStore:
    """Return a store with a video of three segments, of which frames stand at 4 s and 8 s, and one without."""
    store = MemoryStore()
    write_segmented_videos(store)
    return store


def table(tmp_path: Path, *rows: str, header: str = "user,video,time_s,text,posted_at") -> Path:
    path = tmp_path / "comments.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def store_content(store: GraphStore) -> list[object]:
    """Return the comments and what they are ON."""
    on = [stored_edges(store, "ON", "Comment", label) for label in ("Segment", "Frame", "Item")]
    return [stored_nodes(store, "Comment", "text", "words", "time_s", "moment_s"), *on]


def placed(store: GraphStore, label: str) -> dict[str, str]:
    """Return text -> what it is ON."""
    texts = {key: row[0] for key, row in stored_nodes(store, "Comment", "text").items()}
    return {str(texts[comment]): node for comment, node in stored_edges(store, "ON", "Comment", label)}


MOMENTS = (
    "ann,v,0,first,2020-01-01T00:00:00Z",
    "ann,v,4.999,late,",
    "bob,v,5,second,1577836800000",
    "bob,v,99,after,",
    "cat,bare,3,alone,",
    "cat,new,3,unknown,",
)


def test_a_comment_is_on_the_segment_of_its_time(tmp_path: Path, workspace: Workspace) -> None:
    store = with_videos()
    path = table(tmp_path, *MOMENTS)
    load(store, Comments(), [path], Comments.Options(), workspace)
    assert placed(store, "Segment") == {"first": "v#0", "late": "v#0", "second": "v#1", "after": "v#2"}
    assert placed(store, "Item") == {"alone": "bare", "unknown": "new"}
    comments = stored_nodes(store, "Comment", "text", "words", "time_s", "posted_at")
    assert ("second", "second", 5.0, 1577836800000) in comments.values()
    assert ("first", "first", 0.0, 1577836800000) in comments.values()
    assert len(stored_edges(store, "WROTE", "User", "Comment")) == 6
    again = load(store, Comments(), [path], Comments.Options(), workspace)
    assert all(tally.created == tally.updated == tally.rejected == 0 for tally in again.tallies.values())


def test_a_comment_is_on_the_last_frame_before_its_time(tmp_path: Path, workspace: Workspace) -> None:
    store = with_videos()
    load(store, Comments(), [table(tmp_path, *MOMENTS)], Comments.Options(on="frame"), workspace)
    assert placed(store, "Frame") == {"first": "f4", "late": "f4", "second": "f4", "after": "f8"}
    assert placed(store, "Item") == {"alone": "bare", "unknown": "new"}


def test_a_segment_s_first_frame_stands_for_all_of_it(tmp_path: Path, workspace: Workspace) -> None:
    store = with_videos()
    store.write_relationships("HAS_FRAME", "Segment", "Frame", edges(("v#0", "f4"), ("v#1", "f8")))
    # A picture without a time is no moment of a video.
    store.write_nodes("Frame", nodes("still"))
    store.write_relationships("HAS_FRAME", "Item", "Frame", edges(("v", "still"), ("bare", "still")))
    load(store, Comments(), [table(tmp_path, *MOMENTS)], Comments.Options(on="frame"), workspace)
    assert placed(store, "Frame") == {"first": "f4", "late": "f4", "second": "f8", "after": "f8"}
    assert placed(store, "Item") == {"alone": "bare", "unknown": "new"}


@pytest.mark.parametrize("on", ["segment", "frame"])
def test_where_ends_must_exist_a_comment_is_whole_or_refused(tmp_path: Path, workspace: Workspace, on: str) -> None:
    store = with_videos()
    store.write_nodes("User", nodes("ann", "cat"))
    path = table(tmp_path, *MOMENTS, "ann,v,6,third,")
    with pytest.raises(BadRows, match="line 4: user 'bob' is no User in the graph"):
        load(store, Comments(), [path], Comments.Options(on=on), workspace, must_exist=True)
    assert not stored_nodes(store, "Comment")
    how = {"must_exist": True, "on_bad_row": "skip"}
    report = load(store, Comments(), [path], Comments.Options(on=on), workspace, **how)
    kept = {"first", "late", "third", "alone"}
    comments = {key: str(row[0]) for key, row in stored_nodes(store, "Comment", "text").items()}
    assert set(comments.values()) == kept
    assert {comments[comment] for _, comment in stored_edges(store, "WROTE", "User", "Comment")} == kept
    assert set(placed(store, on.capitalize())) | set(placed(store, "Item")) == kept
    told = report.tallies["Comment"]
    assert (told.read, told.created, told.rejected) == (7, 4, 3)
    for name in ("WROTE", "ON"):
        told = report.tallies[name]
        assert (told.read, told.created, told.rejected, told.left_out) == (4, 4, 0, 0)
    assert set(stored_nodes(store, "User")) == {"ann", "cat"}
    assert "new" not in stored_nodes(store, "Item")
    with report.rejects.open(encoding="utf-8") as file:
        refused = {row["text"]: (row["line"], row["reason"], row["user"], row["video"]) for row in DictReader(file)}
    assert refused["second"] == ("4", "user 'bob' is no User in the graph", "bob", "v")
    assert refused["unknown"] == ("7", "video 'new' is no Item in the graph", "cat", "new")
    # What was refused is loaded once its ends are there.
    store.write_nodes("User", nodes("bob"))
    again = load(store, Comments(), [path], Comments.Options(on=on), workspace, **how)
    assert (again.tallies["Comment"].created, again.tallies["ON"].created, again.tallies["ON"].unchanged) == (2, 2, 4)


def test_other_settings_do_not_double_what_is_stored(tmp_path: Path, workspace: Workspace) -> None:
    store = with_videos()
    load(store, Comments(), [table(tmp_path, "ann,v,11,so it goes,")], Comments.Options(), workspace)
    # The video is cut otherwise now.
    store.write_nodes("Segment", pa.table({"id": ["v#3"], "start_s": [10.5], "end_s": [15.0]}))
    store.write_relationships("HAS_SEGMENT", "Item", "Segment", pa.table({"from": ["v"], "to": ["v#3"]}))
    with pytest.raises(BadRows, match=r"comments.csv.*line 2.*this comment ON another Segment"):
        load(store, Comments(), [tmp_path / "comments.csv"], Comments.Options(), workspace)
    assert placed(store, "Segment") == {"so it goes": "v#2"}


@pytest.mark.parametrize("on", ["segment", "frame"])
def test_what_is_prepared_is_left_as_it_is(tmp_path: Path, workspace: Workspace, on: str) -> None:
    store = with_videos()
    path = table(tmp_path, "ann,v,11,the one two three,", "cat,bare,11,the one two three,")
    load(store, Comments(), [path], Comments.Options(on=on), workspace)
    prepare_comments(store)
    before = store_content(store)
    assert placed(store, on.capitalize()) == {"the one two three": {"segment": "v#1", "frame": "f4"}[on]}
    for again in ("segment", "frame"):
        report = load(store, Comments(), [path], Comments.Options(on=again), workspace)
        assert all(tally.created == tally.updated == tally.rejected == 0 for tally in report.tallies.values())
        assert store_content(store) == before
    # What is new is placed as it always was.
    path = table(tmp_path, "ann,v,11,the one two three,", "ann,v,12,well,")
    load(store, Comments(), [path], Comments.Options(), workspace)
    assert placed(store, "Segment")["well"] == "v#2"


def test_what_is_alike_is_one_and_what_differs_is_not(tmp_path: Path, workspace: Workspace) -> None:
    store = with_videos()
    rows = ["ann,v,1,ha,1", "ann,v,1,ha,1", "ann,v,1,ha,2", "bob,v,1,ha,1", "ann,v,2,ha,1", "ann,w,1,ha,1"]
    load(store, Comments(), [table(tmp_path, *rows)], Comments.Options(), workspace)
    assert store.counts()["Comment"] == 5


def test_refused_rows_leave_nothing_behind(tmp_path: Path, workspace: Workspace) -> None:
    bad = [
        "ann,v,soon,a,",
        ",v,1,b,",
        "ann,v,,c,",
        "ann,v,1,,",
        "ann,v,1,d,yesterday",
        "ann,v,1",
        "ann,v,nan,e,",
    ]
    path = table(tmp_path, "ann,v,1,good,", *bad, "ann,v,2,well,")
    store = with_videos()
    with pytest.raises(BadRows, match=r"line 3: time_s 'soon' is not a number"):
        load(store, Comments(), [path], Comments.Options(), workspace)
    assert store.counts()["Comment"] == 0
    report = load(store, Comments(), [path], Comments.Options(), workspace, on_bad_row="skip")
    assert placed(store, "Segment") == {"good": "v#0", "well": "v#0"}
    assert store.counts()["WROTE"] == 2
    assert report.rejects is not None
    lines = report.rejects.read_text(encoding="utf-8").splitlines()[1:]
    assert [int(line.split(",")[1]) for line in lines] == [3, 4, 5, 6, 7, 8, 9]


def test_columns_have_the_names_that_are_given(tmp_path: Path, workspace: Workspace) -> None:
    path = table(tmp_path, "1,v,said,ann", header="second,clip,what,who")
    store = with_videos()
    options = Comments.Options(user="who", video="clip", time="second", text="what")
    load(store, Comments(), [path], options, workspace)
    assert placed(store, "Segment") == {"said": "v#0"}
    with pytest.raises(DataError, match=r"'user'.*who"):
        load(store, Comments(), [path], Comments.Options(), workspace)


def test_a_niconico_archive(tmp_path: Path, workspace: Workspace) -> None:
    folder = tmp_path / "niconico"
    folder.mkdir()
    (folder / "videos.tsv").write_text(
        "video\tseason\tseries\ttitle\tcomments\tusers\tmax_vpos_ms\n7\ts\tx\tA title\t2\t2\t12000\n"
    )
    with gzip.open(folder / "comments.tsv.gz", "wt", encoding="utf-8") as file:
        file.write("user\tvideo\tvpos_ms\tposted_at\tnicoru\tbody\n")
        file.write('1\t7\t6500\t2022-12-15T15:24:49+09:00\t3\t"師走"かな\n')
        file.write("2\t7\t12000\t2022-12-15T15:24:49+09:00\t0\t終\n")
    store = MemoryStore()
    load(store, Comments(), [folder], Comments.Options(), workspace)
    assert stored_nodes(store, "Item", "title", "duration_s") == {"7": ("A title", 12.0)}
    assert placed(store, "Segment") == {'"師走"かな': "7#1", "終": "7#1"}
    found = stored_nodes(store, "Comment", "words", "time_s", "posted_at", "likes")
    assert ("師走 かな", 6.5, 1671085489000, 3) in found.values()


@pytest.mark.slow
def test_the_real_archive(data_set: Callable[[str], Path], workspace: Workspace) -> None:
    folder = data_set("niconico")
    with closing(LadybugStore(workspace, write=True)) as store:
        load(store, Comments(), [folder], Comments.Options(), workspace)
        counts = store.counts()
        # Six of the 720,444 say the same again.
        assert (counts["Comment"], counts["WROTE"], counts["ON"]) == (720_438,) * 3
        assert (counts["User"], counts["Item"]) == (4180, 364)


def test_highlights(tmp_path: Path, workspace: Workspace) -> None:
    path = tmp_path / "cuts.csv"
    path.write_text("user,video,begin,end_s,at\nann,v,4,9.5,100\nbob,v,0,15,\n")
    store = with_videos()
    load(store, Highlights(), [path], Highlights.Options(start="begin", time_unit="s"), workspace)
    liked = stored_edges(store, "HIGHLIGHTED", "User", "Segment", "at")
    assert liked == {("ann", "v#1"): (100_000,), **{("bob", f"v#{n}"): (None,) for n in range(3)}}
    path.write_text("user,video,start_s,end_s\nann,nowhere,1,2\n")
    with pytest.raises(BadRows, match="its video has no segments; load the video first"):
        load(store, Highlights(), [path], Highlights.Options(), workspace)


def test_a_comment_may_say_which_part_it_is_of(tmp_path: Path, workspace: Workspace) -> None:
    store = with_videos()
    header = "user,video,time_s,text,split"
    path = table(tmp_path, "ann,v,0,first,train", "ann,v,6,then,test", "bob,v,1,other,", header=header)
    load(store, Comments(), [path], Comments.Options(), workspace)
    assert set(stored_nodes(store, "Comment", "text", "split").values()) == {
        ("first", "train"), ("then", "test"), ("other", None)
    }  # fmt: skip
    asked = replace(PROJECTIONS["comments"], item="Segment")
    shot = snapshot(store, asked, workspace)
    assert sorted(SPLITS[code] for code in shot.records.split) == ["", "test", "train"]
