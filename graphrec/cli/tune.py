"""``graphrec tune``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    StoreFlag,
    WorkspaceFlag,
    err,
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
    InFoldsFlag,
    ProjectionFlag,
    SplitFlag,
    TaskFlag,
    ValueFlag,
    WhereFlag,
    plan_of,
)
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    from graphrec.api.tune import Tuned


def tune(
    context: typer.Context,
    model: Annotated[str | None, typer.Argument(help="Which model; `graphrec models` lists them.")] = None,
    over: Annotated[
        list[str] | None,
        typer.Option(
            help="A setting to search, alone or with a range: l2, l2=0.001..0.1, layers=1,2,3; repeat for more. By "
            "default those that the model says matter."
        ),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting that is fixed, as key=value; repeat for more."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A TOML file, such as a run's config.toml; its settings are fixed.")
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="How many trials in all; 20 by default.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="No trial begins later than so many minutes from now.")
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds of the runs with the best settings.")] = "0,1,2",
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Of the search, its trials, and the split they share; 0 by default."),
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda; auto by default.")] = None,
    split: SplitFlag = None,
    at: AtFlag = None,
    fold: Annotated[
        int | None, typer.Option(help="Which fold of cold-items or random-k-fold; 0 by default.")
    ] = None,
    folds: Annotated[int | None, typer.Option(help="How many folds these have; 5 by default.")] = None,
    in_folds: InFoldsFlag = 1,
    task: TaskFlag = None,
    projection: ProjectionFlag = None,
    where: WhereFlag = None,
    value: ValueFlag = None,
    also: AlsoFlag = None,
    features: FeaturesFlag = None,
    resume: Annotated[
        str | None, typer.Option(help="Go on with this study; in another terminal too, to help the first.")
    ] = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Search for a model's best settings by validation, and test them over seeds.

    The default settings are the first trial; trials that are worse than most are ended early, and no trial looks at the
    test. Nothing is published.

    Example: `graphrec tune lightgcn --trials 30 --over l2 --over layers=1..4 --set dimension=64`

    Items that nobody has touched: `graphrec tune gorec --split cold-items --in-folds 3`

    After Ctrl-C, in a second terminal, or for more trials: `graphrec tune --resume STUDY --trials 60`
    """
    from graphrec.api.tune import begin_tuning, searched
    from graphrec.api.tune import tune as run_tuning
    from graphrec.cli.training_progress import TrainingProgress, trial_line

    folder, more = Workspace(workspace), resume is not None
    if resume is None:
        flags = {
            "model": model, "seed": seed, "device": device, "split": split, "at": at, "fold": fold, "folds": folds,
            "task": task, "projection": projection, "where": where, "value": value, "also": also,
            "features": features,
        }  # fmt: skip
        resume = begin_tuning(
            folder,
            plan_of(context, config, given, flags, "`graphrec tune lightgcn`"),
            over=over or [],
            trials=trials,
            minutes=minutes,
            seeds=whole_numbers(seeds, "--seeds"),
            folds=in_folds,
            store=store,
        )
    else:
        require_as_begun(context, resume, ("trials", "minutes"))
    ranges = searched(folder, resume)
    go_on.by(f"graphrec tune --resume {resume}")
    for line in (f"{resume} searches", *(f"  {name}: {one}" for name, one in ranges.items())):
        err.print(line, markup=False, highlight=False, soft_wrap=True)
    with TrainingProgress(quiet=as_json) as show:
        done = run_tuning(
            folder,
            resume,
            trials=trials if more else None,
            minutes=minutes if more else None,
            tell=lambda tried: show.say(trial_line(tried)),
            each=show.step,
            progress=show,
        )
    if as_json:
        print_json(done)
    else:
        _print(done)


def _print(done: Tuned) -> None:
    rows = [(name, str(done.default[name]), str(best)) for name, best in done.best.items()]
    counts = ", ".join(f"{count} {what}" for what, count in done.trials.items() if count)
    rows.append((f"validation {done.metric}", _figure(done.default_value), _figure(done.best_value)))
    out.print(table(("setting", "default", "best"), rows, title=f"{done.id}: {counts}"))
    if not done.runs:
        out.print(
            f"another process is still at it, and tests the best; `graphrec tune --resume {done.id}` tells"
        )
        return
    # Of one run there is no deviation.
    test = [(name, one.mean, one.deviation if len(done.runs) > 1 else None) for name, one in done.test.items()]
    out.print(table(("test metric", "mean", "deviation"), test, title=f"the best over {len(done.runs)} runs"))
    out.print(f"graphrec train --config {done.config}", markup=False, soft_wrap=True)
    against = f"graphrec compare {done.model} {done.config}"
    out.print(f"beside the defaults, on the test: {against}", markup=False, soft_wrap=True)


def _figure(value: float | None) -> str:
    return "failed" if value is None else f"{value:.4f}"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(tune)
