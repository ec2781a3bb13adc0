"""``graphrec compare``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    StoreFlag,
    WorkspaceFlag,
    err,
    go_on,
    out,
    pairs,
    print_json,
    require_as_begun,
    table,
    whole_numbers,
)
from graphrec.cli.plan_flags import (
    AtFlag,
    FeaturesFlag,
    FoldsFlag,
    InFoldsFlag,
    ProjectionFlag,
    ValueFlag,
    WhereFlag,
    said,
)
from graphrec.errors import UsageError
from graphrec.workspace import Workspace


class Format(StrEnum):
    """How the table is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    LATEX = "latex"
    CSV = "csv"
    JSON = "json"


def compare(
    context: typer.Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(
            help="Runs, models, models with settings as lightgcn:layers=3,l2=0.1, and TOML files such as `graphrec "
            "tune` writes."
        ),
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(help="Seeds of what is trained; those of the runs, or 0,1,2, by default.")
    ] = None,
    folds: FoldsFlag = None,
    trials: Annotated[
        int | None,
        typer.Option(
            "--tune", min=1, help="So many trials for each model that is trained, as `graphrec tune` does."
        ),
    ] = None,
    in_folds: InFoldsFlag = 1,
    metrics: Annotated[
        list[str] | None,
        typer.Option("--metric", help="What to compare; repeat for more. Two of the task by default."),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(help="What the others are tested against: its name, or best; the first by default."),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting of all that is trained, as key=value; repeat for more."),
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda; auto by default.")] = None,
    split: Annotated[
        str | None,
        typer.Option(help="Name of the split; that of the first run or file, or what the data say."),
    ] = None,
    at: AtFlag = None,
    task: Annotated[
        str | None, typer.Option(help="What the models are asked; their usual task by default.")
    ] = None,
    projection: ProjectionFlag = None,
    where: WhereFlag = None,
    value: ValueFlag = None,
    features: FeaturesFlag = None,
    form: Annotated[Format, typer.Option("--format", help="How the table is printed.")] = Format.TEXT,
    picture: Annotated[
        Path | None, typer.Option(help="Draw means and intervals into this file, .svg or .png.")
    ] = None,
    resume: Annotated[str | None, typer.Option(help="Go on with this comparison, or print it again.")] = None,
    so_far: Annotated[
        bool,
        typer.Option(
            "--so-far",
            help="With --resume: compare what is trained in all seeds and folds, also while another process trains "
            "the rest; train nothing.",
        ),
    ] = False,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Compare models on the same cases: mean, deviation, interval, and a paired test against one of them.

    What is not trained yet is trained, over seeds and folds; nothing is published. A user's seeds and folds count as
    one case, and p values are corrected for how many are compared.

    Example: `graphrec compare popularity bpr lightgcn:layers=3 --seeds 0,1,2 --format markdown --picture table.svg`

    After Ctrl-C: `graphrec compare --resume STUDY`
    """
    from graphrec.api.compare import begin_comparison
    from graphrec.api.compare import compare as run_comparison
    from graphrec.api.comparison_formats import FORMATS, p_text
    from graphrec.api.comparison_picture import draw, require_format
    from graphrec.api.systems import asked_systems
    from graphrec.cli.training_progress import TrainingProgress, trial_line

    if picture is not None:
        require_format(picture)
    folder = Workspace(workspace)
    if in_folds > 1 and trials is None and resume is None:
        raise UsageError("--in-folds is of trials; say how many with --tune")
    if so_far and resume is None:
        raise UsageError("--so-far is of a comparison that was begun; name it with --resume")
    if resume is None:
        if not what:
            raise UsageError("compare what? `graphrec compare popularity bpr`; `graphrec runs` lists runs")
        flags: dict[str, Any] = {
            "device": device, "split": split, "at": at, "task": task, "projection": projection, "where": where,
            "value": value, "features": features,
        }  # fmt: skip
        resume = begin_comparison(
            folder,
            asked_systems(folder, what, pairs(given or [], "--set") | said(flags)),
            seeds=None if seeds is None else whole_numbers(seeds, "--seeds"),
            folds=folds,
            trials=trials,
            in_folds=in_folds,
            metrics=metrics or [],
            store=store,
        )
    else:
        require_as_begun(context, resume, ("metrics", "reference", "form", "picture", "so_far"))
    go_on.by(f"graphrec compare --resume {resume}")
    with TrainingProgress(quiet=as_json or form is not Format.TEXT) as show:
        done = run_comparison(
            folder,
            resume,
            reference=reference,
            metrics=metrics or [],
            so_far=so_far,
            tell=lambda title, tried: show.say(f"{title}, {trial_line(tried)}"),
            each=show.step,
            progress=show,
        )
    if picture is not None:
        draw(done, picture)
    if as_json or form is Format.JSON:
        print_json(done)
    elif form is not Format.TEXT:
        typer.echo(FORMATS[form.value](done))
    else:
        for metric, against in done.reference.items():
            rows = [
                (row.system, row.mean, row.deviation, row.low, row.high, row.difference, p_text(row.p_value),
                 p_text(row.p_holm))
                for row in done.rows if row.metric == metric
            ]  # fmt: skip
            columns = ("model", "mean", "sd", "95% from", "to", "difference", "p", "p Holm")
            out.print(table(columns, rows, title=f"{metric}, against {against}"))
        for note in done.notes:
            out.print(note, markup=False, soft_wrap=True)
    if picture is not None:
        err.print(f"drawn in {picture}", markup=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(compare)
