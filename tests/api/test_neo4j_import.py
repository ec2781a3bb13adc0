"""The files for Neo4j's importer: what is in them, and what the real importer and a real server make of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv

from graphrec.api.neo4j_import import CONTENT, export_neo4j_import
from graphrec.api.train import Plan, train
from graphrec.errors import ConfigError, DataError, StoreError
from graphrec.graph.build import snapshot
from graphrec.graph.projection import PROJECTIONS
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loading.load import load
from graphrec.schema import LOADED_LABELS
from graphrec.store.base import GraphStore, closing
from graphrec.store.ladybug import LadybugStore
from graphrec.store.neo4j.login import Login
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.neo4j_server import QUICK, Neo4jServer, available, free_port
from graphrec.testing.sample_graph import content, write_sample
from graphrec.testing.store_contract import edges, nodes
from graphrec.workspace import Workspace

RATINGS = TableOptions(rels="RATED", from_="User:user", to="Item:item", property=["rating", "at:time"])
EXPORTED = list(LOADED_LABELS)


def rows(folder: Path, name: str) -> list[str]:
    """Return the rows of a data file in order, an empty string apart from nothing."""
    names = (folder / f"{name}-header.csv").read_text().strip().split(",")
    table = csv.read_csv(
        folder / f"{name}.csv",
        csv.ReadOptions(column_names=names, block_size=1 << 25),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return sorted(map(str, table.to_pylist()))


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[GraphStore]:
    with closing(LadybugStore(Workspace(tmp_path / "w"), write=True)) as store:
        store.initialise()
        store.write_nodes("User", nodes("u,1", " u2"))
        store.write_nodes("Item", nodes("a", "b", "c", title=['say "hi"', "", None], year=[1999, None, -5]))
        store.write_relationships(
            "RATED", "User", "Item", edges(("u,1", "a"), (" u2", "b"), rating=[0.1, None])
        )
        yield store


def test_the_files_are_what_the_importer_reads(filled: GraphStore, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    told = export_neo4j_import(filled, folder)
    assert (folder / "User-header.csv").read_text() == "id:ID(User)\n"
    assert (
        folder / "RATED-header.csv"
    ).read_text() == ":START_ID(User),:END_ID(Item),rating:double,at:long,split:string\n"
    header = (folder / "Item-header.csv").read_text()
    assert header.startswith("id:ID(Item),kind:string,title:string,year:long,duration_s:double")
    items = (folder / "Item.csv").read_text().splitlines()
    rest = "," * (header.count(",") - 3)
    assert sorted(items) == [f'"a",,"say ""hi""",1999{rest}', f'"b",,"",{rest}', f'"c",,,-5{rest}']
    assert sorted((folder / "RATED.csv").read_text().splitlines()) == ['" u2","b",,,', '"u,1","a",0.1,,']
    assert (told.nodes, told.relationships, told.folder) == (5, 2, folder)
    assert told.files == sorted(path.name for path in folder.iterdir())
    assert not {"Genre.csv", "LIKED-User-Item.csv"} & set(told.files)
    assert "multiline" not in told.command
    # Behind --nodes the database would be one more of its files.
    assert shlex.split(told.command)[:5] == ["neo4j-admin", "database", "import", "full", "neo4j"]
    assert shlex.split(told.command)[-1] == "--relationships=RATED=RATED-header.csv,RATED.csv"


def test_only_files_with_line_breaks_are_read_as_such(filled: GraphStore, tmp_path: Path) -> None:
    filled.write_nodes("Comment", nodes("c", text=["one\rtwo" * 200_000]))
    told = export_neo4j_import(filled, tmp_path / "files", "films")
    words = shlex.split(told.command)
    assert {"films", "--multiline-fields-format=v2", "--multiline-fields=Comment.csv"} <= set(words)
    (size,) = (int(word.partition("=")[2]) for word in words if word.startswith("--read-buffer-size"))
    assert size > 2 * 1_400_000


