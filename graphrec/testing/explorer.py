"""A small world to explore, an explorer that shows it, and a browser to look at it with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from graphrec import schema
from graphrec.api.plan import Plan
from graphrec.api.reproduce.kfrci_data import make_world as make_comments
from graphrec.api.train import train
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loaders.videos import VideoLoader, VideoOptions
from graphrec.loading.load import load
from graphrec.media.describe_files import describe_all
from graphrec.media.settings import DescribeJob, DescribeSettings
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.serving.published import current_runs
from graphrec.store.base import GraphStore, closing
from graphrec.store.open import open_store
from graphrec.testing.limits import PROMPT_S, WAIT_S, until
from graphrec.testing.neo4j_server import free_port
from graphrec.workspace import Workspace
from graphrec.worlds.highlights import make_world

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

BAD_USER = "<img src=x onerror=alert(1)>"
BAD_TITLE = "[x](javascript:alert(1)) :smile: <b>bold</b> $a$"
BAD_TEXT = "<script>alert(1)</script> **bold** ![x](http://example.invalid/x.png)"
BAD_WORD = "<b>loud</b>"
"""What must be shown as it is typed: a user's id, a video's title, a comment's text and one of its words."""

ITEMS_RUN = "toy-1"
"""A run of the commented world."""

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def make_explored(workspace: Workspace) -> None:
    """Make a world of 8 short videos and 30 users, with comments, genres, a trailer and two published runs.

    The videos ``v000`` .. ``v007`` are real files in the workspace; two of them nobody has highlighted, and of the
    first the shots are known.

    Args:
        workspace: an empty folder.
    """
    world = make_world(workspace.root / "world", seed=0, videos=8, users=30, topics=4, segments=(5, 8))
    with closing(open_store(workspace, write=True)) as store:
        load(store, VideoLoader(), [world.videos], VideoOptions.model_validate({}), workspace)
        options = TableOptions(
            rels="HIGHLIGHTED", from_="User:user", to="Item:video", interval="start_s:end_s", property=["at"]
        )
        load(store, TableLoader(), [world.highlights], options, workspace)
        _add_the_rest(store)
    looked_for_shots = DescribeJob(workspace.media, DescribeSettings(shots=True))
    list(describe_all([(world.videos / "v000.mp4", "v000")], looked_for_shots))
    settings = {"epochs": 3, "dimension": 16}
    for seed, name in ((0, None), (1, "other")):
        done = train(workspace, Plan("transgrec", settings | {"seed": seed}, split="temporal-last"))
        with closing(open_store(workspace, write=True)) as store:
            publish(store, load_run(workspace, done.run), name)


def make_commented(workspace: Workspace) -> None:
    """Make a world of 2 videos, ``v000`` and ``v001``, and 8 users who comment on frames, with a run that ranks these.

    Of neither video there is a file; pictures of frames lie in the workspace. ``ITEMS_RUN``, published before, ranks
    the videos.

    Args:
        workspace: an empty folder.
    """
    with closing(open_store(workspace, write=True)) as store:
        make_comments(store, workspace, 0, _silent, users=8, videos=2, shots=12, praises=12, blames=2)
    settings = {"epochs": 4, "dimension": 8, "word_dimension": 8, "batch_size": 64, "min_records": 5}
    plan = Plan("kfrci", settings, projection="comments", split="random-by-user", baselines=False)
    done = train(workspace, plan)
    with closing(open_store(workspace, write=True)) as store:
        for label in ("User", "Item"):
            ids = store.read_nodes(label)["id"]
            store.write_embeddings(label, "toy", ids, np.eye(len(ids), 2, dtype=np.float32) + 0.1)
        told = {"model": ["toy"], "property": ["toy"], "label": ["Item"], "published_at": [1]}
        store.write_nodes(schema.RUN, pa.table({"id": [ITEMS_RUN], **told}))
        publish(store, done.loaded)


def _silent(what: str, done: int, of: int) -> None:
    pass


def copy_graph(source: GraphStore, target: GraphStore) -> None:
    """Write all that ``source`` holds, its published embeddings too, into ``target``."""
    target.initialise()
    for label in schema.LABELS.values():
        target.write_nodes(label.name, source.read_nodes(label.name, [p.name for p in label.properties]))
    for rel in schema.RELATIONSHIPS.values():
        for start, end in rel.ends:
            found = source.read_relationships(rel.name, start, end, [p.name for p in rel.properties])
            target.write_relationships(rel.name, start, end, found.table())
    for run in current_runs(source):
        for name in schema.EMBEDDED_LABELS:
            ids, vectors = source.read_embeddings(name, run.property)
            if len(ids):
                target.write_embeddings(name, run.property, ids, vectors)


