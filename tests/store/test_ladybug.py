"""The embedded database as a file: other processes, crashes, torn logs, full disks."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ladybug
import numpy as np
import pyarrow as pa
import pytest

from graphrec import schema
from graphrec.errors import QueryError, StoreBusy, StoreError
from graphrec.files import read_json
from graphrec.store.base import Written, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.store.ladybug_files import open_database
from graphrec.store.ladybug_nodes import Nodes
from graphrec.testing.limits import PROMPT_S, WAIT_S, until
from graphrec.testing.older_graph import drop_columns
from graphrec.testing.store_contract import edges, nodes, stored_edges, stored_nodes
from graphrec.workspace import Workspace

HEAD = """
import os, sys
from pathlib import Path
import numpy as np
import pyarrow as pa
from graphrec.store.ladybug import LadybugStore
from graphrec.workspace import Workspace

workspace = Workspace(Path(sys.argv[1]))
"""

HOLD = (
    HEAD
    + """
store = LadybugStore(workspace, write=sys.argv[2] == "write")
print("holding", flush=True)
sys.stdin.read()
"""
)

LEAVE_A_LOG = (
    HEAD
    + """
store = LadybugStore(workspace, write=True)
for number in range(20):
    store.write_nodes("Item", pa.table({"id": ["a"], "title": [str(number)]}))
os.kill(os.getpid(), 9)
"""
)

DIE_IN_A_TRANSACTION = (
    HEAD
    + """
store = LadybugStore(workspace, write=True)
with store.transaction():
    store.write_nodes("User", pa.table({"id": ["u", "new"]}))
    store.write_nodes("Item", pa.table({"id": [f"i{n}" for n in range(5000)]}))
    rated = pa.table({"from": ["new"] * 5000, "to": [f"i{n}" for n in range(5000)], "rating": np.ones(5000)})
    store.write_relationships("RATED", "User", "Item", rated)
    os.kill(os.getpid(), 9)
"""
)

FILL_THE_DISK = (
    HEAD
    + """
