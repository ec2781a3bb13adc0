"""The data of a reproduction: what the graph holds already, what lies in a folder, or a made world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from graphrec.api.reproduce.paper import Paper, Source, Step
from graphrec.errors import DataError
from graphrec.files import read_json, write_json
from graphrec.graph.projection import choose
from graphrec.store.base import GraphStore, closing
from graphrec.store.open import open_store
from graphrec.workspace import Workspace

WORLD = "a made world with planted tastes"


@dataclass(frozen=True)
class Prepared:
    """What is in the graph.

    Attributes:
        title: what the data are called.
        differs: how they differ from the paper's, a sentence each.
    """

    title: str
    differs: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON."""
        return asdict(self)


def prepare(
    workspace: Workspace,
    paper: Paper,
    folder: Path,
    *,
    quick: bool,
    store: str | None,
    say: Callable[[str], None],
    step: Step,
) -> tuple[Prepared, str]:
    """Have the graph hold records that the paper's systems learn from; return what it is, and which projection.

    A graph that has some stays as it is. Else a made world is written with ``quick``, or the first of the paper's
    sources that ``folder`` holds is loaded.

    Raises ``DataError`` where there is none of them.
    """
    note = workspace.root / f"reproduce-{paper.name}.json"
    # A load that was cut off is done again: rows that are there already stay as they are.
    cut_off = _loaded_here(note, store) and not read_json(note)["whole"]
    if not cut_off and (store is not None or workspace.database.exists()):
        with closing(open_store(workspace, store)) as graph:
            known = _projection(graph, paper)
        if known is not None:
            return _noted(note, store), known
    chosen = None if quick else _chosen(paper, folder)
    with closing(open_store(workspace, store, write=True)) as graph:
        made = (
            Prepared(WORLD, paper.world_differs)
            if chosen is None
            else Prepared(chosen[0].title, chosen[0].differs)
        )
        write_json(note, {"whole": False, "store": store, **made.to_dict()})
        if chosen is None:
            say("making a small world")
            paper.make_world(graph, workspace, 0, step)
        else:
            source, paths = chosen
            say(f"loading {source.title}: {', '.join(map(str, paths))}")
            source.load(graph, paths, workspace, step)
        write_json(note, {"whole": True, "store": store, **made.to_dict()})
        known = _projection(graph, paper)
    if known is None:
        raise DataError(f"{made.title}: nothing was loaded that {paper.name} learns from")
    return made, known


def _projection(graph: GraphStore, paper: Paper) -> str | None:
    try:
        return choose(None, graph.counts(), paper.projections).name
    except DataError:
        return None


def _chosen(paper: Paper, folder: Path) -> tuple[Source, Sequence[Path]]:
    for source in paper.sources:
        if paths := source.find(folder):
            return source, paths
    wanted = "; ".join(f"{one.title} ({one.where})" for one in paper.sources)
    raise DataError(
        f"{folder}: no data there that {paper.name} can be tried on, and the graph holds no such records. It looks "
        f"for {wanted}; name their folder with --data, or take --quick, which makes a small world"
    )


def _noted(note: Path, store: str | None) -> Prepared:
    """Return what this graph was said to be when it was loaded."""
    if _loaded_here(note, store):
        told = read_json(note)
        return Prepared(told["title"], told["differs"])
    return Prepared(
        "the graph of the workspace" if store is None else f"the graph of {store}",
        ["The graph was there before: how it differs from the paper's data is not known."],
    )


def _loaded_here(note: Path, store: str | None) -> bool:
    """Return whether ``note`` is of this database; a workspace may be used with several."""
    return note.exists() and read_json(note)["store"] == store
