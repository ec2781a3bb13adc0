"""Takes the documentation's pictures of the explorer, in a real browser, of the demo world that it makes.

python docs/pictures.py                     # docs/pictures/*.jpg
python docs/pictures.py WORKSPACE FOLDER    # of another workspace, to look at
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from graphrec.api.demo.demo import demo
from graphrec.api.train import Plan, train
from graphrec.serving.load_model import load_run
from graphrec.serving.publish import publish
from graphrec.serving.published import current_run
from graphrec.serving.recommend import Request, recommend
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.testing.explorer import chromium, explorer, settle
from graphrec.training.runs import list_runs
from graphrec.workspace import Workspace
from graphrec.worlds.highlights import make_world

HERE = Path(__file__).with_name("pictures")
WIDE, NARROW = (1440, 900), (375, 812)
QUIET_MS = 1500
"""So long after the last answer pictures and graphs take to come to rest."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) == 3:
            workspace, target = Workspace(Path(sys.argv[1])), Path(sys.argv[2])
            clip = None
        else:
            workspace, target = Workspace(Path(folder) / "demo"), HERE
            clip = prepared(workspace, Path(folder))
        target.mkdir(parents=True, exist_ok=True)
        pages = addresses(workspace)
        with explorer(workspace) as running, chromium() as browser:
            for name, address in pages.items():
                take(browser, f"{running.address}/{address}", target / f"{name}.jpg")
            take(browser, f"{running.address}/{pages['recommend']}", target / "recommend-dark.jpg", dark=True)
            take(browser, f"{running.address}/{pages['video']}", target / "video-phone.jpg", size=NARROW)
            if clip is not None:
                add(browser, f"{running.address}/add-video", clip, target / "add-video.jpg")


def prepared(workspace: Workspace, folder: Path) -> Path:
    """Make the demo and a second run; return a video that is not in it."""
    demo(workspace)
    done = train(workspace, Plan("transgrec", {"seed": 1, "dimension": 32}, split="temporal-last"))
    with closing(open_store(workspace, write=True)) as store:
        publish(store, load_run(workspace, done.run), "smaller")
        publish(store, load_run(workspace, next_to(workspace, done.run.id)))
    other = make_world(folder / "other", seed=7, videos=2, users=1)
    return Path(shutil.copy(other.videos / "v000.mp4", folder / "a-new-video.mp4"))


def next_to(workspace: Workspace, run: str) -> Any:
    """Return the other run."""
    return next(other for other in list_runs(workspace) if other.id != run)


def addresses(workspace: Workspace) -> dict[str, str]:
    """Return the pages and what each is to show: the first user's best."""
    with closing(open_store(workspace)) as store:
        users = sorted(store.read_nodes("User")["id"].to_pylist())
        best = recommend(store, workspace, Request(users[0], k=1)).items[0]
        run = current_run(store)
    user, item = users[0], best.id.replace("#", "%23")
    video = best.video or best.id
    return {
        "overview": "",
        "recommend": f"recommend?user={user}",
        "video": f"video?id={video}&user={user}",
        "explain": f"explain?user={user}&id={item}",
        "graph": f"graph?label=User&id={user}",
        "embeddings": "embeddings",
        "cypher": "cypher?query=popular",
        "runs": f"runs?run={run.id if run else ''}",
    }


def take(browser: Any, address: str, path: Path, *, size: tuple[int, int] = WIDE, dark: bool = False) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
    )
    tab = context.new_page()
    tab.goto(address)
    settle(tab)
    shoot(tab, path)
    context.close()


def shoot(tab: Any, path: Path) -> None:
    tab.wait_for_load_state("networkidle")
    tab.wait_for_timeout(QUIET_MS)
    tab.screenshot(path=path, type="jpeg", quality=85)
    print(path)


def add(browser: Any, address: str, clip: Path, path: Path) -> None:
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
    tab = context.new_page()
    tab.goto(address)
    settle(tab)
    tab.set_input_files("input[type=file]", str(clip))
    tab.get_by_text(clip.name).first.wait_for()
    tab.get_by_role("button", name="Add it").click()
    tab.get_by_role("heading", name="Whom it would please").wait_for(timeout=120_000)
    settle(tab)
    shoot(tab, path)
    context.close()


if __name__ == "__main__":
    main()
