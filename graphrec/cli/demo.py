"""``graphrec demo``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphrec.cli.common import JsonFlag, OwnWorkspaceFlag, bar, err, out, print_json, table
from graphrec.cli.recommend import ranked
from graphrec.errors import unknown
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    from graphrec.api.demo.demo import DemoResult
    from graphrec.api.demo.world import Table

USUAL = "highlights"


def demo(
    world: Annotated[
        str,
        typer.Option(
            help="highlights: of videos, and new videos. key-frames: items with several frames, of which one draws "
            "users. sparsity: users of whom little to much is known. modalities: items that are described three ways, "
            "of which one matters."
        ),
    ] = USUAL,
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives another world.")] = 0,
    workspace: OwnWorkspaceFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the main job on a small world that it makes, and how near the truth comes that it has planted there.

    Where no --workspace is named, everything is kept in graphrec-demo, of another world in graphrec-demo-WORLD.

    Example: `graphrec demo --seed 1 --workspace another-demo`

    Example: `graphrec demo --world key-frames`
    """
    from graphrec.api.demo.demo import WORLDS
    from graphrec.api.demo.demo import demo as run_demo

    if world not in WORLDS:
        raise unknown("world", world, WORLDS)
    folder = workspace or Path("graphrec-demo" if world == USUAL else f"graphrec-demo-{world}")
    started = time.monotonic()
    with bar(quiet=as_json) as progress:
        task = progress.add_task("", total=None)

        def say(text: str) -> None:
            err.print(f"{time.monotonic() - started:5.1f} s  {text}", markup=False)

        def step(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total)

        result = run_demo(Workspace(folder), WORLDS[world], seed=seed, say=say, step=step)
    seconds = time.monotonic() - started
    commands = [f"graphrec {command} -w {folder}" for command in result.next]
    if as_json:
        runs = {title: run.run.id for title, run in result.runs.items()}
        print_json(
            {
                "world": world,
                "run": next(iter(runs.values())),
                "runs": runs,
                "seconds": seconds,
                "ranking": result.ranking,
                **{one.name: {name: e.to_dict() for name, e in one.rows.items()} for one in result.tables},
                "told": result.told,
                "next": commands,
            }
        )
        return
    show(result, WORLDS[world].asked)
    out.print(f"\nDone in {seconds:.0f} s. Try next:", markup=False)
    for command in commands:
        out.print(f"  {command}", markup=False, soft_wrap=True)


def show(result: DemoResult, asked: str) -> None:
    """Print tables, what is to be seen in them, and the list that answers what was ``asked``."""
    for one in result.tables:
        out.print()
        out.print(_table(one))
    out.print(f"\n{result.told}\n", markup=False)
    out.print(ranked(result.ranking.items, title=f"{asked}, for user {result.ranking.user}:"))


def _table(shown: Table) -> object:
    first = next(iter(shown.rows.values()))
    title = f"{shown.title}, {first.groups} cases"
    if (metric := shown.by_history) is not None:
        rows = [
            [name, *(bucket.metrics[metric] for bucket in one.buckets.values()), one.metrics[metric]]
            for name, one in shown.rows.items()
        ]
        return table(["", *first.buckets, "all"], rows, title=title)
    main = next(iter(first.metrics))
    rows = [
        [
            name,
            *evaluation.metrics.values(),
            "{:.3f} to {:.3f}".format(*evaluation.ci95[main]) if main in evaluation.ci95 else "",
        ]
        for name, evaluation in shown.rows.items()
    ]
    columns = ["", *(name.upper() for name in first.metrics), f"{main.upper()} 95 %"]
    return table(columns, rows, title=title)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)
