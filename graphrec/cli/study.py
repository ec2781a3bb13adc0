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
    pairs,
    print_json,
    table,
    whole_numbers,
)
from graphrec.config import read_toml
from graphrec.errors import UsageError
from graphrec.workspace import Workspace


def study(
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Which model; `graphrec models` lists them.")
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, as key=value; repeat for more.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file, such as a run's config.toml.")] = None,
    seeds: Annotated[str, typer.Option(help="Seeds, with commas between them.")] = "0,1,2,3,4",
    folds: Annotated[
        int | None, typer.Option(help="How many folds, for cold-items and random-k-fold; one run per seed else.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Name of the split; what the data say by default.")] = None,
    task: Annotated[str | None, typer.Option(help="What the model is asked; its usual task by default.")] = None,
    projection: Annotated[str | None, typer.Option(help="Which part of the graph.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Keep relationships where, for example rating>=3.")
    ] = None,
    value: Annotated[
        str | None, typer.Option(help="The number to predict or to weigh by, as `graphrec train` takes it.")
    ] = None,
    also: Annotated[
        list[str] | None, typer.Option(help="A further projection, as `graphrec train` takes it; repeat for more.")
    ] = None,
    features: Annotated[
        list[str] | None,
        typer.Option("--feature", help="Feature matrix to use; repeat for more. All by default."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="The moment of the split temporal-cut, as `graphrec train` takes it.")
    ] = None,
    resume: Annotated[str | None, typer.Option(help="Go on with this study instead of starting one.")] = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Train and test a model over folds and seeds, and tell how its metrics spread. Nothing is published.

    Example: `graphrec study --model mf --split random-k-fold --folds 10 --seeds 0`

    After Ctrl-C: `graphrec study --resume STUDY`
    """
    from graphrec.api.plan import Plan
    from graphrec.api.study import begin_study, run_study
    from graphrec.cli.training_progress import TrainingProgress

    folder = Workspace(workspace)
    if resume is None:
        flags = {
            "model": model, "split": split, "at": at, "task": task, "projection": projection, "where": where,
            "value": value, "also": also, "features": features,
        }  # fmt: skip
        values = read_toml(config) if config is not None else {}
        values |= pairs(given or [], "--set")
        values |= {name: value for name, value in flags.items() if value is not None}
        if "model" not in values:
            raise UsageError("which model? --model transgrec; `graphrec models` lists them")
        plan = Plan.of(values)
        resume = begin_study(folder, plan, folds=folds, seeds=whole_numbers(seeds, "--seeds"), store=store)
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
