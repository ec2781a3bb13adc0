"""The explorer in a real browser: first paint, page switches, a map of 20,000 points, ten visitors at once.

python benchmarks/explorer.py [WORKSPACE ...]

Without a workspace it makes the demo's. The peer is a Streamlit app of two pages with nothing on them but a title: what
Streamlit and the browser take themselves. Chromium must be installed.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
from playwright.async_api import async_playwright

from graphrec.api.demo.demo import demo
from graphrec.app.links import NAMES
from graphrec.serving.explore.catalogue import catalogue
from graphrec.serving.explore.history import longest
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.testing.explorer import CHROMIUM, DRAWN, chromium, chromium_path, explorer, settle
from graphrec.testing.neo4j_server import free_port
from graphrec.workspace import Workspace

CLICKS = (
    ("recommend", "a user's list", lambda tab: first(tab, "Users with the longest histories")),
    ("recommend", "only new", lambda tab: tab.get_by_text("Only new").click()),
    ("video", "a video", lambda tab: first(tab, "Videos")),
    ("video", "its audience", lambda tab: tab.get_by_role("tab", name="Audience").click()),
    ("video", "what is similar", lambda tab: tab.get_by_role("tab", name="Similar").click()),
    (
        "explain",
        "a user explained",
        lambda tab: tab.get_by_test_id("stMain").get_by_role("button").first.click(),
    ),
    (
        "graph",
        "a node's neighbours",
        lambda tab: tab.get_by_test_id("stMain").get_by_role("button").first.click(),
    ),
)
"""Page, what is asked of it, and the click that asks; one after the other, so that each page is there before."""
TITLES = [title for section in NAMES.values() for _, title, _ in section]
ROUNDS = 5
LOOK_MS = 1000
POINTS = 20_000
VISITORS, MINUTE_S = 10, 60.0


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        given = [Path(argument) for argument in sys.argv[1:]]
        if not given:
            made = Workspace(Path(folder) / "demo")
            demo(made)
            given = [made.root]
        print("| workspace | what | p50 ms | p95 ms | worst |\n|---|---|---|---|---|")
        with chromium() as browser:
            with peer(Path(folder)) as address:
                first, switches = timed(browser, address, ["One", "Two"])
            report(
                "(peer: two empty pages)",
                first,
                {"any page": [ms for part in switches.values() for ms in part]},
            )
            for root in given:
                with explorer(Workspace(copied(root, Path(folder)))) as running:
                    report(root.name, *timed(browser, running.address, TITLES))
                    for what, spent in clicked(browser, running.address).items():
                        row(root.name, f"click: {what}", spent)
            on_a_map(browser, Path(folder))
        workspace = Workspace(copied(given[0], Path(folder)))
        links = pasted(workspace)
        with explorer(workspace) as running:
            asyncio.run(crowd(running.address, links))


def copied(root: Path, folder: Path) -> Path:
    """Copy a workspace, which is then nobody else's."""
    return Path(shutil.copytree(root, tempfile.mkdtemp(dir=folder), dirs_exist_ok=True))


