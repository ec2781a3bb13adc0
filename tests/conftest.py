"""Real Neo4j servers, each started once for the tests that need it, and real video files."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from graphrec.media.description import VideoInfo
from graphrec.media.encoders.base import Picture, Pixels
from graphrec.media.one_pass import one_pass
from graphrec.media.sampling import PictureSampler
from graphrec.store.neo4j.login import Login
from graphrec.testing import clips, limits
from graphrec.testing.neo4j_server import (
    NEWER,
    QUICK,
    VERSION,
    Neo4jServer,
    available,
    free_port,
    java_needed,
)

ASKED = os.environ.get("GRAPHREC_TEST_NEO4J") or VERSION
"""What the tests run on; a few run on ``NEWER`` too."""

# Who runs in the background of a shell is deaf to Ctrl-C, and so would be all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# pytest-timeout reads it when the session begins; what the command line says goes first.
os.environ.setdefault("PYTEST_TIMEOUT", f"{limits.TEST_S:g}")

Running = Callable[..., AbstractContextManager[Neo4jServer]]

FIRST: dict[str, Neo4jServer] = {}
"""The first server of each version, whose password the others have too."""

TOGETHER = {
    "the explorer in a browser": re.compile(r"tests/app/test_\w+_in_browser\.py"),
    "the explorer": re.compile(r"tests/app/"),
    "queries": re.compile(r"tests/cypher/"),
    "what was trained by commands": re.compile(r"tests/cli/test_(commands|faults|usage)\.py"),
    "a server of this year": re.compile(r"tests/(contracts/test_stores|store/test_neo4j)\.py"),
}
"""Files that share what takes long to make, in the order of asking."""


LONG = ("slow", "neo4j")
"""Marks of tests that take long. What holds one is begun first, so that no process does it last and alone."""


def group_of(nodeid: str) -> str:
    """Return what a test shares a process with: its file, or one of ``TOGETHER``."""
    file = nodeid.partition("::")[0]
    return next((name for name, files in TOGETHER.items() if files.match(file)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Have pytest-xdist run the tests of a group in one process.

    Its own groups are a suffix of a test's name, and pytest 9.2 lets no name be changed: they are ignored in silence.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return ByGroup(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the groups that take long."""
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        groups.setdefault(group_of(item.nodeid), []).append(item)

    def place(group: list[pytest.Item]) -> tuple[bool, int]:
        return not any(item.get_closest_marker(name) for item in group for name in LONG), -len(group)

    items[:] = [item for group in sorted(groups.values(), key=place) for item in group]


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jServer]:
    """The server, which no test may leave stopped."""
    with running(ASKED, tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="session")
def neo4j_newer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jServer]:
    """A server of this year, which no test may leave stopped."""
    with running(NEWER, tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="session")
def neo4j_running(tmp_path_factory: pytest.TempPathFactory) -> Running:
    """Start a server that a test may do anything to, with lines of neo4j.conf, and end it with the block."""
    return lambda *settings: running(ASKED, tmp_path_factory, *settings)


@contextmanager
def running(version: str, folders: pytest.TempPathFactory, *settings: str) -> Iterator[Neo4jServer]:
    """Start a server of its own with lines of neo4j.conf, and end it with the block."""
    if not available(version):
        pytest.skip(f"Neo4j {version} needs Java {java_needed(version)} and Maven")
    if not version.startswith("5."):
        # What a database of one's own may be set to; what runs in it runs in Cypher 5 too, as 5.26 tells.
        settings = ("db.query.default_language=CYPHER_25", *settings)
    server = Neo4jServer(folders.mktemp("neo4j"), free_port(), version, settings, QUICK)
    if version in FIRST:
        FIRST[version].give_login(server)
    server.start()
    FIRST.setdefault(version, server)
    try:
        yield server
    finally:
        # Nobody wants its files, and an orderly end takes it ten seconds.
        server.stop(kill=True)


@pytest.fixture(scope="session")
def neo4j_login(neo4j_server: Neo4jServer) -> Login:
    """Who may log in there."""
    return neo4j_server.login


@pytest.fixture
def neo4j_empty(neo4j_server: Neo4jServer, neo4j_login: Login) -> Neo4jServer:
    """The server, with an empty graph."""
    neo4j_server.empty()
    return neo4j_server


@pytest.fixture
def write_video(tmp_path: Path) -> Callable[..., Path]:
    """Write a clip that brightens from black to white (see ``write_brightening``)."""
    return lambda name="clip.mp4", **how: clips.write_brightening(tmp_path / name, **how)


@pytest.fixture
def write_shots(tmp_path: Path) -> Callable[..., Path]:
    """Write a clip of shots of known lengths (see ``graphrec.testing.clips.write_shots``)."""
    return lambda name="shots.mp4", **how: clips.write_shots(tmp_path / name, **how)


@dataclass(frozen=True)
class Sampled:
    """What a file holds, the times float64 [n] of samples, and the pictures there, uint8 [n, h, w, 3]."""

    info: VideoInfo
    times: npt.NDArray[np.float64]
    frames: Pixels


@pytest.fixture(scope="session")
def sampled() -> Callable[..., Sampled]:
    """Return the pictures of a video ``per_s`` times a second, the longest side ``side`` pixels."""

    def sample(path: Path, *, per_s: float = 2.0, side: int = 96) -> Sampled:
        parts: list[tuple[npt.NDArray[np.float64], Pixels]] = []
        sampler = PictureSampler(per_s, Picture(side, side, "longest"), lambda *part: parts.append(part))
        info = one_pass(path, [sampler])
        sampler.finish()
        return Sampled(info, *(np.concatenate(column) for column in zip(*parts, strict=True)))

    return sample


@pytest.fixture(scope="session")
def long_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two and a half minutes that take seconds to decode."""
    return clips.write_repeated(tmp_path_factory.mktemp("long") / "long.mkv", seconds=150)
