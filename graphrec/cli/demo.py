"""``graphrec demo``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from graphrec.cli.common import JsonFlag, WorkspaceFlag, bar, err, out, print_json, table
from graphrec.cli.recommend import ranked
from graphrec.workspace import Workspace


def demo(
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives another world.")] = 0,
    workspace: WorkspaceFlag = Path("graphrec-demo"),
    as_json: JsonFlag = False,
) -> None:
    """Show the main job on a small world of real video files that it makes.

    Example: `graphrec demo --seed 1 --workspace another-demo`
    """
    from graphrec.api.demo import ORACLE
    from graphrec.api.demo import demo as run_demo

    started = time.monotonic()
    with bar(quiet=as_json) as progress:
        task = progress.add_task("", total=None)

        def say(text: str) -> None:
            err.print(f"{time.monotonic() - started:5.1f} s  {text}", markup=False)

        def step(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total)

        result = run_demo(Workspace(workspace), seed=seed, say=say, step=step)
    seconds = time.monotonic() - started
    if as_json:
        print_json(
            {
                "run": result.trained.run.id,
                "seconds": seconds,
                "ranking": result.ranking,
                "last_video": {name: e.to_dict() for name, e in result.last.items()},
                "new_videos": {name: e.to_dict() for name, e in result.new.items()},
            }
        )
        return
    out.print()
    out.print(
        _table("Each user's last video (TransGRec's protocol; more MAP and less NMSD is better)", result.last)
    )
    out.print()
    out.print(_table("Videos that nobody has highlighted yet", result.new))
    ours, chance = (result.new[name].metrics["map"] for name in ("TransGRec", "chance"))
    popular, oracle = (result.new[name].metrics["map"] for name in ("popularity", ORACLE))
    out.print(
        f"\nTransGRec finds what users will like in new videos {ours / chance:.1f} times as well as chance, "
        f"{ours / popular:.1f} times as well as popularity, and reaches {ours / oracle:.0%} of {ORACLE}."
    )
    out.print()
    out.print(ranked(result.ranking.items, title=f"From the new videos, for user {result.ranking.user}:"))
    where = f"-w {workspace}"
    user, best = result.ranking.user, result.ranking.items[0]
    out.print(f"\nDone in {seconds:.0f} s. Try next:", markup=False)
    for command in (
        f"graphrec recommend {user} {where} --within {best.video}",
        f"graphrec explain {user} '{best.id}' {where}",
        f"graphrec similar '{best.id}' {where}",
        f"graphrec explore {where}",
    ):
        out.print(f"  {command}", markup=False)


def _table(title: str, found: Mapping[str, Any]) -> object:
    names = list(next(iter(found.values())).metrics)
    rows = [
        [
            name,
            *(evaluation.metrics[m] for m in names),
            "{:.3f} to {:.3f}".format(*evaluation.ci95["map"]) if "map" in evaluation.ci95 else "",
        ]
        for name, evaluation in found.items()
    ]
    groups = next(iter(found.values())).groups
    return table(["", *(m.upper() for m in names), "MAP 95 %"], rows, title=f"{title}, {groups} cases")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)