import resource, signal
from graphrec.errors import GraphrecError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
rows, limit = int(sys.argv[2]), int(sys.argv[3])
store = LadybugStore(workspace, write=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    store.write_nodes("Comment", pa.table({"id": [str(n) for n in range(rows)], "text": ["long " * 100] * rows}))
except GraphrecError as error:
    print(str(error).replace("\\n", "<newline>"))
store.close()
try:
    LadybugStore(workspace).close()
except GraphrecError as error:
    print(error)
"""
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with item a, titled "before"."""
    workspace = Workspace(tmp_path / "workspace")
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        store.write_nodes("Item", nodes("a", title=["before"]))
    return workspace


def run(script: str, workspace: Workspace) -> int:
    return subprocess.run([sys.executable, "-c", script, workspace.root], check=False).returncode


@contextmanager
def holding(workspace: Workspace, how: str) -> Iterator[int]:
    command = [sys.executable, "-c", HOLD, str(workspace.root), how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"holding\n"
        yield process.pid
        process.communicate()


def log_of(workspace: Workspace) -> Path:
    return workspace.database.with_name(workspace.database.name + ".wal")


def titles(workspace: Workspace, *, write: bool = False) -> dict[str, tuple[object, ...]]:
    with closing(LadybugStore(workspace, write=write)) as store:
        return stored_nodes(store, "Item", "title")


def test_a_writer_keeps_all_others_out(workspace: Workspace) -> None:
    with holding(workspace, "write") as pid:
        with pytest.raises(StoreBusy, match=rf"being used by process {pid} "):
            LadybugStore(workspace, write=True)
        with pytest.raises(StoreBusy, match=rf"being written to by process {pid} "):
            LadybugStore(workspace)
    assert titles(workspace, write=True) == {"a": ("before",)}


def test_readers_share_and_keep_writers_out(workspace: Workspace) -> None:
    with holding(workspace, "read") as pid:
        assert titles(workspace) == {"a": ("before",)}
        with pytest.raises(StoreBusy, match=rf"process {pid} "):
            LadybugStore(workspace, write=True)


def test_one_process_cannot_open_it_for_writing_twice(workspace: Workspace) -> None:
    with closing(LadybugStore(workspace, write=True)) as store:
        with pytest.raises(StoreBusy, match=str(os.getpid())):
            LadybugStore(workspace, write=True)
        assert store.write_nodes("Item", nodes("b")) == Written(created=1)


def test_a_reader_cannot_write(workspace: Workspace) -> None:
    with closing(LadybugStore(workspace)) as store, pytest.raises(StoreError):
        store.write_nodes("Item", nodes("b"))
    assert set(titles(workspace)) == {"a"}


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no graph yet"):
        LadybugStore(Workspace(tmp_path / "nowhere"))
    LadybugStore(Workspace(tmp_path), write=True).close()
    with pytest.raises(StoreError, match="holds no graph yet"):
        LadybugStore(Workspace(tmp_path))


def test_the_workspace_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot make the workspace"):
        LadybugStore(Workspace(tmp_path / "file"), write=True)


def test_the_database_is_another_file(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.database.write_text("not a database " * 1000)
    for write in (False, True):
        with pytest.raises(StoreError, match=r"graph\.lbug") as caught:
            LadybugStore(workspace, write=write)
        assert "\n" not in str(caught.value)
    assert workspace.database.read_text().startswith("not a database")


def test_a_log_left_by_a_killed_process_is_read_and_then_stored(workspace: Workspace) -> None:
    assert run(LEAVE_A_LOG, workspace) == -signal.SIGKILL
    assert log_of(workspace).stat().st_size > 0
    for write in (False, False, True, False):
        assert titles(workspace, write=write) == {"a": ("19",)}


@pytest.mark.parametrize("first", ["read", "write"])
@pytest.mark.parametrize("tear", ["cut", "overwrite"])
def test_a_torn_log_is_recovered_up_to_the_last_whole_write(
    workspace: Workspace, caplog: pytest.LogCaptureFixture, first: str, tear: str
) -> None:
    run(LEAVE_A_LOG, workspace)
    log, size = log_of(workspace), log_of(workspace).stat().st_size
    if tear == "cut":
        os.truncate(log, size - 3)
    else:
        with log.open("r+b") as file:
            file.seek(size // 2)
            file.write(b"\xff" * 16)
    torn = log.read_bytes()
    found = titles(workspace, write=first == "write")
    assert "cut off" in caplog.text
    (title,) = found["a"]
    assert int(str(title)) in ([18] if tear == "cut" else range(5, 15))
    kept = [file.read_bytes() for file in workspace.root.glob("backup-*/graph.lbug.wal")]
    assert kept == ([torn] if first == "write" else [])
    assert titles(workspace, write=True) == found
    caplog.clear()
    assert titles(workspace) == found
    assert not caplog.text


@pytest.mark.parametrize("write", [False, True])
def test_recovery_counts_as_a_change_of_everything(workspace: Workspace, write: bool) -> None:
    """What was lost may be in a snapshot that is known by the versions of then."""
    names = [*schema.LABELS, *schema.RELATIONSHIPS]
    run(LEAVE_A_LOG, workspace)
    os.truncate(log_of(workspace), log_of(workspace).stat().st_size - 3)
    lost = read_json(workspace.root / "versions.json")
    with closing(LadybugStore(workspace, write=write)) as store:
        assert all(number > lost.get(name, 0) for name, number in store.versions(names).items())
        recovered = store.versions(names)
    with closing(LadybugStore(workspace, write=True)) as store:
        again = store.versions(names)
    with closing(LadybugStore(workspace)) as store:
        assert store.versions(names) == again
        assert (again == recovered) == write


def test_kill_in_a_transaction_leaves_the_state_before_it(workspace: Workspace) -> None:
    assert run(DIE_IN_A_TRANSACTION, workspace) == -signal.SIGKILL
    assert titles(workspace) == {"a": ("before",)}
    with closing(LadybugStore(workspace, write=True)) as store:
        assert store.counts()["User"] == store.counts()["RATED"] == 0
        assert store.write_nodes("User", nodes("new")) == Written(created=1)
        rated = edges(("new", "a"), rating=[1.0])
        assert store.write_relationships("RATED", "User", "Item", rated) == Written(created=1)


def test_a_killed_reader_or_writer_holds_nothing(workspace: Workspace) -> None:
    run(LEAVE_A_LOG, workspace)
    with closing(LadybugStore(workspace, write=True)) as store:
        assert store.write_nodes("Item", nodes("b")) == Written(created=1)


def test_repeated_rollbacks_leave_every_key_free(workspace: Workspace) -> None:
    """A rolled back bulk write must not leave keys behind in the index."""
    with closing(LadybugStore(workspace, write=True)) as store:
        for _ in range(3):
            with pytest.raises(ZeroDivisionError), store.transaction():
                for start in range(0, 9000, 3000):
                    store.write_nodes("User", nodes(*(f"u{n}" for n in range(start, start + 3000))))
                raise ZeroDivisionError
        with store.transaction():
            for start in range(0, 9000, 3000):
                keys = [f"u{n}" for n in range(start, start + 3000)]
                assert store.write_nodes("User", nodes(*keys)) == Written(created=3000)
        found = store.query(
            "UNWIND $ids AS id MATCH (u:User {id: id}) RETURN count(u) AS c", ids=["u0", "u8999"]
        )
        assert found["c"].to_pylist() == [2]


def test_after_a_database_error_nothing_of_the_transaction_is_stored(workspace: Workspace) -> None:
    """The database ends a transaction at its first error; what the caller writes next must not slip through."""
    with closing(LadybugStore(workspace, write=True)) as store:
        with pytest.raises(StoreError, match="transaction has failed"), store.transaction():
            store.write_nodes("User", nodes("u"))
            with pytest.raises(StoreError):
                store.write_nodes("Item", nodes("twice", "twice"))
            store.write_nodes("User", nodes("v"))
        assert stored_nodes(store, "User") == {}
        assert store.write_nodes("User", nodes("v")) == Written(created=1)


# With the second pair the database is left in the middle of moving its log, which only a writer can finish, and with
# the third its log cannot be written.
@pytest.mark.parametrize(("rows", "limit"), [(20_000, 3_000_000), (2_000, 1_600_000), (200, 4_096)])
def test_a_full_disk_is_one_clear_error_and_never_half_a_write(
    workspace: Workspace, rows: int, limit: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILL_THE_DISK, workspace.root, str(rows), str(limit)],
        capture_output=True, text=True, check=False, timeout=WAIT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    assert "graph.lbug: writing to the disk failed; free some space" in first
    assert "<newline>" not in first
    # What cannot be finished before there is space again is not taken for damage.
    assert all("in the middle of a write, which a full disk keeps" in line for line in rest)
    assert not list(workspace.root.glob("backup-*"))
    with closing(LadybugStore(workspace)) as store:
        assert store.counts()["Comment"] in (0, rows)
    with closing(LadybugStore(workspace, write=True)) as store:
        assert stored_nodes(store, "Item", "title") == {"a": ("before",)}
        store.write_nodes("Comment", nodes(*map(str, range(rows))))
        assert store.counts()["Comment"] == rows


def test_a_file_too_large_for_the_memory_is_one_clear_error(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphrec.store.ladybug_files.WRITE_POOL", 1 << 25)
    keys = [f"key {n}" for n in range(1000)]
    with closing(LadybugStore(workspace, write=True)) as store:
        store.write_nodes("User", nodes(*keys))
        store.write_nodes("Item", nodes(*keys))
        rng = np.random.default_rng(0)

        def load_all() -> None:
            with store.transaction():
                for block in np.split(rng.permutation(800_000), 4):
                    pairs = [(keys[n // 1000], keys[n % 1000]) for n in block.tolist()]
                    store.write_relationships(
                        "RATED", "User", "Item", edges(*pairs, rating=[1.0] * len(pairs))
                    )

        with pytest.raises(StoreError, match=r"one file needs more than the .* split it"):
            load_all()
        assert store.counts()["RATED"] == 0
        one = edges(("key 0", "key 1"), rating=[1.0])
        assert store.write_relationships("RATED", "User", "Item", one) == Written(created=1)


def test_properties_added_to_the_schema_later(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    item = schema.LABELS["Item"]
    grown = schema.Label("Item", (*item.properties, schema.Property("colour", "string")))
    monkeypatch.setitem(schema.LABELS, "Item", grown)
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        table = pa.table({"id": ["a"], "colour": ["red"]})
        assert store.write_nodes("Item", table) == Written(updated=1)
        assert stored_nodes(store, "Item", "title", "colour") == {"a": ("before", "red")}


def test_embeddings_survive_closing(workspace: Workspace) -> None:
    vectors = np.random.default_rng(0).normal(size=(1, 128)).astype(np.float32)
    with closing(LadybugStore(workspace, write=True)) as store:
        store.write_embeddings("Item", "emb", pa.array(["a"]), vectors)
    with closing(LadybugStore(workspace)) as store:
        assert np.array_equal(store.read_embeddings("Item", "emb")[1], vectors)
        found = store.query("MATCH (a:Item), (b:Item) RETURN cosine(a.emb, b.emb) AS c")
        assert found["c"].to_pylist() == pytest.approx([1.0])


def test_a_copied_workspace_is_whole(workspace: Workspace, tmp_path: Path) -> None:
    copied = Workspace(tmp_path / "copy")
    shutil.copytree(workspace.root, copied.root)
    assert titles(copied) == {"a": ("before",)}


def test_five_thousand_updates_take_no_minutes(workspace: Workspace) -> None:
    """Updates are matched end by end; one pattern for all three is ten times slower."""
    keys = [f"n{n}" for n in range(5000)]
    with closing(LadybugStore(workspace, write=True)) as store:
        store.write_nodes("User", nodes(*keys))
        store.write_nodes("Item", nodes(*keys))
        pairs = list(zip(keys, reversed(keys), strict=True))
        store.write_relationships("RATED", "User", "Item", edges(*pairs, rating=[1.0] * 5000))
        began = time.monotonic()
        changed = edges(*pairs, rating=[2.0] * 5000)
        assert store.write_relationships("RATED", "User", "Item", changed) == Written(updated=5000)
        assert time.monotonic() - began < PROMPT_S
        assert set(stored_edges(store, "RATED", "User", "Item", "rating").values()) == {(2.0,)}


def test_the_blocks_of_a_load_read_the_ids_of_their_ends_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"n{n}" for n in range(2000)]
    read, asked = Nodes.offsets, list[str]()
    monkeypatch.setattr(Nodes, "offsets", lambda found, label: asked.append(label) or read(found, label))
    with closing(LadybugStore(workspace, write=True)) as store:
        store.write_nodes("User", nodes(*keys))
        store.write_nodes("Item", nodes(*keys))
        asked.clear()
        with store.transaction():
            for block in range(8):
                fresh = f"fresh {block}"
                assert store.write_nodes("User", nodes(*keys, fresh)) == Written(1, unchanged=2000)
                pairs = [*zip(keys, keys[block:] + keys[:block], strict=True), (fresh, keys[block])]
                assert store.write_relationships("RATED", "User", "Item", edges(*pairs)) == Written(2001)
        assert sorted(asked) == ["Item", "User"]
        assert len(stored_edges(store, "RATED", "User", "Item")) == 8 * 2001


def test_a_few_rows_read_nothing_of_the_rest(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [f"n{n}" for n in range(2000)]
    with closing(LadybugStore(workspace, write=True)) as store:
        store.write_nodes("Item", nodes(*keys, year=list(range(2000))))
        store.write_nodes("User", nodes(*keys))
        for whole in ("offsets", "all"):
            monkeypatch.setattr(Nodes, whole, lambda *_: pytest.fail("all were read"))
        table = nodes("n7", "new", "n8", year=[1, 2, 8], title=["seven", "two", None])
        assert store.write_nodes("Item", table) == Written(1, 1, 1)
        assert store.write_relationships("RATED", "User", "Item", edges(("n3", "new"))) == Written(created=1)
        with pytest.raises(StoreError, match="no User with id 'nobody'"):
            store.write_relationships("RATED", "User", "Item", edges(("n3", "new"), ("nobody", "n3")))
    monkeypatch.undo()
    found = titles(workspace)
    assert (found["n7"], found["new"], found["n8"]) == (("seven",), ("two",), (None,))


class Held:
    """A lock that tells whether anybody has waited for it."""

    def __init__(self, lock: Any) -> None:
        self._lock, self.waited_for = lock, False

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self.waited_for = True
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_a_thread_sees_nothing_of_anothers_open_transaction(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = np.ones((1, 2), np.float32)
    with closing(LadybugStore(workspace, write=True)) as store, ThreadPoolExecutor() as threads:
        store.write_embeddings("Item", "emb", pa.array(["a"]), one)

        def read() -> tuple[object, ...]:
            ids, vectors = store.read_embeddings("Item", "emb")
            near = store.nearest("Item", "emb", one[0], 1)[0].score
            return (
                stored_nodes(store, "Item", "title"),
                store.counts()["User"],
                ids.to_pylist(),
                vectors.tolist(),
                near,
            )

        before = read()
        with pytest.raises(ZeroDivisionError), store.transaction():
            store.write_nodes("User", nodes("new"))
            store.write_nodes("Item", nodes("a", title=["changed"]))
            store.write_embeddings("Item", "emb", pa.array(["a"]), 2 * one)
            held = Held(store._lock)
            monkeypatch.setattr(store, "_lock", held)
            reading = threads.submit(read)
            until(lambda: held.waited_for or reading.done())
            raise ZeroDivisionError
        assert reading.result(WAIT_S) == before
        assert read() == before


def test_threads_share_a_reader(workspace: Workspace) -> None:
    keys = [f"n{n}" for n in range(3000)]
    vectors = np.random.default_rng(0).normal(size=(3000, 8)).astype(np.float32)
    with closing(LadybugStore(workspace, write=True)) as store:
        store.write_nodes("User", nodes(*keys))
        for name in ("one", "two", "three"):
            store.write_embeddings("User", name, pa.array(keys), vectors)

    def read(name: str) -> bool:
        ids, found = store.read_embeddings("User", name)
        best = store.nearest("User", name, vectors[7], 1)[0].id
        expected = keys[int((vectors @ vectors[7]).argmax())]
        # The database reads with several threads, and promises no order.
        rows = [int(key[1:]) for key in ids.to_pylist()]
        return sorted(rows) == list(range(3000)) and np.array_equal(found, vectors[rows]) and best == expected

    with closing(LadybugStore(workspace)) as store, ThreadPoolExecutor(8) as threads:
        assert all(threads.map(read, ["one", "two", "three"] * 8))


def test_a_few_embeddings_are_read_without_the_rest(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"n{n}" for n in range(1000)]
    vectors = np.random.default_rng(0).normal(size=(1000, 8)).astype(np.float32)
    with closing(LadybugStore(workspace, write=True)) as store:
        store.write_nodes("User", nodes(*keys, "bare"))
        store.write_embeddings("User", "emb", pa.array(keys), vectors)
    read, whole = LadybugStore._read_embeddings, list[bool]()

    def watched(store: LadybugStore, label: str, name: str, wanted: pa.Array | None = None) -> object:
        whole.append(wanted is None)
        return read(store, label, name, wanted)

    monkeypatch.setattr(LadybugStore, "_read_embeddings", watched)
    with closing(LadybugStore(workspace)) as store:

        def check() -> None:
            ids, found = store.read_embeddings("User", "emb", ["n7", "bare", "nobody", "n3", "n7"])
            assert {key: row.tolist() for key, row in zip(ids.to_pylist(), found, strict=True)} == {
                "n7": vectors[7].tolist(),
                "n3": vectors[3].tolist(),
            }
            assert len(store.read_embeddings("User", "emb", ["bare"])[1]) == 0
            near = store.nearest("User", "emb", vectors[7], 2, among=["n7", "n3", "bare", "nobody"])
            assert [neighbour.id for neighbour in near] == ["n7", "n3"]

        check()
        assert whole == [False] * 3
        for _ in range(3):
            store.nearest("User", "emb", vectors[7], 2)
        assert whole == [False] * 3 + [True]
        check()
        assert len(whole) == 4


def test_a_graph_of_an_older_version_says_how_to_get_what_is_missing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        store._run("ALTER TABLE Item DROP added_at")
    text = "MATCH (i:Item) RETURN i.added_at AS at"
    with (
        closing(LadybugStore(workspace)) as store,
        pytest.raises(QueryError, match=r"no property 'added_at'.*an older graphrec.*`graphrec init`"),
    ):
        store.query(text)
    with closing(LadybugStore(workspace, write=True)) as store:
        store.initialise()
        assert store.query(text).num_rows == 0


def test_what_a_graph_of_an_older_graphrec_lacks_is_named_with_its_cure(workspace: Workspace) -> None:
    drop_columns(workspace, [("Comment", "moment_s")])
    with open_database(workspace, write=True) as database, ladybug.Connection(database) as connection:
        connection.execute("DROP TABLE FOLLOWS")
    with closing(LadybugStore(workspace)) as older:
        with pytest.raises(StoreError, match=r"no FOLLOWS; `graphrec init`"):
            older.read_relationships("FOLLOWS", "User", "User")
        with pytest.raises(QueryError, match=r"no property 'moment_s'.*`graphrec init`"):
            older.read("MATCH (c:Comment) RETURN c.moment_s")
    with closing(LadybugStore(workspace, write=True)) as mended:
        with pytest.raises(StoreError, match=r"no property moment_s; `graphrec init`"):
            mended.write_nodes("Comment", nodes("c", moment_s=[1.0]))
        mended.initialise()
        mended.write_nodes("Comment", nodes("c", moment_s=[1.0]))
        assert mended.read("MATCH (c:Comment) RETURN c.moment_s AS m")["m"].to_pylist() == [1.0]
        assert not len(mended.read_relationships("FOLLOWS", "User", "User").source)


def test_a_type_of_an_older_graphrec_takes_the_ends_that_it_has_since(workspace: Workspace) -> None:
    with open_database(workspace, write=True) as database, ladybug.Connection(database) as connection:
        connection.execute("DROP TABLE LIKED")
        connection.execute("CREATE REL TABLE LIKED(FROM User TO Item, at INT64)")
    with closing(LadybugStore(workspace, write=True)) as older:
        older.initialise()
        older.write_nodes("User", nodes("u"))
        older.write_nodes("Frame", nodes("f"))
        older.write_relationships("LIKED", "User", "Frame", edges(("u", "f"), at=[7]))
        assert stored_edges(older, "LIKED", "User", "Frame", "at", "split") == {("u", "f"): (7, None)}