def test_what_cannot_be_exported_is_told(filled: GraphStore, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    for name in ("a b", "", "1st", "x", "--force", "ä" * 5):
        with pytest.raises(ConfigError, match="no database can be named"):
            export_neo4j_import(filled, folder, name)
    filled.write_relationships("RATED", "User", "Item", edges(("u,1", "b"), rating=[float("inf")]))
    with pytest.raises(DataError, match=r"RATED\.rating holds a number that is not finite"):
        export_neo4j_import(filled, folder)
    with pytest.raises(DataError, match="holds no nodes"):
        export_neo4j_import(MemoryStore(), folder)
    assert {path.name for path in tmp_path.iterdir()} == {"w"}
    folder.mkdir()
    with pytest.raises(DataError, match="exists already"):
        export_neo4j_import(filled, folder)


def test_a_graph_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    class Changing(MemoryStore):
        def read_nodes(self, label: str, properties: Sequence[str] = ()) -> pa.Table:
            found = super().read_nodes(label, properties)
            self.write_nodes("User", nodes(f"came with {label}"))
            return found

    store = Changing()
    store.write_nodes("User", nodes("u"))
    with pytest.raises(StoreError, match="was changed while it was exported"):
        export_neo4j_import(store, tmp_path / "files")
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with everything that is hard to carry, a comment of 5 million letters, and ratings to learn from."""
    folder = tmp_path_factory.mktemp("source")
    rng = np.random.default_rng(0)
    likes = rng.random((60, 40)) < np.where(np.arange(60)[:, None] % 2 == np.arange(40) % 2, 0.4, 0.05)
    lines = [
        f"u{u},i{i},{rng.integers(4, 6)},{n}" for n, (u, i) in enumerate(rng.permutation(np.argwhere(likes)))
    ]
    (folder / "ratings.csv").write_text("\n".join(["user,item,rating,time", *lines]), encoding="utf-8")
    workspace = Workspace(folder / "w")
    with closing(LadybugStore(workspace, write=True)) as store:
        write_sample(store)
        store.write_nodes("Comment", nodes("long", text=['"é,\n' * 1_300_000]))
        load(store, TableLoader(), [folder / "ratings.csv"], RATINGS, workspace)
        vectors = np.ones((1, 3), np.float32)
        store.write_embeddings("User", "learned", pa.array(["u1"]), vectors)
    return workspace


@pytest.fixture(scope="module")
def files(source: Workspace) -> Path:
    folder = source.root.parent / "a folder, with (signs)"
    with closing(LadybugStore(source)) as store:
        export_neo4j_import(store, folder)
    return folder


@pytest.fixture(scope="module")
def imported(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Login]]:
    """A server of its own that the files were imported into."""
    if not available():
        pytest.skip("Neo4j needs Java 17 and Maven")
    server = Neo4jServer(tmp_path_factory.mktemp("imported"), free_port(), jvm=QUICK)
    server.import_files(files / "import.sh", "--overwrite-destination")
    server.start()
    yield server.uri, Login("neo4j", server.password_file.read_text())
    server.stop(kill=True)


@pytest.fixture
def there(imported: tuple[str, Login]) -> Iterator[Neo4jStore]:
    with closing(Neo4jStore(*imported, write=True)) as store:
        assert isinstance(store, Neo4jStore)
        yield store


@pytest.mark.neo4j
def test_the_server_holds_what_the_source_holds(there: Neo4jStore, source: Workspace) -> None:
    with closing(LadybugStore(source)) as here:
        expected, counts = content(here, EXPORTED), here.counts()
    assert counts.pop("GraphrecRun")
    assert there.counts() == {"GraphrecRun": 0, **counts}
    assert content(there, EXPORTED) == expected
    assert not len(there.read_embeddings("User", "learned")[0])
    assert all(version >> 40 for version in there.versions(CONTENT).values())


@pytest.mark.neo4j
def test_the_server_is_ready_after_init(there: Neo4jStore) -> None:
    def constraints() -> int:
        return int(there._server.rows("SHOW CONSTRAINTS YIELD name RETURN count(*)")[0][0])

    there.initialise()
    assert constraints() == len(EXPORTED) + 2
    before = there.versions(["User"])["User"]
    there.write_nodes("User", nodes("newcomer"))
    assert there.versions(["User"])["User"] > before
    there._server.command("MATCH (n:User {id: 'newcomer'}) DELETE n")


@pytest.mark.neo4j
def test_training_gives_the_same_there(
    there: Neo4jStore, source: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, ratings = Workspace(tmp_path), PROJECTIONS["ratings"]
    with closing(LadybugStore(source)) as here:
        assert snapshot(there, ratings, elsewhere).fingerprint == snapshot(here, ratings, source).fingerprint
    assert there._server.login.password
    monkeypatch.setenv("NEO4J_PASSWORD", there._server.login.password)
    plan = Plan("transgrec", {"epochs": 2, "dimension": 8}, split="random-70-10-20", projection="ratings")
    trained = [train(source, plan), train(elsewhere, plan, store=there.uri)]
    assert trained[0].test.metrics["recall@20"] > 0
    assert trained[1].test.metrics == trained[0].test.metrics


@pytest.mark.neo4j
def test_a_server_is_exported_like_the_embedded_database(
    there: Neo4jStore, files: Path, tmp_path: Path
) -> None:
    told = export_neo4j_import(there, tmp_path / "files")
    assert {*told.files} == {"import.sh", *(path.name for path in files.glob("*.csv"))}
    names = {name.removesuffix("-header.csv") for name in told.files if name.endswith("-header.csv")}
    for name in sorted(names - {"GraphrecMeta"}):
        assert rows(tmp_path / "files", name) == rows(files, name), name
