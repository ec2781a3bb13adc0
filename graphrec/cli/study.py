"""``graphrec study``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    StoreFlag,
    WorkspaceFlag,
    go_on,
    out,
    print_json,
    require_as_begun,
    table,
    whole_numbers,
)
from graphrec.cli.plan_flags import (
    AlsoFlag,
    AtFlag,
    FeaturesFlag,
    FoldsFlag,
    ProjectionFlag,
    SplitFlag,
    TaskFlag,
    ValueFlag,
    WhereFlag,
    plan_of,
)
from graphrec.workspace import Workspace


def study(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Which model; `graphrec models` lists them.")
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, as key=value; repeat for more.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file, such as a run's config.toml.")] = None,
    seeds: Annotated[str, typer.Option(help="Seeds, with commas between them.")] = "0,1,2,3,4",
    folds: FoldsFlag = None,
    split: SplitFlag = None,
    task: TaskFlag = None,
    projection: ProjectionFlag = None,
    where: WhereFlag = None,
    value: ValueFlag = None,
    also: AlsoFlag = None,
    features: FeaturesFlag = None,
    at: AtFlag = None,
    resume: Annotated[str | None, typer.Option(help="Go on with this study instead of starting one.")] = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Train and test a model over folds and seeds, and tell how its metrics spread. Nothing is published.

    Example: `graphrec study --model mf --split random-k-fold --folds 10 --seeds 0`

    After Ctrl-C: `graphrec study --resume STUDY`
    """
    from graphrec.api.study import begin_study, run_study
    from graphrec.cli.training_progress import TrainingProgress

    folder = Workspace(workspace)
    if resume is None:
        flags = {
            "model": model, "split": split, "at": at, "task": task, "projection": projection, "where": where,
            "value": value, "also": also, "features": features,
        }  # fmt: skip
        plan = plan_of(context, config, given, flags, "--model transgrec")
        resume = begin_study(folder, plan, folds=folds, seeds=whole_numbers(seeds, "--seeds"), store=store)
    else:
        require_as_begun(context, resume)
    go_on.by(f"graphrec study --resume {resume}")
    with TrainingProgress(quiet=as_json) as show:
        done = run_study(folder, resume, each=show.step, progress=show)
    if as_json:
        print_json({"study": done.id, "runs": done.runs, "metrics": done.metrics})
        return
    out.print(
        table(
            ("test metric", "mean", "deviation", "median", "min", "max"),
            [
                (name, one.mean, one.deviation, one.median, one.minimum, one.maximum)
                for name, one in done.metrics.items()
            ],
            title=f"{done.id}: {len(done.runs)} runs",
        )
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(study)
