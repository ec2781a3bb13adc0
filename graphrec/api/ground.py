"""What a training stands on: its task, and the snapshot of what model and task read of the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from graphrec import schema
from graphrec.api.first_contact import refuse_unmapped
from graphrec.api.plan import Plan, read_given
from graphrec.api.several import Read, check_also, read_also, split_also
from graphrec.errors import DataError
from graphrec.graph.build import snapshot
from graphrec.graph.projection import THEN, Projection, choose
from graphrec.graph.refresh import unchecked
from graphrec.graph.snapshot import Snapshot, open_snapshot
from graphrec.graph.splits import AT, base_name, split_at
from graphrec.graph.usable import told
from graphrec.models.base import Needs
from graphrec.models.registry import read_settings
from graphrec.store.base import GraphStore, TellingStore, closing
from graphrec.store.open import open_store
from graphrec.tasks.base import Task
from graphrec.tasks.beside import FurtherTask, together
from graphrec.tasks.cases import Split
from graphrec.tasks.registry import told_task
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    import py2neo


@dataclass(frozen=True)
class Ground:
    """What trainings that differ in settings, seed and fold only have in common.

    Attributes:
        task: what is asked.
        snapshot: what is read of the graph.
        further: both, of each further projection.
        mapped: how the database's own names are read.
        notes: what is to be said of it, a sentence each.
    """

    task: Task[Any]
    snapshot: Snapshot
    further: Mapping[str, Read]
    mapped: Mapping[str, Any]
    notes: Sequence[str]

    def split(self, plan: Plan, seed: int) -> tuple[Split[Any], dict[str, FurtherTask]]:
        """Return the split that ``plan`` and ``seed`` ask for, and beside it those of further projections."""
        how = {"seed": seed, "fold": plan.fold, "folds": plan.folds}
        parts = self.task.split(self.snapshot, split_at(plan.split, plan.at), **how)
        beside = split_also(self.further, parts, self.snapshot, **how)
        return together(parts, self.snapshot, beside), beside

    def chosen(self, plan: Plan, split: str) -> Plan:
        """Return ``plan`` with what was chosen by default, which may be something else once the graph has grown.

        ``split`` is the label of its split.
        """
        named, _, at = base_name(split).partition(AT)
        projection = self.snapshot.projection
        return replace(
            plan,
            task=self.task.name,
            split=named,
            at=at or None,
            projection=projection["name"],
            features=projection["features"],
        )

    def told(self) -> dict[str, Any]:
        """Return what ``open_ground`` opens again."""
        return {
            "task": self.task.told(),
            "snapshot": self.snapshot.fingerprint,
            "further": {
                name: {"task": task.told(), "snapshot": shot.fingerprint}
                for name, (task, shot) in self.further.items()
            },
            "mapped": self.mapped,
            "notes": list(self.notes),
        }


def read_ground(
    workspace: Workspace, plan: Plan, *, store: str | py2neo.Graph | None = None, fresh: bool = False
) -> Ground:
    """Read what ``plan`` stands on; the database is held only while the snapshot is made.

    ``store`` is what ``open_store`` takes. With ``fresh`` the graph is read whole, though it may be known already.

    Raises what ``read_given`` raises, ``NotFoundError`` and ``ConfigError`` for names, ``DataError`` where the graph
    has nothing to learn from.
    """
    given = read_given(plan)
    needs = given.kind.reads(given.settings)
    with closing(open_store(workspace, store)) as graph:
        refuse_unmapped(graph)
        counts = graph.counts()
        projection = choose(plan.projection, counts, given.task.projections, graph.properties)
        task = given.task.of(projection, plan.where)
        task = read_settings(given.task, {**task.model_dump(), **given.asked}, f"setting of the task {given.task.name}")
        check_also(given.kind, projection, plan.also)
        needed = partial(_needed, graph, counts, needs)
        shot = snapshot(graph, needed(task.reads(projection), plan.features), workspace, fresh=fresh)
        further = read_also(
            graph,
            workspace,
            given.task,
            plan.also,
            projection.item,
            lambda theirs: needed(theirs, None),
            fresh=fresh,
        )
        missed = None if fresh else unchecked(graph)
        notes = [*([missed] if missed else []), *(told(graph) if projection.through == "Comment" else [])]
        mapped = dict(graph.mapped) if isinstance(graph, TellingStore) else {}
    return Ground(task, shot, further, mapped, notes)


def open_ground(workspace: Workspace, told: Mapping[str, Any]) -> Ground:
    """Open what ``Ground.told`` says, whatever the graph has become since.

    Raises ``DataError`` where its snapshot is gone.
    """

    def read(one: Mapping[str, Any]) -> Read:
        folder = workspace.snapshots / one["snapshot"]
        if not (folder / "meta.json").exists():
            raise DataError(f"the snapshot {folder} is gone; begin anew")
        return told_task(one["task"]), open_snapshot(folder)

    task, shot = read(told)
    further = {name: read(one) for name, one in told["further"].items()}
    return Ground(task, shot, further, told["mapped"], told["notes"])


def _needed(
    graph: GraphStore,
    counts: Mapping[str, int],
    needs: Needs,
    projection: Projection,
    features: Sequence[str] | None,
) -> Projection:
    """Return the projection with what the model reads, and no features for a model that reads none."""
    names = tuple(features) if features is not None else None if needs.features else ()
    wanted, lists = needs.fields, needs.lists
    if needs.offered:
        wanted, lists = (*wanted, *_properties(graph, projection.item)), (*lists, *_lists(counts, projection.item))
    listed = [name for name in wanted if graph.properties.find(*name.split(".", 1)).type == "list"]
    return replace(projection, features=names).asking(
        values=needs.values,
        lists=(*lists, *listed),
        fields=tuple(name for name in wanted if name not in listed),
        described=needs.described,
        arrays=needs.arrays,
    )


def _properties(graph: GraphStore, item: str) -> tuple[str, ...]:
    """Return what the graph says of users and items, but for times."""
    return tuple(
        f"{label}.{prop.name}"
        for label in ("User", item)
        for prop in graph.properties.of(label)
        if prop.name != schema.KEY and not schema.is_time(prop.name)
    )


def _lists(counts: Mapping[str, int], item: str) -> tuple[str, ...]:
    """Return the genres of items, and whom users follow, where the graph says it."""
    ends = {"IN_GENRE": (item, "Genre"), "FOLLOWS": ("User", "User")}
    return tuple(
        THEN.join(pair)
        for name, pair in ends.items()
        if counts.get(name) and pair in schema.relationship(name).ends
    )