def _add_the_rest(store: GraphStore) -> None:
    segments = sorted(store.read_nodes("Segment")["id"].to_pylist())
    mine = segments[:5]
    store.write_nodes("User", pa.table({"id": [BAD_USER]}))
    store.write_relationships("HIGHLIGHTED", "User", "Segment", _edges([BAD_USER] * 5, mine))
    store.write_nodes("Item", pa.table({"id": ["v000", "v001"], "title": [BAD_TITLE, "A walk by the sea"]}))
    store.write_nodes("Genre", pa.table({"id": ["calm", "loud"], "name": ["Calm", "Loud"]}))
    store.write_relationships("IN_GENRE", "Item", "Genre", _edges(["v000", "v001"], ["calm", "loud"]))
    store.write_nodes("Trailer", pa.table({"id": ["t1"], "duration_s": [30.0], "views": [12]}))
    store.write_relationships("HAS_TRAILER", "Item", "Trailer", _edges(["v000"], ["t1"]))
    comments = [f"c{n}" for n in range(6)]
    texts = [BAD_TEXT, *(f"comment {n}" for n in range(1, 6))]
    times = [1.0, 2.0, 6.0, 11.0, 11.5, 12.0]
    polarity = [-0.5, 0.0, 0.4, 0.8, None, 0.1]
    words = [BAD_WORD, BAD_WORD, *["sea"] * 4]
    told = {"id": comments, "text": texts, "words": words, "time_s": times, "polarity": polarity}
    store.write_nodes("Comment", pa.table(told))
    store.write_relationships("WROTE", "User", "Comment", _edges([BAD_USER, *["u001"] * 5], comments))
    places = [f"v000#{int(time // 5)}" for time in times]
    store.write_relationships("ON", "Comment", "Segment", _edges(comments, places))


def _edges(start: Sequence[str], end: Sequence[str]) -> pa.Table:
    return pa.table({"from": start, "to": end})


@dataclass(frozen=True)
class Explorer:
    """A running explorer: its address, its process, and the file that holds what it says."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def explorer(
    workspace: Workspace, *arguments: str, environment: dict[str, str] | None = None
) -> Iterator[Explorer]:
    """Run ``graphrec explore`` on a free port during the block.

    Args:
        workspace: what it shows.
        arguments: more of the command line.
        environment: more variables.
    """
    port = free_port()
    log = workspace.root / f"explorer-{port}.log"
    command = [sys.executable, "-m", "graphrec", "explore", "-w", str(workspace.root), "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--no-browser", *arguments],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=os.environ | (environment or {}),
        )
    found = Explorer(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait(found)
        yield found
    finally:
        process.terminate()
        process.wait(WAIT_S)


def _wait(started: Explorer) -> None:
    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"{started.address}/_stcore/health", timeout=PROMPT_S):
                return True
        except OSError:
            return False

    try:
        until(answers, started.process)
    except AssertionError as error:
        raise RuntimeError(f"the explorer did not start: {started.log.read_text()[-2000:]}") from error


DRAWN = """title => {
    const app = document.querySelector('[data-testid=stApp]');
    return document.title.startsWith(title) && app?.dataset.testScriptState === 'notRunning'
        && document.querySelector('h1') !== null && document.querySelector('[data-stale=true]') === null;
}"""
"""JavaScript that tells whether the page of this title is drawn to its end, and nothing of what was before is left."""


def settle(tab: Page, title: str = "") -> None:
    """Wait until the page of this title (any, without one) is drawn to its end."""
    tab.wait_for_function(DRAWN, arg=title)


def chromium_path() -> str | None:
    """Return where Chromium is, or None; the one that draws no windows first, which needs half the time."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium, the system's own, during the block; ``expect`` is as patient as the other tests are."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT_S * 1000)
    options: dict[str, Any] = {
        "executable_path": chromium_path(),
        "args": list(CHROMIUM),
        "timeout": WAIT_S * 1000,
    }
    with sync_playwright() as driver:
        browser = driver.chromium.launch(**options)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    """A window of the browser with nothing of any other, as patient as the other tests are, during the block."""
    context = browser.new_context(**options)
    context.set_default_timeout(WAIT_S * 1000)
    try:
        yield context
    finally:
        context.close()