@contextmanager
def peer(folder: Path) -> Iterator[str]:
    script = folder / "empty.py"
    script.write_text(
        "import streamlit as st\n"
        "show = lambda name: st.Page(lambda: st.title(name), title=name, url_path=name.lower())\n"
        "page = st.navigation([show('One'), show('Two')])\n"
        "st.set_page_config(page_title=page.title)\n"
        "page.run()\n",
        encoding="utf-8",
    )
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    process = subprocess.Popen(
        [*command, "--server.headless", "true", "--browser.gatherUsageStats", "false"],
        stdout=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
            break
        except OSError:
            time.sleep(0.1)
    try:
        yield address
    finally:
        process.terminate()
        process.wait()


def timed(browser: Any, address: str, titles: list[str]) -> tuple[list[float], dict[str, list[float]]]:
    """Return the milliseconds of first paints, and by page those of switches to it."""
    first = []
    for _ in range(ROUNDS):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        tab = context.new_page()
        started = time.perf_counter()
        tab.goto(address)
        settle(tab)
        first.append((time.perf_counter() - started) * 1e3)
        context.close()
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.goto(address)
    settle(tab)
    switches: dict[str, list[float]] = {title: [] for title in titles}
    for _ in range(ROUNDS):
        for title in [*titles[1:], titles[0]]:
            # Nobody leaves a page before it is there: what it still draws is not the next one's time.
            tab.wait_for_timeout(LOOK_MS)
            started = time.perf_counter()
            tab.locator('[data-testid="stSidebarNav"]').get_by_role("link", name=title, exact=True).click()
            settle(tab, title)
            switches[title].append((time.perf_counter() - started) * 1e3)
    context.close()
    return first, switches


def clicked(browser: Any, address: str) -> dict[str, list[float]]:
    """Return the milliseconds until what is clicked on is there, on pages that show a user or a video."""
    spent: dict[str, list[float]] = {what: [] for _, what, _ in CLICKS}
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    for _ in range(ROUNDS):
        before = ""
        for name, what, click in CLICKS:
            if name != before:
                tab.goto(f"{address}/{name}")
                settle(tab)
            before = name
            # So long an embedded database is open after the last look; each click here opens it anew.
            tab.wait_for_timeout(LOOK_MS)
            started = time.perf_counter()
            click(tab)
            # The click is heard a moment later.
            tab.wait_for_timeout(50)
            settle(tab)
            spent[what].append((time.perf_counter() - started) * 1e3)
    context.close()
    return spent


def first(tab: Any, caption: str) -> None:
    tab.get_by_role("list", name=caption).get_by_role("button").first.click()


def report(name: str, first: list[float], switches: dict[str, list[float]]) -> None:
    rows = {"first paint": first, **{f"switch to {title}": spent for title, spent in switches.items()}}
    if len(switches) > 1:
        rows["all switches"] = [ms for spent in switches.values() for ms in spent]
    for what, spent in rows.items():
        row(name, what, spent)


def row(name: str, what: str, spent: list[float]) -> None:
    middle, slow = np.quantile(spent, [0.5, 0.95])
    print(f"| {name} | {what} | {middle:.0f} | {slow:.0f} | {max(spent):.0f} |", flush=True)


def on_a_map(browser: Any, folder: Path) -> None:
    """Open a map of many points, and move over it: how long a step of the mouse takes to be drawn."""
    workspace = Workspace(folder / "map")
    rng = np.random.default_rng(0)
    ids = [f"i{n}" for n in range(POINTS)]
    centres = rng.standard_normal((20, 64))
    vectors = (centres[rng.integers(0, 20, POINTS)] + 0.5 * rng.standard_normal((POINTS, 64))).astype(
        np.float32
    )
    run = {
        "id": ["run"],
        "model": ["transgrec"],
        "label": ["Item"],
        "property": ["transgrec"],
        "published_at": [1],
    }
    with closing(open_store(workspace, write=True)) as store:
        store.initialise()
        store.write_nodes("Item", pa.table({"id": ids}))
        store.write_embeddings("Item", "transgrec", pa.array(ids), vectors)
        store.write_nodes("GraphrecRun", pa.table(run))
    with explorer(workspace) as running:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        tab = context.new_page()
        started = time.perf_counter()
        tab.goto(f"{running.address}/embeddings")
        chart = tab.locator(".map canvas")
        chart.wait_for()
        settle(tab)
        row("20,000 points", "map drawn", [(time.perf_counter() - started) * 1e3])
        box = chart.bounding_box()
        spent = []
        for step in range(60):
            started = time.perf_counter()
            tab.mouse.move(box["x"] + box["width"] * (0.2 + step / 100), box["y"] + box["height"] * 0.5)
            tab.evaluate(
                "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
            )
            spent.append((time.perf_counter() - started) * 1e3)
        row("20,000 points", "a step of the mouse", spent)
        spent = []
        tab.keyboard.down("Control")
        for step in range(20):
            started = time.perf_counter()
            tab.mouse.wheel(0, -120 if step % 2 else 120)
            tab.evaluate(
                "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
            )
            spent.append((time.perf_counter() - started) * 1e3)
        row("20,000 points", "a step of the wheel", spent)
        context.close()


def pasted(workspace: Workspace) -> list[tuple[str, str]]:
    """Return links that visitors come by, each with its page's title."""
    with closing(open_store(workspace)) as store:
        users, items = list(longest(store)), catalogue(store, "popular", 20)
    return [
        *(("Recommend", f"recommend?user={quote(user)}") for user in users),
        *(("Video", f"video?id={quote(item)}&tab=Audience") for item in items),
        *(("Explain", f"explain?user={quote(user)}") for user in users),
    ]


async def crowd(address: str, links: list[tuple[str, str]]) -> None:
    """Let ten visitors walk about for a minute, by the navigation and by ``links``; count what goes wrong."""
    spent: list[float] = []
    wrong: list[str] = []
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM))
        await asyncio.gather(
            *(visit(browser, address, links, Random(n), spent, wrong) for n in range(VISITORS))
        )
        await browser.close()
    row(f"{VISITORS} visitors", f"switch, of {len(spent)} in a minute", spent)
    print(f"\nerrors that {VISITORS} visitors met in a minute: {len(wrong)}")
    for text in wrong[:10]:
        print(f"- {text}")


async def visit(
    browser: Any,
    address: str,
    links: list[tuple[str, str]],
    rng: Random,
    spent: list[float],
    wrong: list[str],
) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    tab = await context.new_page()
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("websocket", lambda socket: socket.on("socketerror", lambda error: wrong.append(str(error))))
    # On two cores ten browsers take long to begin with; what is measured is what comes then.
    tab.set_default_timeout(180_000)
    await tab.goto(address)
    await tab.wait_for_function(DRAWN, arg="")
    until = time.monotonic() + MINUTE_S
    now = ""
    while time.monotonic() < until:
        now = rng.choice([title for title in TITLES if title != now])
        started = time.perf_counter()
        link = tab.locator('[data-testid="stSidebarNav"]').get_by_role("link", name=now, exact=True)
        try:
            await link.click()
            await tab.wait_for_function(DRAWN, arg=now)
        except Exception as error:
            wrong.append(f"{now}: {error}")
            continue
        spent.append((time.perf_counter() - started) * 1e3)
        if rng.random() < 0.2:
            now, path = rng.choice(links)
            try:
                await tab.goto(f"{address}/{path}")
                await tab.wait_for_function(DRAWN, arg=now)
            except Exception as error:
                wrong.append(f"{path}: {error}")
                continue
        if await tab.locator('[data-testid="stException"], [data-testid="stAlertContentError"]').count():
            wrong.append(f"{now}: an error on the page")
        await asyncio.sleep(rng.uniform(0.5, 2.0))
    await context.close()


if __name__ == "__main__":
    main()
