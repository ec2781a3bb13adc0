"""A graph of somebody else's: no command changes more of it than the README lists, nor sees more than is mapped."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import pyarrow.parquet as pq
import pytest

from graphrec.errors import StoreError
from graphrec.interop.networkx_in import from_networkx
from graphrec.schema import Property
from graphrec.serving.explore.catalogue import catalogue
from graphrec.serving.explore.history import history, longest
from graphrec.serving.explore.names import find, names
from graphrec.serving.explore.overview import overview
from graphrec.serving.explore.point_facts import facts
from graphrec.serving.explore.points import points
from graphrec.serving.explore.subgraph import graph_of, neighbours
from graphrec.serving.explore.video import parts, video
from graphrec.store.answers import Limits, Node
from graphrec.store.base import closing
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.store.open import open_store
from graphrec.testing.foreign_graph import MAPPING, Owner, films
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.testing.store_contract import edges, nodes

pytestmark = pytest.mark.neo4j

TRAIN = ("train", "-m", "transgrec", "--set", "epochs=2", "--set", "dimension=8")


@pytest.fixture
def owner(
    typed, neo4j_empty: Neo4jServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Owner]:
    """A graph with labels of its own, some of them called like graphrec's, and a mapping of what matters in it."""
    monkeypatch.setenv("NEO4J_PASSWORD_FILE", str(neo4j_empty.password_file))
    monkeypatch.setenv("GRAPHREC_STORE", neo4j_empty.uri)
    for name in ("NEO4J_URI", "NEO4J_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "graphrec.toml").write_text(MAPPING, encoding="utf-8")
    with films(neo4j_empty) as made:
        yield made


def _every_command(typed, folder: Path) -> None:
    """Run every command that opens the store, and all that the explorer reads."""
    done = []

    def run(*arguments: str | Path, code: int = 0) -> Any:
        told = typed(*arguments)
        assert told.code == code, (arguments, told.err, told.out)
        assert "Traceback" not in told.err
        done.append(told)
        return told

    run("init")
    run("doctor")
    run("stats")
    run("describe", "Item.title")
    run(*TRAIN)
    run("doctor")
    run("runs")
    trained = typed("runs", "--json").json[-1]
    name = str(trained.get("run", trained.get("id")))
    run("publish", name)
    run("evaluate", name)
    run("embed")
    run("recommend", "p3", "-k", "5", "--explain")
    first = typed("recommend", "p3", "--json").json["items"][0]["id"]
    run("similar", "f3")
    run("audience", "f3")
    run("explain", "p3", first)
    for query in (
        "runs",
        "history",
        "popular",
        "orphans",
        "comments_of_video",
        "embedding_coverage",
        "similar",
    ):
        given = {
            "history": ("-p", "user=p3"),
            "comments_of_video": ("-p", "video=f3"),
            "embedding_coverage": ("-p", "property=taste"),
            "similar": ("-p", "id=f3", "-p", "property=taste"),
        }
        run("query", query, *given.get(query, ()))
    run("models")
    run("queries")
    run("export", "graph", folder / "graph")
    (folder / "seen.csv").write_text("user,item\np3,f3\n", encoding="utf-8")
    (folder / "broken.mp4").write_text("no video", encoding="utf-8")
    seen = ("load", "table", folder / "seen.csv", "--rels", "VIEWED", "--from", "User:user", "--to", "Item:item")
    for arguments in (
        seen,
        (*seen, "--dry-run"),
        ("load", "videos", folder / "broken.mp4", "--watch"),
        ("load", "comments", folder / "seen.csv"),
        ("load", "trailers", folder / "seen.csv"),
        ("ingest", folder / "broken.mp4"),
        ("ingest", folder / "broken.mp4", "--watch"),
    ):
        refused = run(*arguments, code=1)
        assert "mapped in graphrec.toml, and read only to graphrec" in refused.err
        assert "graphrec embed" in refused.err
        assert "broken" not in refused.err
    with closing(open_store(folder / "graphrec-data", _uri())) as store:
        assert isinstance(store, Neo4jStore)
        assert set(overview(store).nodes) == {"User", "Item", "Genre", "GraphrecRun"}
        around = neighbours(store, "User", "p3")
        assert {group.type for group in around.groups} == {"VIEWED"}
        assert {group.type for group in neighbours(store, "Item", "f3").groups} <= {"VIEWED", "IN_GENRE"}
        assert catalogue(store, "newest")
        assert history(store, "p3")
        assert longest(store)
        assert names(store, "Item")["f3"] == "Film 3"
        assert find(store, "Item", "film 3")
        assert facts(store, "Item")
        assert points(store, name, ["Item"]).ids
        assert video(store, "f3").title == "Film 3"
        assert parts(store, "f3") == []
        mixed = store.ask("MATCH (c:Comment)--(f:Film) RETURN c, f LIMIT 1", {}, Limits())
        assert {node.label for node in mixed.rows[0] if isinstance(node, Node)} == {"Comment", "Item"}
        assert [node.key.label for node in graph_of(mixed).nodes] == ["Item"]


def _uri() -> str:
    import os

    return os.environ["GRAPHREC_STORE"]


def test_no_command_leaves_more_than_the_readme_lists(typed, owner: Owner, tmp_path: Path) -> None:
    before = owner.contents()
    _every_command(typed, tmp_path)
    after = owner.contents()
    assert {name: what for name, what in after.constraints.items() if name not in before.constraints} == {
        f"graphrec_{label}_id": ("UNIQUENESS", f"['{label}']", "['id']")
        for label in ("GraphrecRun", "GraphrecMeta")
    }
    assert set(after.indexes) - set(before.indexes) == {
        "graphrec_GraphrecRun_id", "graphrec_GraphrecMeta_id", "graphrec_User_taste", "graphrec_Item_taste",
    }  # fmt: skip
    assert after.indexes["graphrec_User_taste"] == ("VECTOR", "['Person']", "['taste']")
    assert after.indexes["graphrec_Item_taste"] == ("VECTOR", "['Film']", "['taste']")
    for kind in ("constraints", "indexes"):
        assert getattr(before, kind).items() <= getattr(after, kind).items()
    assert after.relationships == before.relationships
    new = {key: labels for key, (labels, _) in after.nodes.items() if key not in before.nodes}
    assert set(new.values()) == {("GraphrecRun",), ("GraphrecMeta",)}
    assert before.nodes.keys() <= after.nodes.keys()
    embedded = set()
    for key, (labels, own) in before.nodes.items():
        found, now = after.nodes[key]
        assert found == labels
        if set(labels) & {"Person", "Film"} and "taste" in now:
            embedded |= set(labels)
            assert len(now.pop("taste")) == 8
        assert now == own
    assert embedded == {"Person", "Film"}


def test_what_is_not_mapped_does_not_exist(typed, owner: Owner) -> None:
    assert typed("init").code == 0
    stats = typed("stats", "--json").json
    assert set(stats["nodes"]) == {"User", "Item", "Genre"}
    assert set(stats["relationships"]) == {"VIEWED", "IN_GENRE"}
    assert typed("query", "runs", "--json").json == []
    assert typed("query", "comments_of_video", "-p", "video=f3", "--json").json == []
    with closing(open_store("graphrec-data", owner.uri, write=True)) as store:
        assert store.read_nodes("Comment", ["text"]).num_rows == 0
        assert len(store.read_relationships("WROTE", "User", "Comment").source) == 0
        assert store.counts()["Frame"] == store.counts()["RATED"] == 0
        assert not store.has_embeddings("Frame", "taste")
        store.drop_embeddings("Frame", "taste")
        for label in ("User", "Segment"):
            with pytest.raises(StoreError, match="read only to graphrec"):
                store.write_nodes(label, nodes("x"))
        with pytest.raises(StoreError, match="read only to graphrec"):
            store.write_relationships("VIEWED", "User", "Item", edges(("p3", "f3")))
        with pytest.raises(StoreError, match="read only to graphrec"):
            store.declare("User", [Property("town", "string")])
        with pytest.raises(StoreError, match="read only to graphrec"):
            from_networkx(nx.Graph(), store)
    assert owner.ask("MATCH (f:Frame) RETURN count(f.taste)") == [[6]]


def _refused_everywhere(typed, owner: Owner, folder: Path, said: str) -> None:
    """Nothing is written by any command, and none answers from what is only called like graphrec's."""
    before = owner.contents()
    (folder / "seen.csv").write_text("user,item\nu0,i0\n", encoding="utf-8")
    table = ("table", folder / "seen.csv", "--rels", "VIEWED", "--from", "User:user", "--to", "Item:item")
    for command in (
        ("init",),
        ("load", *table),
        ("load", *table, "--dry-run"),
        ("load", "comments", folder / "seen.csv"),
        ("forget", "User:u0", "--yes"),
        ("forget", "User:u0", "--dry-run"),
        ("ingest", folder),
        ("describe", "Item.title"),
        ("embed",),
        ("prune", "--yes"),
        ("train", "-m", "popularity"),
        ("recommend", "u0"),
        ("recommend", "--all-users", "--to", folder / "lists.parquet"),
        ("similar", "f3"),
        ("explain", "u0", "f3"),
        ("audience", "f3"),
        ("query", "popular"),
        ("export", "graph", folder / "graph"),
        ("explore", "--no-browser", "--port", "1"),
    ):
        told = typed(*command)
        assert told.code == 1, (command, told.out)
        text = " ".join(told.err.split())
        for part in (said, "24 Film", "20 User", "init --map"):
            assert part in text, (command, text)
        assert "Traceback" not in text
    assert owner.contents() == before
    counted = typed("stats", "--json").json
    assert counted["unmapped"]["labels"]["User"] == 20
    assert counted["unmapped"]["labels"]["Film"] == 24
    assert counted["nodes"] == {}
    found = typed("doctor").out
    assert "24 Film" in found
    assert "nodes and relationships" not in found


def test_without_a_mapping_nothing_of_somebody_elses_graph_is_changed(typed, owner: Owner, tmp_path: Path) -> None:
    """Nodes that are called User and have a text of their own as their id do not make a graph graphrec's."""
    owner.ask("MATCH (u:User) DETACH DELETE u")
    owner.ask(
        "UNWIND range(0, 19) AS n CREATE (u:User {id: 'u' + n, login: 'x' + n}) "
        "WITH u MATCH (f:Film {slug: 'f3'}) CREATE (u)-[:OWNS]->(f)"
    )
    mapping = (tmp_path / "graphrec.toml").read_text(encoding="utf-8")
    (tmp_path / "graphrec.toml").unlink()
    _refused_everywhere(typed, owner, tmp_path, "graphrec")
    (tmp_path / "graphrec.toml").write_text(mapping, encoding="utf-8")
    assert typed(*TRAIN).code == 0
    (run,) = [one["run"] for one in typed("runs", "--json").json]
    # From another folder, where nobody knows of the mapping.
    (tmp_path / "graphrec.toml").rename(tmp_path / "elsewhere.toml")
    _refused_everywhere(typed, owner, tmp_path, "graphrec")
    before = owner.contents()
    refused = typed("publish", run, "--property", "mine")
    assert (refused.code, "it was used with one" in " ".join(refused.err.split())) == (1, True)
    assert owner.contents() == before
    (tmp_path / "elsewhere.toml").rename(tmp_path / "graphrec.toml")
    assert typed("recommend", "p3").code == 0


def test_a_graph_of_graphrecs_keeps_what_else_its_owner_puts_there(typed, owner: Owner, tmp_path: Path) -> None:
    (tmp_path / "graphrec.toml").unlink()
    owner.ask("MATCH (n) DETACH DELETE n")
    (tmp_path / "seen.csv").write_text("user,item\nu0,i0\nu1,i0\n", encoding="utf-8")
    load = ("load", "table", tmp_path / "seen.csv", "--rels", "VIEWED", "--from", "User:user", "--to", "Item:item")
    assert typed(*load).code == 0
    owner.ask("MATCH (u:User {id: 'u0'}) SET u:Admin CREATE (:Person {login: 'p'})-[:KNOWS]->(u), (:Film {slug: 'f'})")
    for command in (load, ("init",), ("stats",), ("forget", "User:u1", "--yes")):
        done = typed(*command)
        assert done.code == 0, (command, done.err)
    assert typed("stats", "--json").json["nodes"] == {"User": 1, "Item": 1}
    # Its constraints may have gone: what was loaded says so too.
    for (name,) in owner.ask("SHOW CONSTRAINTS YIELD name WHERE name STARTS WITH 'graphrec' RETURN name"):
        owner.ask(f"DROP CONSTRAINT `{name}`")
    assert typed(*load).code == 0
    assert owner.ask("MATCH (p:Person) RETURN count(p)") == [[1]]


def test_nodes_that_could_be_graphrecs_are_taken_over_only_where_nothing_else_is(
    typed, owner: Owner, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "graphrec.toml").unlink()
    owner.ask("MATCH (n) DETACH DELETE n")
    owner.ask("CREATE (:User {id: 'a'}), (:User {key: 7}), (:Genre {id: 'x'})")
    before = owner.contents()
    refused = typed("init")
    assert (refused.code, "2 User, 1 Genre nodes" in refused.err, "init --map" in refused.err) == (1, True, True)
    assert owner.contents() == before
    owner.ask("MATCH (n:User {key: 7}) DELETE n")
    assert typed("init").code == 0
    assert "1 User nodes, 1 Genre nodes that graphrec did not write are taken for its own" in caplog.text


def test_nodes_without_an_id_are_left_out_on_every_path(typed, owner: Owner, tmp_path: Path) -> None:
    owner.ask("MATCH (f:Film {slug: 'f3'}) DETACH DELETE f")
    owner.ask(
        "MATCH (p:Person) WITH collect(p) AS people UNWIND range(0, 1) AS n "
        "CREATE (f:Film {name: 'nameless ' + n})-[:HAS_TAG]->(:Tag {other: n}) "
        "WITH people, f, n UNWIND people AS p CREATE (p)-[:WATCHED {ts: 1700000000 + n, minutes: 1}]->(f)"
    )
    owner.ask("MATCH (f:Film) WITH f LIMIT 9 CREATE (:Person {country: 'de'})-[:WATCHED {ts: 1700000000}]->(f)")
    known = owner.ask("MATCH (:Person {login: 'p4'})-[:WATCHED]->(f:Film) RETURN count(DISTINCT f.slug)")[0][0]

    def answers() -> None:
        lists = tmp_path / "lists.parquet"
        for command in (
            ("recommend", "p4", "-k", "40", "--include-seen", "--explain"),
            ("recommend", "p4", "-k", "40", "--new-only"),
            ("recommend", "--all-users", "-k", "40", "--to", lists),
            ("query", "popular"),
            ("query", "trending"),
            ("query", "history", "-p", "user=p4"),
            ("query", "top_users"),
            ("query", "co_liked", "-p", "id=f2"),
            ("query", "neighbours", "-p", "user=p4"),
            ("query", "genre_profile", "-p", "user=p4"),
            ("query", "cold_items"),
            ("similar", "f2"),
            ("audience", "f2", "-k", "60", "--include-seen"),
            ("explain", "p4", "f2"),
        ):
            told = typed(*command, "--json")
            if command[0] in ("similar", "audience") and told.code:
                assert "published" in told.err
                continue
            assert told.code == 0, (command, told.err)
            assert "nameless" not in told.out, command
            assert '"id": null' not in told.out, command
            assert '"user": null' not in told.out, command
        users = pq.read_table(lists)
        assert None not in users["user"].to_pylist() + users["item"].to_pylist()
        assert len(set(users["user"].to_pylist())) == 40
        assert len(typed("query", "history", "-p", "user=p4", "--json").json) == known
        first = typed("query", "popular", "--json").json[0]
        assert first["users"] == owner.ask(
            "MATCH (p:Person)-[:WATCHED]->(f:Film {slug: $id}) WHERE p.login IS NOT NULL RETURN count(DISTINCT p)",
            id=first["id"],
        )[0][0]
        with closing(open_store(tmp_path / "graphrec-data", owner.uri)) as store:
            assert len(history(store, "p4")) == known
            (watched,) = neighbours(store, "User", "p4", limit=99).groups
            assert (watched.shown, watched.total) == (known, known)
            assert None not in names(store, "Item")
            assert not find(store, "Item", "nameless")
            asked = store.ask("MATCH (f:Film) WHERE f.slug IS NULL RETURN f", {}, Limits())
            assert len(asked.rows) == 2
            assert graph_of(asked).nodes == []
            assert None not in catalogue(store, "popular")

    answers()
    assert typed(*TRAIN).code == 0
    answers()


def test_serving_refuses_another_mapping_than_the_runs(typed, owner: Owner, tmp_path: Path) -> None:
    owner.ask("MATCH (f:Film) SET f.year = 2000 + size(f.name) % 2")
    file = tmp_path / "graphrec.toml"

    def mapped(what: str, otherwise: str) -> None:
        assert what in MAPPING
        file.write_text(MAPPING.replace(what, otherwise), encoding="utf-8")

    asked = (
        ("recommend", "p3"),
        ("recommend", "--all-users", "--to", tmp_path / "lists.parquet"),
        ("similar", "f3"),
        ("explain", "p3", "f3"),
        ("audience", "f3"),
        ("query", "popular"),
    )
    mapped('id = "slug"', 'id = "year"')
    for command in asked:
        told = typed(*command)
        assert (told.code, "24 nodes share 2 ids" in told.err) == (1, True), (command, told.out, told.err)
    file.write_text(MAPPING, encoding="utf-8")
    assert typed(*TRAIN).code == 0
    (run,) = [one["run"] for one in typed("runs", "--json").json]
    served = (*asked[:-1], ("recommend", "p3", "--run", run), ("publish", run), ("embed",))
    for what, otherwise, said in (
        ('id = "slug"', 'id = "name"', "neo4j.nodes.Item.id = 'slug', and graphrec.toml now says 'name'"),
        ('at = "ts:s"\n', "", "neo4j.relationships.VIEWED.at = 'ts:s', and graphrec.toml says nothing of it now"),
    ):
        mapped(what, otherwise)
        for command in served:
            told = typed(*(str(part).replace("f3", "Film 3") if "name" in otherwise else part for part in command))
            text = " ".join(told.err.split())
            assert told.code == 1, (command, told.out)
            assert f"run {run} was trained with {said}" in text, (command, text)
            assert "Traceback" not in text
    # What is mapped besides changes nothing of what the run knows.
    mapped('title = "name"', 'title = "name"\nyear = "year"')
    assert typed("recommend", "p3").code == 0
    file.write_text(MAPPING, encoding="utf-8")
    owner.ask("MATCH (f:Film {slug: 'f7'}) SET f.slug = 7")
    for command in asked:
        told = typed(*command)
        assert (told.code, "1 of 24 are integers" in told.err) == (1, True), (command, told.out, told.err)
    assert run in typed("runs").out


def test_printed_queries_run_in_any_client(typed, owner: Owner) -> None:
    assert typed(*TRAIN).code == 0
    shown = typed("query", "recommend", "-p", "user=p3", "-p", "limit=5", "--show", "--json").json
    found = owner.ask(shown["text"], **shown["parameters"])
    wanted = typed("recommend", "p3", "-k", "5", "--json").json["items"]
    assert [row[:2] for row in found] == [[item["id"], item["title"]] for item in wanted]
    assert [row[2] for row in found] == pytest.approx([item["score"] for item in wanted], rel=1e-5)
    shown = typed("query", "similar_by_index", "-p", "id=f3", "-p", "limit=5", "--show", "--json").json
    found = owner.ask(shown["text"], **shown["parameters"])
    wanted = typed("similar", "f3", "-k", "5", "--json").json
    alike = wanted["items"] if isinstance(wanted, dict) else wanted
    assert [row[0] for row in found] == [item["id"] for item in alike]
    printed = typed("query", "recommend", "-p", "user=p3", "--show").out
    assert printed.startswith('// $user: "p3"\n// $limit: 20\nMATCH (u:`Person` ')
    assert "graphrec_Item_taste" in printed
    bare = typed("query", "history", "--show").out
    assert "`Person` {`login`: $user}" in bare
    assert "`ts`" in bare


def test_first_contact_names_what_is_there_and_proposes_a_mapping(
    typed, owner: Owner, tmp_path: Path
) -> None:
    (tmp_path / "graphrec.toml").unlink()
    owner.ask("MATCH (u:User) SET u.key = 1 REMOVE u.id")
    before = owner.contents()
    for command in (("train", "-m", "popularity"), ("stats",), ("doctor",)):
        told = typed(*command)
        text = " ".join((told.out + told.err).split())
        assert "init --map" in text, text
        for name in ("Person", "Film", "WATCHED", "Comment"):
            assert name in text
    assert typed("stats", "--json").json["unmapped"]["labels"]["Film"] == 24
    proposed = typed("init", "--map")
    assert proposed.code == 0, proposed.err
    whole = tomllib.loads(proposed.out)
    # The owner's Frame nodes have a property taste; people and films have none.
    assert whole["train"] == whole["publish"] == {"property": "taste"}
    assert "# all that is written to Person and Film nodes" in proposed.out
    tables = whole["neo4j"]
    assert tables["nodes"] == {
        "User": {"label": "Person", "id": "login"},
        "Item": {"label": "Film", "id": "slug", "title": "name"},
        "Genre": {"label": "Tag", "id": "name", "name": "name"},
    }
    assert tables["relationships"] == {
        "VIEWED": {"type": "WATCHED", "at": "ts", "minutes": "minutes:int64"},
        "IN_GENRE": {"type": "HAS_TAG"},
    }
    assert "# a constraint keeps it unique" in proposed.out
    assert not (tmp_path / "graphrec.toml").exists()
    (tmp_path / "graphrec.toml").write_text("seed = 1\n", encoding="utf-8")
    assert typed("init", "--map", "--write").code == 0
    assert (tmp_path / "graphrec.toml").read_text(encoding="utf-8") == f"seed = 1\n\n{proposed.out[:-1]}"
    again = typed("init", "--map", "--write")
    assert (again.code, "maps a graph already" in again.err) == (1, True)
    assert typed("init", "--write").code == 2
    assert owner.contents() == before
    assert typed("train", "-m", "popularity", "--no-publish").code == 0
    assert owner.contents() == before


def test_a_proposal_takes_ids_for_ids_and_leaves_nothing_out_silently(
    typed, owner: Owner, tmp_path: Path
) -> None:
    (tmp_path / "graphrec.toml").unlink()
    owner.ask("DROP CONSTRAINT own_slug")
    owner.ask(
        "MATCH (f:Film) WITH f, toInteger(substring(f.slug, 1)) AS n SET f.filmId = 'x' + n, f.plot = "
        "'Somebody walks into a bar, and comes out again as number ' + n, f.`run time` = 90 + n % 7, "
        "f.mixed = CASE n % 2 WHEN 0 THEN 1 ELSE 'one' END, f.released = date('1990-01-01') REMOVE f.slug, f.id"
    )
    owner.ask("MATCH (f:Film {filmId: 'x1'}) REMOVE f.filmId")
    owner.ask("MATCH (f:Film {filmId: 'x2'}) SET f.filmId = 2")
    owner.ask("MATCH (f:Film {filmId: 'x3'}) SET f.filmId = 'x4'")
    owner.ask("MATCH ()-[e:WATCHED]->() SET e.minutes = e.minutes * 0.5")
    owner.ask("MATCH ()-[e:WATCHED]->() WITH e LIMIT 5 SET e.minutes = 3")
    told = typed("init", "--map").out
    nodes = tomllib.loads(told)["neo4j"]["nodes"]
    assert nodes["Item"] == {"label": "Film", "id": "filmId", "title": "name"}
    for line in (
        "but of 24 1 have none, 1 have that of another, 1 have an integer, the others a text: `graphrec doctor` says",
        '# id = "name"                        # or this, different on all 24 that were looked at',
        '# plot = "plot:string"',
        '# run_time = "run time:int64"',
        '# mixed = "mixed:string"',
        '# left out: "released", whose values are DATE',
        '# left out: "born", whose values are DATE',
        'minutes = "minutes:float64"',
    ):
        assert line in told, (line, told)


def test_a_proposal_goes_into_the_tables_that_are_there(typed, owner: Owner, tmp_path: Path) -> None:
    file = tmp_path / "graphrec.toml"
    owner.ask("MATCH (f:Film {slug: 'f3'}) SET f.taste = 'good'")
    file.write_text('[train]\nmodel = "bpr"\n\n[publish] # later\nproperty = "mine"\n', encoding="utf-8")
    assert typed("init", "--map", "--write").code == 0
    whole = tomllib.loads(file.read_text(encoding="utf-8"))
    assert whole["train"] == {"model": "bpr", "property": "graphrec_taste"}
    assert whole["publish"] == {"property": "mine"}
    assert whole["neo4j"]["nodes"]["Item"]["label"] == "Film"
    file.write_text('train.model = "bpr"\n', encoding="utf-8")
    refused = typed("init", "--map", "--write")
    assert (refused.code, "give train a table of its own, [train]" in refused.err) == (1, True)
    assert file.read_text(encoding="utf-8") == 'train.model = "bpr"\n'


def test_the_property_of_the_embeddings_is_asked_for_before_training(typed, owner: Owner, tmp_path: Path) -> None:
    (tmp_path / "graphrec.toml").write_text(MAPPING.partition("[train]")[0], encoding="utf-8")
    before = owner.contents()
    refused = typed(*TRAIN)
    assert (refused.code, "name the property of its nodes that gets the embeddings" in refused.err) == (1, True)
    assert not (tmp_path / "graphrec-data" / "runs").exists()
    assert typed("train", "-m", "popularity").code == 0
    assert typed(*TRAIN, "--no-publish").code == 0
    (run,) = [one["run"] for one in typed("runs", "--json").json if one["model"] == "transgrec"]
    refused = typed("publish", run)
    assert (refused.code, 'property = "taste" in [train] and [publish]' in refused.err) == (1, True)
    assert owner.contents() == before
    assert typed("publish", run, "--property", "taste").code == 0
