"""Every page over a graph that graphrec did not load: in its own names underneath, and only what is mapped of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.api.train import Plan, train
from graphrec.app.graph import store_of
from graphrec.app.notices import LOADING
from graphrec.app.settings import ExplorerSettings
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.testing.foreign_graph import MAPPING, OWN, Owner, films
from graphrec.testing.limits import until
from graphrec.testing.neo4j_server import Neo4jServer
from graphrec.testing.watched import drawn
from graphrec.workspace import Workspace

pytestmark = pytest.mark.neo4j
WORKSPACE = Workspace(Path("graphrec-data"))


Page = Callable[..., AppTest]


@pytest.fixture(scope="module")
def owner(neo4j_server: Neo4jServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    """A server with a graph of films, of which two runs are published; where graphrec runs a mapping lies."""
    folder = tmp_path_factory.mktemp("mapped")
    (folder / "graphrec.toml").write_text(MAPPING, encoding="utf-8")
    neo4j_server.empty()
    with pytest.MonkeyPatch.context() as patch, films(neo4j_server) as made:
        patch.chdir(folder)
        patch.setenv("NEO4J_PASSWORD_FILE", str(neo4j_server.password_file))
        made.ask("CREATE (:Film {slug: 'new', name: 'Nobody has seen it'})")
        for model, name in (("transgrec", "taste"), ("bpr", "other")):
            plan = Plan(model, {"epochs": 2, "dimension": 8}, split="temporal-last")
            done = train(WORKSPACE, plan, store=neo4j_server.uri)
            with closing(open_store(WORKSPACE, neo4j_server.uri, write=True)) as store:
                store.initialise()
                publish(store, load_run(WORKSPACE, done.run), name)
        yield made


@pytest.fixture
def shown(owner: Owner) -> Iterator[ExplorerSettings]:
    """What the pages are to show."""
    found = ExplorerSettings(WORKSPACE, owner.uri)
    yield found
    store_of(found).close()


def said(app: AppTest) -> str:
    """Return everything that the page has, as the browser is told of it; what is escaped for Markdown as it reads."""
    found = "\n".join(str(element.proto) for element in app.main if hasattr(element, "proto"))
    return found.replace("\u2060", "").replace("\\", "")


def finish(app: AppTest) -> None:
    """Wait for a query that still runs."""

    def runs() -> bool:
        return any(button.label == "Cancel" for button in app.button)

    until(lambda: not runs() or (app.run() and not runs()))


READ_ONLY = "is mapped in graphrec.toml, and read only to graphrec"
VIDEO_TABS = ("Segments", "Shots", "Frames", "Comments", "Trailers", "Similar", "Audience")
LOADED = ("Segments", "Shots", "Frames", "Comments", "Trailers")
"""Of these only loading would make something to see."""
ADDRESSES: list[tuple[str, dict[str, str]]] = [
    ("overview", {"health": "true"}),
    ("recommend", {}),
    ("recommend", {"user": "p3", "id": "f3"}),
    ("video", {}),
    *(("video", {"id": "f3", "tab": tab}) for tab in VIDEO_TABS),
    ("explain", {}),
    ("explain", {"user": "p3", "id": "f3"}),
    ("graph", {}),
    ("graph", {"label": "Comment"}),
    ("graph", {"label": "User", "id": "p3", "open": "Item f3"}),
    ("embeddings", {}),
    *(("cypher", {"query": name}) for name in ("popular", "orphans", "runs")),
    ("cypher", {"query": "comments_of_video", "video": "f3"}),
    ("runs", {"tab": "Test"}),
    ("runs", {"tab": "Settings"}),
    ("add_video", {}),
]


@pytest.mark.parametrize(
    ("name", "address"), ADDRESSES, ids=["-".join([name, *address.values()]) for name, address in ADDRESSES]
)
def test_every_page_shows_what_is_mapped_and_nothing_else(page: Page, name: str, address: dict[str, str]) -> None:
    app = page(name, **address)
    finish(app)
    told = said(app)
    assert OWN.strip() not in told
    assert (READ_ONLY in told) == (name in ("overview", "add_video") or address.get("tab") in LOADED)
    assert len(app.error) == (name == "add_video")
    # What would be refused is not advised.
    assert not any(code.value.startswith(LOADING) for code in app.code)


def test_counts_are_of_what_is_mapped(page: Page) -> None:
    app = page("overview")
    assert {metric.label: metric.value for metric in app.metric} == {"Users": "40", "Items": "25", "Genres": "3"}
    assert [card["id"] for card in drawn(app, "graphrec_cards")[0]["cards"]] == ["new"]
    assert "VIEWED from User to Item" in app.get("graphviz_chart")[0].proto.alt


def test_a_node_is_known_by_its_own_properties_and_its_mapped_neighbours(page: Page) -> None:
    app = page("graph", label="User", id="p3", open="Item f3")
    labels = {option.partition(":")[0] for option in app.selectbox(key="graph-node").options}
    assert labels == {"User", "Item"} | ({"Genre"} & labels)
    told = said(app)
    assert "country" in told
    assert "minutes" in told
    assert "1990" not in told


def test_the_query_to_begin_with_finds_what_is_mapped(page: Page) -> None:
    app = page("cypher")
    app.session_state["mode"] = "Your own"
    app.run()
    assert "`Person`" in app.text_area(key="cypher-text").value
    next(button for button in app.button if button.label == "Run").click()
    app.run()
    finish(app)
    assert not app.error
    (rows,) = app.dataframe
    assert set(rows.value["e"].str.extract(r"\[:(\w+)")[0]) == {"VIEWED"}
    app.session_state["cypher-shown"] = "Graph"
    app.run()
    assert not app.exception
    assert "Film" in said(app)
