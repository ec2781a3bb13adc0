"""What is installed, reachable and wrong, each with its cure."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

from graphrec.api import doctor_server
from graphrec.api.finding import Finding
from graphrec.api.first_contact import OFFER, unmapped
from graphrec.errors import GraphrecError
from graphrec.features import FeatureStore
from graphrec.media.comments import splitters
from graphrec.store.answers import Limits
from graphrec.store.base import closing
from graphrec.store.console import wall
from graphrec.store.neo4j.store import Neo4jStore
from graphrec.store.open import open_store
from graphrec.training.runs import list_runs
from graphrec.workspace import Workspace

PACKAGES = ("graphrec", "ladybug", "pyarrow", "torch", "av")
ENOUGH_BYTES = 1 << 30


def diagnose(workspace: Workspace, store: str | None = None) -> list[Finding]:
    """Look at the installation and a workspace; never raises for what it finds."""
    return [*_installed(), _device(), _sampler(), *_words(), _wall(), _space(workspace), *_graph(workspace, store)]


def _installed() -> Iterator[Finding]:
    yield Finding(True, "python", platform.python_version())
    for name in PACKAGES:
        try:
            yield Finding(True, name, version(name))
        except PackageNotFoundError:
            yield Finding(
                False, name, "not installed", "reinstall graphrec: pip install --force-reinstall graphrec"
            )


def _device() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding(True, "GPU", torch.cuda.get_device_name())
    return Finding(True, "GPU", f"none; {torch.get_num_threads()} processor threads are used")


def _sampler() -> Finding:
    try:
        return Finding(True, "DGL", version("dgl"))
    except PackageNotFoundError:
        return Finding(True, "DGL", "not installed; graphrec's own sampler is used")


def _words() -> Iterator[Finding]:
    for splitter, language in splitters.LANGUAGES.items():
        if splitters.installed(splitter):
            state = f"{splitter}: {', '.join(f'{name} {version(name)}' for name in splitters.PACKAGES[splitter])}"
        else:
            state = f"no {splitter}, so that comments are split without a dictionary; {splitters.CURE}"
        yield Finding(True, f"words in {language.capitalize()}", state)


def _wall() -> Finding:
    missing = wall.missing()
    if missing is None:
        return Finding(True, "typed queries", "run in processes that can open no file")
    state = f"run in processes that the system could let open files ({missing}); their text is still looked at"
    return Finding(True, "typed queries", state, "on Linux: install libseccomp2")


def _space(workspace: Workspace) -> Finding:
    folder = workspace.root
    while not folder.exists():
        folder = folder.absolute().parent
    free = shutil.disk_usage(folder).free
    return Finding(
        free > ENOUGH_BYTES,
        "disk",
        f"{free / 1e9:.1f} GB free at {folder}",
        "" if free > ENOUGH_BYTES else "free some space, or choose another --workspace",
    )


def _graph(workspace: Workspace, store: str | None) -> Iterator[Finding]:
    if store is not None:
        yield from doctor_server.driver()
    try:
        with closing(open_store(workspace, store)) as graph:
            if isinstance(graph, Neo4jStore):
                yield from doctor_server.server(graph)
            graph.query("RETURN 1 AS one", Limits())
            strange = unmapped(graph)
            if strange is not None:
                state = f"{graph.uri} holds {strange}, none of which graphrec loaded"
                yield Finding(False, "mapping", state, OFFER)
                return
            counts = graph.counts()
            yield Finding(True, "graph", f"{graph.uri}: {sum(counts.values()):,} nodes and relationships")
            own = [f"{name}.{p.name}" for name in counts for p in graph.properties.own(name)]
            if own:
                yield Finding(True, "properties of your own", ", ".join(own))
    except GraphrecError as error:
        state, _, cure = str(error).partition("; ")
        yield Finding(False, "graph", state, cure)
        return
    features = FeatureStore(workspace.features)
    for name in features.names():
        yield _checked(
            f"feature {name}",
            lambda name=name: (
                f"{features.info(name).rows:,} rows, readable"  # type: ignore[misc]
                if features.read(name, [])
                else ""
            ),
        )
    for run in list_runs(workspace):
        if not run.finished:
            yield Finding(False, f"run {run.id}", "was cut off", f"graphrec train --resume {run.id}")


def _checked(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(True, what, look())
    except (GraphrecError, OSError, ValueError) as error:
        return Finding(False, what, str(error), "load its source again")
