"""The day of a video platform, as the documentation has it: every command on that page is run, in its order."""

from __future__ import annotations

import csv
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from graphrec.testing.command_line import graphrec
from graphrec.testing.limits import WAIT_S
from graphrec.training.runs import list_runs
from graphrec.workspace import Workspace
from graphrec.worlds.highlights import make_world

PAGE = Path(__file__).parents[2] / "docs" / "day.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EVENTS, COMMENTS = ("user", "video", "event", "at"), ("user", "video", "time_s", "text")
SAID = ("what a goal", "so calm and blue")
USERS, AT, TODAY = 60, 1_700_000_000_000, 1_800_000_000_000


def write(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def made(folder: Path) -> list[str]:
    """Make the files that the page speaks of, and return the new videos."""
    world = make_world(folder / "world", seed=0, videos=16, users=USERS, topics=4, segments=(2, 3))
    for name in ("videos", "new", "today"):
        (folder / name).mkdir()
    for file in sorted(world.videos.glob("*.mp4")):
        shutil.move(file, folder / ("new" if file.stem in world.new_videos else "videos") / file.name)
    known = sorted(file.stem for file in (folder / "videos").glob("*.mp4"))
    for name, videos in (("videos", known), ("new", world.new_videos)):
        rows = [(f"{one}.mp4", one, f"Film {one}", "sport") for one in videos]
        write(folder / name / "metadata.csv", ("file", "id", "title", "genres"), rows)
    (folder / "new" / "broken.mp4").write_bytes(b"no video at all")
    people = [(user, "de", 20 + number) for number, user in enumerate(world.users)]
    write(folder / "users.csv", ("user", "country", "age"), people)
    rng = np.random.default_rng(0)
    seen = [
        (user, video, AT + 60_000 * int(rng.integers(1_000_000)))
        for number, user in enumerate(world.users)
        # Two camps, each with its own half of the videos: there is something to learn.
        for video in rng.permutation(known[number % 2 :: 2])[:5].tolist()
    ]
    events = [(*pair, kind, at) for *pair, at in seen for kind in ("impression", "view", "like")]
    write(folder / "events.csv", EVENTS, events)
    said = [(user, video, at % 9, SAID[known.index(video) % 2]) for user, video, at in seen[::3]]
    write(folder / "comments.csv", COMMENTS, said)
    first = world.new_videos[0]
    write(folder / "today" / "events.csv", EVENTS, [(user, first, "like", TODAY) for user in world.users[:9]])
    write(folder / "today" / "comments.csv", COMMENTS, [(world.users[0], first, 1, "so calm")])
    return world.new_videos


@pytest.mark.slow
def test_every_command_of_the_day_runs(tmp_path: Path) -> None:
    folder = tmp_path / "platform"
    new = made(folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GRAPHREC_", "NEO4J_"))}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    scripts: list[str] = []
    told: dict[str, str] = {}
    for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "toml":
            (folder / "graphrec.toml").write_text(text, encoding="utf-8")
        elif kind == "sh":
            scripts.append(text.splitlines()[1].removeprefix("# "))
            (folder / scripts[-1]).write_text(text, encoding="utf-8")
            (folder / scripts[-1]).chmod(0o755)
        elif kind == "crontab":
            jobs = [line.split(maxsplit=5)[5] for line in text.splitlines() if line[0].isdigit()]
            assert [re.findall(r"/(\w+\.sh)", job) for job in jobs] == [[name] for name in scripts]
            for job in jobs:
                command = job.replace("/srv/platform", shlex.quote(str(folder)))
                subprocess.run(command, shell=True, env=environment, check=True, timeout=WAIT_S)
        else:
            for line in text.splitlines():
                name, *arguments = shlex.split(line)
                assert name == "graphrec", line
                run = list_runs(Workspace(folder / "platform"))[-1:]
                words = [run[0].id if word == "RUN" else word for word in arguments]
                done = graphrec(*words, cwd=folder, env=environment)
                assert done.code == 0, (line, done.out, done.err)
                told[line] = done.out + done.err
    lists = pq.read_table(folder / "lists.parquet").to_pydict()
    assert len(set(lists["user"])) == USERS - 1
    assert "u007" not in lists["user"]
    assert set(new) <= set(lists["item"])
    assert "do not publish" not in " ".join(told["graphrec runs RUN"].split())
    assert "Comment > Segment > Item" in told["graphrec describe Comment.text --onto Item"]
    assert "broken.mp4" in told["graphrec ingest new/ --status"]
    assert "left out" in told["graphrec load events events.csv --dry-run"]


def test_the_page_is_linked() -> None:
    assert "(docs/day.md)" in (PAGE.parents[1] / "README.md").read_text(encoding="utf-8")
